"""Rates fitted to coverage of exons: each number again by hand."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.planted import planted_decay
from seqcast.evaluation.planted.planted_metrics import decay_rates
from seqcast.genome.annotation import Annotation, Gene
from seqcast.predict.coverage.coverage_files import create_coverage_store, read_coverage
from seqcast.simulate.assays import ASSAYS, TRACKS
from seqcast.simulate.expected import exonic_coverage
from seqcast.simulate.genome import draw_genome
from tests.seqcast.evaluation.planted import planted

NAMES = [f"sim_actd_{t}h" for t in (0, 2, 4, 8)]
HOURS = np.array([0.0, 2, 4, 8])


def test_an_exponential_gives_its_rate_and_little_coverage_gives_less():
    sums = np.outer([1e6, 1e6, 100], np.ones(4)) * np.exp(-np.outer([0.1, 0.7, 3], HOURS))
    rates = planted_decay.fitted_rates(sums, HOURS)
    assert rates[:2] == pytest.approx([0.1, 0.7], rel=1e-3)
    assert rates[2] == pytest.approx(-np.polyfit(HOURS, np.log(1 + sums[2]), 1)[0])
    assert rates[2] < 0.7  # of 3 per h: what is gone by 2 h has no slope
    assert planted_decay.fitted_rates(np.array([[-1.0, 0, 0, 0]]), HOURS) == pytest.approx([0])


def test_sums_are_those_of_bases(tmp_path):
    rng = np.random.default_rng(2)
    genes = [
        Gene("a", "a", "c", "+", ((3, 9), (30, 41))),
        Gene("b", "b", "c", "-", ((38, 50),)),
        Gene("c", "c", "c", "+", ((60, 80),)),  # reaches beyond the last window
        Gene("d", "d", "other", "+", ((3, 9),)),
    ]
    windows = pl.DataFrame(  # out of order and overlapping: [32, 40) is the first one's
        {"contig": ["c", "c", "c", "other"], "start": [32, 0, 56, 100], "end": [72, 40, 96, 140]}
    )[[0, 1, 3]]
    values = rng.random((3, 4, 5)).astype(np.float32)
    names = pl.DataFrame({"identifier": ["x+", "y+", "x-", "y-"]})
    with create_coverage_store(tmp_path / "c.zarr", windows, names, 5, {}) as write:
        for window in values:
            write(window)
    bases = np.zeros((4, 80))
    bases[:, 40:72] = np.repeat(values[0] / 8, 8, axis=1)[:, 8:]
    bases[:, :40] = np.repeat(values[1] / 8, 8, axis=1)
    with read_coverage(tmp_path / "c.zarr") as coverage:
        sums, covered_bp = planted_decay.exonic_sums(coverage, genes, ["y", "x"])
        with pytest.raises(InputError, match=r"no tracks \['z\+', 'z-'\]"):
            planted_decay.exonic_sums(coverage, genes, ["z"])
    assert covered_bp.tolist() == [17, 12, 12, 0]
    for gene, found in zip(genes[:3], sums, strict=False):
        rows = [1, 0] if gene.strand == "+" else [3, 2]
        expected = sum(bases[rows, start:end].sum(axis=1) for start, end in gene.exons)
        assert found == pytest.approx(expected, rel=1e-6)
    assert not sums[3].any()


def test_expected_sums_are_the_closed_form_of_the_same_genome():
    found = planted_decay.expected_sums(planted.genome(), planted.genes(), planted.HELD_OUT)
    assert found.columns == ["gene_id", *NAMES]
    placed = planted.genome().genes[5]
    at = [[assay.name for assay in ASSAYS].index(name) for name in NAMES]
    expected = exonic_coverage(placed.gene, placed.truth, planted.SMALL)[at]
    assert found.filter(gene_id=placed.gene_id).row(0)[1:] == pytest.approx(expected)
    assert len(found) == 24
    other = draw_genome(planted.SMALL, planted.SEED + 1)
    with pytest.raises(InputError, match="expected the table of the same seed and species"):
        planted_decay.expected_sums(other, planted.genes(), planted.HELD_OUT)


def compared(tmp_path, skip=0, annotation=None, truth=None, folds=1):
    truth = planted.genes() if truth is None else truth
    path = planted.write_coverage_store(tmp_path / "c.zarr", planted.binned_truth(), skip)
    expected = planted_decay.expected_sums(planted.genome(), planted.genes(), planted.HELD_OUT)
    with read_coverage(path) as coverage:
        return planted_decay.compare_genes(
            truth, annotation or planted.annotation(), coverage, [coverage] * folds, expected,
            np.full(4, 0.3), planted.HELD_OUT,
        )  # fmt: skip


def test_expected_coverage_in_windows_gives_the_ceiling(tmp_path):
    table = compared(tmp_path)
    assert len(table) == 24
    assert set(table["status"]) == {"compared"}
    true = dict(planted.genes().select("gene_id", "decay_rate_per_h").iter_rows())
    assert table["true_rate_per_h"].to_list() == [true[gene] for gene in table["gene_id"]]
    for name in ("predicted_rate_per_h", "predicted_rate_per_h_fold0"):
        # edges of exons share a bin with what is not exon
        assert table[name].to_numpy() == pytest.approx(table["expected_rate_per_h"], rel=0.02)
    logs = np.log(table.select("true_rate_per_h", "expected_rate_per_h").to_numpy())
    assert np.corrcoef(logs.T)[0, 1] > 0.9


def test_scales_of_the_times_are_not_decay(tmp_path):
    plain = compared(tmp_path)
    factors = np.array([0.3, 0.3, 0.6, 1.2])
    binned = planted.binned_truth()
    for name, factor in zip(NAMES, factors, strict=True):
        of_time = [track.identifier.startswith(name) for track in TRACKS]
        binned[of_time] *= factor / 0.3
    path = planted.write_coverage_store(tmp_path / "scaled.zarr", binned)
    expected = planted_decay.expected_sums(planted.genome(), planted.genes(), planted.HELD_OUT)
    with read_coverage(path) as coverage:
        scaled = planted_decay.compare_genes(
            planted.genes(), planted.annotation(), coverage, [coverage], expected, factors,
            planted.HELD_OUT,
        )  # fmt: skip
    for name in ("predicted_rate_per_h", "predicted_rate_per_h_fold0", "expected_rate_per_h"):
        assert scaled[name].to_list() == pytest.approx(plain[name].to_list(), rel=1e-5)


def test_rates_of_a_fold_have_its_name(tmp_path):
    expected = planted_decay.expected_sums(planted.genome(), planted.genes(), planted.HELD_OUT)
    path = planted.write_coverage_store(tmp_path / "c.zarr", planted.binned_truth())
    with read_coverage(path) as coverage:
        folds = [replace(coverage, provenance={"fold": name}) for name in ("f3c1", "best")]
        table = planted_decay.compare_genes(
            planted.genes(), planted.annotation(), coverage, folds, expected, np.full(4, 0.3),
            planted.HELD_OUT,
        )  # fmt: skip
    assert table.columns[-2:] == ["predicted_rate_per_h_foldf3c1", "predicted_rate_per_h_foldbest"]
    measured = list(decay_rates(table, Resampling(0)))
    assert {"fold f3c1", "fold best"} < {one.group for one in measured}


def test_each_gene_of_held_out_contigs_has_a_status(tmp_path):
    known = planted.annotation().genes
    strange = Gene("strange", "strange", "chrS2", "+", ((50_000, 50_100),))
    annotation = Annotation((*known[:-1], strange))
    table = compared(tmp_path, skip=2, annotation=annotation, folds=0)
    status = dict(table.select("gene_id", "status").iter_rows())
    assert status["strange"] == "no_truth"
    assert status[known[-1].gene_id] == "not_in_annotation"
    first = next(gene for gene in known if gene.chrom == "chrS2")
    assert status[first.gene_id] == "outside_windows"
    assert set(status.values()) == set(planted_decay.STATUSES)
    left_out = table.filter(pl.col("status") != "compared")
    assert left_out["predicted_rate_per_h"].null_count() == len(left_out)
