"""A small Borzuki network, and the plain one in the place of the original program."""

import json
from pathlib import Path

import numpy as np
import torch

from seqcast.genome.sequence import one_hot
from seqcast.models.borzuki.network import Borzuki
from seqcast.models.convert import write_safetensors
from seqcast.models.interface import build_model
from seqcast.models.originals import Original
from tests.seqcast.models.borzuki.test_network import TINY
from tests.seqcast.plain_borzuki import plain_forward

VERSIONS = {"torch": "1.2.3", "tensorflow": "2.0"}
NAME = {"name": "Plain", "package": "torch", "remedy": "install it"}


def small_network(seed: int = 3) -> Borzuki:
    """Random weights that let every base count; statistics of norms that are not those of a start."""
    torch.manual_seed(seed)
    model = build_model("borzuki", TINY, "human").eval().requires_grad_(False)
    model.draw_alive()
    for name, tensor in model.state_dict().items():
        if "bias" in name or "running_mean" in name:
            tensor.normal_(0, 0.3)
        elif "running_var" in name or name.endswith("norm.weight"):
            tensor.uniform_(0.4, 1.6)
    return model


def write_files(
    folder: Path, model: Borzuki, name: str = "prepared.safetensors"
) -> tuple[Path, Path]:
    """Weights and hyperparameters of a network."""
    (folder / "params.json").write_text(json.dumps(TINY))
    write_safetensors(model.state_dict(), folder / name, {})
    return folder / name, folder / "params.json"


def write_plain(job: Path, path: Path, model: Borzuki) -> None:
    """What the plain network says of the sequences of a job, as an original writes it."""
    sequences = json.loads(job.read_text())["sequences"]
    with torch.inference_mode():
        made = [plain_forward(model, torch.from_numpy(one_hot(s))[None])[0] for s in sequences]
    told = json.dumps({"network": "a plain one", "versions": VERSIONS})
    np.savez(path, told=told, **{f"output{i}": y.numpy() for i, y in enumerate(made)})


def original_that_copies(folder: Path, made: Path) -> Original:
    """An original whose outputs were made before; it runs as a program."""
    program = folder / "program.py"
    program.write_text(f"import shutil, sys\nshutil.copyfile({str(made)!r}, sys.argv[2])\n")
    return Original(**NAME, program=str(program))
