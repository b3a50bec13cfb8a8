"""CLIP by protein and cell line, against the original's tables and constructed ones."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import pearsonr, spearmanr

from seqcast.core.errors import InputError
from seqcast.core.store import write_table, write_tsv
from seqcast.core.text_files import read_cells
from seqcast.evaluation.coverage.clip import (
    GENE_R,
    NORMALISED,
    OTHERS,
    ClipFiles,
    clip_fold,
    evaluate_clip,
    resampled_pearson,
)
from seqcast.evaluation.coverage.depths import depth_metrics, read_depths
from seqcast.evaluation.coverage.gene_matrices import GeneMatrix
from seqcast.evaluation.coverage.panels import (
    FoldName,
    Panel,
    mean_over_models,
    panel_metrics,
    panel_tracks,
)
from seqcast.evaluation.metrics.table import row_of

GOLDEN = "reference/borzuki/notebooks/eval_clip"
METRICS = ("pearsonr", "pearsonr_norm", "pearsonr_gene")
ENCODE = "ENCODE Accession #,Non-PCR duplicate read # - Rep1,uniquely mapped read # - Rep2\n"
CELLS = {"CLIP:FUS:K562": 0, "CLIP:SND1:K562": 1, "CLIP:PUM1:K562": 2, "CLIP:FUS:HepG2": 3}


@pytest.mark.parametrize("experiment", ["clip_encode_k562", "clip_encode_hepg2", "clip_goodarzi"])
def test_tracks_and_medians_equal_the_notebook(shared: Path, experiment: str) -> None:
    """To 1e-6, as its means are of float32; depths exactly."""
    folder = shared / GOLDEN
    models = folder / "inputs/borzuki/hl_clip"
    tables = [
        read_cells(models / f"{replicate}/{fold}/testg_{experiment}-0/acc.txt", "acc")
        for fold in ("f0c0", "f1c0")
        for replicate in ("models", "models_retry1", "models_retry2")
    ]
    golden = read_cells(folder / "expected/tracks.tsv", "tracks").filter(experiment=experiment)
    expected = json.loads((folder / "expected/metrics.json").read_text())
    for metric in METRICS:
        means = mean_over_models(tables, metric)
        theirs = golden[metric].cast(pl.Float64).fill_nan(None).to_list()
        assert means["value"].to_list() == [
            one if one is None else pytest.approx(one, abs=1e-6) for one in theirs
        ]
        tracks = panel_tracks({"m": means}, Panel("all", "", metric))
        median = row_of(panel_metrics(tracks, metric, resamples=0), f"{metric}_median")["value"]
        assert median == pytest.approx(expected[experiment][f"{metric}_median"], abs=1e-6)
    if experiment == "clip_goodarzi":
        return
    depths = read_depths(
        folder / "inputs/eclip/encode/eclip_yeo_list.csv", models / "targets_human.txt", compat=True
    )
    reads = golden["n_reads_avg"].cast(pl.Float64).fill_nan(None).to_list()
    assert [depths.get(name) for name in means["identifier"]] == reads
    cell = experiment.rpartition("_")[2]
    found = row_of(depth_metrics(tracks, depths, compat=True, resamples=0), "depth_spearman")
    assert found["n"] == expected[f"depth_n_{cell}"]
    value = expected[f"depth_spearman_{cell}"]
    if np.isnan(value):  # one track without an accuracy
        assert found["value"] is None
        rho = row_of(depth_metrics(tracks, depths, resamples=0), "depth_spearman")
        known = [(depths[n], v) for n, v in means.select("identifier", "value").iter_rows()
                 if n in depths and v is not None]  # fmt: skip
        assert rho["n"] == len(known) == found["n"] - 1
        assert rho["value"] == pytest.approx(spearmanr(*zip(*known, strict=True))[0], abs=1e-12)
    else:
        assert found["value"] == pytest.approx(value, abs=1e-12)


def constructed(seed: int, genes: int = 60) -> tuple[pl.DataFrame, GeneMatrix, GeneMatrix]:
    """Tracks of four CLIP experiments, the first stranded, and one of RNA."""
    rng = np.random.default_rng(seed)
    names = np.array([f"G{seed}_{i}" for i in range(genes)])
    identifiers = [*(f"t{i}+" for i in range(4)), "rna"]
    truth = rng.normal(size=(genes, 1)) + 0.5 * rng.normal(size=(genes, 5))
    guess = truth + rng.normal(size=(genes, 5))
    table = pl.DataFrame({
        "identifier": [*identifiers, "t0-"],
        "description": [*CELLS, "RNA:K562", "CLIP:FUS:K562"],
        "pearsonr": ["0.1", "0.2", "0.3", "0.4", "0.9", "0.3"],
        "within_gene_pearsonr": ["0.5"] * 5 + [None],
        "gene_length_pearsonr": ["0.25"] * 5 + [None],
    })  # fmt: skip
    ids = np.array(identifiers)
    return table, GeneMatrix(names, ids, guess), GeneMatrix(names, ids, truth)


def test_numbers_of_a_fold_equal_plain_ones() -> None:
    table, guess, truth = constructed(1)
    found = clip_fold(table, guess, truth)
    assert found.tracks["rbp"].to_list() == ["FUS", "SND1", "PUM1", "FUS"]
    assert found.tracks["cell"].to_list() == ["K562"] * 3 + ["HepG2"]
    for row in found.tracks.iter_rows(named=True):
        i = CELLS[row["description"]]
        r = pearsonr(guess.values[:, i], truth.values[:, i])[0]
        assert row[GENE_R] == pytest.approx(r, abs=1e-12)
    # both strands of FUS in K562; the others have one
    assert found.tracks["pearsonr"].to_list() == pytest.approx([0.2, 0.2, 0.3, 0.4])
    # a track alone in its cell line has nothing to deviate from, nor other proteins
    assert found.tracks[NORMALISED].is_null().to_list() == [False] * 3 + [True]
    assert found.tracks[OTHERS].is_null().to_list() == [False] * 3 + [True]
    others = pearsonr(truth.values[:, 1:3].mean(axis=1), truth.values[:, 0])[0]
    assert found.tracks[OTHERS][0] == pytest.approx(others, abs=1e-12)
    with pytest.raises(InputError, match="no track is described as CLIP"):
        clip_fold(table.filter(pl.col("identifier") == "rna"), guess, truth)


def test_a_run_has_rows_of_cells_proteins_and_baselines(tmp_path: Path) -> None:
    """Fold f0 has two replicates; the second lists its tracks in another order."""
    paths: dict[str, list[Path]] = {"tracks": [], "gene_preds": [], "gene_targets": []}
    folds = [constructed(1), constructed(2), constructed(1)]
    for number, (table, guess, truth) in enumerate(folds):
        write_tsv(table if number < 2 else table.reverse(), tmp_path / f"{number}.tracks.tsv")
        paths["tracks"].append(tmp_path / f"{number}.tracks.tsv")
        for kind, matrix in (("gene_preds", guess), ("gene_targets", truth)):
            paths[kind].append(tmp_path / f"{number}.{kind}.parquet")
            write_table(matrix.table(), paths[kind][-1], {})
    targets, depths = tmp_path / "targets.tsv", tmp_path / "depths.tsv"
    targets.write_text("identifier\tfile\nt0+\tx\n")
    depths.write_text("identifier\treads\nt0+\t100\nt1+\t200\nt2+\t\n")
    given = ClipFiles(*(tuple(paths[kind]) for kind in paths), targets, (depths,))
    names = [FoldName("m", name) for name in ("f0c0", "f1c0", "f0c1")]
    found, rows = evaluate_clip(given, names, {"compat": None})
    assert set(found["method"]) == {
        "m", "length", OTHERS, f"m minus {OTHERS}", "m minus length", f"length minus {OTHERS}"
    }  # fmt: skip
    assert set(found["part"]) == {"K562", "HepG2", "K562:FUS", "K562:SND1", "K562:PUM1",
                                  "HepG2:FUS"}  # fmt: skip
    of_fus = found.filter(method="m", part="K562:FUS", metric=GENE_R).row(0, named=True)
    expected = [pearsonr(g.values[:, 0], t.values[:, 0])[0] for _, g, t in folds]
    assert of_fus["value"] == pytest.approx(np.mean(expected), abs=1e-12)
    assert of_fus["ci_low"] < of_fus["value"] < of_fus["ci_high"]
    depth = found.filter(method="m", part="K562", metric="depth_spearman").row(0, named=True)
    assert (depth["value"], depth["n"]) == (None, 2)
    alone = found.filter(method="m", part="HepG2:FUS", metric=NORMALISED).row(0, named=True)
    assert (alone["value"], alone["n"]) == (None, 0)
    rows = rows.filter(method="m", metric=GENE_R)
    assert rows["identifier"].to_list() == ["t0+", "t1+", "t2+", "t3+"]


def test_depths_are_read_and_bad_ones_told(tmp_path: Path) -> None:
    path, targets = tmp_path / "depths", tmp_path / "targets.tsv"
    targets.write_text("identifier\tfile\na+\tx/ENCSR000ABC/b\na-\tx/ENCSR000ABC/b\nc\t\n")
    path.write_text(ENCODE + "ENCSR000ABC,10,21\nENCSR000DEF,5,\n")
    assert read_depths(path, targets) == {"a+": 15.5, "a-": 15.5}
    path.write_text(ENCODE + "ENCSR000ABC,10,21\nENCSR000ABC,1,2\n")
    assert read_depths(path, targets, compat=True) == {"a+": 1.0, "a-": 1.0}
    for text, told in (
        (ENCODE + "ENCSR000ABC,10,21\nENCSR000ABC,1,2\n", "more than once"),
        ("identifier\tdepth\na+\t3\n", "no column 'reads'"),
        ("identifier\treads\na+\tmany\n", "expected numbers"),
        ("identifier\treads\na+\t0\n", "more than 0"),
        ("identifier\treads\na+\tinf\n", "finite numbers of more than 0"),
        (ENCODE + "ENCSR000ABC,10,21,7\n", "not readable as a comma-separated table"),
        ("ENCODE Accession #\nENCSR000ABC\n", "no column is named as"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=told):
            read_depths(path, targets)


def test_correlations_of_resamples_equal_those_of_repeated_rows() -> None:
    rng = np.random.default_rng(7)
    x, y = (rng.normal(size=(12, 3)) + 50 for _ in range(2))
    counts = rng.multinomial(12, np.full(12, 1 / 12), size=10)
    found = resampled_pearson(x - x.mean(axis=0), y - y.mean(axis=0), counts)
    for row, drawn in zip(found, counts, strict=True):
        for i, r in enumerate(row):
            plain = pearsonr(np.repeat(x[:, i], drawn), np.repeat(y[:, i], drawn))[0]
            assert r == pytest.approx(plain, abs=1e-12)
