"""The config of a new run on files of a user: four tables after the template in `config/`.

Comments and columns are the template's, models its own and those of the published run; only rows
are new. A run has its folder, below which all that it makes lies.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from seqcast.core.errors import InputError
from seqcast.core.text_files import read_rows, read_text
from seqcast.genome.user_files import Findings, UserFiles, check_files, remedies_of_commands
from seqcast.plan.config_folder import (
    Rows,
    cell_of,
    check_cell,
    check_folder,
    name_of,
    one_line,
    table_text,
    write_config,
)
from seqcast.plan.variant_effects import ensemble_table

ALTS_A_SHARD, MOST_SHARDS = 1000, 1000
PUBLISHED = "config/published"  # folder of the published run's tables
SOURCES = "config/sources.tsv"
TABLES = ("assemblies", "models", "folds", "datasets")
MODEL_FILES = ("hyperparameters", "tracks")  # columns of models.tsv
FAMILY = "borzuki_"  # a model is known without it too


class NewRun(NamedTuple):
    """A config that was written.

    Attributes
    ----------
    written : tuple of Path
        Its files.
    findings : Findings
        What the files of the user hold.
    notes : tuple of str
        What a user may not expect, of files and models.
    dataset : str
        Name of the variants in tables and paths.
    scores : tuple of Path
        Tables that the run will make, one per model.
    """

    written: tuple[Path, ...]
    findings: Findings
    notes: tuple[str, ...]
    dataset: str
    scores: tuple[Path, ...]


class Models(NamedTuple):
    """Rows of models, of their folds, and of what can be downloaded for them."""

    models: Rows
    folds: Rows
    sources: Rows

    def notes(self) -> list[str]:
        """What to know before numbers of these models are used."""
        downloaded = {row["source"] for row in self.sources}
        published = {row["model"] for row in self.folds if row["source"] in downloaded}
        notes = [
            f"{row['model']} is FOR TRYING ONLY. It was trained on a simulated genome: its numbers "
            "mean nothing on a real one. For those, name a published model: --model hl_clip"
            for row in self.models
            if row["model"] not in published
        ]
        if published:
            named = [row[column] for row in self.models for column in MODEL_FILES]
            used = {*named, *(row["source"] for row in self.folds)}
            files = "".join(
                f"\n  {row['url']} (licence: {row['licence']})"
                for row in self.sources
                if row["source"] in used
            )
            notes.append(
                f"{', '.join(sorted(published))} should run on a GPU. The run downloads:{files}"
            )
        return notes


def write_run(
    checkout: Path, folder: Path, files: UserFiles, models: Sequence[str],
    folds: Sequence[str] | None = None, on_ref_mismatch: str = "exclude", force: bool = False,
) -> NewRun:  # fmt: skip
    """Check files of a user, and write the config of a run that scores their variants.

    Parameters
    ----------
    checkout : Path
        The repository, whose config is the template.
    folder : Path
        Of the run; its config is written to ``folder/config``, where Snakemake looks for it.
    files : UserFiles
    models : sequence of str
        Coverage models of the template or of the published run.
    folds : sequence of str, optional
        Folds that each of them has; all of them by default.
    on_ref_mismatch : {"exclude", "swap"}
        See `check_variants`.
    force : bool
        Replace a config that is there.

    Returns
    -------
    NewRun

    Raises
    ------
    InputError
        If a config is there, a model or fold is not known, a path cannot stand in a table, or as
        `user_files.check_files`, with the remedies of `seqcast init`. Nothing is written then.
    """
    check_folder(checkout, folder, force)
    chosen = chosen_models(checkout, models, folds)
    cells = {name: cell_of(path, folder) for name, path in files._asdict().items() if path}
    with remedies_of_commands():
        findings = check_files(files, checkout / "resources/contigs", on_ref_mismatch == "swap")
    if findings.aliases:
        cells["aliases"] = cell_of(findings.aliases, folder)
    rows: dict[str, Rows] = {
        "assemblies": [{
            "assembly": name_of(files.genome), "genome": cells["genome"],
            "annotation": cells["annotation"], "contig_aliases": cells.get("aliases", ""),
        }],
        "datasets": [{
            "dataset": name_of(files.vcf), "kind": "variants", "assembly": name_of(files.genome),
            "path": cells["vcf"],
            "shards": str(min(MOST_SHARDS, max(1, -(-findings.n_alts // ALTS_A_SHARD)))),
        }],
        "models": chosen.models, "folds": chosen.folds,
    }  # fmt: skip
    texts = {
        f"{name}.tsv": table_text(checkout / f"config/{name}.tsv", rows[name]) for name in TABLES
    }
    if chosen.sources:
        texts["sources.tsv"] = table_text(checkout / SOURCES, chosen.sources)
    keys = _keys(checkout / "config/config.yaml", bool(chosen.sources), on_ref_mismatch)
    texts["config.yaml"] = (
        f"# Scores of the variants of {one_line(files.vcf)}, written by `seqcast init`. Edit it, "
        "and its tables, as you like.\n# In seqcast's repository, config/README.md has all keys, "
        f"docs/reference/tables.md all columns.\n{keys}"
    )
    dataset = name_of(files.vcf)
    tables = [Path(ensemble_table(row["model"], dataset)) for row in chosen.models]
    return NewRun(
        write_config(folder / "config", texts), findings, (*findings.notes, *chosen.notes()),
        dataset, tuple(folder / path.with_suffix(".tsv.gz") for path in tables),
    )  # fmt: skip


def chosen_models(
    checkout: Path, names: Sequence[str], folds: Sequence[str] | None, option: str = "--model"
) -> Models:
    """Rows of the models that a user names, files of the repository by their whole paths.

    Raises
    ------
    InputError
        If a model or fold is not known; `option` is what named the model.
    """
    known, all_folds = _known(checkout)
    listed = {row["source"]: row for row in read_rows(checkout / SOURCES)}
    models, chosen = [], []
    for name in dict.fromkeys(name if name in known else f"{FAMILY}{name}" for name in names):
        if name not in known:
            raise InputError(
                f"{option} {name.removeprefix(FAMILY)}: no such model; expected {', '.join(known)}"
            )
        models.append(known[name])
        own = {row["fold"]: row for row in all_folds if row["model"] == name}
        if unknown := [fold for fold in folds or () if fold not in own]:
            raise InputError(f"--folds {unknown[0]}: {name} has the folds {', '.join(own)}")
        chosen += [own[fold] for fold in dict.fromkeys(folds or own)]
    cells = [row[column] for row in models for column in MODEL_FILES]
    # all tracks of a head next to those of RNA-seq, so that either can stand in models.tsv
    cells += [row["tracks"].removesuffix("_rna") for row in models]
    needed = [value for value in [*cells, *(row["source"] for row in chosen)] if value in listed]

    def whole(row: Mapping[str, str], columns: Iterable[str]) -> dict[str, str]:
        paths = {c: str(checkout / row[c]) for c in columns if row[c] and row[c] not in listed}
        for path in paths.values():
            check_cell(path)
        return {**row, **paths}

    return Models(
        [whole(row, MODEL_FILES) for row in models],
        [whole(row, ["source"]) for row in chosen],
        [listed[name] for name in dict.fromkeys(needed)],
    )


def _known(checkout: Path) -> tuple[dict[str, dict[str, str]], Rows]:
    """Coverage models of the template and of the published run, by name, and all folds."""
    folders = [checkout / "config", checkout / PUBLISHED]
    models = [row for folder in folders for row in read_rows(folder / "models.tsv")]
    folds = [row for folder in folders for row in read_rows(folder / "folds.tsv")]
    return {row["model"]: row for row in models if row["task"] == "coverage"}, folds


def _keys(template: Path, has_sources: bool, on_ref_mismatch: str) -> str:
    """Keys of the template, and what differs from it."""
    _, _, keys = read_text(template, "a config").partition("\ntables:\n")
    if has_sources:
        keys = re.sub(
            r"(  datasets: .*\n)", r"\1  sources: config/sources.tsv # what is downloaded\n", keys
        )
    return "tables:\n" + re.sub(r"(?<=  on_ref_mismatch: )\w+", on_ref_mismatch, keys)
