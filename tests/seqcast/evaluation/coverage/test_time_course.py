"""From tables of genes to decay rates, with a constructed truth."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.job_files import named_files
from seqcast.core.store import write_table, write_tsv
from seqcast.datasets.coverage.coverage_sets import transform_of
from seqcast.evaluation.coverage.decay_fits import HEK293_GAPDH
from seqcast.evaluation.coverage.gene_accuracy import GENES, GeneCollector
from seqcast.evaluation.coverage.gene_matrices import GeneMatrix
from seqcast.evaluation.coverage.time_course import (
    CourseFiles,
    DecayFiles,
    decay_metrics,
    decay_table,
    fit_time_course,
)
from seqcast.genome.annotation import Annotation, Gene
from seqcast.genome.tracks import Tracks
from tests.seqcast.evaluation.coverage.courses import RATES, TIMES_H

# values are over those at 1 h, so that A is exp(rate), which compat lets grow to 2
WITHIN = 0.97 * np.log(2) / 1.5 > RATES
OPTIONS = {"compat": None, "decay_shape": "decay", "decay_reference": "", "decay_half_life_h": None}


def fitted(files: SimpleNamespace, folder: Path, **options: object) -> tuple[pl.DataFrame, ...]:
    made = DecayFiles(decay=str(folder / "decay.tsv"), metrics=str(folder / "metrics.tsv"))
    fit_time_course(named_files(CourseFiles, vars(files)), made, "ActD", OPTIONS | options)
    return tuple(pl.read_csv(path, separator="\t") for path in (made.decay, made.metrics))


def test_rates_of_the_course_are_found(files, tmp_path: Path) -> None:
    decay, metrics = fitted(files, tmp_path)
    assert decay.height == len(RATES) + 1
    assert decay.row(-1, named=True)["status"] == "outside_windows"
    assert decay.row(-1, named=True)["measured_status"] is None
    assert set(decay["status"][:-1]) == {"valid"}
    measured = decay["measured_log2_decay_rate"][:-1].to_numpy()
    assert measured == pytest.approx(np.log2(RATES), abs=0.15)  # the penalty moves fast rates
    half_life = decay["measured_half_life_h"][:-1].to_numpy()
    assert half_life == pytest.approx(np.log(2) / RATES, rel=0.1)
    r = metrics.filter(genes="valid", metric="pearson")
    assert r["value"][0] > 0.999
    assert r["n"][0] == metrics.filter(genes="fitted", metric="pearson")["n"][0] == 40
    rmse = metrics.filter(genes="valid", metric="rmse")["value"][0]
    assert rmse == pytest.approx(np.log2(1.5), abs=0.1)
    assert metrics.filter(genes="at_bound")["value"].to_list() == [0, 0, 0]


def test_bounds_of_the_original_are_those_of_compat(files, tmp_path: Path, caplog) -> None:
    decay, metrics = fitted(files, tmp_path, compat="borzuki")
    assert (decay["status"][:-1] == "valid").to_numpy()[WITHIN].all()
    assert decay["status"][39] == "predicted_amplitude_at_bound"
    n = metrics.filter(genes="valid", metric="pearson")["n"][0]
    at_bound = dict(metrics.filter(genes="at_bound").select("metric", "value").rows())
    assert at_bound == {"measured": 0, "predicted": 40 - n, "either": 40 - n}
    assert metrics.filter(genes="fitted", metric="spearman")["value"][0] > 0.9
    rmse = metrics.filter(genes="fitted", metric="rmse").row(0, named=True)
    assert (rmse["value"], rmse["ci_low"], rmse["n"]) == (None, None, 40)
    assert rmse["note"] == "genes at a bound of the fit"
    assert f"{40 - n} of 40 genes have a predicted rate or amplitude at a bound" in caplog.text
    assert "Half-lives from 0.693 to 693 h" in caplog.text
    with pytest.raises(InputError, match="decay_half_life_h with compat"):
        fitted(files, tmp_path, compat="borzuki", decay_half_life_h=[0.1, 10])


def write_minutes(files: SimpleNamespace, half_lives_min: np.ndarray) -> None:
    """Matrices and tables of a course of bacteria: 0, 1, 2, 4 and 8 min, predicted as measured."""
    minutes = np.array([0, 1, 2, 4, 8])
    names = [f"t{i}" for i in range(5)]
    values = 100 * 2 ** -(minutes / half_lives_min[:, None])
    genes = np.array([f"G{i:02}" for i in range(len(values))])
    for path in (files.gene_preds, files.gene_targets):
        write_table(GeneMatrix(genes, np.array(names), np.log2(1 + values)).table(), path, {})
    tracks = pl.DataFrame({"identifier": names, "description": [f"ActD {m} min" for m in minutes]})
    write_tsv(tracks, files.tracks)
    write_tsv(tracks.with_columns(scale=pl.lit("1")), files.targets)


def test_minutes_are_fitted_as_hours_are(files, tmp_path: Path, caplog) -> None:
    half_lives_min = np.geomspace(1, 10, len(RATES))
    write_minutes(files, half_lives_min)
    decay, metrics = fitted(files, tmp_path)
    assert set(decay["status"][:-1]) == {"valid"}
    found = decay["measured_half_life_h"][:-1].to_numpy() * 60
    assert np.log2(found / half_lives_min) == pytest.approx(0, abs=0.1)
    assert metrics.filter(genes="valid", metric="rmse")["value"][0] < 1e-9
    assert "at a bound" not in caplog.text
    _, metrics = fitted(files, tmp_path, decay_half_life_h=[0.7, 700])  # as published
    at_bound = metrics.filter(genes="at_bound")["value"].to_list()
    assert at_bound == [40, 40, 40]
    assert metrics.filter(genes="valid")["note"].to_list() == ["fewer than 3 genes"]
    assert metrics.filter(genes="fitted", metric="rmse")["value"].to_list() == [None]
    assert "40 of 40 genes have a measured rate or amplitude at a bound" in caplog.text


def test_a_reference_gene_takes_its_decay_away(files, tmp_path: Path) -> None:
    decay, _ = fitted(files, tmp_path, decay_reference="G00")
    found = decay["measured_log2_decay_rate"][20:40].to_numpy()
    assert found == pytest.approx(np.log2(RATES[20:] - RATES[0]), abs=0.15)
    with pytest.raises(InputError, match="reference gene 'G99' is none of 40 genes"):
        fitted(files, tmp_path, decay_reference="G99")


def test_tracks_of_other_scales_have_the_same_rates(files, tmp_path: Path) -> None:
    plain, _ = fitted(files, tmp_path)
    table = pl.read_csv(files.targets, separator="\t")
    factors = np.linspace(0.3, 3, len(TIMES_H))
    for path in (files.gene_preds, files.gene_targets):
        matrix = GeneMatrix.read(path)
        scaled = np.log2(1 + factors * (2**matrix.values - 1))
        write_table(GeneMatrix(matrix.genes, matrix.identifiers, scaled).table(), path, {})
    write_tsv(table.with_columns(scale=pl.Series(map(str, factors))), files.targets)
    found, _ = fitted(files, tmp_path)
    for name in ("measured_log2_decay_rate", "predicted_log2_decay_rate"):
        assert found[name].to_list() == pytest.approx(plain[name].to_list(), abs=1e-6)
    write_tsv(table.drop("scale"), files.targets)
    unknown, _ = fitted(files, tmp_path)
    assert (
        unknown["measured_log2_decay_rate"].to_list() != found["measured_log2_decay_rate"].to_list()
    )


def planted_libraries(files: SimpleNamespace, columns: dict[str, np.ndarray]) -> np.ndarray:
    """A course whose libraries are equally deep, through its targets table; factors of spike-ins.

    A gene is 20 bins of 32 bp, all of one contig. RNA decays, so that a read of a later library
    stands for fewer molecules: its spike-ins have more reads.
    """
    level = np.linspace(0.5, 20, len(RATES))  # coverage a base at time 0
    molecules = level[:, None] * np.exp(-RATES[:, None] * TIMES_H)
    spike_factors = molecules.sum(axis=0) / molecules.sum(axis=0)[0]
    names = [f"t{hours}h" for hours in TIMES_H]
    cells = {"sum_stat": ["sum_sqrt"] * len(names), "clip_soft": ["384"] * len(names),
             "clip": ["768"] * len(names), "strand_pair": list(map(str, range(len(names))))}  # fmt: skip
    table = pl.DataFrame(
        {"": list(map(str, range(len(names)))), "identifier": names, **cells,
         "description": [f"RNA:ActD:cell {hours}h" for hours in TIMES_H],
         **{name: [f"{x}" for x in values] for name, values in columns.items()}}
    )  # fmt: skip
    write_tsv(table, files.targets)
    coverage = np.repeat(molecules / spike_factors, 20 * 32, axis=0)  # (bases, libraries)
    targets = np.stack([transform_of(row, "targets.tsv").apply(coverage[:, i], 32)
                        for i, row in enumerate(table.iter_rows(named=True))])  # fmt: skip
    genes = [Gene(f"G{i:02}", "", "chr1", "+", ((i * 640, i * 640 + 640),))
             for i in range(len(RATES))]  # fmt: skip
    collector = GeneCollector(Annotation(tuple(genes)), Tracks.read(files.targets), 32)
    collector.add("chr1", 0, targets, targets)
    found = collector.result()
    write_table(found.predictions.table(), files.gene_preds, {})
    write_table(found.targets.table(), files.gene_targets, {})
    return spike_factors


def test_spike_ins_stay_in_the_rates_and_scales_do_not(files, tmp_path: Path, caplog) -> None:
    scales = np.linspace(0.2, 1.2, len(TIMES_H))

    def bias(columns: dict[str, np.ndarray]) -> float:
        planted_libraries(files, columns)
        decay, _ = fitted(files, tmp_path)
        return (decay["measured_log2_decay_rate"][:-1] - pl.Series(np.log2(RATES))).median()

    factors = planted_libraries(files, {"scale": scales})
    assert factors[-1] < 0.05  # the last library is of a twentieth of the RNA
    assert bias({"scale": scales}) < -1  # equally deep libraries hide most of the decay
    assert "scales from 0.2 to 1.2" in caplog.text
    assert "norm_factor" in caplog.text
    assert bias({"scale": factors}) < -1  # as scale, the factor is taken away with it
    with_factor = bias({"scale": scales, "norm_factor": factors})
    assert with_factor == pytest.approx(0, abs=0.1)  # measured: -0.06, the pull of the fit
    alone = bias({"scale": np.ones(len(TIMES_H)), "norm_factor": factors})
    assert alone == pytest.approx(with_factor, abs=0.02)  # float16 targets


def test_published_divisors_are_of_their_times(files, tmp_path: Path) -> None:
    plain, _ = fitted(files, tmp_path)
    decay, _ = fitted(files, tmp_path, decay_reference="HEK293_GAPDH")
    assert list(HEK293_GAPDH) == TIMES_H.tolist()
    slower = plain["measured_log2_decay_rate"] - decay["measured_log2_decay_rate"]
    assert (slower.drop_nulls() < 0).mean() > 0.9  # divisors grow: what is left decays faster
    table = pl.read_csv(files.tracks, separator="\t")
    moved = table.with_columns(pl.col("description").str.replace("cell 8h", "cell 9h"))
    write_tsv(moved, files.tracks)
    with pytest.raises(InputError, match=r"has \[9\.0\] h, of which HEK293_GAPDH says nothing"):
        fitted(files, tmp_path, decay_reference="HEK293_GAPDH")


def test_too_few_times_stop(files, tmp_path: Path) -> None:
    table = pl.read_csv(files.tracks, separator="\t")
    said = pl.col("description").str.replace("h$", "")
    write_tsv(table.with_columns(said), files.tracks)
    with pytest.raises(InputError, match="expected 3 times or more"):
        fitted(files, tmp_path)


def test_few_genes_have_no_correlation() -> None:
    genes = pl.DataFrame([("a", "a", "chr1", "+", 9, 0, 9, "valid")], schema=GENES, orient="row")
    fit = pl.DataFrame({"gene_id": ["a"], "log2_decay_rate": [1.0], "half_life_h": [0.3],
                        "amplitude": [1.0], "rmse": [0.0], "status": ["constant"]})  # fmt: skip
    table = decay_table(genes, fit, fit)
    assert table["status"].to_list() == ["measured_constant"]
    metrics = decay_metrics(table)
    assert metrics["n"].to_list() == [0, 1, 1, 1, 1]
    assert set(metrics["note"][:2]) == {"fewer than 3 genes"}
