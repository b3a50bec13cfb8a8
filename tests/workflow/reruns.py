"""Plan many changed runs in one process: ``python -m tests.workflow.reruns FOLDER``.

The folder holds a run that `Workflow.configure` wrote, beside a copy of the repository's code. All
outputs are made, empty, and marked as finished; then each change of stdin (JSON: name -> list of
edits) is made, what would run again is planned, and the change is taken back. The answer is JSON on
stdout: name -> rules that would run again, or the mistake that ends it.

An edit is ``["config", section, key, value]``, ``["text", file, old, new]`` (the file keeps its
date), ``["date", file]``, ``["clock", file, seconds]``, ``["same dates"]``, ``["missing", file]`` or
``["copied"]``.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path

import yaml
from snakemake.api import SnakemakeApi, WorkflowApi
from snakemake.io import is_flagged
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    OutputSettings,
    Quietness,
    RerunTrigger,
    ResourceSettings,
    StorageSettings,
)

# as profiles/default
DAG = yaml.safe_load((Path(__file__).parents[2] / "profiles/default/profile.yaml").read_text())


@contextmanager
def opened(folder: Path, snakefile: Path) -> Iterator[WorkflowApi]:
    """The workflow as it is with the config of a folder."""
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        yield api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(configfiles=[folder / "config.yaml"]),
            storage_settings=StorageSettings(),
            snakefile=snakefile,
            workdir=folder,
        )


def planned(folder: Path, touch: bool = False) -> tuple[list, set[str]]:
    """All jobs of a run, and the rules of those that would run; or mark all as finished."""
    triggers = RerunTrigger.parse_choices_set(DAG["rerun-triggers"])
    size = DAG["max-checksum-file-size"]
    with opened(folder, folder / "code/Snakefile") as run:
        dag = run.dag(
            DAGSettings(rerun_triggers=triggers, max_checksum_file_size=size, forceall=touch)
        )
        if touch:
            dag.execute_workflow(executor="touch")
            return [], set()
        dag.printrulegraph()  # plans, and runs nothing
        found = run._workflow.dag
        jobs = [job for level in found.toposorted() for job in level]
        return jobs, {job.rule.name for job in found.needrun_jobs()} - {"all"}


def finish(folder: Path) -> None:
    """Make all outputs, empty, and mark them as finished."""
    jobs, _ = planned(folder)
    for job in jobs:
        for output in job.output:
            path = folder / output
            path.parent.mkdir(parents=True, exist_ok=True)
            if output.is_directory:
                path.mkdir(exist_ok=True)
                (path / "part").write_bytes(b"")
            else:
                path.write_bytes(b"")
    planned(folder, touch=True)
    for job in jobs:
        for output in filter(lambda path: is_flagged(path, "temp"), job.output):
            (folder / output).unlink(missing_ok=True)  # as a run does once nothing needs it


@contextmanager
def edited(folder: Path, kind: str, *what: object) -> Iterator[Path]:
    """Make an edit for the block; the folder of the run while it is made."""
    if kind == "copied":
        other = folder.parent / "copied"
        shutil.copytree(folder, other, symlinks=True, copy_function=_copy_late)
        yield other
        return
    if kind == "same dates":
        yield from _with_same_dates(folder)
        return
    path = folder / (str(what[0]) if kind != "config" else "config.yaml")
    before, stat = path.read_bytes(), path.stat()
    if kind == "config":
        config = yaml.safe_load(before)
        section, key, value = what
        config[section] = {**config.get(section, {}), key: value} if key else value
        path.write_text(yaml.safe_dump(config))
    elif kind == "text":
        _, old, new = map(str, what)
        assert old in before.decode(), what
        path.write_text(before.decode().replace(old, new))
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    elif kind == "date":
        os.utime(path)
    elif kind == "clock":  # of the machine that wrote it
        os.utime(path, (stat.st_atime + float(str(what[1])), stat.st_mtime + float(str(what[1]))))
    elif kind == "missing":
        path.unlink()
    yield folder
    path.write_bytes(before)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def _with_same_dates(folder: Path) -> Iterator[Path]:
    """Give all files of a run one date, as archives and disks of coarse clocks do."""
    tops = ("own", "resources", "results")
    paths = [path for top in tops for path in (folder / top).rglob("*") if not path.is_symlink()]
    before = {path: path.stat() for path in paths if path.is_file()}
    latest = max(stat.st_mtime_ns for stat in before.values())
    for path in before:
        os.utime(path, ns=(latest, latest))
    yield folder
    for path, stat in before.items():
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def _copy_late(source: str, target: str) -> None:
    shutil.copyfile(source, target)
    time.sleep(0.001)  # each file is newer than the one before it, whichever that is


def forget() -> None:
    """Clear what the package remembers of files."""
    from seqcast.plan import code, kept_digests
    from seqcast.report.pages import rendering

    for module in (rendering, code, kept_digests):
        for function in vars(module).values():
            if hasattr(function, "cache_clear"):
                function.cache_clear()


def main() -> None:
    """Plan the changes of stdin."""
    folder = Path(sys.argv[1])
    found = {}
    with redirect_stdout(sys.stderr):
        finish(folder)
        for name, edits in {"nothing": [], **json.load(sys.stdin)}.items():
            with ExitStack() as stack:
                place = folder
                for edit in edits:
                    place = stack.enter_context(edited(folder, *edit))
                forget()
                try:
                    found[name] = sorted(planned(place)[1])
                except SystemExit as stop:
                    found[name] = stop.args[1]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
