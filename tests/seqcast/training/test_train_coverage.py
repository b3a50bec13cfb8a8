"""The job from stores of windows to weights that the workflow can load."""

import json
import logging
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.core.store import file_sha256
from seqcast.datasets.coverage.target_store_writing import create_store
from seqcast.genome.intervals import Geometry
from seqcast.genome.sequence import one_hot_of_codes
from seqcast.genome.tracks import Tracks
from seqcast.models.convert import read_safetensors
from seqcast.models.interface import load_model
from seqcast.models.prepare import convert_weights
from seqcast.predict.inference import check_fit
from seqcast.training.coverage import CoverageTask
from seqcast.training.train_coverage import (
    CoverageTrainingFiles,
    heads_of_stores,
    history_of_head,
    seed_of_fold,
    train_coverage,
)
from tests.seqcast.training.test_coverage_network import PARAMS
from tests.seqcast.training.toys import interrupted_behind, run_job

RECIPE = {
    "learning_rate": 0.02, "batch_size": 4, "epochs": 8, "warmup_steps": 5, "decay": "none",
    "gradient_clip_norm": 1.0, "seed": 42, "select_by": "pearsonr", "ema_decay": 0.9,
    "coverage": {"total_weight": 0.2},
}  # fmt: skip
GEOMETRY = Geometry(256, 8, 0)
COUNTED = {"human": [0, 3, 1], "mouse": [0, 3]}  # bases whose number a bin the tracks are: A, T, C
TARGETS = """\tidentifier\tfile\tclip\tclip_soft\tscale\tsum_stat\tstrand_pair\tdescription
0\ta+\ta.bw\t64\t32\t1\tsum\t1\tbase A
1\ta-\tb.bw\t64\t32\t1\tsum\t0\tbase T
2\tc\tc.bw\t64\t32\t1\tsum\t2\tbase C
"""


def write_windows(folder: Path, head: str, count: int, seed: int) -> tuple[str, str]:
    """A store of drawn bases and what they say, and its targets table."""
    codes = np.random.default_rng(seed).integers(0, 4, size=(count, 256)).astype(np.uint8)
    bins = codes.reshape(count, 1, 32, 8)
    targets = (bins == np.array(COUNTED[head])[:, None, None]).sum(3).astype(np.float16)
    table, store = folder / f"{head}.txt", folder / f"{head}.zarr"
    table.write_text("".join(TARGETS.splitlines(True)[: 1 + len(COUNTED[head])]))
    tracks = pl.read_csv(table, separator="\t", infer_schema=False)
    starts = np.arange(count) * 256
    windows = pl.DataFrame(
        {"chrom": "chr1", "start": starts, "end": starts + 256,
         "part": [f"fold{i % 4}" for i in range(count)]}
    )  # fmt: skip
    with create_store(store, windows, tracks, GEOMETRY, "toy") as append:
        append(codes, targets)
    return str(store), str(table)


@pytest.fixture
def files(tmp_path: Path) -> SimpleNamespace:
    recipe, shape = tmp_path / "recipe.json", tmp_path / "params.json"
    recipe.write_text(json.dumps(RECIPE))
    shape.write_text(json.dumps(PARAMS))
    store, table = write_windows(tmp_path, "human", 32, 1)
    return SimpleNamespace(
        stores=store, targets=table, recipe=str(recipe), hyperparameters=str(shape)
    )


@pytest.fixture
def both(files, tmp_path: Path) -> SimpleNamespace:
    store, table = write_windows(tmp_path, "mouse", 24, 2)
    files.stores, files.targets = [files.stores, store], [files.targets, table]
    return files


def run(files: SimpleNamespace, folder: Path, **facts: str) -> tuple[Path, pl.DataFrame]:
    facts = {"architecture": "borzuki", "model": "tiny", "fold": "0", "training": "toy"} | facts
    return run_job(train_coverage, CoverageTrainingFiles, files, folder, facts)


def test_trained_weights_load_and_say_how_they_came_about(files, tmp_path: Path) -> None:
    weights, history = run(files, tmp_path)
    assert history["step"].to_list() == list(range(0, 33, 4))  # 16 windows train in fold 0
    assert history["validation_pearsonr"].max() > history["validation_pearsonr"][0] + 0.3
    facts = read_safetensors(weights)[1]
    assert facts["origin"] == "train"
    assert facts["head"] == "human"
    assert json.loads(facts["training_contigs"]) == {"toy": ["chr1"]}
    assert json.loads(facts["recipe"]) == RECIPE
    best = history.filter("best")[-1]
    assert float(facts["validation_pearsonr"]) == best["validation_pearsonr"].item()
    assert facts["step"] == str(best["step"].item())
    assert list((tmp_path / "checkpoints").iterdir()) == []
    assert {path.name for path in weights.parent.iterdir()} == {weights.name, "history.tsv"}
    # the best weights, told by what they say of the validation windows: fold1
    model = load_model("borzuki", weights, files.hyperparameters, "human", device="cpu")
    codes = np.random.default_rng(1).integers(0, 4, size=(32, 256))[1::4]
    with torch.inference_mode():
        found = model(one_hot_of_codes(torch.from_numpy(codes))).numpy()
    bins = codes.reshape(8, 1, 32, 8)
    measured = (bins == np.array(COUNTED["human"])[:, None, None]).sum(3)
    each = [np.corrcoef(found[:, i].ravel(), measured[:, i].ravel())[0, 1] for i in range(3)]
    assert np.mean(each) == pytest.approx(best["validation_pearsonr"].item(), rel=1e-5)


