"""Alleles that share their windows have the coverage and scores of alleles predicted alone."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch

from seqcast.genome.annotation import Annotation
from seqcast.genome.intervals import Geometry
from seqcast.genome.tracks import Tracks
from seqcast.models.interface import build_model
from seqcast.predict import inference
from seqcast.predict.inference import geometry_of
from seqcast.predict.variants.allele_coverage import chunks_of, predict_alleles
from seqcast.predict.variants.alleles import Aligned, Edit
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.shards import Places
from seqcast.predict.variants.variant_effects import in_input_order, score_variants
from seqcast.predict.variants.windows import Placed, VariantWork, chunks_by_window, grid_start
from tests.seqcast.models.borzuki.test_network import TINY

TOLERANCE = 2e-5  # of log2 scores, and of coverage by the largest value
# Effects are some 1e-4 of the profiles here, and 1e-3 of the levels: float32 leaves them so many digits.
OF_EFFECTS = 1e-3
OPTIONS = {
    "default": {},
    "one strand, shifts": {"reverse_complement": False, "shifts_bp": (0, 3, -2)},
    "both strands, shifts": {"shifts_bp": (0, 5)},
    "windows of a grid": {"window": "shared"},
    "borzoi_sed": {"compat": "borzoi_sed"},
    "hound_snp": {"compat": "hound_snp", "shifts_bp": (0, 2, -1)},
    "hound_snp, shared": {"compat": "hound_snp", "cluster": 0.3, "stitch": True},
}


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(2)
    model = build_model("borzuki", TINY, "human").eval().requires_grad_(False)
    model.draw_alive()
    return model


@pytest.fixture(scope="module")
def pairs():
    """Tracks of two assays with strands and one without, of all outputs of the network."""
    n = 5
    return Tracks(np.arange(n), np.array(["a+", "a-", "b+", "b-", "c"]), np.full(n, "RNA"),
                  np.full(n, "sum_sqrt"), np.array(["+", "-", "+", "-", "."]),
                  np.array([1, 0, 3, 2, 4]), np.full(n, 384.0), np.full(n, 0.3))  # fmt: skip


@pytest.fixture(scope="module")
def variants(genome, checked):
    """Of every kind, some in one window, at the genome's ends, and one that is not scored."""

    def at(pos, length=1):
        return genome.fetch("chr1", pos - 1, pos - 1 + length)

    def other(base):
        return "ACGT"["CGTA".index(base)]

    rows = [(2100, at(2100), other(at(2100))), (2100, at(2100), other(other(at(2100)))),
            (2100, at(2100, 3), "".join(map(other, at(2100, 3)))), (2101, at(2101), "*"),
            (2110, at(2110), at(2110) + "ACG"), (2112, at(2112), at(2112) + "TTT"),
            (2150, at(2150, 5), at(2150)), (2150, at(2150, 2), other(at(2150)) + "ACGTA"),
            (2200, at(2200, 2), at(2200)), (3, at(3), other(at(3))),
            (3990, at(3990, 8), at(3990)), (2030, at(2030), at(2030) + "A" * 70),
            (2099, at(2099), other(at(2099)))]  # fmt: skip
    table = checked(*rows)
    # the file's REF and ALT exchanged
    last = pl.int_range(pl.len()) == len(rows) - 1
    exchanged = {a: pl.when(last).then(b).otherwise(a) for a, b in (("ref", "alt"), ("alt", "ref"))}
    return table.with_columns(**exchanged, swapped=last)


def difference(found, expected):
    assert torch.equal(found.isnan(), expected.isnan())
    return ((found - expected).abs().max() / expected.abs().max()).item()


@pytest.mark.parametrize("options", OPTIONS)
def test_sharing_changes_no_coverage(network, pairs, genome, annotation, variants, options):
    wanted = ScoreOptions(**OPTIONS[options])
    work = VariantWork.of(variants, geometry_of(network), wanted)
    placed = work.placed(range(len(variants)), annotation)
    how = genome, pairs, wanted
    plain, shared = (
        list(predict_alleles(network, chunks_of(network, placed, *how[1:], reuse=reuse), *how,
                             reuse=reuse))
        for reuse in (False, True)
    )  # fmt: skip
    assert len(plain) == len(shared) == len(placed)
    for a, b in zip(shared, plain, strict=True):
        assert a.pair == b.pair
        assert difference(a.ref, b.ref) < TOLERANCE
        assert difference(a.alt, b.alt) < TOLERANCE


