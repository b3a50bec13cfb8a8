"""A head goes from the folder of a shared training to its model."""

import json
from pathlib import Path

import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.models.convert import read_safetensors, write_safetensors
from seqcast.training.outputs import HeadFiles, take_head


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "duo.fold0.heads"
    for number, head in enumerate(("human", "mouse")):
        state = {"head.bias": torch.full((2,), float(number))}
        facts = {"head": head, "fold": "0", "tracks": json.dumps([f"{head}+", f"{head}-"])}
        # a model as it may be in facts of a training; the one that takes the head counts
        write_safetensors(state, folder / f"{head}.safetensors", facts | {"model": "other"})
        (folder / f"{head}.history.tsv").write_text(f"step\n{number}\n")
    return folder


def table(tmp_path: Path, *names: str) -> Path:
    path = tmp_path / "targets.tsv"
    columns = "\tidentifier\tclip_soft\tscale\tsum_stat\tstrand_pair\tdescription\n"
    rows = [f"{i}\t{name}\t384\t1\tsum\t{1 - i}\t\n" for i, name in enumerate(names)]
    path.write_text(columns + "".join(rows))
    return path


def outputs(tmp_path: Path) -> HeadFiles:
    names = {"weights": "duo_mouse.fold0.safetensors", "history": "duo_mouse.fold0.history.tsv"}
    return HeadFiles(**{kind: str(tmp_path / name) for kind, name in names.items()})


def test_weights_and_history_are_of_the_head_and_name_the_model(
    folder: Path, tmp_path: Path
) -> None:
    out = outputs(tmp_path)
    take_head(folder, "mouse", "duo_mouse", table(tmp_path, "mouse+", "mouse-"), out)
    state, facts = read_safetensors(Path(out.weights))
    assert state["head.bias"].tolist() == [1, 1]
    tracks = '["mouse+", "mouse-"]'
    assert facts == {"model": "duo_mouse", "head": "mouse", "fold": "0", "tracks": tracks}
    assert Path(out.history).read_text() == "step\n1\n"


@pytest.mark.parametrize(("head", "message"), [
    ("rat", r"rat\.safetensors: not readable"),
    ("mouse", r"targets\.tsv: output 0 is 'mouse-'; expected 'mouse\+'"),
])  # fmt: skip
def test_a_head_that_is_not_there_or_of_other_tracks_leaves_nothing(
    folder: Path, tmp_path: Path, head: str, message: str
) -> None:
    out = outputs(tmp_path)
    with pytest.raises(InputError, match=message):
        take_head(folder, head, "duo", table(tmp_path, "mouse-", "mouse+"), out)
    assert not Path(out.weights).exists()
    assert not Path(out.history).exists()
