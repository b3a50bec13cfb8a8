"""How the small classifier is trained: what is drawn, what is left out, and the commands."""

import gzip
import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch

from recipes.six_frame import evaluate, train, unclear
from recipes.six_frame.regions import Source, pool_of
from recipes.six_frame.table import Genome, Package, read_genomes
from recipes.six_frame.task import LEAST_PLACES, GenomeTask, ReadOptions, augment
from seqcast.core.errors import InputError
from seqcast.genome.genbank import read_genbank
from seqcast.genome.sequence import reverse_complement
from seqcast.models.convert import read_safetensors
from seqcast.models.six_frame.codons import encode_bases
from seqcast.training.recipe import Recipe, read_recipe
from tests.seqcast.genbank_files import genome as genbank_text
from tests.seqcast.genbank_files import random_sequence, record

OPTIONS = ReadOptions(lengths_nt=[75, 100, 250], batches_an_epoch=4, validation_batches=2)
RECIPE = Recipe(learning_rate=1e-3, batch_size=64, steps=3, seed=7)


def write(path, text):
    path.write_bytes(gzip.compress(text.encode()))
    return path


def records_of(text, folder):
    (folder / "made.gb").write_text(text)
    return list(read_genbank(folder / "made.gb"))


@pytest.fixture
def sources(tmp_path):
    """Two genomes of unlike size; the smaller one has an unclear region inside its first gap."""
    large = records_of(genbank_text("L1.1", 1, 12_000), tmp_path)
    no_genes = record("L2.1", random_sequence(5_000, 3))
    small = records_of(no_genes + genbank_text("S1.1", 2, 4_000), tmp_path)
    unclear_parts = [np.empty((0, 2), np.int64), np.array([[100, 180], [150, 300]])]
    return [
        Source("large", large, [np.empty((0, 2), np.int64)]),
        Source("small", small, unclear_parts),
    ]


@pytest.fixture
def task(sources):
    return GenomeTask(sources, OPTIONS)


# ---- regions


def test_regions_are_those_of_a_walk_along_the_bases(sources):
    pool = pool_of(sources)
    offset = 0
    for number, source in enumerate(sources):
        for made, unclear_parts in zip(source.records, source.unclear, strict=True):
            if made.coding.is_empty():
                continue
            state = np.zeros(len(made.sequence), dtype=int)
            for start, end in unclear_parts:
                state[start:end] = 2
            for start, end in made.coding.select("start", "end").iter_rows():
                state[start:end] = 1
            for label, regions in enumerate(pool.regions):
                inside = np.zeros_like(state)
                own = regions.genome == number
                for start, end in zip(regions.starts[own], regions.ends[own], strict=True):
                    inside[start - offset : end - offset] += 1
                assert np.array_equal(inside, state == label)
            text = np.frombuffer(made.sequence.encode(), np.uint8)
            assert np.array_equal(pool.bases[offset:][: len(text)], encode_bases(text))
            offset += len(made.sequence)
    assert len(pool.bases) == offset  # the record without genes is left out
    assert pool.sizes_bp.tolist() == [12_000, 4_000]


def test_every_place_is_drawn_alike_and_none_else(task):
    regions, rng = task.pool.regions[0], np.random.default_rng(0)
    own = regions.genome == 1
    spans = zip(regions.starts[own], regions.ends[own], strict=True)
    allowed = [start for a, b in spans for start in range(a, b - 150 + 1)]
    assert regions.counts(150)[1] == len(allowed)
    assert (
        regions.starts_of(np.arange(regions.counts(150).sum()), 150)[-len(allowed) :].tolist()
        == allowed
    )
    drawn = regions.draw(rng, 150, np.ones(40 * len(allowed), dtype=np.int64))
    found, counts = np.unique(drawn, return_counts=True)
    assert found.tolist() == allowed
    assert counts.min() > 10
    assert counts.max() < 90


# ---- batches


