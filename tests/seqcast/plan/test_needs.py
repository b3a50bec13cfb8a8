"""What jobs request, on the first attempt and on retries."""

from types import SimpleNamespace

import pytest

from seqcast.plan import needs
from seqcast.plan.needs import cpu_torch, disk_mb, memory_mb, no_gpu_build, runtime_min


def test_a_retry_requests_more_memory_and_time_and_no_more_disk():
    name = "predict_coverage"
    assert [memory_mb(None, attempt, name) for attempt in (1, 2, 3)] == [4000, 8000, 12000]
    assert [runtime_min(None, attempt, name) for attempt in (1, 2, 3)] == [240, 480, 720]
    assert disk_mb(None, name) == 20_000


@pytest.mark.parametrize(("cuda", "hip", "version"), [
    (None, None, "2.13.0"), ("12.8", None, ""), (None, "6.4", ""),
])  # fmt: skip
def test_a_build_of_torch_for_cpus_is_known_without_an_import(
    tmp_path, monkeypatch, cuda, hip, version
):
    (tmp_path / "version.py").write_text(f"__version__ = '2.13.0'\n{cuda=}\n{hip=}\n")
    found = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(needs, "find_spec", {"torch": found}.get)
    assert cpu_torch() == version
    assert len(no_gpu_build("inference.device is cuda")) == bool(version)


def test_without_torch_nothing_is_known_of_it(monkeypatch):
    monkeypatch.setattr(needs, "find_spec", lambda name: None)
    assert cpu_torch() == ""


def test_the_installed_torch_is_what_it_says():
    torch = pytest.importorskip("torch")
    built_for_gpus = torch.version.cuda or torch.version.hip
    assert cpu_torch() == ("" if built_for_gpus else torch.__version__)
