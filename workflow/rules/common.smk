"""Tables to paths. What decides anything is in the package `seqcast`."""

import re
import sys
from os import environ, pathsep
from pathlib import Path

import pandas as pd
import yaml
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.utils import validate

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
from seqcast.plan.tracks import (
    check_outputs,
    check_pattern,
    known_tracks,
    tracks_digest,
)
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


# What decides the coverage that a model predicts, and what else that of both alleles. Conventions
# of other programs change coverage only where clipped values stay clipped.
PREDICTION_OPTIONS = part_of(
    "variant_effects", "reverse_complement", "shifts_bp", "unclip", "unscale", "old_transform",
    *["compat"] * (not config["variant_effects"]["unclip"]),
)  # fmt: skip
ALLELE_PREDICTION_OPTIONS = PREDICTION_OPTIONS | part_of(
    "variant_effects", "compat", "stitch"
)

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
PROPERTY_MODELS = of_task("property")


def one_of(names):
    """A wildcard constraint: one of these names; a name that cannot be, where there are none."""
    return "|".join(map(re.escape, names)) or "none"


wildcard_constraints:
    assembly=one_of(ASSEMBLIES.index),
    model=one_of(MODELS.index),
    fold=one_of(sorted(set(FOLDS.index.get_level_values("fold")))),
    dataset=one_of(DATASETS.index),
    source=one_of(SOURCES.index),
    shard=r"\d+",
    level="gene|window",


located, given_file, folds_of = catalogue.located, catalogue.given, catalogue.folds_of

for model in COVERAGE_MODELS if VARIANT_SETS else []:
    table = located(MODELS.at[model, "tracks"])
    checked(check_pattern, "config: report.tracks", config["report"]["tracks"], table)


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


def undated(path):
    """An input whose date does not count, as a param says what it holds; others as they are."""
    return path if is_made(path) else ancient(path)


def assembly_file(suffix, table=DATASETS, key="dataset"):
    """Input function: a file of the assembly that the job's dataset, or other row, is on."""
    return lambda wildcards: (
        f"resources/assemblies/{table.at[getattr(wildcards, key), 'assembly']}{suffix}"
    )


def contig_aliases(table=DATASETS, key="dataset"):
    """Input function: `aliases_of` the assembly that the job's dataset, or other row, is on."""
    return lambda wildcards: catalogue.aliases_of(
        table.at[getattr(wildcards, key), "assembly"]
    )


def cell(table, key, column):
    """Input or params function: a cell in the row of `table` that the wildcard `key` names."""
    return lambda wildcards: table.at[getattr(wildcards, key), column]


# Training of several coverage sets -> the first of the models that take their heads from it.
SHARED = {}


def model_of(wildcards):
    """The model that a job is for, or the first of a training's; None if it is for none."""
    named = getattr(wildcards, "training", None)
    return SHARED[named] if named else getattr(wildcards, "model", None)


def code_of(script):
    """Params function: digest of the code a script reaches (Snakemake sees only the script)."""

    def digest(wildcards):
        model = model_of(wildcards)
        architecture = MODELS.at[model, "architecture"] if model else None
        return code_digest(WORKFLOW / "scripts" / f"{script}.py", architecture)

    return digest


def shards_of(level):
    """Input function: the shards of one fold's scores, in order."""
    return lambda wildcards: expand(
        "results/variant_effects/{{model}}/shards/{{dataset}}.fold{{fold}}.{shard}.{level}.parquet",
        shard=range(DATASETS.at[wildcards.dataset, "shards"]),
        level=level,
    )


def effects(pattern, **wildcards):
    """Paths below results/variant_effects for every model and set of variants."""
    return expand(
        f"results/variant_effects/{{model}}/{{dataset}}.{pattern}",
        model=COVERAGE_MODELS, dataset=VARIANT_SETS, **wildcards,
    )  # fmt: skip


EXPORT_SUFFIX = {
    "sed_h5": "sed.h5",
    "scores_h5": "scores.h5",
    "vcf": "vcf.gz",
    "tsv": "tsv.gz",
}
VARIANT_EFFECTS = effects("{level}ensemble.parquet", level=["", "window."]) + effects(
    "ensemble.{export}", export=[EXPORT_SUFFIX[name] for name in config["exports"]]
)
COVERAGE = expand(
    "results/coverage/{model}/{dataset}.ensemble.{kind}",
    model=COVERAGE_MODELS, dataset=WINDOW_SETS, kind=["zarr", "bigwig"] if config["bigwig"] else ["zarr"],
)  # fmt: skip
REPORT = ["results/report/summary.html"] * bool(VARIANT_SETS) + [
    f"results/report/{model}/{dataset}.{figure}"
    for model in COVERAGE_MODELS
    for dataset in VARIANT_SETS
    for figure in ["distribution.png", "ranked.html", "tracks"]
    + ["agreement.png"] * (len(folds_of(model)) > 1)
]
