"""A training that was killed goes on exactly; checkpoints of another one are refused."""

import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.models import precision
from seqcast.training.checkpoints import load_checkpoint, save_checkpoint, tensors_digest
from seqcast.training.loop import train
from tests.seqcast.training.toys import RECIPE, Regression, network, run


def states_are_equal(a: torch.nn.Module, b: torch.nn.Module) -> bool:
    return all(map(torch.equal, a.state_dict().values(), b.state_dict().values()))


def test_a_killed_training_goes_on_to_the_same_bits(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    # evaluations every 3 steps, checkpoints every 5: killed at step 18, it goes on from 15
    command = [sys.executable, "-m", "tests.seqcast.training.toys", path, "18"]
    killed = subprocess.run(command, cwd=root, capture_output=True, check=False)
    assert killed.returncode == -9, killed.stderr.decode()
    assert torch.load(path, weights_only=True)["progress"]["step"] == 15
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        straight, history = run()
        model, task = network(), Regression()
        resumed = train(model, task, RECIPE, path)
    finally:
        torch.set_num_threads(threads)
    assert resumed.equals(history)
    assert states_are_equal(model, straight)
    full = Regression()
    batches = [b for epoch in range(4) for b in full.batches(RECIPE, epoch, 0)]
    assert task.seen == full.seen[15:]
    assert len(batches) == 28


def test_any_step_may_be_the_last_one(tmp_path: Path) -> None:
    _, history = run(replace(RECIPE, checkpoint_every=1))
    for step in (1, 7, 13):
        path = tmp_path / f"{step}.pt"
        with pytest.raises(InputError, match="went astray"):
            run(replace(RECIPE, checkpoint_every=1), path, spoil_at=step)
        assert run(replace(RECIPE, checkpoint_every=1), path)[1].equals(history)


def test_the_precision_that_was_chosen_is_kept(tmp_path: Path, monkeypatch) -> None:
    path, recipe = tmp_path / "last.pt", replace(RECIPE, checkpoint_every=1, precision="auto")
    monkeypatch.setattr(precision, "bf16_time_ratio", lambda device: 0.4)
    rounded = run(replace(recipe, precision="bf16"))[1]
    with pytest.raises(InputError, match="went astray"):
        run(recipe, path, spoil_at=7)
    monkeypatch.setattr(precision, "bf16_time_ratio", lambda device: 4.0)  # on a busy machine, say
    history = run(recipe, path)[1]
    assert history.drop("bf16").equals(rounded)
    assert history["bf16"].all()
    anew = run(recipe)[1]
    assert not anew["bf16"].any()
    assert anew.drop("bf16").equals(run(replace(recipe, precision="fp32"))[1])


def test_a_finished_training_is_read_not_repeated(tmp_path: Path) -> None:
    path, model, task = tmp_path / "last.pt", network(), Regression()
    straight, history = run(checkpoint=path)
    assert train(model, task, RECIPE, path).equals(history)
    assert task.seen == []
    assert states_are_equal(model, straight)


def test_patience_is_kept_over_an_interruption(tmp_path: Path) -> None:
    wild = replace(RECIPE, learning_rate=1.0, decay="none", warmup=0.0, epochs=50, patience=3,
                   checkpoint_every=1)  # fmt: skip
    _, history = run(wild)
    for step in (history["step"][-1] - 1, history["step"][-1]):
        path = tmp_path / f"{step}.pt"
        if step < history["step"][-1]:
            with pytest.raises(InputError):
                run(wild, path, spoil_at=step)
        else:
            run(wild, path)
        assert run(wild, path)[1].equals(history)


@pytest.mark.parametrize(
    ("recipe", "seed", "message"),
    [
        (replace(RECIPE, learning_rate=0.01), 0, "recipe's learning_rate was 0.05 and is 0.01"),
        (replace(RECIPE, epochs=5), 0, "recipe's epochs was 4 and is 5"),
        (RECIPE, 1, "initial weights was '"),
    ],
)
def test_another_recipe_or_start_is_refused(tmp_path: Path, recipe, seed, message) -> None:
    path = tmp_path / "last.pt"
    run(checkpoint=path)
    with pytest.raises(InputError, match=f"{message}.*remove .*last.pt to start again"):
        train(network(seed=seed), Regression(), recipe, path)


def test_other_data_are_refused(tmp_path: Path) -> None:
    path, task = tmp_path / "last.pt", Regression()
    run(checkpoint=path)
    task.digest = "other"
    with pytest.raises(InputError, match=r"of another training: data was '.*' and is 'other'"):
        train(network(), task, RECIPE, path)


def test_the_number_of_processes_stays(tmp_path: Path) -> None:
    path, key = tmp_path / "last.pt", "number of processes"
    save_checkpoint(path, {"step": 1}, {"data": "a"})  # as before it was written down: by one
    assert load_checkpoint(path, {"data": "a", key: 1}) == {"format": 2, "step": 1}
    with pytest.raises(InputError, match=r"number of processes was 1 and is 2\. Restore what"):
        load_checkpoint(path, {"data": "a", key: 2})
    save_checkpoint(path, {"step": 1}, {"data": "a", key: 2})
    with pytest.raises(InputError, match="number of processes was 2 and is 1"):
        load_checkpoint(path, {"data": "a", key: 1})


def test_hyperparameters_stay(tmp_path: Path) -> None:
    path, older = tmp_path / "last.pt", tmp_path / "older.pt"
    params = [{"model": {"trunk": ["stem", {"dropout": rate}]}} for rate in (0.1, 0.2)]
    history = train(network(), Regression(), RECIPE, path, params[0])
    assert train(network(), Regression(), RECIPE, path, params[0]).equals(history)
    message = r"training: hyperparameters\.model\.trunk\.1\.dropout was 0\.1 and is 0\.2\. Restore"
    with pytest.raises(InputError, match=message):
        train(network(), Regression(), RECIPE, path, params[1])
    run(checkpoint=older)  # as before they were written down: they may be any
    assert train(network(), Regression(), RECIPE, older, params[0]).equals(history)


def test_other_code_is_told(tmp_path: Path, caplog) -> None:
    path = tmp_path / "last.pt"
    for code, told in (("abc", False), ("abc", False), ("def", True)):
        train(network(), Regression(), RECIPE, path, code=code)
        assert ("written by other code (abc, now def)" in caplog.text) is told


def test_a_checkpoint_that_does_not_say_of_what_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    save_checkpoint(path, {"step": 1}, {})
    found = torch.load(path, weights_only=True)
    del found["identity"]
    torch.save(found, path)
    with pytest.raises(InputError, match=r"of another training: it does not say .*remove .*last"):
        load_checkpoint(path, {"data": "a"})


class _Evil:
    def __reduce__(self):
        return (exec, ("raise SystemExit('code was run')",))


@pytest.mark.parametrize("kind", ["code", "cut", "text", "other", "number", "call"])
def test_files_that_are_no_checkpoint(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "last.pt"
    if kind == "code":
        path.write_bytes(pickle.dumps(_Evil(), protocol=2))
    elif kind == "cut":
        save_checkpoint(path, {"step": 1, "model": torch.zeros(1000)}, {})
        path.write_bytes(path.read_bytes()[:2000])
    elif kind == "text":
        path.write_text("hello")
    elif kind == "number":
        path.write_bytes(b"\x80\x02G12")  # opcode BINFLOAT, 2 of its 8 bytes
    elif kind == "call":  # without arguments
        path.write_bytes(b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.")
    else:
        torch.save({"step": 1}, path)
    with pytest.raises(InputError, match=r"checkpoint.*remove"):
        load_checkpoint(path, {})


def test_no_file_is_no_checkpoint(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path / "none.pt", {}) is None


def test_an_older_checkpoint_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    save_checkpoint(path, {"step": 1}, {"data": "a"})
    with pytest.raises(Exception, match="pickle"):
        save_checkpoint(path, {"step": lambda: None}, {"data": "a"})
    assert load_checkpoint(path, {"data": "a"})["step"] == 1
    assert list(tmp_path.iterdir()) == [path]


def test_digests_tell_tensors_apart() -> None:
    a = {"x": torch.tensor([1.0, 2.0]), "n": torch.tensor(3)}
    assert tensors_digest(a) == tensors_digest(dict(reversed(a.items())))
    others = [
        a | {"x": torch.tensor([1.0, 2.5])}, a | {"x": torch.tensor([[1.0, 2.0]])},
        a | {"n": torch.tensor(4)}, {"y": a["x"], "n": a["n"]},
    ]  # fmt: skip
    assert len({tensors_digest(tensors) for tensors in [a, *others]}) == 5
