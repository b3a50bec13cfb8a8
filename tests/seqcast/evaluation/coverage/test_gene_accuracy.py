"""Accuracy gene by gene: against borzoi_test_genes.py, a plain computation, and known answers."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.evaluation.coverage.gene_accuracy import (
    CONSTANT,
    NO_BINS,
    OUTSIDE,
    OVERLAPS,
    VALID,
    GeneCollector,
    GeneOptions,
)
from seqcast.genome.annotation import Annotation, Gene, read_annotation
from seqcast.genome.gene_regions import counted_regions
from seqcast.genome.tracks import Tracks
from tests.seqcast.evaluation.coverage.tiny_test_set import tiny_predictions, tiny_windows

GOLDEN = {  # folder, targets table, both strands predicted, options (golden README)
    "golden": ("targets.txt", False, GeneOptions(unclip=True, compat=True)),
    "golden_rc_noclip_rna": ("targets_rna.txt", True, GeneOptions(compat=True)),
    "golden_span_rc": ("targets.txt", True, GeneOptions(span=True, unclip=True, compat=True)),
}
EXONS = GeneOptions()
SCORES = ["pearsonr", "r2", "pearsonr_norm", "r2_norm", "pearsonr_gene"]


@pytest.fixture(scope="module")
def tiny(shared):
    return tiny_predictions(shared / "reference/borzuki/real_tiny/data")


def tiny_result(shared, tiny, name, compat=True):
    base = shared / "reference/borzuki"
    table, both, options = GOLDEN[name]
    tracks = Tracks.read(base / "real_tiny/data/tiny_hg38" / table)
    annotation = read_annotation(base / "metrics/gene_accuracy/synthetic_genes_tiny_test.gtf")
    collector = GeneCollector(annotation, tracks, 32, replace(options, compat=compat))
    rows = tracks.channel
    for window, guess, truth in zip(
        tiny_windows(base / "real_tiny/data"), tiny[int(both)], tiny[2], strict=True
    ):
        collector.add(*window, guess[rows], truth[rows])
    return collector.result()


def golden_numbers(path):
    """Ids of genes, tracks, and numbers, NaN where a cell is empty."""
    table = pl.read_csv(path, separator="\t", infer_schema=False)
    numbers = table[:, 1:].cast(pl.Float64).to_numpy().astype(float)
    return table[:, 0].to_list(), table.columns[1:], numbers


@pytest.mark.parametrize("name", GOLDEN)
def test_equals_the_original(shared, tiny, name):
    found = tiny_result(shared, tiny, name)
    folder = shared / "reference/borzuki/metrics/gene_accuracy" / name
    # predictions agree to 1e-5 of their scale before they are rounded to float16: a few fall into the
    # next step, 2**-10 of their value, and a correlation over the bins of a gene moves by no more
    # than one value of its profile does; measured: 1.1e-4, 1.3e-6 (float32), 5.3e-4, 7e-7
    for file, values, tolerance in (
        ("gene_preds", found.predictions.values, {"atol": 3e-4}),
        ("gene_targets", found.targets.values, {"atol": 3e-6}),
        ("gene_within", found.within, {"atol": 2**-10}),
        ("gene_var", found.variance, {"rtol": 2e-6}),
    ):
        genes, tracks, expected = golden_numbers(folder / f"{file}.tsv")
        assert genes == found.targets.genes.tolist()
        assert tracks == found.targets.identifiers.tolist()
        np.testing.assert_allclose(values, expected, **{"rtol": 0, "atol": 0, **tolerance})
    golden = pl.read_csv(folder / "acc.txt", separator="\t", null_values=[""])
    accuracy = found.tracks()
    for column in ("identifier", "description"):
        assert accuracy[column].to_list() == golden[column].to_list()
    for column in SCORES:  # measured: 5e-6
        np.testing.assert_allclose(
            accuracy[column].to_numpy(), golden[column].to_numpy(), rtol=0, atol=2e-5
        )


@pytest.mark.parametrize("name", GOLDEN)
def test_default_differs_from_the_original_as_documented(shared, tiny, name):
    original, ours = (tiny_result(shared, tiny, name, compat) for compat in (True, False))
    lost = {"golden": 0, "golden_rc_noclip_rna": 0, "golden_span_rc": 4}[name]
    assert (ours.genes["status"] == OVERLAPS).sum() == lost  # regions: test_gene_regions.py
    kept = np.isin(original.targets.genes, ours.targets.genes)
    same = (original.genes["length_bp"] == ours.genes["length_bp"]).to_numpy()
    same &= (original.genes["bins"] == ours.genes["bins"]).to_numpy()
    alike = np.isin(ours.targets.genes, ours.genes["gene_id"].to_numpy()[same])
    assert alike.sum() >= 25
    # genes of the same bins differ by the rounding of predictions to float16
    apart = np.abs(ours.predictions.values - original.predictions.values[kept])[alike].max()
    assert 0 < apart < 3e-3
    np.testing.assert_allclose(
        ours.targets.values[alike], original.targets.values[kept][alike], rtol=0, atol=3e-6
    )
    # the numbers of docs/reference/differences-training.md
    for column, most in (("pearsonr", 0.11), ("pearsonr_norm", 0.22), ("pearsonr_gene", 0.16)):
        pair = (found.tracks()[column].cast(pl.Float64) for found in (ours, original))
        assert np.nanmax(np.abs(np.subtract(*pair))) < most
    assert original.tracks()["pearsonr_gene"].null_count() > 0
    assert ours.tracks()["pearsonr_gene"].null_count() == 0


TRACKS = Tracks(
    channel=np.arange(4),
    identifier=np.array(["a+", "a-", "b", "c"]),
    description=np.array(["one", "one", "two", "three"]),
    sum_stat=np.array(["sum_sqrt", "sum_sqrt", "sum", "mean_sqrt"]),
    strand=np.array(["+", "-", ".", "."]),
    pair=np.array([1, 0, 2, 3]),
    clip_soft=np.array([3.0, 3.0, np.nan, 2.0]),
    scale=np.array([0.3, 0.3, 1.0, 1.0]),
)
BIN_BP, BINS = 8, 64


def toy_annotation(seed: int = 0) -> Annotation:
    """Genes of 1 to 4 exons over two windows of 512 bp, some overlapping, one outside."""
    rng = np.random.default_rng(seed)
    genes = [
        Gene("far", "far", "chr2", "+", ((5, 90),)),
        Gene("tiny", "tiny", "chr1", "+", ((2, 3),)),
    ]
    for number in range(12):
        start, exons = 70 * number + int(rng.integers(4, 80)), []
        for _ in range(rng.integers(1, 5)):
            exons.append((start, start + int(rng.integers(4, 40))))
            start = exons[-1][1] + int(rng.integers(1, 20))
        strand = "+-"[number % 2]
        genes.append(Gene(f"gene{number:02d}", f"name {number}", "chr1", strand, tuple(exons)))
    return Annotation(tuple(genes))


def toy_windows(seed: int = 0, starts=(0, BIN_BP * BINS)):
    """Windows and their predictions and targets."""
    rng = np.random.default_rng(seed)
    level = rng.lognormal(0, 1, (4, BINS * len(starts)))
    both = level * rng.lognormal(0, 0.3, (2, *level.shape))
    return [
        (start, *both[:, :, i * BINS : (i + 1) * BINS].astype(np.float32))
        for i, start in enumerate(starts)
    ]


def collect(annotation, windows, options=EXONS, tracks=TRACKS):
    collector = GeneCollector(annotation, tracks, BIN_BP, options)
    for start, guess, truth in windows:
        collector.add("chr1", start, guess, truth)
    return collector.result()


def plain_accuracy(annotation, windows, options):
    """Values (genes, 2, tracks), within and variance of each gene, a bin at a time."""
    whole = [np.concatenate([w[i] for w in windows], axis=1) for i in (1, 2)]
    coverage = [TRACKS.untransform(torch.from_numpy(x), options.unclip).numpy() for x in whole]
    found = {}
    regions = counted_regions(annotation, options.span)
    for gene, kept in zip(annotation.genes, regions, strict=True):
        bins = set()
        for start, end in kept:
            for number in range(whole[0].shape[1]):
                # a bin belongs to a gene whose exon covers its middle; halves as np.round has them
                if np.round(start / BIN_BP) <= number < np.round(end / BIN_BP):
                    bins.add(number)
        if gene.chrom != "chr1" or not bins:
            continue
        rows = [0, 2, 3] if gene.strand == "+" else [1, 2, 3]
        taken = [x[rows][:, sorted(bins)] for x in coverage]
        length_bp = sum(end - start for start, end in kept)
        values = [np.log2(1 + x.mean(axis=1) / BIN_BP * length_bp) for x in taken]
        logs = [np.log2(1 + x) for x in taken]
        with np.errstate(invalid="ignore"):
            within = [
                np.corrcoef(*pair)[0, 1] if len(bins) > 1 else np.nan
                for pair in zip(*logs, strict=True)
            ]
        found[gene.gene_id] = (values, within, taken[1].var(axis=1))
    return [found[name] for name in sorted(found)], sorted(found)


@pytest.mark.parametrize("options", [EXONS, GeneOptions(unclip=True), GeneOptions(span=True)])
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_plain_computation(seed, options):
    annotation, windows = toy_annotation(seed), toy_windows(seed)
    found = collect(annotation, windows, options)
    expected, names = plain_accuracy(annotation, windows, options)
    assert found.targets.genes.tolist() == names
    for i, (values, within, variance) in enumerate(expected):
        assert found.predictions.values[i] == pytest.approx(values[0], rel=1e-9)
        assert found.targets.values[i] == pytest.approx(values[1], rel=1e-9)
        assert found.within[i] == pytest.approx(within, rel=1e-9, nan_ok=True)
        assert found.variance[i] == pytest.approx(variance, rel=1e-9, abs=1e-12)


def test_every_gene_of_the_annotation_has_a_status():
    annotation = toy_annotation()
    shared_exon = Gene("same", "", "chr1", "+", annotation.genes[2].exons)
    found = collect(Annotation((*annotation.genes, shared_exon)), toy_windows())
    status = dict(found.genes.select("gene_id", "status").iter_rows())
    assert list(status) == [gene.gene_id for gene in annotation.genes] + ["same"]
    assert status["far"] == OUTSIDE
    assert status["tiny"] == NO_BINS
    assert status["same"] == status[annotation.genes[2].gene_id] == OVERLAPS
    valid = found.genes.filter(status=VALID)
    assert sorted(valid["gene_id"]) == found.targets.genes.tolist()
    assert valid["bins"].min() > 0


def test_genes_of_an_operon_are_counted_but_for_the_bases_that_they_share(caplog):
    caplog.set_level("INFO")
    starts = [0, 96, 192, 288]  # of 100 bp each, as neighbours in an operon
    genes = [Gene(f"g{start}", "", "chr1", "+", ((start, start + 100),)) for start in starts]
    found = collect(Annotation(tuple(genes)), toy_windows())
    assert found.genes["status"].to_list() == [VALID] * 4
    assert found.genes["length_bp"].to_list() == [96, 92, 92, 96]
    assert found.genes["shared_bp"].to_list() == [4, 8, 8, 4]
    assert "4 of 4 genes share bases" in caplog.text
    assert "24 bp are left out, and with them all of 0 genes" in caplog.text
    original = collect(Annotation(tuple(genes)), toy_windows(), GeneOptions(compat=True))
    assert original.genes["length_bp"].to_list() == [100] * 4
    assert original.genes["shared_bp"].to_list() == [0] * 4


def test_overlapping_windows_count_a_bin_once():
    annotation = toy_annotation()
    twice = [toy_windows()[0]] * 2 + toy_windows()[1:]
    once, found = collect(annotation, toy_windows()), collect(annotation, twice)
    assert (once.targets.values == found.targets.values).all()
    assert once.genes.equals(found.genes)
    original = collect(annotation, twice, GeneOptions(compat=True))
    assert original.genes["bins"].sum() > once.genes["bins"].sum()


def test_a_window_half_a_bin_further_counts_no_base_twice():
    gene = Gene("g", "", "chr1", "+", ((0, 1000),))
    others = [Gene(f"o{i}", "", "chr1", "-", ((i * 40, i * 40 + 32),)) for i in range(3)]
    first = toy_windows()[0]
    second = (first[0] + BIN_BP * 60 + 4, *first[1:])
    found = collect(Annotation((gene, *others)), [first, second])
    assert found.genes["bins"][0] == 64 + 60  # of the second window, bins 4 to 64


def test_one_id_on_two_contigs_is_two_genes():
    annotation = toy_annotation()
    par = Gene(annotation.genes[2].gene_id, "", "chrY", "+", ((0, 40),))
    collector = GeneCollector(Annotation((*annotation.genes, par)), TRACKS, BIN_BP)
    for start, guess, truth in toy_windows():
        collector.add("chr1", start, guess, truth)
        collector.add("chrY", start, guess, truth)
    assert "gene00@chrY" in collector.result().targets.genes


def test_a_perfect_prediction_scores_one():
    windows = [(start, truth, truth) for start, _, truth in toy_windows()]
    accuracy = collect(toy_annotation(), windows).tracks()
    for column in SCORES:
        assert accuracy[column].to_list() == pytest.approx([1] * 3, abs=1e-9)


def test_predictions_that_know_nothing_but_length_have_no_agreement_a_base():
    """Genes of 80 to 2,400 bp, of which a model predicts the same coverage a base."""
    rng = np.random.default_rng(3)
    lengths = rng.permutation(np.geomspace(10, 300, 60).astype(int)) * BIN_BP
    ends = np.cumsum(lengths)
    genes = [Gene(f"g{i:02}", "", "chr1", "+", ((end - n, end),))
             for i, (end, n) in enumerate(zip(ends.tolist(), lengths.tolist(), strict=True))]  # fmt: skip
    truth = np.repeat(rng.lognormal(2, 0.5, 60), lengths // BIN_BP) * np.ones((4, 1))
    useless = np.full_like(truth, 8) * rng.lognormal(0, 0.01, truth.shape)
    found = collect(Annotation(tuple(genes)), [(0, useless, truth)])
    table = found.tracks()
    lengths_bp = np.array([found.genes["length_bp"]]).T
    alone = np.corrcoef(np.log2(lengths_bp[:, 0]), found.targets.values[:, 1])[0, 1]
    assert table["pearsonr_length"][1] == pytest.approx(alone)
    for column in ("pearsonr", "pearsonr_length", "pearsonr_rolled"):
        assert (table[column] > 0.7).all()
    assert (table["pearsonr_density"].abs() < 0.3).all()
    a_base = [
        np.log2(1 + (2**m.values - 1) / lengths_bp) for m in (found.predictions, found.targets)
    ]
    assert table["pearsonr_density"][1] == pytest.approx(
        np.corrcoef(a_base[0][:, 1], a_base[1][:, 1])[0, 1]
    )
    perfect = collect(Annotation(tuple(genes)), [(0, truth, truth)]).tracks()
    assert perfect["pearsonr_density"].to_list() == pytest.approx([1] * 3)
    assert (perfect["pearsonr_rolled"] < 0.95).all()


def test_a_track_without_reads_says_so():
    windows = [
        (start, guess, truth * np.array([1, 1, 0, 1])[:, None])
        for start, guess, truth in toy_windows()
    ]
    accuracy = collect(toy_annotation(), windows).tracks()
    assert accuracy["status"].to_list() == [VALID, CONSTANT, VALID]
    assert accuracy["pearsonr"][1] is None
    assert accuracy["pearsonr_gene"][1] is None


def test_bad_input_is_told():
    annotation, (window, _) = toy_annotation(), toy_windows()
    collector = GeneCollector(annotation, TRACKS, BIN_BP)
    with pytest.raises(InputError, match=r"expected both \(4 tracks, bins\)"):
        collector.add("chr1", 0, window[1][:3], window[2][:3])
    with pytest.raises(InputError, match=r"in the window chr1:0 has"):
        collector.add("chr1", 0, window[1], window[2] * np.nan)
    with pytest.raises(InputError, match="0 of 14 genes have bins"):
        collector.result()
    same = replace(TRACKS, identifier=np.array(["a+", "a-", "b", "b"]))
    with pytest.raises(InputError, match=r"\['b'\] more than once"):
        GeneCollector(annotation, same, BIN_BP)
