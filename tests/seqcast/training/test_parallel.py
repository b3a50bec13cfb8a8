"""Two processes take the steps of one; one process is left alone."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import torch

from seqcast.training import parallel
from tests.seqcast.training.toys_coverage import same, shared_training, toy_network


def test_two_processes_take_the_steps_of_one_and_go_on_exactly(root: Path, tmp_path: Path) -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "tests.seqcast.training.toys_coverage", "share",
               str(tmp_path / "state")]  # fmt: skip
    # what torchrun puts into the environment
    started = [
        subprocess.Popen(
            command, cwd=root, stderr=subprocess.PIPE,
            env={**os.environ, "WORLD_SIZE": "2", "RANK": str(rank), "LOCAL_RANK": str(rank),
                 "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"},
        )
        for rank in range(2)
    ]  # fmt: skip
    for process in started:
        said = process.communicate(timeout=60)[1].decode()
        assert process.returncode == 0, said
    first, second = (torch.load(tmp_path / f"state.{rank}", weights_only=True) for rank in range(2))
    assert all(map(same, first, second))
    assert same(first[1], first[2])  # with dropout, batch norms and a mean of the weights
    alone = shared_training()
    moved = toy_network(dropout=0.0, norm=False).state_dict()
    for name, expected in alone.items():
        assert not torch.equal(expected, moved[name])
        torch.testing.assert_close(first[0][name], expected, rtol=1e-5, atol=1e-6)


def test_one_process_has_all_and_changes_nothing(monkeypatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with parallel.session(torch.device("cpu")) as device:
        assert device == torch.device("cpu")
    assert (parallel.processes(), parallel.rank(), parallel.is_mine(7)) == (1, 0, True)
    model = toy_network()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    parallel.average_buffers(model)
    assert parallel.add_gradients(list(model.parameters()), 0.5) == 0.5
    assert all(p.grad is None for p in model.parameters())
    assert same(model.state_dict(), before)
    assert parallel.from_first("a") == "a"
    assert parallel.gathered({"a": torch.ones(1)}) == [{"a": torch.ones(1)}]
