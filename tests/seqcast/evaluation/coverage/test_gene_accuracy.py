"""The jobs from tables of genes to decay rates and half-lives, with a constructed truth."""

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
from seqcast.evaluation.coverage.gene_accuracy import (
    CourseFiles,
    DecayFiles,
    GroupFiles,
    HalfLifeFiles,
    SalukiFiles,
    decay_metrics,
    decay_table,
    evaluate_half_lives,
    fit_time_course,
    neighbour_groups,
    predict_saluki,
)
from seqcast.evaluation.coverage.gene_coverage import GENES, GeneCollector
from seqcast.evaluation.coverage.gene_matrices import GeneMatrix
from seqcast.evaluation.coverage.half_lives import half_life_accuracy, read_groups
from seqcast.genome.annotation import Annotation, Gene
from seqcast.genome.tracks import Tracks

TIMES_H = np.array([1, 2, 4, 8, 12, 24])
RATES = np.geomspace(0.1, 0.6, 40)  # per h
# values are over those at 1 h, so that A is exp(rate), which compat lets grow to 2
WITHIN = 0.97 * np.log(2) / 1.5 > RATES
OPTIONS = {"compat": None, "decay_shape": "decay", "decay_reference": "", "decay_half_life_h": None}


@pytest.fixture
def files(tmp_path: Path) -> SimpleNamespace:
    """Genes of known rates over a course; gene i decays at RATES[i], predicted 1.5 times faster."""
    names = np.array([f"G{i:02}" for i in range(len(RATES))])
    tracks = np.array([f"t{hours}h" for hours in TIMES_H])
    level = np.linspace(50, 500, len(RATES))
    paths = {}
    for name, factor in (("gene_preds", 1.5), ("gene_targets", 1.0)):
        values = level[:, None] * np.exp(-factor * RATES[:, None] * TIMES_H)
        paths[name] = str(tmp_path / f"{name}.parquet")
        write_table(GeneMatrix(names, tracks, np.log2(1 + values)).table(), paths[name], {})
    genes = [(name, name, f"chr{i % 3}", "+", 1000, 0, 30, "valid") for i, name in enumerate(names)]
    genes.append(("lost", "lost", "chr1", "+", 1000, 0, 0, "outside_windows"))
    write_tsv(pl.DataFrame(genes, schema=GENES, orient="row"), tmp_path / "genes.tsv")
    said = [f"RNA:ActD:cell {hours}h" for hours in TIMES_H]
    table = pl.DataFrame({"identifier": tracks.tolist(), "description": said})
    write_tsv(table, tmp_path / "tracks.tsv")
    write_tsv(table.with_columns(scale=pl.lit("1")), tmp_path / "targets.tsv")
    tables = {name: str(tmp_path / f"{name}.tsv") for name in ("genes", "tracks", "targets")}
    return SimpleNamespace(**paths, **tables)


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


def test_groups_of_half_lives_come_from_the_targets_table(files, tmp_path: Path) -> None:
    files.targets = str(tmp_path / "targets.tsv")
    tracks = pl.read_csv(files.tracks, separator="\t")
    write_tsv(tracks, files.targets)
    evaluate_half_lives(named_files(GroupFiles, vars(files)), tmp_path / "none.tsv", None)
    none = pl.read_csv(tmp_path / "none.tsv", separator="\t")
    assert none["status"].to_list() == ["no_group"] * 6
    write_tsv(tracks.with_columns(group=pl.Series(["a"] * 5 + [""])), files.targets)
    evaluate_half_lives(named_files(GroupFiles, vars(files)), tmp_path / "some.tsv", None)
    some = pl.read_csv(tmp_path / "some.tsv", separator="\t", schema_overrides={"genes": pl.Int64})
    matrices = (GeneMatrix.read(path) for path in (files.gene_preds, files.gene_targets))
    expected = half_life_accuracy(*matrices, read_groups(files.targets))
    assert some["pearsonr_norm"].to_list() == pytest.approx(
        expected["pearsonr_norm"].to_list(), nan_ok=True
    )
    assert some["status"].to_list() == ["valid"] * 5 + ["no_group"]


