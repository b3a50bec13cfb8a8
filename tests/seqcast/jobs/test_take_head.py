"""A head goes from the folder of a shared training to its model."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from seqcast.errors import InputError
from seqcast.jobs.take_head import take_head
from seqcast.models.convert import read_safetensors, write_safetensors


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "duo.fold0.heads"
    for number, head in enumerate(("human", "mouse")):
        state = {"head.bias": torch.full((2,), float(number))}
        write_safetensors(state, folder / f"{head}.safetensors", {"head": head, "fold": "0"})
        (folder / f"{head}.history.tsv").write_text(f"step\n{number}\n")
    return folder


def outputs(tmp_path: Path) -> SimpleNamespace:
    names = {"weights": "duo_mouse.fold0.safetensors", "history": "duo_mouse.fold0.history.tsv"}
    return SimpleNamespace(**{kind: str(tmp_path / name) for kind, name in names.items()})


def test_weights_and_history_are_of_the_head_and_name_the_model(
    folder: Path, tmp_path: Path
) -> None:
    out = outputs(tmp_path)
    take_head(folder, "mouse", "duo_mouse", out)
    state, facts = read_safetensors(Path(out.weights))
    assert state["head.bias"].tolist() == [1, 1]
    assert facts == {"model": "duo_mouse", "head": "mouse", "fold": "0"}
    assert Path(out.history).read_text() == "step\n1\n"


def test_a_head_that_is_not_there_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    out = outputs(tmp_path)
    with pytest.raises(InputError, match=r"rat\.safetensors: not readable"):
        take_head(folder, "rat", "duo_rat", out)
    assert not Path(out.weights).exists()
    assert not Path(out.history).exists()