def test_batches_are_balanced_in_every_genome(task):
    lengths = set()
    for epoch in range(5):
        for [(weight, reads)] in task.batches(RECIPE, epoch, 0):
            lengths.add(reads.tokens.shape[1])
            assert weight == 1.0
            assert reads.tokens.shape[0] == len(reads.labels) == RECIPE.batch_size
            for genome in (0, 1):
                own = reads.labels[torch.from_numpy(reads.genomes == genome)]
                assert (own == 0).sum() == (own == 1).sum() > 0
    assert lengths == {75, 100, 250}


def test_batches_depend_on_seed_epoch_and_number_alone(task, sources):
    def tokens(task, recipe, epoch, start=0):
        return [reads.tokens for [(_, reads)] in task.batches(recipe, epoch, start)]

    first = tokens(task, RECIPE, 3)
    again = tokens(GenomeTask(sources, OPTIONS), RECIPE, 3, start=2)
    assert len(first) == 4
    assert all(torch.equal(a, b) for a, b in zip(first[2:], again, strict=True))
    for other in (tokens(task, RECIPE, 4), tokens(task, replace(RECIPE, seed=8), 3)):
        assert not any(
            a.shape == b.shape and torch.equal(a, b) for a, b in zip(first, other, strict=True)
        )


def test_reads_lie_inside_one_region_of_their_class(task):
    touched = [np.zeros(len(task.pool.bases) + 1, dtype=int) for _ in range(2)]
    for number in range(200):
        reads = task.draw(np.random.default_rng(number), 64)
        length = reads.tokens.shape[1]
        assert np.array_equal(reads.tokens.numpy()[5], task.pool.bases[reads.starts[5] :][:length])
        for start, label in zip(reads.starts, reads.labels, strict=True):
            touched[label][start : start + length] = 1
    allowed = [np.zeros_like(touched[0]) for _ in range(2)]
    for label, regions in enumerate(task.pool.regions):
        for start, end in zip(regions.starts, regions.ends, strict=True):
            allowed[label][start:end] = 1
        assert touched[label].sum() > 0.5 * allowed[label].sum()
        assert not (touched[label] & ~allowed[label] & 1).any()
    # the small genome comes second: its unclear part, 100 to 300, is in neither class
    assert not (touched[0] | touched[1])[12_100:12_300].any()


def test_a_genome_without_room_for_a_length_is_left_out_of_it(sources):
    options = replace(OPTIONS, lengths_nt=[75, 692])  # genes have 700 nt: 9 places each
    task = GenomeTask(sources, options)
    assert task.pool.regions[1].counts(692).tolist() == [63, 18]
    assert LEAST_PLACES == 20
    assert task.weights[692].tolist() == [1, 0]
    assert (task.weights[75] > 0).all()
    with pytest.raises(InputError, match="no genome has 20 places for reads of 900 nt"):
        GenomeTask(sources, replace(OPTIONS, lengths_nt=[900]))


def test_weights_are_between_size_and_gaps(task):
    size = np.sqrt([12_000, 4_000])
    places = np.sqrt(task.pool.regions[0].counts(100))
    expected = (size / size.sum() + places / places.sum()) / 2
    assert np.allclose(task.weights[100], expected)


# ---- augmentation


def none(**changes):
    return replace(OPTIONS, substituted_share=0.0, indel_share=0.0, unknown_share=0.0, **changes)


def test_augmentation_without_errors_turns_half_of_the_reads():
    tokens = np.random.default_rng(1).integers(0, 5, (2_000, 30), dtype=np.uint8)
    made = augment(tokens, none(), np.random.default_rng(2)).numpy()
    turned = np.array([3, 2, 1, 0, 4])[tokens[:, ::-1]]
    same, other = (made == tokens).all(1), (made == turned).all(1)
    assert (same | other).all()
    assert 900 < other.sum() < 1_100