def test_each_head_has_a_file(both, tmp_path: Path) -> None:
    weights, history = run(both, tmp_path, head="human,mouse")
    kinds = ("safetensors", "history.tsv")
    assert {p.name for p in weights.iterdir()} == {f"{h}.{k}" for h in COUNTED for k in kinds}
    for head, column in (("human", "best"), ("mouse", "best_mouse")):
        facts = read_safetensors(weights / f"{head}.safetensors")[1]
        assert facts["head"] == head
        best = history.filter(column)[-1]
        assert facts["step"] == str(best["step"].item())
        assert float(facts["validation_pearsonr"]) == best[f"validation_pearsonr_{head}"].item()
        model = load_model("borzuki", weights / f"{head}.safetensors", both.hyperparameters,
                           device="cpu")  # fmt: skip
        assert model.tracks == len(COUNTED[head])
        own = pl.read_csv(weights / f"{head}.history.tsv", separator="\t")
        assert own["best"].to_list() == history[column].to_list()
        assert own["validation_loss"].to_list() == history[f"validation_loss_{head}"].to_list()
        assert not [name for name in own.columns if "human" in name or "mouse" in name]
    assert history["validation_pearsonr_mouse"].max() > history["validation_pearsonr_mouse"][0]


def test_history_of_a_head_is_laid_out_as_if_it_were_alone() -> None:
    table = pl.DataFrame({
        "step": [0], "train_loss": [None], "validation_loss": [2.0], "validation_loss_a": [1.0],
        "validation_loss_b_a": [3.0], "best": [True], "best_b_a": [False],
    })  # fmt: skip
    laid_out = {h: history_of_head(table, h).row(0, named=True) for h in ("a", "b_a", "")}
    rest = {"step": 0, "train_loss": None}
    assert laid_out["a"] == rest | {"validation_loss": 1.0, "best": True}
    assert laid_out["b_a"] == rest | {"validation_loss": 3.0, "best": False}
    assert laid_out[""] == rest | {"validation_loss": 2.0, "best": True}


def test_savings_of_memory_and_time_learn_too(files, tmp_path: Path) -> None:
    thrifty = {"precision": "bf16", "micro_batch_size": 2, "epochs": 3,
               "coverage": {"checkpoint_activations": True}}  # fmt: skip
    Path(files.recipe).write_text(json.dumps(RECIPE | thrifty))
    weights, history = run(files, tmp_path)
    assert history["validation_loss"][-1] < history["validation_loss"][0]
    assert all(t.dtype == torch.float32 for t in read_safetensors(weights)[0].values()
               if t.is_floating_point())  # fmt: skip


def test_the_head_that_is_named_learns(both, tmp_path: Path) -> None:
    both.stores, both.targets = both.stores[::-1], both.targets[::-1]
    weights, _ = run(both, tmp_path, head="mouse,human")
    for head in COUNTED:
        model = load_model("borzuki", weights / f"{head}.safetensors", both.hyperparameters, head,
                           device="cpu")  # fmt: skip
        assert model.tracks == len(COUNTED[head])
    both.stores, both.targets = both.stores[0], both.targets[0]
    weights, _ = run(both, tmp_path / "alone", head="mouse")
    assert read_safetensors(weights)[1]["head"] == "mouse"


def test_an_interrupted_job_goes_on_to_the_same_weights(both, tmp_path: Path, caplog) -> None:
    whole, history = run(both, tmp_path / "a", head="human,mouse")
    with interrupted_behind(CoverageTask, 5):  # the checkpoint is of the last of these
        run(both, tmp_path, head="human,mouse")
    assert (tmp_path / "checkpoints/last.pt").exists()
    assert not (tmp_path / "out").exists()
    shape = Path(both.hyperparameters).read_text()
    Path(both.hyperparameters).write_text(shape.replace('"dropout": 0.1', '"dropout": 0.2'))
    with pytest.raises(InputError, match=r"dropout was 0\.1 and is 0\.2"):  # no weight shows it
        run(both, tmp_path, head="human,mouse")
    Path(both.hyperparameters).write_text(shape)
    with caplog.at_level(logging.INFO, "seqcast"):
        resumed, again = run(both, tmp_path, head="human,mouse")
    assert "resumed from" in caplog.text
    assert again.drop("data_wait_share").equals(history.drop("data_wait_share"))
    for head in COUNTED:
        first, second = (
            read_safetensors(folder / f"{head}.safetensors")[0] for folder in (whole, resumed)
        )
        assert all(torch.equal(first[name], second[name]) for name in first)