def scores_of(table: pl.DataFrame) -> pl.DataFrame:
    return table.select(pl.col(pl.Array))


@pytest.mark.parametrize("options", ["default", "windows of a grid", "hound_snp, shared"])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_sharing_changes_no_score(
    network, pairs, genome, annotation, variants, options, batch_size
):
    how = network, variants, genome, annotation, pairs, ScoreOptions(**OPTIONS[options])
    plain = score_variants(*how, reuse=False)
    shared = score_variants(*how, batch_size=batch_size)
    for a, b in ((shared.gene, plain.gene), (shared.window, plain.window)):
        assert a.drop(scores_of(a).columns).equals(b.drop(scores_of(b).columns))
        assert (a["status"] == "scored").sum() > 5
        for name in scores_of(a).columns:
            x, y = (table[name].drop_nulls().to_numpy() for table in (a, b))
            if name == "logSED":
                assert np.abs(x - y).max() < TOLERANCE
            assert np.abs(x - y).max() <= OF_EFFECTS * np.abs(y).max()


def test_a_window_is_known_once(network, pairs, genome, variants, annotation, monkeypatch):
    known = []
    monkeypatch.setattr(
        inference,
        "know_many",
        lambda model, x, at, many=inference.know_many: known.extend(x) or many(model, x, at),
    )
    score_variants(network, variants, genome, annotation, pairs, ScoreOptions())
    anchors = {2100, 2110, 2112, 2150, 2200, 3, 3990, 2030, 2099}  # 1-based, of 12 variants
    assert len(known) == 2 * len(anchors)  # on either strand


@pytest.mark.parametrize("n", [1, 3])
def test_indels_share_windows_where_it_pays(network, genome, annotation, checked, n):
    deletions = [(pos, genome.fetch("chr1", pos - 1, pos + 2), genome.fetch("chr1", pos - 1, pos))
                 for pos in (1990, 2000, 2010)]  # fmt: skip
    options = ScoreOptions(compat="hound_snp", cluster=0.3, gene_scores=())
    geometry = geometry_of(network)
    placed = VariantWork.of(checked(*deletions[:n]), geometry, options).placed(range(n), annotation)
    chunks = list(
        chunks_by_window(placed, options.convention(geometry), geometry, at_once=2, most_known=4)
    )
    assert [len(chunk.placed) for chunk in chunks] == ([1] if n == 1 else [2, 1])
    # alone, a deletion has a compensated reference; three are worth a window on either side
    start, shared = (1990 - 1024, [-2, 0]) if n == 1 else (2000 - 1024, [-2, 0, 2])
    for chunk in chunks:
        assert chunk.neighbourhood.number == 0
        assert [sorted(group) for group in chunk.neighbourhood.groups] == [
            [(start, shift) for shift in shared]
        ]


@pytest.mark.parametrize(("places", "known", "groups"), [
    ([900, 1000, 1900, 1901, 3000], 99, [[900, 1000, 1900, 1901], [3000]]),
    ([900, 1000, 1900, 1901, 3000], 2, [[900, 1000], [1900, 1901], [3000]]),
])  # fmt: skip
def test_neighbourhoods_are_of_windows_that_overlap(places, known, groups):
    geometry = Geometry(length_bp=2048, bin_size_bp=32, crop_bins=0)
    placed = [
        Placed(i, Edit("1", at - 1, at, "A", at, "", ""), None) for i, at in enumerate(places)
    ]
    chunks = list(chunks_by_window(placed, Aligned(geometry), geometry, 1, known))
    assert [chunk.placed[0].row for chunk in chunks] == [*range(5)]
    found = {chunk.neighbourhood.number: chunk.neighbourhood.groups for chunk in chunks}
    assert [
        [key.start + 1024 for group in near for (key,) in [group]] for near in found.values()
    ] == groups


def close(found: pl.DataFrame, expected: pl.DataFrame) -> bool:
    """The same rows, and scores within 1e-6 of the largest one, but for what differences lose."""
    names = scores_of(expected).columns
    assert found.drop(names).equals(expected.drop(names))
    pairs = ((found[name].drop_nulls().to_numpy(), expected[name].drop_nulls().to_numpy())
             for name in names if name in ("REF", "ALT"))  # fmt: skip
    return all(np.allclose(a, b, rtol=1e-6) for a, b in pairs)


