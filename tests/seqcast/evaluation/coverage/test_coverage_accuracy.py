"""The job from weights and windows to tables of accuracy, against the original and plain numpy."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.core.job_files import named_files
from seqcast.core.store import read_provenance
from seqcast.datasets.coverage.target_store import CoverageStore
from seqcast.datasets.coverage.target_store_writing import create_store
from seqcast.datasets.coverage.tfrecords import convert_tfrecords
from seqcast.evaluation.coverage.coverage_accuracy import (
    AccuracyFiles,
    EvaluationFiles,
    check_unseen,
    evaluate_coverage,
    rows_of_tracks,
    windows_of_test,
)
from seqcast.evaluation.coverage.gene_matrices import GeneMatrix
from seqcast.genome.annotation import Annotation, Gene, read_annotation
from seqcast.genome.tracks import Tracks
from seqcast.models.convert import write_safetensors
from seqcast.models.interface import load_model
from seqcast.models.prepare import convert_weights, random_weights
from tests.seqcast.training.test_coverage_network import PARAMS
from tests.seqcast.training.test_train_coverage import GEOMETRY, TARGETS, write_windows

INFERENCE = {"device": "cpu", "precision": "fp32", "batch_size": 2}
OPTIONS = {"compat": None, "reverse_complement": True, "shifts_bp": [0], "span": False,
           "unclip": False}  # fmt: skip
# of the largest prediction: sums of up to 80 products in single precision, some twenty one after
# another, whose errors add up as steps of a random walk do: 6e-8 * (80 * 20) ** 0.5
ROUNDING = 3e-6
FACTS = {"architecture": "borzuki", "model": "toy", "fold": "1"}
GENES = (  # windows are 256 bp, and every fourth is of fold1: 256-512, 1280-1536, ...
    Gene("plus", "plus", "chr1", "+", ((264, 300), (320, 400))),
    Gene("minus", "minus", "chr1", "-", ((1288, 1350),)),
    Gene("both_ends", "both_ends", "chr1", "+", ((2296, 2600),)),
    Gene("small", "small", "chr1", "+", ((3329, 3332),)),
    Gene("far", "far", "chr1", "-", ((3400, 3500),)),
    Gene("outside", "outside", "chr1", "-", ((600, 700),)),
)


@pytest.fixture
def files(tmp_path: Path) -> SimpleNamespace:
    shape, weights = tmp_path / "params.json", tmp_path / "toy.safetensors"
    shape.write_text(json.dumps(PARAMS))
    random_weights(3, weights, "borzuki", shape, "human")
    store, table = write_windows(tmp_path, "human", 32, 1)
    Annotation(GENES).write(tmp_path / "genes.parquet")
    return SimpleNamespace(
        weights=str(weights), hyperparameters=str(shape), tracks=table, store=store,
        annotation=str(tmp_path / "genes.parquet"),
    )  # fmt: skip


def run(files: SimpleNamespace, folder: Path, **options: object) -> AccuracyFiles:
    """Run the job; returns the paths of what it wrote."""
    suffixes = {"tracks": "tsv", "genes": "tsv", "gene_preds": "parquet", "gene_targets": "parquet"}
    made = AccuracyFiles(**{n: str(folder / f"out/{n}.{end}") for n, end in suffixes.items()})
    evaluate_coverage(
        named_files(EvaluationFiles, vars(files)),
        made,
        FACTS,
        "human",
        OPTIONS | options,
        INFERENCE,
        1,
    )
    return made


def plain_predictions(files: SimpleNamespace, both: bool) -> tuple[np.ndarray, np.ndarray]:
    """Predictions and targets of the windows of fold1, one window at a time."""
    model = load_model("borzuki", files.weights, files.hyperparameters, "human", device="cpu")
    store, guess, truth = CoverageStore.open(files.store), [], []
    for i in range(1, 32, 4):
        x = torch.from_numpy((store.codes(i) == np.arange(4)[:, None]).astype(np.float32))[None]
        with torch.inference_mode():
            y = model(x)[0].numpy()
            if both:
                y = (y + model(x.flip(1, 2))[0].numpy()[[1, 0, 2], ::-1]) / 2
        guess.append(y)
        truth.append(store.targets(i).astype(float))
    return np.array(guess), np.array(truth)


@pytest.mark.parametrize("both", [True, False])
def test_bins_and_genes_equal_a_plain_computation(files, tmp_path: Path, both: bool) -> None:
    made = run(files, tmp_path, reverse_complement=both)
    guess, truth = plain_predictions(files, both)
    tracks = pl.read_csv(made.tracks, separator="\t")
    assert tracks["identifier"].to_list() == ["a+", "a-", "c"]
    assert set(tracks["windows"]) == {8}
    assert set(tracks["bins"]) == {8 * 32}
    for track, row in enumerate(tracks.iter_rows(named=True)):
        x, y = guess[:, track].ravel().astype(float), truth[:, track].ravel()
        # what an error of each prediction can change, whatever the correlation: it may be near 0
        error = ROUNDING * np.abs(x).max()
        expected = np.corrcoef(x, y)[0, 1]
        assert row["pearsonr"] == pytest.approx(expected, rel=0, abs=2 * error / x.std())
        expected = 1 - ((x - y) ** 2).mean() / y.var()
        error *= 2 * np.abs(x - y).mean() / y.var()
        assert row["r2"] == pytest.approx(expected, rel=0, abs=error)
    for name, values in (("gene_preds", guess), ("gene_targets", truth)):
        matrix = GeneMatrix.read(getattr(made, name))
        assert matrix.genes.tolist() == ["both_ends", "far", "minus", "plus"]
        assert matrix.identifiers.tolist() == ["a+", "c"]
        # minus: bins (1288 - 1280) / 8 = 1 to round(70 / 8) = 9 of the second window; 62 bp
        expected = values[1][[1, 2], 1:9].mean(axis=1) / 8 * 62
        assert matrix.values[2] == pytest.approx(np.log2(1 + expected), rel=1e-5)
        # both_ends: window 2304-2560, all its bins; 304 bp, though 48 lie outside
        expected = values[2][[0, 2]].mean(axis=1) / 8 * 304
        assert matrix.values[0] == pytest.approx(np.log2(1 + expected), rel=1e-5)
    pair = (GeneMatrix.read(path).values[:, 0] for path in (made.gene_preds, made.gene_targets))
    assert tracks["gene_pearsonr"][0] == pytest.approx(np.corrcoef(*pair)[0, 1])
    assert tracks["gene_status"].to_list() == ["valid", "in_the_plus_track", "valid"]
    assert tracks["genes"].to_list() == [4, None, 4]


def test_every_gene_has_a_status(files, tmp_path: Path) -> None:
    genes = pl.read_csv(run(files, tmp_path).genes, separator="\t")
    assert dict(genes.select("gene_id", "status").iter_rows()) == {
        "plus": "valid", "minus": "valid", "both_ends": "valid", "small": "no_bins",
        "far": "valid", "outside": "outside_windows",
    }  # fmt: skip


def test_tables_say_what_made_them_and_batches_change_nothing(files, tmp_path: Path) -> None:
    first = run(files, tmp_path / "a")
    facts = read_provenance(first.gene_preds)
    assert facts["set_digest"] == CoverageStore.open(files.store).digest
    assert facts["options"] == OPTIONS
    made = AccuracyFiles(**{n: p.replace("/a/", "/b/") for n, p in first._asdict().items()})
    evaluate_coverage(
        named_files(EvaluationFiles, vars(files)),
        made,
        FACTS,
        "human",
        OPTIONS,
        INFERENCE | {"batch_size": 5},
        1,
    )
    again = GeneMatrix.read(made.gene_preds).values
    assert again == pytest.approx(GeneMatrix.read(first.gene_preds).values, rel=1e-5)


def test_a_subset_of_tracks_is_tested_alone(files, tmp_path: Path) -> None:
    whole = pl.read_csv(run(files, tmp_path / "a").tracks, separator="\t")
    few = tmp_path / "few.txt"
    few.write_text("".join(TARGETS.splitlines(True)[i] for i in (0, 3)))
    files.tracks = str(few)
    part = pl.read_csv(run(files, tmp_path / "b").tracks, separator="\t")
    assert part["identifier"].to_list() == ["c"]
    assert part["pearsonr"][0] == pytest.approx(whole["pearsonr"][2])


def test_what_does_not_fit_is_refused(files, tmp_path: Path) -> None:
    table, kept = Path(files.tracks), Path(files.tracks).read_text()
    table.write_text(kept.replace("\tc\t", "\tother\t"))
    with pytest.raises(InputError, match=r"has no tracks \['other'\], which the model's table"):
        run(files, tmp_path)
    table.write_text(kept.replace("\t32\t1\tsum\t2", "\t32\t0.5\tsum\t2"))
    with pytest.raises(InputError, match=r"scale of track 'c' is 1\.0; expected 0\.5"):
        run(files, tmp_path)
    table.write_text(kept.replace("\t64\t32\t1\tsum\t2", "\t64\t\t1\tsum\t2"))
    with pytest.raises(InputError, match=r"clip_soft of track 'c' is 32\.0; expected nan"):
        run(files, tmp_path)
    table.write_text(kept)
    shape = Path(files.hyperparameters)
    shape.write_text(json.dumps({"model": PARAMS["model"] | {"seq_length": 512}}))
    with pytest.raises(InputError, match="Make a training dataset with the windows, bins and crop"):
        run(files, tmp_path)
    assert not (tmp_path / "out").exists()


def test_factors_of_libraries_are_compared_where_both_tables_say_them(files) -> None:
    tracks = Tracks.read(files.tracks)
    table = CoverageStore.open(files.store).tracks.with_columns(norm_factor=pl.lit("2"))
    store = SimpleNamespace(path="s", identifiers=table["identifier"].to_list(), tracks=table)
    rows = list(range(len(tracks)))
    assert rows_of_tracks(tracks, store) == rows  # measured tracks alone are known to have any
    assert rows_of_tracks(replace(tracks, norm_factor=np.full(len(tracks), 2.0)), store) == rows
    with pytest.raises(InputError, match=r"norm_factor of track 'a\+' is 2\.0; expected 1\.0"):
        rows_of_tracks(replace(tracks, norm_factor=np.ones(len(tracks))), store)


def test_predictions_that_are_no_numbers_stop(files, tmp_path: Path) -> None:
    model = load_model("borzuki", files.weights, files.hyperparameters, "human", device="cpu")
    state = model.state_dict()
    state["head.weight"] = torch.full_like(state["head.weight"], 3e38)
    write_safetensors(state, Path(files.weights), {})
    with pytest.raises(InputError, match=r"NaN or infinity in the window chr1:256; check the"):
        run(files, tmp_path)


def test_a_set_without_test_windows_is_refused(files) -> None:
    store = CoverageStore.open(files.store)
    parts = ["train"] * 20 + ["valid"] * 12
    object.__setattr__(store, "windows", store.windows.with_columns(part=pl.Series(parts)))
    with pytest.raises(InputError, match="fold 1 has no windows to test on"):
        windows_of_test(store, "1")


def other_windows(folder: Path, *rows: tuple[int, int, str], assembly: str = "toy") -> str:
    """A coverage set of these windows of chr1."""
    columns = {"start": pl.Int64, "end": pl.Int64, "part": pl.String}
    windows = pl.DataFrame(rows, columns, orient="row").select(
        pl.lit("chr1").alias("chrom"), pl.all()
    )
    tracks = pl.DataFrame({"identifier": ["a"]})
    with create_store(folder / "other.zarr", windows, tracks, GEOMETRY, assembly) as append:
        shape = (len(rows), 1, GEOMETRY.bins)
        append(np.zeros((len(rows), 256), np.uint8), np.zeros(shape, np.float16))
    return str(folder / "other.zarr")


@pytest.mark.parametrize(
    ("part", "fold", "seen"),
    [("fold0", "1", True), ("fold2", "1", True), ("fold1", "1", False), ("fold0", "0", False),
     ("fold1", "f0c1", True)],
)  # fmt: skip
def test_windows_of_the_training_are_not_tested_on(files, tmp_path, part, fold, seen) -> None:
    """A part trains, validates or tests a fold, and one of its windows reaches into a test window."""
    parts = [f"fold{i}" for i in range(3) if f"fold{i}" != part]
    apart = [(20_000 + 256 * i, 20_256 + 256 * i, p) for i, p in enumerate(parts)]
    start = 1 if fold == "1" else 1023  # fold 1 is tested on 256-512, ...; fold 0 on 1024-1280, ...
    learned = other_windows(tmp_path, (start, start + 256, part), *apart)
    store = CoverageStore.open(files.store)
    windows = windows_of_test(store, fold)
    if not seen:
        check_unseen(store, windows, [learned], fold)
        return
    place = rf"chr1:{start}-{start + 256} \(learned\) and chr1:\d+-\d+ \(tested\) overlap"
    with pytest.raises(InputError, match=place):
        check_unseen(store, windows, [files.store, learned], fold)


def test_the_job_looks_at_what_was_learned(files, tmp_path: Path) -> None:
    learned = other_windows(tmp_path, *((256 * i, 256 * i + 256, f"fold{i % 3}") for i in range(8)))
    files.learned = [files.store]
    run(files, tmp_path / "own")  # its parts are apart
    files.learned = [learned]
    with pytest.raises(InputError, match="fold 1 learned from the one, or was chosen by it"):
        run(files, tmp_path / "other")
    assert not (tmp_path / "other/out").exists()
    files.learned = [
        other_windows(tmp_path / "b", (256, 512, "train"), (0, 256, "valid"), assembly="b")
    ]
    run(files, tmp_path / "of_another_assembly")


def test_compat_equals_the_original(shared: Path, tmp_path: Path) -> None:
    base = shared / "reference/borzuki"
    data, golden = base / "real_tiny/data", base / "metrics/gene_accuracy/golden_rc_noclip_rna"
    convert_tfrecords(data / "tiny_hg38", tmp_path / "tiny.zarr", "hg38", parts=["test"])
    shape = data / "params.json"
    convert_weights(data / "model.h5", tmp_path / "w.safetensors", "borzuki", shape, None, "source")
    genes = read_annotation(base / "metrics/gene_accuracy/synthetic_genes_tiny_test.gtf")
    genes.write(tmp_path / "genes.parquet")
    files = SimpleNamespace(
        weights=str(tmp_path / "w.safetensors"), hyperparameters=str(shape),
        tracks=str(data / "tiny_hg38/targets_rna.txt"), store=str(tmp_path / "tiny.zarr"),
        annotation=str(tmp_path / "genes.parquet"),
    )  # fmt: skip
    suffixes = {"tracks": "tsv", "genes": "tsv", "gene_preds": "parquet", "gene_targets": "parquet"}
    made = AccuracyFiles(**{n: str(tmp_path / f"{n}.{end}") for n, end in suffixes.items()})
    options = OPTIONS | {"compat": "borzuki"}
    evaluate_coverage(
        named_files(EvaluationFiles, vars(files)),
        made,
        FACTS | {"fold": "0"},
        None,
        options,
        INFERENCE,
        1,
    )
    for name, tolerance in (("gene_preds", 3e-4), ("gene_targets", 3e-6)):  # see test_genes
        ours, theirs = GeneMatrix.read(getattr(made, name)), GeneMatrix.read(golden / f"{name}.tsv")
        assert ours.genes.tolist() == theirs.genes.tolist()
        np.testing.assert_allclose(ours.values, theirs.values, rtol=0, atol=tolerance)
    tracks = pl.read_csv(made.tracks, separator="\t").drop_nulls("genes")
    original = pl.read_csv(golden / "acc.txt", separator="\t")
    columns = {"gene_pearsonr": "pearsonr", "gene_r2": "r2", "gene_r2_norm": "r2_norm",
               "gene_pearsonr_norm": "pearsonr_norm"}  # fmt: skip
    for ours, theirs in columns.items():
        np.testing.assert_allclose(tracks[ours], original[theirs], rtol=0, atol=2e-5)
