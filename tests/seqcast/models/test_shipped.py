"""Models that come with seqcast load by name, and from an installed wheel as from the repository."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from seqcast import load_shipped
from seqcast.core.errors import InputError
from seqcast.genome.tracks import Tracks
from seqcast.models.shipped import SHIPPED, shipped_model
from seqcast.predict.inference import check_fit


@pytest.mark.parametrize("name", SHIPPED)
def test_every_fold_loads_and_is_another(name: str) -> None:
    files = shipped_model(name)
    models = [load_shipped(name, fold, device="cpu") for fold in range(len(files.weights))]
    states = [torch.cat([x.ravel() for x in m.state_dict().values()]) for m in models]
    assert all(not torch.equal(states[0], other) for other in states[1:])
    assert all((path.parent / "README.md").is_file() for path in files.weights)
    if files.tracks:
        check_fit(models[0], Tracks.read(files.tracks))


def test_unknown_names_and_folds() -> None:
    with pytest.raises(InputError, match="no model 'borzuki' comes with seqcast; expected borz"):
        load_shipped("borzuki")
    with pytest.raises(InputError, match="six_frame has 1 folds; fold 1 is none of them"):
        load_shipped("six_frame", 1)


IN_A_WHEEL = """
import pathlib, sys
import seqcast
from seqcast.cli import main
from seqcast.models.shipped import SHIPPED
folder = pathlib.Path(seqcast.__file__).parent
assert folder.parent == pathlib.Path(sys.argv[1]), folder
assert not any(path.is_symlink() for path in folder.rglob("*"))
for name in SHIPPED:
    seqcast.load_shipped(name, device="cpu")
sys.exit(main(["classify-reads", sys.argv[2]]))
"""


def test_a_wheel_is_all_that_a_user_needs(root: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"  # a build leaves files beside its sources
    for name in ("workflow", "config", *(f"resources/{model}" for model in SHIPPED)):
        shutil.copytree(root / name, source / name, symlinks=True)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / name, source / name)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
    site = tmp_path / "site"
    subprocess.run([*pip, "--target", str(site), str(source)], check=True, cwd=tmp_path)
    reads = tmp_path / "reads.fa"
    reads.write_text(">a\n" + "ATGGCT" * 50 + "\n")
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-c", IN_A_WHEEL, str(site), str(reads)]
    result = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[1].startswith("a\t0\t300\t")
