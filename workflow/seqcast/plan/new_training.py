"""The config of a training on tracks of a user: tables, targets, windows, network and recipe."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import write_tsv
from seqcast.core.text_files import read_rows
from seqcast.datasets.coverage.target_scales import CLIP, TYPICAL_SUM
from seqcast.datasets.coverage.track_names import COURSES, TrackFile, sample_sheet
from seqcast.genome.annotation import Gene, on_genome, read_annotation
from seqcast.genome.fasta_scan import HeldGenome, read_contigs
from seqcast.genome.user_files import remedies_of_commands
from seqcast.models.architectures import coverage_shape
from seqcast.plan.config_folder import (
    Rows,
    cell_of,
    check_folder,
    name_of,
    one_line,
    table_text,
    write_config,
)
from seqcast.plan.new_run import SOURCES, chosen_models
from seqcast.plan.new_targets import TrainingFiles, choose_scale, libraries_of, targets_table
from seqcast.plan.training_choices import (
    ADAPTER,
    BUILDS,
    LARGE,
    LARGE_GENOME_BP,
    RECIPES,
    SMALL,
    Windows,
    choose_length,
    choose_windows,
    network_with,
    recipe_from,
)

NAME = "my_tracks"  # of the training dataset, the model and the training
TIMED_BP = 32_768
PREFLIGHT = f"results/coverage_sets/{NAME}.preflight.html"


class TrainingWishes(NamedTuple):
    """How a model shall be trained.

    Attributes
    ----------
    base : str
        Model to fine-tune; "", from nothing.
    mode : str
        Of a fine-tuning; a key of `task_options.TRANSFER_MODES`.
    folds : tuple of str
    window_bp : int, optional
    device : str
        "cpu" or "cuda".
    """

    base: str = ""
    mode: str = "lora"
    folds: tuple[str, ...] = ("0",)
    window_bp: int | None = None
    device: str = "cpu"


class NewTraining(NamedTuple):
    """A config that was written.

    Attributes
    ----------
    written : tuple of Path
    lines, notes : tuple of str
        What was found and chosen; what a user may not expect.
    architecture, head : str
    params : dict
        Hyperparameters of the network.
    batch_size, steps : int
        Of one fold, steps at most.
    """

    written: tuple[Path, ...]
    lines: tuple[str, ...]
    notes: tuple[str, ...]
    architecture: str
    head: str
    params: dict[str, Any]
    batch_size: int
    steps: int

    def timed_network(self) -> dict[str, Any]:
        """Hyperparameters of a network that takes seconds: windows of `TIMED_BP` at most."""
        units = self.params["model"][f"head_{self.head}"]["units"]
        shorter_bp = min(TIMED_BP, self.params["model"]["seq_length"])
        return network_with(self.params, self.head, units, shorter_bp)


class Start(NamedTuple):
    """What a training starts from: a network, and weights of its folds."""

    architecture: str
    head: str
    params: dict[str, Any]
    recipe: Path
    weights: dict[str, str]  # fold to a source or path; none from nothing
    sources: Rows


def write_training(
    checkout: Path, folder: Path, files: TrainingFiles, wishes: TrainingWishes, force: bool
) -> NewTraining:
    """Check files of a user, and write the config of a run that trains a model of their tracks.

    Parameters
    ----------
    checkout : Path
        The repository.
    folder : Path
        Of the run.
    files : TrainingFiles
        Whose tracks passed `track_names.check_tracks`.
    wishes : TrainingWishes
    force : bool
        Replace a config that is there.

    Raises
    ------
    InputError
        If a config is there, files do not fit each other, or the genome has too few windows.
        Nothing is written then.
    """
    check_folder(checkout, folder, force)
    lengths = {name: len(bases) for name, bases in read_contigs(files.genome)}
    genome = HeldGenome(files.genome, lengths, files.aliases)
    with remedies_of_commands():
        genes = on_genome(list(read_annotation(files.annotation).genes), genome, files.annotation)
    libraries = libraries_of(files)
    start = _start(checkout, wishes, len(libraries), lengths, genes)
    build = next((BUILDS[bp] for bp in lengths.values() if bp in BUILDS), None)
    shape = coverage_shape(start.architecture, start.params)
    windows = choose_windows(lengths, shape, build if start.weights else None)
    table = targets_table(libraries)
    scale, notes = choose_scale(files, table, genes, windows.table, lengths, shape.bin_size_bp)
    table = table.with_columns(scale=pl.lit(f"{scale:g}"))
    recipe, steps = recipe_from(start.recipe, windows.training)
    if lost := [fold for fold in wishes.folds if not _is_fold(fold, windows)]:
        raise InputError(
            f"--folds {lost[0]}: expected a number below {windows.settings.get('folds', 8)}, that "
            "of partitions"
        )
    assembly = build if windows.published and build else name_of(files.genome)
    texts = _tables(checkout, folder, files, wishes, start, assembly, windows, libraries)
    texts |= {
        f"{name}.json": json.dumps(content, indent=2) + "\n"
        for name, content in (
            ("network", start.params), ("recipe", recipe), ("windows", windows.settings),
        )
    }  # fmt: skip
    texts["config.yaml"] = _config(files, bool(windows.published or start.sources))
    written = write_config(folder / "config", texts)
    write_tsv(table, folder / "config/targets.tsv")
    write_tsv(sample_sheet(_seen_from(files.tracks, folder)), folder / "samples.tsv")
    lines = _told(files, lengths, genes, start, windows, recipe, steps, scale)
    return NewTraining(
        (*written, folder / "config/targets.tsv", folder / "samples.tsv"), lines, tuple(notes),
        start.architecture, start.head, start.params, recipe["batch_size"], steps,
    )  # fmt: skip


def _is_fold(fold: str, windows: Windows) -> bool:
    return fold.isdecimal() and int(fold) < int(windows.settings.get("folds", 8))


def _start(
    checkout: Path, wishes: TrainingWishes, units: int, lengths: Mapping[str, int],
    genes: Sequence[Gene],
) -> Start:  # fmt: skip
    """The network that is trained, and the weights that it starts from."""
    if not wishes.base:
        large = wishes.device == "cuda" and sum(lengths.values()) >= LARGE_GENOME_BP
        name = LARGE if large else SMALL
        window_bp = choose_length(lengths, genes, name, wishes.window_bp)
        params = _read(checkout / f"config/hyperparameters/{name}.json")
        recipe = checkout / f"config/training/{RECIPES[name]}.json"
        return Start("borzuki", "human", network_with(params, "human", units, window_bp), recipe,
                     {}, [])  # fmt: skip
    base = chosen_models(checkout, [wishes.base], wishes.folds, "--from")
    (model,) = base.models
    params = network_with(
        _read(Path(model["hyperparameters"])), model["head"], units,
        more=ADAPTER if wishes.mode == "houlsby" else None,
    )  # fmt: skip
    if wishes.window_bp and wishes.window_bp != params["model"]["seq_length"]:
        raise InputError(
            f"--window {wishes.window_bp}: {wishes.base} takes windows of "
            f"{params['model']['seq_length']} bp; leave --window out, or --from"
        )
    weights = {row["fold"]: row["source"] for row in base.folds}
    recipe = checkout / f"config/training/borzuki_{wishes.mode}.json"
    sources = [row for row in base.sources if row["source"] in weights.values()]
    return Start(model["architecture"], model["head"], params, recipe, weights, sources)


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _seen_from(tracks: Sequence[TrackFile], folder: Path) -> list[TrackFile]:
    """Tracks with files as a sheet in the folder of the run has them."""
    return [replace(track, file=cell_of(Path(track.file), folder)) for track in tracks]


def _tables(
    checkout: Path, folder: Path, files: TrainingFiles, wishes: TrainingWishes, start: Start,
    assembly: str, windows: Windows, libraries: Sequence[tuple[TrackFile, str]],
) -> dict[str, str]:  # fmt: skip
    """Text of each table of the config."""
    config, training = "config/", checkout / "config/demo_train"
    names = {fold: f"{NAME}_f{fold}" if start.weights else NAME for fold in wishes.folds}
    aligned = [
        {"dataset": track.library, "kind": "aligned_reads", "assembly": assembly,
         "path": cell_of(Path(track.file), folder), "library_type": files.library_type}
        for track in files.tracks if files.library_type
    ]  # fmt: skip
    made = {"dataset": NAME, "kind": "coverage", "assembly": assembly,
            "path": f"{config}targets.tsv", "settings": f"{config}windows.json"}  # fmt: skip
    rows: dict[Path, Rows] = {
        checkout / "config/assemblies.tsv": [{
            "assembly": assembly, "genome": cell_of(files.genome, folder),
            "annotation": cell_of(files.annotation, folder),
            "contig_aliases": cell_of(files.aliases, folder) if files.aliases else "",
        }],
        checkout / "config/models.tsv": [{
            "model": NAME, "architecture": start.architecture, "task": "coverage",
            "hyperparameters": f"{config}network.json", "head": start.head,
            "tracks": f"{config}targets.tsv",
            "description": f"{wishes.base}, {wishes.mode}" if start.weights else "from nothing",
        }],
        training / "datasets.tsv": [*aligned, made],
        training / "trainings.tsv": [
            {"training": name, "train": NAME, "initial": start.weights.get(fold, ""),
             "recipe": f"{config}recipe.json"}
            for name, fold in {name: fold for fold, name in names.items()}.items()
        ],
        checkout / "config/folds.tsv": [
            {"model": NAME, "fold": f"f{fold}c0", "origin": "train", "source": name}
            for fold, name in names.items()
        ],
    }  # fmt: skip
    listed = [row for row in read_rows(checkout / SOURCES) if row["source"] == windows.published]
    if sources := [*start.sources, *listed]:
        rows[checkout / SOURCES] = sources
    return {template.name: table_text(template, found) for template, found in rows.items()}


def _config(files: TrainingFiles, has_sources: bool) -> str:
    """Text of the config."""
    names = ["assemblies", "models", "folds", "datasets", "trainings"] + ["sources"] * has_sources
    tables = "".join(f"  {name}: config/{name}.tsv\n" for name in names)
    assays = [assay for assay in COURSES if any(t.assay == assay for t in files.tracks)]
    decay = ""
    if assays:
        shape = "decay" if assays[0] == "ActD" else "labelling"
        decay = (
            f'coverage_accuracy:\n  decay_courses: {{{NAME}: "^RNA:{assays[0]}:"}} # tracks of '
            f"which rates are fitted\n  decay_shape: {shape}\n"
        )
    return (
        f"# A training on tracks of {one_line(files.genome)}, written by `seqcast init-training`. "
        "Edit it, and its tables, as you like.\n# In seqcast's repository, config/README.md has "
        "all keys, docs/how-to/train-on-your-tracks.md the way to a checked training.\n"
        f"tables:\n{tables}inference:\n  device: auto # a GPU if there is one, otherwise the CPU\n"
        f'{decay}report:\n  tracks: "{"^RNA:" if assays else ""}"\n'
    )


def _told(
    files: TrainingFiles, lengths: Mapping[str, int], genes: Sequence[Gene], start: Start,
    windows: Windows, recipe: Mapping[str, Any], steps: int, scale: float,
) -> tuple[str, ...]:  # fmt: skip
    """What was found, and what was chosen of it."""
    settings = windows.settings
    where = f"published windows, {windows.published}" if windows.published else (
        f"one every {settings['stride_bp']:,} bp, in {settings['folds']} partitions"
    )  # fmt: skip
    base = ", ".join(start.weights.values())
    return (
        f"{files.genome}: {len(lengths):,} contigs, {sum(lengths.values()):,} bp",
        f"{files.annotation}: {len(genes):,} genes",
        f"windows: {settings['window_bp']:,} bp, {where}; a fold learns {windows.training:,}",
        f"network: {start.recipe.stem}, " + (f"weights of {base}" if base else "from nothing"),
        f"recipe: {steps:,} steps of {recipe['batch_size']} windows, learning rate "
        f"{recipe['learning_rate']:g}",
        f"scale: {scale:g}, so that a bin of the median gene sums to about {TYPICAL_SUM:g}; clip "
        f"{CLIP:g}",
    )
