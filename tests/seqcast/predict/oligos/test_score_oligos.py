"""Oligos in contexts: what is replaced, which bins count, and that no row is lost."""

from itertools import pairwise

import h5py
import numpy as np
import polars as pl
import pytest
import torch
from polars.testing import assert_frame_equal

from seqcast import load_model
from seqcast.core.errors import InputError
from seqcast.genome.annotation import Annotation, Gene, read_annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.sequence import one_hot
from seqcast.genome.tracks import Tracks
from seqcast.models.interface import build_model
from seqcast.predict.inference import geometry_of, predict
from seqcast.predict.oligos.placements import Context, Placements, read_contexts, read_oligos
from seqcast.predict.oligos.score_oligos import predict_oligos, score_in_parts, score_oligos
from seqcast.predict.variants.score_options import ScoreOptions
from tests.seqcast.models.borzuki.test_network import TINY
from tests.seqcast.text_genome import TextGenome
from tests.seqcast.toy_models import BaseCounter, tracks_of_bases

LENGTH, WINDOW, BIN = 3000, 512, 32
GENOME = "".join(np.random.default_rng(5).choice(list("ACGT"), LENGTH))
GENES = Annotation((
    Gene("G1.3", "plus", "c", "+", ((1400, 1450), (1520, 1590))),
    Gene("G2.1", "minus", "c", "-", ((1500, 1640),)),
))  # fmt: skip
OLIGOS = pl.DataFrame({"oligo": ["a", "b", "odd"], "sequence": ["ACGT" * 25, "T" * 40, "G" * 51]})
OPTIONS = ScoreOptions(reverse_complement=False, gene_scores=("SED", "logSED", "REF", "ALT"))
HERE = Context("c_1480_1541", "c", 1480, 1541)


@pytest.fixture(scope="module")
def tracks():
    return tracks_of_bases()


def run(tracks, contexts=(HERE,), shifts_bp=(0,), oligos=OLIGOS, options=OPTIONS, **how):
    model = BaseCounter(WINDOW, BIN, how.pop("crop_bins", 0))
    placed = Placements(oligos, contexts, shifts_bp, TextGenome(GENOME), geometry_of(model),
                        any_character=options.compat is not None)  # fmt: skip
    return score_oligos(model, placed, GENES, tracks, options, **how)