def test_training_goes_on_from_given_weights(files, tmp_path: Path) -> None:
    files.initial, first = run(files, tmp_path / "a")
    weights, history = run(files, tmp_path)
    assert history["validation_pearsonr"][0] == pytest.approx(
        first["validation_pearsonr"].max(), rel=1e-6
    )
    assert read_safetensors(weights)[1]["initial_sha256"] == file_sha256(files.initial)


def test_folds_have_their_windows_and_their_seed(files, tmp_path: Path) -> None:
    assert [seed_of_fold(name) for name in ("3", "f3", "f3c0", "f3c1")] == [3, 3, 3, 1003]
    facts = [read_safetensors(run(files, tmp_path / fold, fold=fold)[0])[1]
             for fold in ("f1c0", "f1c1", "f2c0")]  # fmt: skip
    assert [fact["seed"] for fact in facts] == ["43", "1043", "44"]
    digests = [fact["data_sha256"] for fact in facts]
    assert digests[0] == digests[1] != digests[2]
    with pytest.raises(InputError, match="fold 'left'; expected a number"):
        run(files, tmp_path, fold="left")


def test_stores_of_another_network_are_refused(files, tmp_path: Path) -> None:
    message = r"human\.zarr: number of tracks is 3; expected 2, as head 'mouse'"
    with pytest.raises(InputError, match=message):
        run(files, tmp_path, head="mouse")
    longer = {"model": PARAMS["model"] | {"seq_length": 512}}
    Path(files.hyperparameters).write_text(json.dumps(longer))
    with pytest.raises(InputError, match="window_length_bp is 256; expected 512"):
        run(files, tmp_path)


def test_another_targets_table_is_refused(files, tmp_path: Path) -> None:
    Path(files.targets).write_text(TARGETS.replace("\tc\t", "\tother\t"))
    with pytest.raises(InputError, match=r"its tracks are not those of .*human\.txt"):
        run(files, tmp_path)


def test_tracks_weigh_as_their_descriptions_say(both, tmp_path: Path) -> None:
    def losses(name: str, weights: dict | None) -> dict:
        coverage = RECIPE["coverage"] | ({"track_weights": weights} if weights else {})
        Path(both.recipe).write_text(json.dumps(RECIPE | {"epochs": 1, "coverage": coverage}))
        return run(both, tmp_path / name, head="human,mouse")[1].row(0, named=True)

    plain, all_twice = losses("plain", None), losses("twice", {"base": 2})
    one_twice = losses("one", {"base C": 2})  # the mouse has none
    for head in COUNTED:
        assert all_twice[f"validation_loss_{head}"] == pytest.approx(
            2 * plain[f"validation_loss_{head}"], rel=1e-6
        )
    assert one_twice["validation_loss_mouse"] == plain["validation_loss_mouse"]
    assert one_twice["validation_loss_human"] != plain["validation_loss_human"]
    with pytest.raises(InputError, match="'base G' is found in the description of none of 5"):
        losses("none", {"base G": 2})


def reordered(table: str, path: Path, index: list[int]) -> str:
    """A targets table of the same rows and strand pairs, with other numbers in its index."""
    rows = [line.split("\t") for line in Path(table).read_text().splitlines()]
    pair = rows[0].index("strand_pair")
    for row in rows[1:]:
        row[0], row[pair] = str(index[int(row[0])]), str(index[int(row[pair])])
    path.write_text("".join("\t".join(row) + "\n" for row in rows))
    return str(path)


@pytest.mark.parametrize(("index", "message"), [
    ([1, 0, 2], r"output 1 is 'a\+'; expected 'a-'"),
    ([5, 9, 12], "names output 12 but the model has 3"),
])  # fmt: skip
def test_tracks_of_a_model_are_those_of_its_outputs(files, tmp_path: Path, index, message) -> None:
    own = files.targets
    files.targets = reordered(own, tmp_path / "set.txt", index)
    Path(files.recipe).write_text(json.dumps(RECIPE | {"epochs": 2}))
    weights, _ = run(files, tmp_path)
    # output k is row k of the set, whatever numbers its own table has
    assert json.loads(read_safetensors(weights)[1]["tracks"]) == ["a+", "a-", "c"]
    kept = tmp_path / "kept.safetensors"  # as the workflow keeps it
    convert_weights(weights, kept, "borzuki", files.hyperparameters, "human", "train")
    for path in (weights, kept):
        model = load_model("borzuki", path, files.hyperparameters, "human", device="cpu")
        check_fit(model, Tracks.read(own))
        with pytest.raises(InputError, match=message):
            check_fit(model, Tracks.read(files.targets))


def test_heads_and_stores_are_as_many(both, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 stores for heads human; expected one store a head"):
        run(both, tmp_path, head="human")
    with pytest.raises(InputError, match="head 'rat' is not in the hyperparameters"):
        run(both, tmp_path, head="human,rat")
    facts = {"architecture": "borzuki"}
    assert heads_of_stores(facts, PARAMS, ["a"]) == ["human"]
    with pytest.raises(InputError, match="name the heads that are trained"):
        heads_of_stores(facts, PARAMS, ["a", "b"])


def test_an_architecture_of_another_task_is_refused(files, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'readseeker' does not predict coverage"):
        run(files, tmp_path, architecture="readseeker")
