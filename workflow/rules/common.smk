"""Tables to paths. What decides anything is in the package `seqcast`."""

import re
import sys
from os import environ, pathsep
from pathlib import Path

import pandas as pd
import yaml
from snakemake.logging import logger

# Jobs in conda environments of their own find the package here, as this file does.
WORKFLOW = Path(str(workflow.current_basedir)).parent
sys.path.insert(0, str(WORKFLOW))
environ["PYTHONPATH"] = pathsep.join(
    [str(WORKFLOW), *filter(None, [environ.get("PYTHONPATH")])]
)

from seqcast.core.contents import content_digest
from seqcast.core.errors import InputError
from seqcast.plan.code import code_digest
from seqcast.plan.run import plan_run
from seqcast.plan.tracks import tracks_digest
from seqcast.core.urls import public_url
from seqcast.report.pages.rendering import template_digest


class ConfigError(SystemExit):
    """A mistake in the config or a table ends the run with one line, and none of Python's frames."""

    def __init__(self, message):
        line = f"ERROR: {' '.join(str(message).split())}"
        logger.error(line)
        super().__init__(1, line)
        self.code = 1  # of the process; of two arguments, Python would make no status


# Path -> whether a rule makes it.
MADE = {}


def is_made(path):
    """Whether a rule makes a file; known once all rules are, as for input and params functions."""
    if path not in MADE:
        MADE[path] = any(rule.is_producer(path) for rule in workflow.rules)
    return MADE[path]


try:
    plan = plan_run(
        config,
        WORKFLOW / "schemas",
        is_made=is_made,
        remote=workflow.storage_settings.default_storage_provider is not None,
        error=ConfigError,
    )
except InputError as error:
    raise ConfigError(error)
catalogue = plan.catalogue
for line in plan.warnings:
    logger.warning(line)


def checked(check, *values):
    """Call a check of the package; what it finds wrong ends the run."""
    try:
        return check(*values)
    except InputError as error:
        raise ConfigError(error)


def read_table(name, index):
    """Rows of a table of config["tables"], checked against its schema; no key comes twice."""
    cells = checked(catalogue.cells, name, tuple(index))
    with open(WORKFLOW / f"schemas/{name}.schema.yaml", encoding="utf-8") as file:
        columns = yaml.safe_load(file)["properties"]
    rows = [{**dict.fromkeys(columns, ""), **row} for row in cells.values()]
    return pd.DataFrame(rows, columns=list(columns), dtype=object).set_index(
        list(index)
    )


def check_names(name, found, other, known):
    """Stop where the table `name` uses a name that the table `other` lacks."""
    checked(catalogue.check_names, name, found, other, known)


def part_of(section, *keys):
    """These keys of a section of the config, for a rule whose numbers follow no other.

    What decides speed alone (device, workers, batch sizes) is no param: scripts read it from
    snakemake.config, so that another value makes nothing again. Threads are no param either.
    """
    return {key: config[section][key] for key in keys}


ASSEMBLIES = read_table("assemblies", ["assembly"])
MODELS = read_table("models", ["model"])
FOLDS = read_table("folds", ["model", "fold"])
SOURCES = read_table("sources", ["source"])
DATASETS = read_table("datasets", ["dataset"])
of_kind, of_task = catalogue.of_kind, catalogue.of_task
VARIANT_SETS = of_kind("variants")
WINDOW_SETS = of_kind("windows")


COVERAGE_MODELS = of_task("coverage")
READ_MODELS = of_task("reads")
EMBEDDING_MODELS = of_task("embedding")


def one_of(names):
    """A wildcard constraint: one of these names; a name that cannot be, where there are none."""
    return "|".join(map(re.escape, names)) or "none"


wildcard_constraints:
    assembly=one_of(ASSEMBLIES.index),
    model=one_of(MODELS.index),
    fold=one_of(sorted(set(FOLDS.index.get_level_values("fold")))),
    dataset=one_of(DATASETS.index),
    source=one_of(SOURCES.index),
    library=one_of(plan.libraries.rows),
    coverage_set=one_of(plan.coverage_sets.rows),
    shard=r"\d+",
    level="gene|window",


located, given_file, folds_of = catalogue.located, catalogue.given, catalogue.folds_of


def given_content(wildcards, **job):
    """Params function: digests of the files that a job reads and no rule makes.

    Dates are no sign: files replaced by `mv`, `tar` or `rsync -t` keep theirs. Snakemake compares
    no params of functions that name `input`, which is why this one does not.
    """
    return [content_digest(path) for path in job["input"] if not is_made(path)]


def given_numbers(wildcards, **job):
    """Params function: `given_content`, but for descriptions in targets tables.

    Such inputs are `undated`, so that this alone tells of an edit.
    """
    named = job["input"].get("targets", [])
    tables = [named] if isinstance(named, str) else named
    return [
        tracks_digest(path) if path in tables else content_digest(path)
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


# Named inputs that tell nothing by their dates. Folders and what is made with them: a digest beside
# each says what it holds. The outputs of a model: they are checked before a training starts, and
# another table of tracks is no reason to train anew.
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
        model = plan.trainings.model_of(wildcards)
        architecture = catalogue.models[model].architecture if model else None
        return code_digest(WORKFLOW / "scripts" / f"{script}.py", architecture)

    return digest


REPORT = []