def counts_by_hand(sequence, gene, start, majority=True):
    """Bases of a genome in the bins of a gene of a window."""
    bins = set()
    for a, b in gene.exons:
        a, b = (a - start) / BIN, (b - start) / BIN
        edges = (round(a), round(b)) if majority else (int(np.floor(a)), int(np.ceil(b)))
        bins |= set(range(max(edges[0], 0), min(edges[1], WINDOW // BIN)))
    bases = "".join(sequence[start + i * BIN : start + (i + 1) * BIN] for i in bins)
    return [bases.count(base) for base in ("AGT" if gene.strand == "+" else "CGT")]


@pytest.mark.parametrize("shift_bp", [0, -24, 112])
@pytest.mark.parametrize("compat", [None, "borzoi_sed"])
def test_bases_around_the_middle_are_replaced(tracks, shift_bp, compat):
    options = ScoreOptions(compat, False, gene_scores=("REF", "ALT"))
    table = run(tracks, shifts_bp=(shift_bp,), options=options)
    rows = []
    for oligo, bases in OLIGOS.iter_rows():
        start = (1480 + 1541) // 2 - len(bases) // 2
        placed = GENOME[:start] + bases + GENOME[start + len(bases) :]
        for gene in GENES.genes:
            window = 1510 - WINDOW // 2 + shift_bp
            if compat:  # bins of the window that is not moved, for the coverage of the moved one
                counted = [
                    counts_by_hand(s[max(0, shift_bp) :] if shift_bp > 0 else "N" * -shift_bp + s,
                                   gene, window - shift_bp, majority=shift_bp != 0)
                    for s in (GENOME, placed)
                ]  # fmt: skip
            else:
                counted = [counts_by_hand(s, gene, window) for s in (GENOME, placed)]
            rows.append((oligo, start, start + len(bases), gene.gene_id, *counted))
    assert table.select("oligo", "start", "end", "gene_id", "REF", "ALT").rows() == rows
    assert set(table["status"]) == {"scored"}
    assert set(table["context"]) == {"c_1480_1541"}


@pytest.mark.parametrize("batch_size", [1, 4])
def test_what_the_windows_have_in_common_changes_no_coverage(batch_size):
    torch.manual_seed(2)
    model = build_model("borzuki", TINY, "human").eval().requires_grad_(False)
    model.draw_alive()
    n = model.tracks
    tracks = Tracks(np.arange(n), np.array(["a+", "a-", "b+", "b-", "c"]), np.full(n, "RNA"),
                    np.full(n, "mean"), np.array(["+", "-", "+", "-", "."]),
                    np.array([1, 0, 3, 2, 4]), np.full(n, np.nan), np.ones(n))  # fmt: skip
    genome, options = TextGenome(GENOME), ScoreOptions()
    placements = Placements(OLIGOS, [HERE], (0, -24), genome, geometry_of(model))
    placed = [one for _, one in placements.rows(range(len(placements)))]
    found = list(predict_oligos(model, placed, genome, tracks, options, batch_size))
    assert len(found) == len(placed) == 6
    for one, coverage in zip(placed, found, strict=True):
        end = one.start + len(one.sequence)
        whole = GENOME[: one.start] + one.sequence + GENOME[end:]
        for text, allele in ((GENOME, coverage.ref), (whole, coverage.alt)):
            bases = TextGenome(text).fetch("c", one.window, one.window + 2048)
            with torch.inference_mode():
                expected = predict(model, torch.from_numpy(one_hot(bases)[None]), tracks)
            assert torch.allclose(allele.float(), expected, rtol=2e-5)


def test_each_oligo_context_and_gene_has_a_row(tracks):
    oligos = pl.DataFrame({
        "oligo": ["fine", "none", "n", "bad", "long"],
        "sequence": ["ACGTU", "", "ACNGT", "AC-GT", "A" * 600],
    })  # fmt: skip
    contexts = [HERE, Context("c_0_3", "c", 0, 3), Context("x_5_9", "x", 5, 9),
                Context("c_2600_2700", "c", 2600, 2700),
                Context("c_1500_1501", "c", 1500, 1501, "G2"),
                Context("c_1500_1502", "c", 1500, 1502, "G9")]  # fmt: skip
    table = run(tracks, contexts, oligos=oligos)
    found = {
        (context, oligo): rows["status"].to_list()
        for (context, oligo), rows in table.group_by("context", "oligo", maintain_order=True)
    }
    assert len(found) == 30
    bad = {"none": "oligo_missing", "n": "oligo_ambiguous", "bad": "oligo_invalid",
           "long": "oligo_too_long"}  # fmt: skip
    for context in contexts:
        for oligo, status in bad.items():
            known = "contig_not_found" if context.chrom == "x" else status
            assert found[context.name, oligo] == [known]
    fine = [found[context.name, "fine"] for context in contexts]
    assert fine == [["scored"] * 2, ["context_out_of_range"], ["contig_not_found"],
                    ["no_gene_in_window"], ["scored"], ["gene_not_in_window"]]  # fmt: skip
    unscored = table.filter(pl.col("status") != "scored")
    assert unscored["logSED"].null_count() == unscored.height  # never 0
    assert table["row"].unique(maintain_order=True).to_list() == list(range(30))


def test_an_oligo_must_lie_in_the_output_of_the_moved_window(tracks):
    oligos = pl.DataFrame({"oligo": ["a"], "sequence": ["A" * 200]})
    table = run(tracks, shifts_bp=(0, 160), oligos=oligos, crop_bins=2)
    assert table["status"].to_list() == ["scored", "scored", "oligo_too_long"]


@pytest.mark.parametrize("how", [{"batch_size": 4}, {"workers": 2}, {"shards": 3}])
def test_how_work_is_cut_changes_no_number(tracks, how):
    contexts, shifts = [HERE, Context("c_1300_1302", "c", 1300, 1302)], (0, 24)
    whole = run(tracks, contexts, shifts)
    shards, how = how.get("shards", 1), {k: v for k, v in how.items() if k != "shards"}
    edges = [12 * i // shards for i in range(shards + 1)]
    parts = [run(tracks, contexts, shifts, rows=range(a, b), **how)
             for a, b in pairwise(edges)]  # fmt: skip
    assert_frame_equal(pl.concat(parts), whole)


def test_a_job_goes_on_where_a_part_ended(tracks):
    model = BaseCounter(WINDOW, BIN)
    contexts = [HERE, Context("c_0_3", "c", 0, 3), Context("c_1300_1302", "c", 1300, 1302)]
    placed = Placements(OLIGOS, contexts, (0, 24), TextGenome(GENOME), geometry_of(model))
    how = GENES, tracks, OPTIONS

    def parts(start):
        return list(score_in_parts(model, placed, *how, range(start, 18), 2, 0, lambda: True))

    whole = score_oligos(model, placed, *how, batch_size=2)
    stops = [stop for stop, _ in parts(0)]
    assert stops[-1] == 18
    assert len(stops) > 3
    for stop in [0, *stops[:-1]]:
        rest = pl.concat([table for _, table in parts(stop)])
        assert_frame_equal(rest, whole.filter(pl.col("row") >= stop))


def test_tables_of_oligos_and_contexts(tmp_path):
    (tmp_path / "o.tsv").write_text("id\tseq\tnote\no1\tacgt\tx\no2\t\ty\n")
    assert read_oligos(tmp_path / "o.tsv").rows() == [("o1", "ACGT"), ("o2", "")]
    (tmp_path / "c.tsv").write_text("chrom\tstart\tend\tgene_id\nchr1\t5\t10\tG.1\nchr1\t6\t9\t\n")
    assert read_contexts(tmp_path / "c.tsv") == [
        Context("chr1_5_10", "chr1", 5, 10, "G.1"), Context("chr1_6_9", "chr1", 6, 9)]  # fmt: skip


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (read_oligos, "id\tsequence\no\tA\n", "no column 'seq'"),
        (read_oligos, "id\tseq\n", "has no rows"),
        (read_oligos, "id\tseq\no\tA\no\tC\n", "oligo 'o' more than once"),
        (read_oligos, "id\tseq\no\tA\n\tC\n", "oligo 2 has no name"),
        (read_contexts, "chrom\tstart\tend\nchr1\t-5\t9\n", "chr1:-5-9; expected start and end"),
        (read_contexts, "chrom\tstart\tend\nchr1\t9\t9\n", "expected start < end"),
    ],
)
def test_tables_that_are_refused(tmp_path, read, text, message):
    (tmp_path / "t.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        read(tmp_path / "t.tsv")


def test_contexts_of_another_genome_are_refused(tracks):
    with pytest.raises(InputError, match=r"no contig of the contexts \(chr9\)"):
        run(tracks, [Context("chr9_5_9", "chr9", 5, 9)])


SOME = ("oligo1", "oligo4")  # of six, to save time: of an even and an odd length


def test_scores_equal_borzoi_sed_replace(shared):
    # of one strand; tests/workflow/test_compat_run.py has both strands, and a shift
    folder = shared / "reference/borzuki/real_tiny"
    data = folder / "data"
    with h5py.File(folder / "golden/borzoi_sed_replace_f32.h5") as file:
        names = ("SED", "logSED", "logD2")
        scores = {name: file[name][()] for name in names}
        oligos, contexts = (file[n][()].astype(str) for n in ("seq_id", "ctx_id"))
        rows = list(zip(oligos[file["si"][()]], contexts[file["ci"][()]],
                        file["gene"][()].astype(str), strict=True))  # fmt: skip
    model = load_model("borzuki", data / "model.h5", data / "params.json", device="cpu")
    options = ScoreOptions("borzoi_sed", False, gene_scores=names)
    with Genome(data / "hg38_1m.fa.gz") as genome:
        placed = Placements(
            read_oligos(data / "synthetic_mpra.tsv").filter(pl.col("oligo").is_in(SOME)),
            read_contexts(data / "synthetic_mpra_contexts.tsv"), (0,), genome,
            geometry_of(model), any_character=True,
        )  # fmt: skip
        tracks = Tracks.read(data / "tiny_hg38/targets.txt")
        genes = read_annotation(data / "synthetic_genes.gtf")
        table = score_oligos(model, placed, genes, tracks, options)
    assert set(table["status"]) == {"scored"}
    theirs = {key: i for i, key in enumerate(rows) if key[0] in SOME}
    keys = list(table.select("oligo", "context", "gene_id").iter_rows())
    assert set(keys) == set(theirs)
    assert len(keys) == len(theirs)
    order = [theirs[key] for key in keys]
    for name in names:
        spread = np.abs(scores[name]).max()
        close = np.isclose(table[name].to_numpy(), scores[name][order], 1e-3, 2e-4 * spread)
        assert close.all(), name
