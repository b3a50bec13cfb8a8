"""The config of a run: its defaults are filled in, and a mistake is told by its key."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from seqcast.core.errors import InputError
from seqcast.predict.variants import SCORES_OF_SITES

# The parser in C reads the schemas eight times as fast; not all builds of PyYAML have it.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Tables of older versions -> where their rows are now.
MOVED = {
    "references": "assemblies.tsv (reference is assembly, genbank is genome; in datasets.tsv, too, "
    "mapped_reads name their assembly)",
    "coverage_sets": "datasets.tsv, kind coverage (targets is path; window_bp, bin_bp, crop_bins, "
    "stride_bp, folds, fixed, interpolate and compat are keys of a JSON file, named in settings)",
    "properties": "benchmarks.tsv, task property (property is benchmark, dataset is datasets, "
    "labels is truth, kind is protocol, and the old protocol is description)",
    "read_sets": "datasets.tsv, kind simulated_reads (collection is path; one row per collection, "
    "pooled by read_set, which is pool)",
    "libraries": "datasets.tsv, kind aligned_reads (the column bam is path)",
}


def read_schema(path: Path) -> dict[str, Any]:
    """A JSON schema, written in YAML."""
    with path.open(encoding="utf-8") as file:
        schema: dict[str, Any] = yaml.load(file, LOADER)
    return schema


def complete_config(config: dict[str, Any], schema: Mapping[str, Any]) -> None:
    """Check a config, and fill in what it leaves out, in place.

    Parameters
    ----------
    config : dict
        As read; jobs see what is filled in.
    schema : mapping
        JSON schema whose properties say their defaults.

    Raises
    ------
    InputError
        Naming the key, as ``$.report.score``.
    """
    for table in config["tables"] if isinstance(config.get("tables"), dict) else ():
        if table in MOVED:
            raise InputError(
                f"config: tables.{table} is no table any more; write its rows into {MOVED[table]}, "
                "and remove the key (docs/reference/tables.md)"
            )
    try:
        complete(config, schema)
    except InputError as error:
        raise InputError(f"config: {error}") from error
    score, made = config["report"]["score"], config["variant_effects"]["gene_scores"]
    if score not in made:
        raise InputError(
            f"config: report.score is {score}, but variant_effects.gene_scores makes only "
            f"{', '.join(made)}; name one of them, or add it"
        )
    of_sites = " and ".join(name for name in made if name in SCORES_OF_SITES)
    if bool(of_sites) != bool(config["variant_effects"]["polya_sites"]):
        raise InputError(
            f"config: variant_effects.gene_scores has {of_sites or 'no COVR or SCOVR'}, and "
            f"polya_sites is {'empty' if of_sites else 'given'}; these scores need poly(A) sites, "
            "which serve no other. Give both, or neither"
        )


def complete(values: dict[str, Any], schema: Mapping[str, Any]) -> None:
    """Fill in what settings leave out, in place, and check them.

    Raises
    ------
    InputError
        Naming the key, as ``$.folds``.
    """
    _fill(values, schema)
    if error := best_match(Draft202012Validator(schema).iter_errors(values)):
        raise InputError(f"{error.json_path}: {error.message}")


def _fill(values: Any, schema: Mapping[str, Any]) -> None:
    """Fill defaults into a section, and into those inside it."""
    if not isinstance(values, dict):
        return
    for name, part in schema.get("properties", {}).items():
        if "default" in part:
            values.setdefault(name, deepcopy(part["default"]))
        if name in values:
            _fill(values[name], part)
