"""Panels of tracks, against the original's tables and a plain computation."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import write_tsv
from seqcast.core.text_files import read_cells
from seqcast.evaluation.coverage.panels import (
    NO_VALUE,
    NOT_ALL,
    VALID,
    FoldName,
    Panel,
    PanelFiles,
    evaluate_panels,
    mean_over_models,
    panel_metrics,
    panel_tracks,
    quantiles,
    read_panels,
)
from seqcast.evaluation.metrics.table import row_of

GOLDEN = "reference/borzuki/notebooks/compare_perf"
MODELS = {"hl": "hl_micro", "hl_clip": "hl_clip_micro", "mini_clip": "hl_clip"}


def table(values: dict[str, float | None], said: str = "RNA:cell {}") -> pl.DataFrame:
    """A table of tracks with one number."""
    columns = {"identifier": list(values), "description": [said.format(name) for name in values]}
    return pl.DataFrame({**columns, "r": list(values.values())}, schema_overrides={"r": pl.Float64})


def of_models(folder: Path, file: str, metric: str, names: dict[str, str]):
    """Means over the two folds of each model of the golden inputs."""
    return {
        name: mean_over_models(
            [
                read_cells(folder / f"inputs/borzuki/{model}/models/{fold}/testg-0/{file}", "acc")
                for fold in ("f0c0", "f1c0")
            ],
            metric,
        )
        for name, model in names.items()
    }


@pytest.mark.parametrize("notebook", ["compare_perf", "compare_perf_hl"])
def test_panels_equal_the_notebooks(shared: Path, notebook: str) -> None:
    folder = shared / GOLDEN
    expected = read_cells(folder / f"expected/{notebook}_panels.tsv", "panels")
    file = "acc_hl.txt.gz" if notebook.endswith("hl") else "acc.txt.gz"
    models = list(expected.columns[7:10])
    assert len(expected) == 4
    for row in expected.iter_rows(named=True):
        golden = read_cells(folder / f"expected/{notebook}{row['panel']}.tsv", "values")
        order = [name.removeprefix("median_") for name in models]
        values = of_models(folder, file, row["metric"], {name: MODELS[name] for name in order})
        tracks = panel_tracks(values, Panel("p", row["description_regex"], row["metric"]))
        valid = tracks.filter(status=VALID)
        for name in order:
            ours = dict(valid.filter(method=name).select("identifier", "value").iter_rows())
            theirs = golden.select("identifier", pl.col(f"{row['metric']}_{name}").cast(pl.Float64))
            assert ours == pytest.approx(dict(theirs.iter_rows()), abs=1e-12)
            metrics = panel_metrics(tracks.filter(method=name), row["metric"], resamples=0)
            for what in ("median", "mean"):
                found = row_of(metrics, f"{row['metric']}_{what}")
                assert found["value"] == pytest.approx(float(row[f"{what}_{name}"]), abs=1e-12)
                assert found["n"] == int(row["n"])


def test_folds_are_averaged_by_identifier_and_none_is_left_out_in_silence() -> None:
    tables = [table({"a": 1.0, "b": 2.0, "c": 3.0}), table({"c": 5.0, "a": float("nan")})]
    found = mean_over_models(tables, "r")
    assert found["identifier"].to_list() == ["a", "b", "c"]
    assert found["value"].to_list() == [None, None, 4.0]
    for bad, told in ((pl.concat([tables[0]] * 2), "more than once"), (tables[0], "no column")):
        with pytest.raises(InputError, match=told):
            mean_over_models([bad], "r" if told == "more than once" else "q")


def test_quantiles_equal_numpy_on_repeated_rows() -> None:
    rng = np.random.default_rng(3)
    values = np.round(rng.normal(size=9), 1)
    counts = rng.multinomial(9, np.full(9, 1 / 9), size=20)
    shares = [0, 0.25, 0.5, 0.9, 1]
    found = np.array(quantiles(values, counts, shares))
    plain = [[np.quantile(np.repeat(values, one), share) for one in counts] for share in shares]
    assert found == pytest.approx(np.array(plain), abs=1e-12)


def test_models_are_compared_on_the_tracks_that_all_have() -> None:
    rng = np.random.default_rng(5)
    a = {f"t{i}": float(value) for i, value in enumerate(rng.uniform(size=20))}
    b = {name: value + 0.1 + 0.01 * i for i, (name, value) in enumerate(a.items())}
    values = {"a": {**a, "odd": None}, "b": {**b, "extra": 0.5}}
    means = {name: mean_over_models([table(one)], "r") for name, one in values.items()}
    tracks = panel_tracks(means, Panel("all", "cell", "r"))
    statuses = dict(tracks.filter(pl.col("status") != VALID).select("identifier", "status").rows())
    assert statuses == {"odd": NO_VALUE, "extra": NOT_ALL}
    found = panel_metrics(tracks, "r")
    of = {name: found.filter(method=name) for name in ("a", "b", "a minus b")}
    assert row_of(of["a"], "r_median")["value"] == pytest.approx(np.median(list(a.values())))
    assert row_of(of["a"], "r_upper_quartile")["value"] == pytest.approx(
        np.quantile(list(a.values()), 0.75)
    )
    apart = row_of(of["a minus b"], "r_mean_difference")
    assert apart["value"] == pytest.approx(-0.195)
    # pairing: the interval is that of the differences, far below the spread of the tracks
    assert -0.23 < apart["ci_low"] < apart["value"] < apart["ci_high"] < -0.16
    lost = row_of(of["b"], "r_not_scored")
    assert (lost["value"], lost["n"], lost["note"]) == (1, 21, f"1 {NOT_ALL}")


def test_a_panel_without_numbers_says_so_and_without_tracks_stops() -> None:
    means = {"m": mean_over_models([table({"a": None, "b": None})], "r")}
    found = panel_metrics(panel_tracks(means, Panel("p", "cell", "r")), "r")
    assert row_of(found, "r_median")["value"] is None
    assert row_of(found, "r_not_scored")["value"] == 2
    with pytest.raises(InputError, match="matches the description of no track"):
        panel_tracks(means, Panel("p", "nothing", "r"))


def test_panels_of_a_run(tmp_path: Path) -> None:
    names = [f"t{i}" for i in range(5)]
    paths: dict[str, list[Path]] = {"tracks": [], "half_lives": []}
    for fold in range(3):
        told = [f"RNA:ActD:cell_{i}" for i in range(5)]
        status = ["valid"] * 4 + ["in_the_plus_track"]
        r: list[float | None] = [0.1 * i + 0.01 * fold for i in range(4)]
        tracks = pl.DataFrame({
            "identifier": names, "description": told, "gene_pearsonr": [*r, None],
            "gene_length_pearsonr": [0.2] * 4 + [None], "gene_status": status,
        })  # fmt: skip
        half_lives = pl.DataFrame({"identifier": names[:4], "pearsonr_norm": r})
        for kind, one in (("tracks", tracks), ("half_lives", half_lives)):
            paths[kind].append(tmp_path / f"{fold}.{kind}.tsv")
            write_tsv(one if fold < 2 else one.reverse(), paths[kind][-1])
    table = tmp_path / "panels.tsv"
    table.write_text(
        "name\tpattern\tmetric\nx\tRNA:ActD\tgene_pearsonr\nx\tActD\thalf_life_pearsonr_norm\n"
    )
    given = PanelFiles(tuple(paths["tracks"]), tuple(paths["half_lives"]), table)
    folds = [FoldName(model, f"f{i}") for i, model in enumerate("abb")]
    found, rows = evaluate_panels(given, folds, {})
    assert rows.filter(method="a", metric="gene_pearsonr")["identifier"].to_list() == names[:4]
    medians = found.filter(pl.col("metric").str.ends_with("_median"))
    assert medians.select("method", "metric", "n").rows() == [
        ("a", "gene_pearsonr_median", 4), ("b", "gene_pearsonr_median", 4),
        ("length", "gene_pearsonr_median", 4), ("a", "half_life_pearsonr_norm_median", 4),
        ("b", "half_life_pearsonr_norm_median", 4),
    ]  # fmt: skip
    assert medians["value"].to_list() == pytest.approx([0.15, 0.165, 0.2, 0.15, 0.165])


def test_published_panels_are_read_and_broken_ones_told(tmp_path: Path) -> None:
    repository = Path(__file__).parents[4]
    assert len(read_panels(repository / "resources/panels/borzuki.tsv")) == 8
    path = tmp_path / "panels.tsv"
    for text, told in (
        ("name\tpattern\n", "no column 'metric'"), ("name\tpattern\tmetric\na\t(\tr\n", "not a regular"),
        ("name\tpattern\tmetric\na\tb\tr\na\tc\tr\n", "each once"),
        ("name\tpattern\tmetric\na\t\tr\n", "no empty cell"),
    ):  # fmt: skip
        path.write_text(text)
        with pytest.raises(InputError, match=told):
            read_panels(path)