def test_rates_of_errors():
    tokens = np.zeros((20_000, 100), dtype=np.uint8)  # A; of the other strand T

    def reads(**changes):
        options = replace(none(), **changes)
        made = augment(tokens, options, np.random.default_rng(3)).numpy()
        turned = (made == 3).mean(1, keepdims=True) > 0.5
        return np.where(turned & (made < 4), 3 - made, made)

    # half of the reads, 0 to 1 %, three of four draws change the base
    assert (reads(substituted_share=0.5) != 0).mean() == pytest.approx(0.5 * 0.005 * 0.75, rel=0.1)
    unknown = (reads(unknown_share=0.03) == 4).sum(1)
    assert (unknown > 0).mean() == pytest.approx(0.03, rel=0.1)
    assert unknown.max() == 5
    # one new base in 3 % of the reads, three of four differ
    assert (reads(indel_share=0.03) != 0).sum(1).max() == 1
    assert (reads(indel_share=0.03) != 0).any(1).mean() == pytest.approx(0.03 * 0.75, rel=0.15)


def test_an_indel_moves_what_follows():
    whole = np.arange(40, dtype=np.uint8) % 4  # its own reverse complement
    tokens = np.tile(whole, (300, 1))
    made = augment(tokens, replace(none(), indel_share=1.0), np.random.default_rng(4)).numpy()
    kinds = set()
    for row in made:
        for at in range(1, 39):
            if (row[:at] == whole[:at]).all():
                if (row[at:-1] == whole[at + 1 :]).all():
                    kinds.add("deleted")
                    break
                if (row[at + 1 :] == whole[at:-1]).all():
                    kinds.add("inserted")
                    break
        else:
            raise AssertionError(row)
    assert kinds == {"deleted", "inserted"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lengths_nt": []}, "lengths_nt is"),
        ({"lengths_nt": [75, "100"]}, "lengths_nt is"),
        ({"batches_an_epoch": 0}, "batches_an_epoch is 0"),
        ({"indel_share": 1.5}, "indel_share is 1.5; expected a share"),
    ],
)
def test_options_are_checked(change, message):
    with pytest.raises(InputError, match=message):
        replace(OPTIONS, **change)


# ---- unclear genes


def test_unclear_genes_are_sure_long_and_mostly_not_annotated(tmp_path):
    (made,) = records_of(
        record("U1.1", random_sequence(4_000, 5), ["1001..1300", "complement(1201..1400)"]),
        tmp_path,
    )
    genes = np.array(
        [
            (0, 300, 50.0),  # unclear
            (400, 549, 50.0),  # 149 nt
            (400, 550, 50.0),  # unclear
            (600, 900, 9.9),  # not sure
            (700, 900, 10.0),  # unclear
            (800, 1_200, 50.0),  # annotated by half
            (799, 1_200, 50.0),  # unclear: 200 of 401
            (1_000, 1_400, 50.0),  # annotated by two genes, each by half or more
            (1_250, 1_700, 50.0),  # unclear: 150 of 450, shared by two genes
        ]
    )
    found = unclear.unclear_genes(genes, made).tolist()
    assert found == [[0, 300], [400, 550], [700, 900], [799, 1_200], [1_250, 1_700]]


def test_genes_are_read_from_the_programs_output(tmp_path):
    lines = ["##gff-version  3\n", "1\tp\tCDS\t2\t901\t88.1\t-\t0\tID=2_1;\n", "\n",
             "0\tp\tCDS\t1\t90\t3.5\t+\t0\tID=1_1;\n"]  # fmt: skip
    first, second, third = unclear.read_genes(lines, 3)
    assert first.tolist() == [[0, 90, 3.5]]
    assert second.tolist() == [[1, 901, 88.1]]
    assert third.shape == (0, 3)


def test_only_publishers_annotations_of_bacterial_code_are_looked_at():
    looked_at = {g.name for g in read_genomes() if unclear.is_curated(g.labels, g.genetic_code)}
    assert {"bradyrhizobium", "mycolicibacterium_smegmatis", "spyogenes_m1"} <= looked_at
    assert not looked_at & {"vibrio_cholerae", "cct_prokka_multicontig", "phage_bas14",
                            "drosophila_bac", "nc_001823_mito"}  # fmt: skip


# ---- the commands


GENOME = Genome("one", Package("sdist", "made-up", "1.0"), ("a",), "fasta", "pyrodigal", "Made up",
                11, "none", "train", "")  # fmt: skip


