"""Jobs of the demo whose files lie in S3, over a slow line that breaks off, and none on this machine.

What is expected of them is the demo's manifest: that of runs without a store.
"""

from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.stores.line import Line, opened
from tests.stores.servers import free_port, require, served
from tests.workflow.conftest import Workflow, new_folder
from tests.workflow.demo_manifest import differences, manifest_of, read_manifest

pytestmark = pytest.mark.slow

KEY, SECRET = "AKIASEQCASTTESTS", "wJalrSeqcastTestsSecretKey"
BUCKET, PREFIX = "seqcast-tests", "run"
STORE = [f"--default-storage-prefix=s3://{BUCKET}/{PREFIX}", "--default-storage-provider=s3"]
NAME = "coverage/borzuki_tiny/simulated_regions.ensemble"
ARRAYS, TRACKS = f"results/{NAME}.zarr", f"results/{NAME}.bigwig"
DEMO = "config/demo.yaml"


class Run(NamedTuple):
    """A finished run: its folder, what Snakemake printed, the line to its store, and the store."""

    workflow: Workflow
    printed: str
    line: Line
    bucket: Any

    def objects(self) -> dict[str, bytes]:
        """Name to content of all objects of the run."""
        found = self.bucket.objects.all()
        return {one.key.removeprefix(f"{PREFIX}/"): one.get()["Body"].read() for one in found}

    def differences(self, folder: Path) -> list[str]:
        """What differs of the stored results, laid into a folder, and the demo's manifest."""
        for name, content in self.objects().items():
            if name.startswith("results/"):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
        made = manifest_of(folder / "results")
        paths = {path for path, _ in made}
        of_demo = {key: row for key, row in read_manifest().items() if key[0] in paths}
        return differences(of_demo, made)


@pytest.fixture(scope="module")
def run(root, tmp_path_factory):
    require("snakemake_storage_plugin_s3", "moto", "flask")
    import boto3

    port = free_port()
    store = f"http://127.0.0.1:{port}"
    server = ["-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with (
        served(server, f"{store}/moto-api/"),
        opened(Line(f"127.0.0.1:{port}", delay_s=0.02, busy=3)) as line,
        pytest.MonkeyPatch.context() as patch,
    ):
        told = {"ENDPOINT_URL": line.url, "ACCESS_KEY": KEY, "SECRET_KEY": SECRET}
        for name, value in told.items():
            patch.setenv(f"SNAKEMAKE_STORAGE_S3_{name}", value)
        patch.setenv("no_proxy", "127.0.0.1")
        workflow = new_folder(root, tmp_path_factory.mktemp("s3"))
        printed = workflow.succeed(TRACKS, *STORE, config=DEMO)
        client = boto3.resource("s3", endpoint_url=store, region_name="us-east-1",
                                aws_access_key_id="any", aws_secret_access_key="any")  # fmt: skip
        yield Run(workflow, printed, line, client.Bucket(BUCKET))


def test_results_are_those_of_a_run_without_a_store(run, tmp_path):
    assert run.differences(tmp_path) == []
    assert (tmp_path / ARRAYS).is_file()
    assert len(list((tmp_path / TRACKS).glob("*.bw"))) > 10


def test_a_busy_store_is_asked_again_and_nothing_is_left_on_this_machine(run):
    assert run.line.busy < 0
    folder = run.workflow.folder
    for name in ("results", "resources/assemblies", "resources/simulated"):
        assert not (folder / name).exists()
    left = [*folder.glob("logs/**/*"), *(folder / ".snakemake/storage").rglob("*")]
    kinds = {path.suffix for path in left if path.is_file()}
    assert kinds == {".log", ".tsv", ".jsonl"}  # logs, benchmarks, progress


def test_objects_are_few_and_none_is_temporary(run):
    names = list(run.objects())
    found = Counter("/".join(name.split("/")[:2]) for name in names)
    tracks = len([name for name in names if name.startswith(f"{TRACKS}/")])
    del found["resources/simulated"]  # files of the simulated genome
    assert found == {
        "logs/ensemble_coverage": 1,
        "logs/export_bigwig": 1,
        "logs/predict_coverage": 4,  # and benchmarks
        "logs/prepare_genome": 1,
        "logs/prepare_weights": 2,
        "logs/simulate_genome.log": 1,
        "resources/assemblies": 3,
        "resources/models": 2,
        "results/coverage": 3 + tracks,
    }
    hidden = {Path(name).name for name in names if Path(name).name.startswith(".")}
    assert hidden <= {".snakemake_timestamp"}  # of a folder


def test_the_same_command_again_does_nothing(run):
    assert run.workflow.planned(*STORE, TRACKS, config=DEMO) == {}


def test_objects_that_break_off_are_obtained_again(run, tmp_path):
    run.line.cuts = 2
    run.workflow.succeed("--forcerun", "ensemble_coverage", *STORE, ARRAYS, config=DEMO)
    assert run.line.cuts < 0
    assert run.differences(tmp_path) == []


def test_no_credential_is_told_or_kept(run):
    files = [path for path in run.workflow.folder.rglob("*") if path.is_file()]
    kept = [path.read_bytes() for path in files] + list(run.objects().values())
    assert len(kept) > 50
    for secret in (KEY, SECRET):
        assert not [text[:80] for text in [run.printed.encode(), *kept] if secret.encode() in text]


def test_inputs_of_the_user_are_looked_for_in_the_store(run):
    workflow, name = run.workflow, "mine/v.vcf"
    checked = "results/variants/mine.parquet"
    assemblies = [
        ("simulated", "resources/simulated/genome.fa", "resources/simulated/annotation.gtf")
    ]
    models = [("borzuki_tiny", "borzuki", "coverage", "config/hyperparameters/borzuki_tiny.json",
               "human", "config/demo/targets.tsv")]  # fmt: skip
    folds = [("borzuki_tiny", "0", "source", "resources/borzuki_tiny/fold0.safetensors")]
    workflow.configure({"assemblies": assemblies, "models": models, "folds": folds,
                        "datasets": [("mine", "variants", "simulated", name, "1")]})  # fmt: skip
    missing = workflow.run("-n", *STORE, checked)
    assert missing.returncode == 1
    assert name in missing.stdout + missing.stderr
    simulated = run.objects()["resources/simulated/variants.vcf"]
    run.bucket.put_object(Key=f"{PREFIX}/{name}", Body=simulated)
    assert "check_variants" in workflow.planned(*STORE, checked)