def test_half_lives_are_predicted_from_features(files, tmp_path: Path) -> None:
    """Two trainings of fold f0 are one, and the features say the half-life of gene G."""
    (tmp_path / "features.tsv").write_text("name\tpattern\nearly\t 1h\nlate\t 8h\nlast\t 24h\n")
    rows = "".join(f"G{i:02}.1\t{-np.log2(rate)}\n" for i, rate in enumerate(RATES) if i != 7)
    (tmp_path / "half_lives.tsv").write_text("gene\tvalue\n" + rows)
    matrix = GeneMatrix.read(files.gene_targets)
    other = str(tmp_path / "other.parquet")
    write_table(
        GeneMatrix(matrix.genes, matrix.identifiers, matrix.values + 0.5).table(), other, {}
    )
    wanted = SalukiFiles(
        gene_preds=[files.gene_targets, other, files.gene_preds], genes=[files.genes] * 3,
        tracks=[files.tracks] * 3, half_lives=str(tmp_path / "half_lives.tsv"),
        features=str(tmp_path / "features.tsv"),
    )  # fmt: skip
    made = HalfLifeFiles(predictions=str(tmp_path / "p.tsv"), metrics=str(tmp_path / "m.tsv"))
    options = {"compat": None, "half_life_columns": ["gene", "value"]}
    predict_saluki(wanted, made, ["f0c0", "f0c1", "f1c0"], options)
    found = pl.read_csv(made.predictions, separator="\t")
    assert found["fold"].unique(maintain_order=True).to_list() == ["f0", "f1"]
    assert found.filter(gene_id="G07")["status"].to_list() == ["no_half_life"] * 2
    metrics = pl.read_csv(made.metrics, separator="\t")
    assert metrics.filter(fold="all", metric="pearson")["value"][0] > 0.8
    predict_saluki(wanted, made, ["f0c0", "f0c1", "f1c0"], options | {"compat": "borzuki"})
    published = pl.read_csv(made.predictions, separator="\t")
    assert published["part"].drop_nulls().unique().to_list() == [0]
    wanted.gene_preds[1] = wanted.gene_preds[0]
    with pytest.raises(InputError, match="replicates 1 and 2 predict the same"):
        predict_saluki(wanted, made, ["f0c0", "f0c1", "f1c0"], options)


def test_neighbours_stay_together(files, tmp_path: Path) -> None:
    names = [f"G{i:02}" for i in range(40)]
    groups = neighbour_groups(files.genes, [names])
    assert set(groups) == set(names)
    assert groups["G00"] == groups["G03"] == groups["G09"] == "chr0:0"  # runs of 40 / 10 genes
    assert groups["G12"] == "chr0:1"
    assert groups["G01"] == "chr1:0"
    table = pl.read_csv(files.genes, separator="\t")
    contigs = pl.Series("chrom", [f"chr{i % 6}" for i in range(41)])
    write_tsv(table.with_columns(contigs), files.genes)
    assert neighbour_groups(files.genes, [names])["G07"] == "chr1"


def test_a_run_is_the_same_genes_in_all_folds(files) -> None:
    """Folds test other genes of one contig: chr0 has G00, G03, ... G39."""
    names = [f"G{i:02}" for i in range(40)]
    groups = neighbour_groups(files.genes, [names[:20], names[20:]])  # runs of 20 / 10 genes
    assert [groups[f"G{i:02}"] for i in range(0, 40, 3)] == [f"chr0:{i // 2}" for i in range(14)]
    for fold in (names[:20], names[20:]):
        assert len({groups[gene] for gene in fold}) >= 5  # parts of the cross-validation
    both = neighbour_groups(files.genes, [names, names[20:]])  # a gene of two folds has one group
    assert both == groups


def test_contigs_are_groups_only_if_each_fold_has_enough(files) -> None:
    names = [f"G{i:02}" for i in range(40)]
    table = pl.read_csv(files.genes, separator="\t")
    contigs = pl.Series("chrom", [f"chr{i // 5}" for i in range(41)])
    write_tsv(table.with_columns(contigs), files.genes)
    assert set(neighbour_groups(files.genes, [names]).values()) == {f"chr{i}" for i in range(8)}
    mixed = neighbour_groups(files.genes, [names[:30], names[30:]])
    assert mixed["G00"] == "chr0:0"
    assert mixed["G34"] == "chr6:4"  # runs of 10 / 10 genes