@pytest.fixture
def short(tmp_path):
    """A recipe of three steps."""
    values = json.loads(train.RECIPE.read_text()) | {
        "steps": 3,
        "batch_size": 16,
        "evaluate_every": 2,
    }
    values["reads"] |= {"lengths_nt": [75, 150], "validation_batches": 1}
    (tmp_path / "short.json").write_text(json.dumps(values))
    return tmp_path / "short.json"


def test_three_steps_on_two_genomes(tmp_path, short):
    for seed, name in enumerate(["one", "two", "three"]):
        write(tmp_path / f"{name}.gb.gz", genbank_text(f"{name}.1", seed, 6_000))
    genomes = [GENOME, replace(GENOME, name="two"), replace(GENOME, name="three", use="no")]
    for name in ["a", "b"]:
        train.train_six_frame(genomes, tmp_path, tmp_path / f"{name}.safetensors", short)
    (tensors, facts), (again, _) = (read_safetensors(tmp_path / f"{n}.safetensors") for n in "ab")
    assert all(torch.equal(tensors[name], again[name]) for name in tensors)
    assert set(json.loads(facts["genome_content_sha256"])) == {"one", "two"}
    assert json.loads(facts["recipe"])["steps"] == 3
    assert (facts["architecture"], facts["origin"], facts["seed"]) == (
        "six_frame",
        "recipes/six_frame",
        "0",
    )
    history = pl.read_csv(tmp_path / "a.safetensors.history.tsv", separator="\t")
    assert history["step"].to_list() == [0, 2, 3]
    assert not list(tmp_path.glob("*.checkpoint"))
    assert evaluate.trained_on(tmp_path / "a.safetensors") == {"one", "two"}


def test_a_missing_genome_is_named(tmp_path, short):
    with pytest.raises(InputError, match=r"one.gb.gz is missing; .*fetch .* --only one"):
        train.train_six_frame([GENOME], tmp_path, tmp_path / "w", short)


def test_the_recipe_of_the_released_weights():
    recipe, options = read_recipe(train.RECIPE, ReadOptions)
    assert (recipe.steps, recipe.batch_size, recipe.beta2) == (5000, 256, 0.99)
    assert (min(options.lengths_nt), max(options.lengths_nt)) == (75, 400)


def test_genomes_kept_for_tests_are_not_trained_on():
    kept = {genome.name for genome in read_genomes() if genome.use != "train"}
    assert kept == {"spyogenes_m1", "salmonella_lt2", "klebsiella_aerogenes",
                    "mycobacterium_tuberculosis_h37rv"}  # fmt: skip


def test_evaluation_draws_reads_of_both_classes(tmp_path):
    path = write(
        tmp_path / "bare.gb.gz",
        genbank_text("B.1", 4, 8_000).replace("transl_table=11", "transl_table=1"),
    )
    whole, half = evaluate.genome_reads(path)
    assert {len(read) for read in whole.sequences} == {300}
    assert {len(read) for read in half.sequences} == {150}
    assert 0 < whole.labels.sum() < len(whole.labels)
    (made,) = read_genbank(path)
    assert all(
        r in made.sequence or reverse_complement(r) in made.sequence for r in whole.sequences[::50]
    )


def test_a_row_of_the_table():
    reads = evaluate.Reads("made", ["ACG"] * 6, np.array([0, 0, 0, 1, 1, 1]))
    scores = np.array([0.1, 0.2, 0.6, 0.4, 0.8, 0.9])
    methods = {"six_frame": lambda _: scores, "pyrodigal": lambda _: scores}
    first, second = evaluate.printed(evaluate.measure(reads, methods)).split(" | ")[-2:]
    assert second == "0.889, 0.667, 0.667, 0.667 |\n"
    assert first.startswith("0.889 [")
    only = evaluate.Reads("made", ["ACG"] * 3, np.ones(3, dtype=int))
    row = evaluate.printed(evaluate.measure(only, {"pyrodigal": lambda _: scores[3:]}))
    assert row == "| made | 3 | 3 / 0 | -, 0.667, 0.667, - |\n"
