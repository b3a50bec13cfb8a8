"""A cluster for the tests of this folder, and Snakemake on it as users run it."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from tests.cluster.slurm import ACCOUNT, Cluster, missing, started


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster of two nodes, for all tests."""
    if reason := missing():
        pytest.skip(reason)
    pytest.importorskip("snakemake_executor_plugin_slurm", reason="make test-cluster brings it")
    with started() as cluster:
        yield cluster


class Site:
    """The profile of SLURM as a user of the cluster has it: with account, and partition of the site.

    This cluster is small and idle: it is asked more often than others may be.
    """

    def __init__(self, root: Path, folder: Path, cluster: Cluster) -> None:
        self.root, self.folder, self.cluster = root, folder, cluster

    def profile(self, partition: str, **changes: object) -> Path:
        """The folder of a profile that is the repository's but for what the site says."""
        text = (self.root / "config/profiles/slurm/profile.yaml").read_text()
        profile = yaml.safe_load(text)
        profile["default-resources"] |= {"slurm_account": ACCOUNT, "slurm_partition": partition}
        profile |= {"seconds-between-status-checks": 2, "latency-wait": 10,
                    "slurm-init-seconds-before-status-checks": 2, **changes}  # fmt: skip
        folder = self.folder / f"profile_{partition}"
        folder.mkdir(exist_ok=True)
        (folder / "profile.yaml").write_text(yaml.safe_dump(profile, sort_keys=False))
        return folder

    def start(
        self, snakefile: Path, folder: Path, profile: Path, *arguments: str
    ) -> subprocess.Popen:
        """Start Snakemake in a folder, in a group of processes of its own."""
        command = [sys.executable, "-m", "snakemake", "--snakefile", snakefile, "--directory",
                   folder, "--profile", profile, *arguments]  # fmt: skip
        # by its own path, as Snakemake runs in another folder
        plugin = str(Path(find_spec("snakemake_executor_plugin_slurm").origin).parents[1])
        own = {"XDG_CACHE_HOME": str(self.folder / "cache"), "PYTHONPATH": plugin}
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**self.cluster.environment, **own}, start_new_session=True,
        )  # fmt: skip


@pytest.fixture(scope="session")
def site(root: Path, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Snakemake with the profile of SLURM, on the cluster."""
    return Site(root, tmp_path_factory.mktemp("site"), cluster)