def test_shared_windows_know_nothing_of_other_variants(
    network, pairs, genome, annotation, variants
):
    how = genome, annotation, pairs, ScoreOptions(window="shared", window_scores=())

    def scored(rows, shards=1):
        table = variants[rows].with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64))
        places = Places.of([table], geometry_of(network), how[-1])
        chosen = [places.rows(i, shards).tolist() for i in range(shards)]
        parts = [score_variants(network, table, *how, rows) for rows in chosen]
        found = in_input_order(pl.concat([part.gene for part in parts]))
        return found.with_columns(row=pl.Series([rows[row] for row in found["row"]]))

    rows = list(range(len(variants)))
    whole = scored(rows)
    assert {"scored", "alt_star", "no_gene_in_window"} == set(whole["status"])
    order = np.random.default_rng(1).permutation(rows).tolist()
    for found in (scored(rows, shards=3), in_input_order(scored(order)), scored(rows[3:9])):
        assert close(found, whole.filter(pl.col("row").is_in(found["row"])))


def test_shards_end_between_windows(network, genome, annotation, variants):
    how = geometry_of(network), ScoreOptions(window="shared")
    work, places = VariantWork.of(variants, *how), Places.of([variants], *how)
    shards = [work.placed(places.rows(i, 4).tolist(), annotation) for i in range(4)]
    windows = [{one.start for one in placed} for placed in shards]
    assert sum(map(len, windows)) == len(set().union(*windows))
    assert sorted(one.row for placed in shards for one in placed) == [*range(3), *range(4, 13)]


@pytest.mark.parametrize("window", ["variant", "shared"])
@pytest.mark.parametrize("gene_scores", [("logSED", "nD2", "COVR"), ("SED", "REF", "D1")])
def test_bins_of_genes_alone(network, pairs, genome, annotation, variants, window, gene_scores):
    sites = Annotation(tuple(replace(g, polya_sites=(2050, 2102, 2390)) for g in annotation.genes))
    options = ScoreOptions(window=window, gene_scores=gene_scores)
    alone = replace(options, window_scores=())
    plain = score_variants(network, variants, genome, sites, pairs, options, reuse=False).gene
    found = score_variants(network, variants, genome, sites, pairs, alone)
    assert {*found.window.columns} == {"row", "variant", "chrom", "pos", "ref", "alt", "gene_id",
                                       "gene_name", "status", "distance_to_tss_bp"}  # fmt: skip
    assert found.window["status"].to_list().count("no_gene_in_window") == 2
    assert found.gene.drop(gene_scores).equals(plain.drop(gene_scores))
    for name in gene_scores:
        a, b = (table[name].drop_nulls().to_numpy() for table in (found.gene, plain))
        assert np.abs(a - b).max() <= OF_EFFECTS * np.abs(b).max()


def test_edits_that_might_leave_a_shared_window_have_their_own():
    geometry = Geometry(length_bp=2048, bin_size_bp=32, crop_bins=4)
    convention = Aligned(geometry)
    starts = [grid_start(Edit("1", 5000, 5000 + n, "", 5000, "", ""), geometry, convention)
              for n in (1, 767, 768, 800)]  # fmt: skip
    assert starts == [5120 - 1024] * 2 + [None] * 2
    # the nearest centre: as many bases to the left as to the right
    for anchor in range(0, 1000, 7):
        start = grid_start(
            Edit("1", anchor, anchor + 1, "A", anchor + 1, "", ""), geometry, convention
        )
        assert start is not None
        assert (start + 1024) % 256 == 0
        assert abs(start + 1024 - (anchor + 1)) <= 128


def test_less_memory_halves_the_batch(
    network, pairs, genome, annotation, variants, monkeypatch, caplog
):
    how = network, variants, genome, annotation, pairs, ScoreOptions(window="shared")
    expected = score_variants(*how).gene

    def limited(model, edited, wanted, predict=inference.predict_together):
        if len(edited[0].alleles) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return predict(model, edited, wanted)

    monkeypatch.setattr(inference, "predict_together", limited)
    assert close(score_variants(*how).gene, expected)
    assert "sequences at once; continuing with 2. Numbers do not change" in caplog.text

    def none(model, edited, wanted):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(inference, "predict_together", none)
    with pytest.raises(torch.OutOfMemoryError):
        score_variants(*how)
