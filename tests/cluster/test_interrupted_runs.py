"""Runs of the workflow on a cluster that are disturbed: no number changes, and little is made twice."""

import os
import re
import signal

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.cluster.slurm import MEMORY_MB, until
from tests.workflow.conftest import in_order, new_folder

pytestmark = pytest.mark.slow

SCORES = "results/variant_effects/borzuki_tiny"
SET = "simulated_variants"
TABLE = f"{SCORES}/{SET}.fold0.parquet"
SHARDS = 2
SHIFTS_BP = [-4, -2, 0, 2, 4]  # so that a shard takes long enough to be disturbed
RULE = "score_variants"
SECONDS = 500  # on a machine that does much else


@pytest.fixture(scope="module")
def undisturbed(root, tmp_path_factory):
    """A run without a cluster, of one fold and two shards."""
    run = new_folder(root, tmp_path_factory.mktemp("undisturbed"))
    named = {"assemblies": ["simulated"], "models": ["borzuki_tiny"], "folds": ["borzuki_tiny"]}
    tables = {
        name: [row for row in in_order(name, root / f"config/demo/{name}.tsv") if row[0] in names]
        for name, names in named.items()
    }
    tables["folds"] = tables["folds"][:1]
    vcf = "resources/simulated/variants.vcf"
    tables["datasets"] = [(SET, "variants", "simulated", vcf, SHARDS)]
    run.configure(tables, variant_effects={"shifts_bp": SHIFTS_BP, "window_scores": []})
    run.succeed(TABLE)
    return run


class ClusterRun:
    """The run without its scores, to be made on the cluster."""

    def __init__(self, site, undisturbed, folder, partition):
        self.site, self.run = site, undisturbed.copy(folder)
        alone = {RULE: {"mem_mb": MEMORY_MB // 2 + 1}}  # on its node
        self.profile = site.profile(partition, **{"set-resources": alone})
        (self.run.folder / TABLE).unlink()

    def start(self, *arguments):
        """Start Snakemake."""
        wanted = [*arguments, TABLE, "--configfile", self.run.folder / "config.yaml"]
        snakefile = self.run.root / "Snakefile"
        return self.site.start(snakefile, self.run.folder, self.profile, *wanted)

    def start_and_await(self, condition):
        """Start Snakemake, and wait until its jobs run and a condition holds."""
        process, jobs = self.start(), self.site.cluster.jobs
        until(
            lambda: process.poll() is not None or (len(jobs(RULE)) == SHARDS and condition()),
            "running jobs", SECONDS,
        )  # fmt: skip
        assert process.poll() is None, process.communicate()[0][-4000:]
        return process

    def parts(self):
        """What unfinished jobs have kept; what is being written has a hidden name."""
        return list(self.run.folder.glob(f"{SCORES}/shards/.*.parts/[!.]*-*"))

    def logs(self):
        """The logs of all jobs that scored."""
        return [path.read_text() for path in self.run.folder.glob(f"logs/{RULE}/**/*.log")]

    def table(self):
        """What was made."""
        return pl.read_parquet(self.run.folder / TABLE)

    def submitted(self):
        """Job, state and comment of all jobs of SLURM that scored variants here."""
        rows = self.site.cluster.states("JobIDRaw,State,WorkDir,Comment")
        here = [row for row in rows if row[2] == str(self.run.folder)]
        return [(job, state) for job, state, _, comment in here if RULE in comment]


def test_a_cancelled_job_and_one_whose_node_was_lost_are_taken_up_again(
    undisturbed, site, cluster, tmp_path
):
    disturbed = ClusterRun(site, undisturbed, tmp_path / "disturbed", "both")
    process = disturbed.start_and_await(disturbed.parts)
    on_node = {
        cluster.ask("squeue", "-h", "-j", job, "-o", "%N").strip(): job
        for job in cluster.jobs(RULE)
    }
    cluster.ask("scancel", on_node["node2"])
    cluster.lose_node("node1")
    until(lambda: "down" in cluster.ask("sinfo", "-h", "-n", "node1", "-o", "%T"), "a lost node")
    cluster.start_node("node1")
    printed, _ = process.communicate()
    assert process.returncode == 0, printed[-4000:]
    assert "SLURM status is: 'CANCELLED'" in printed
    assert_frame_equal(disturbed.table(), undisturbed_table(undisturbed), check_exact=True)
    assert any("were scored before" in log for log in disturbed.logs())
    assert disturbed.parts() == []


def undisturbed_table(undisturbed):
    """What the run without a cluster made."""
    return pl.read_parquet(undisturbed.folder / TABLE)


def test_jobs_of_a_killed_head_go_on_and_nothing_is_made_twice(
    undisturbed, site, cluster, tmp_path
):
    orphaned = ClusterRun(site, undisturbed, tmp_path / "orphaned", "both")
    process = orphaned.start_and_await(lambda: True)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    unlocked = orphaned.start("--unlock")
    assert "Unlocked" in unlocked.communicate()[0]

    early = orphaned.start()
    printed, _ = early.communicate()
    assert early.returncode == 1
    jobs = ",".join(sorted(cluster.jobs(RULE)))
    assert f"SLURM has {SHARDS} jobs of an earlier start of Snakemake here" in printed
    assert f"(squeue --jobs {jobs})" in printed
    assert "Traceback" not in printed

    until(lambda: not cluster.jobs(RULE), "the end of the jobs", SECONDS)
    late = orphaned.start()
    printed, _ = late.communicate()
    assert late.returncode == 0, printed[-4000:]
    assert [state for _, state in orphaned.submitted()] == ["COMPLETED"] * SHARDS
    assert re.search(r"^gather_shards +1$", printed, re.MULTILINE)
    assert not re.search(rf"^{RULE} ", printed, re.MULTILINE)
    assert_frame_equal(orphaned.table(), undisturbed_table(undisturbed), check_exact=True)


def test_a_partition_without_gpus_is_told_before_the_first_job(
    undisturbed, site, cluster, tmp_path
):
    run = ClusterRun(site, undisturbed, tmp_path / "no_gpus", "cpu")
    text = (run.run.folder / "config.yaml").read_text()
    (run.run.folder / "config.yaml").write_text(text.replace("device: cpu", "device: auto"))
    before = len(cluster.states())
    process = run.start()
    printed, _ = process.communicate()
    assert process.returncode == 1
    assert (
        f"ERROR: {RULE} requests 1 GPUs, and nodes of SLURM's partition cpu have 0 at most"
        in printed
    )
    assert "set inference.device: cpu in the config" in printed
    assert len(cluster.states()) == before
