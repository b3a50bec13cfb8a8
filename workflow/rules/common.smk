"""The plan of the run, and what Snakemake has to be told of it. `seqcast.plan` decides the rest."""

import re
import sys
from functools import cache
from os import environ, pathsep
from pathlib import Path

from snakemake.logging import logger

# Jobs in conda environments of their own find the package here, as this file does.
WORKFLOW = Path(str(workflow.current_basedir)).parent
sys.path.insert(0, str(WORKFLOW))
searched = filter(None, [str(WORKFLOW), environ.get("PYTHONPATH")])
environ["PYTHONPATH"] = pathsep.join(searched)

from seqcast.core.contents import content_digest
from seqcast.core.errors import InputError
from seqcast.core.run_log import begin_run
from seqcast.plan.code import code_digest
from seqcast.plan.needs import disk_mb, memory_mb, runtime_min
from seqcast.plan.run import plan_run
from seqcast.plan.slurm import check_cluster
from seqcast.plan.tracks import tracks_digest
from seqcast.report.pages.rendering import template_digest


class ConfigError(SystemExit):
    """A mistake in the config or a table ends the run with one line, and none of Python's frames."""

    def __init__(self, message):
        logger.error(line := f"ERROR: {' '.join(str(message).split())}")
        super().__init__(1, line)
        self.code = 1  # of the process; of two arguments, Python would make no status


@cache
def products():
    """What rules make: each path or pattern, behind the text that it begins with."""
    made = [product for rule in workflow.rules for product in rule.products()]
    return [(product.constant_prefix(), product) for product in made]


@cache
def is_made(path):
    """Whether a rule makes a file (or object in a store); known once all rules are."""
    path = str(workflow.modifier.path_modifier.modify(path))
    return any(path.startswith(text) and made.match(path) for text, made in products())


try:
    plan = plan_run(
        config,
        WORKFLOW / "schemas",
        is_made=is_made,
        deployed=local if workflow.storage_settings.default_storage_provider else None,
        error=ConfigError,
    )
except InputError as error:
    raise ConfigError(error)
catalogue = plan.catalogue
for line in plan.warnings:
    logger.warning(line)


onstart:
    if workflow.executor_plugin.name == "slurm":
        check_cluster(workflow.dag, Path.cwd(), ConfigError, logger.warning)
    begin_run("logs", (job.rule.name for job in workflow.dag.needrun_jobs()))


def one_of(names):
    """A wildcard constraint: one of these names; a name that cannot be, where there are none."""
    return "|".join(map(re.escape, names)) or "none"


wildcard_constraints:
    **{wildcard: one_of(names) for wildcard, names in plan.names.items()},
    shard=r"\d+",
    level="gene|window",
    # of the published notebooks
    run=r"models(_retry\d+)?/f\d+c0",
    side="pos|neg",


digest_of = cache(content_digest)


def given_content(wildcards, **job):
    """Params function: digests of the files that a job reads and no rule makes.

    Dates are no sign: files replaced by `mv`, `tar` or `rsync -t` keep theirs. Snakemake compares
    no params of functions that name `input`, which is why this one does not.
    """
    return [digest_of(path) for path in job["input"] if not is_made(path)]


def given_numbers(wildcards, **job):
    """Params function: `given_content`, but for descriptions in targets tables.

    Such inputs are `undated`, so that this alone tells of an edit.
    """
    named = job["input"].get("targets", [])
    tables = [named] if isinstance(named, str) else named
    return [
        tracks_digest(path) if path in tables else digest_of(path)
        for path in job["input"]
        if not is_made(path)
    ]


def undated(files):
    """Input function: files whose dates do not count, as a param says what they hold.

    Dates of those that a rule makes do count.
    """
    return lambda wildcards: without_date(files(wildcards))


def without_date(path):
    """A file as of `undated`."""
    return path if is_made(path) else ancient(path)


# Named inputs that tell nothing by their dates: folders and what is made with them, which a digest
# describes, and the outputs of a model, which are checked before a training starts.
TOLD_ELSEWHERE = ("stores", "learned", "heads", "outputs")


def with_dates(files):
    """Input function: named files, of which some have no date that counts."""

    def dated(wildcards):
        found = files(wildcards)
        named = {name: ancient(found[name]) for name in TOLD_ELSEWHERE if name in found}
        if "targets" in found:
            named["targets"] = [without_date(path) for path in found["targets"]]
        return found | named

    return dated


def code_of(script):
    """Params function: digest of the code a script reaches (Snakemake sees only the script)."""

    def digest(wildcards):
        network = plan.trainings.network_of(wildcards)
        return code_digest(WORKFLOW / "scripts" / f"{script}.py", *network)

    return digest
