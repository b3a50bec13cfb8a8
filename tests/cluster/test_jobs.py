"""What SLURM does with jobs of the profile: devices, too little memory, too little time."""

import re

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def jobs(root, site, tmp_path_factory):
    """A function from the name of an output to its text, and what Snakemake printed."""
    folder = tmp_path_factory.mktemp("jobs")
    process = site.start(root / "tests/cluster/jobs.smk", folder, site.profile("both"))
    printed, _ = process.communicate()
    assert process.returncode == 0, printed[-4000:]
    return (lambda name: (folder / name).read_text().strip()), printed


def test_each_job_has_a_device_of_its_own(jobs, cluster):
    made, _ = jobs
    assert sorted(made(f"gpu{n}.txt") for n in range(2)) == ["0", "1"]


@pytest.mark.parametrize(("rule", "enough", "reason"), [
    ("memory", "1400", "exceeded memory limit"),  # MB; with cgroups, the status is OUT_OF_MEMORY
    ("time", "2", "SLURM status is: 'TIMEOUT'"),  # minutes
])  # fmt: skip
def test_a_job_that_had_too_little_gets_more_and_its_reason_is_told(jobs, rule, enough, reason):
    made, printed = jobs
    assert made(f"{rule}.txt") == enough
    told = re.search(rf"Error in rule take_{rule}:\n(.*?)Trying to restart", printed, re.DOTALL)
    assert reason in told[1]
