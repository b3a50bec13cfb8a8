"""The command `seqcast init-training`: the config of a training on tracks of the user."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from seqcast.cli.init import repository
from seqcast.cli.options import check_threads
from seqcast.core.errors import InputError

if TYPE_CHECKING:
    from seqcast.datasets.coverage.track_names import TrackFile
    from seqcast.plan.new_training import NewTraining


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class TrainingInit:
    """What a model learns, and how.

    Attributes
    ----------
    genome : Path
        FASTA, plain, gzip or bgzip.
    annotation : Path
        GTF or GFF3 of that genome.
    bigwig : list of str
        Coverage, one file per track: names of files, or patterns in quotes ("tracks/*.bw").
    bam : list of str
        Instead: coordinate-sorted alignments, one file per sample.
    samples : Path, optional
        Instead: a table of files with their sample, assay, hours, replicate and strand, such as
        FOLDER/samples.tsv of a first attempt, corrected.
    library_type : str, optional
        Of BAM files: unstranded, fr-firststrand (dUTP) or fr-secondstrand.
    assay : str, optional
        Of all tracks, where names of files do not say it: ActD, 4sU, CLIP or RNA.
    from_model : str
        Model to fine-tune, such as hl_clip_micro; default: a small network is trained from nothing.
    mode : str
        What of that model is trained.
    folds : list of str
        Folds to train, by number.
    window : int, optional
        Length of windows in bp; default: what suits genes and genome.
    contig_aliases : Path, optional
        Table of other contig names (contig, alias).
    device : str
        auto, cpu or cuda.
    threads : int
        CPU threads with which a step is timed.
    force : bool
        Replace an existing config.
    """

    genome: Path
    annotation: Path
    bigwig: tuple[str, ...] = ()
    bam: tuple[str, ...] = ()
    samples: Path | None = None
    library_type: Literal["unstranded", "fr-firststrand", "fr-secondstrand"] | None = None
    assay: Literal["ActD", "4sU", "CLIP", "RNA"] | None = None
    from_model: Annotated[str, Parameter(name="--from")] = ""
    mode: Literal["lora", "linear", "full", "houlsby", "locon"] = "lora"
    folds: tuple[str, ...] = ("0",)
    window: int | None = None
    contig_aliases: Path | None = None
    device: str = "auto"
    threads: int = 1
    force: bool = False


def init_training(output: Path, /, *, chosen: TrainingInit) -> None:
    """Write the config of a training on your tracks, genome and annotation.

    Reads times, strands and replicates from names of files, checks that tracks, genome and
    annotation fit each other, chooses windows, network and recipe, measures what a step costs
    here, and prints the commands that check the tracks and train.

    Parameters
    ----------
    output : Path
        Folder of the run; its config is FOLDER/config.
    """
    checkout = repository()
    check_threads(chosen.threads)
    # what plans runs needs packages that the other commands do without
    from seqcast.datasets.coverage.track_names import check_tracks, read_names, read_samples
    from seqcast.models.devices import device_type
    from seqcast.plan.config_folder import commands
    from seqcast.plan.new_targets import TrainingFiles
    from seqcast.plan.new_training import PREFLIGHT, TrainingWishes, write_training

    _check_sources(chosen)
    given = [*chosen.bigwig, *chosen.bam]
    tracks = (
        read_samples(chosen.samples) if chosen.samples else read_names(_found(given), chosen.assay)
    )
    library_type = _library_type([track.file for track in tracks], chosen.library_type)
    shown, notes = _shown(tracks), check_tracks(tracks)
    files = TrainingFiles(chosen.genome, chosen.annotation, tuple(tracks), library_type,
                          chosen.contig_aliases)  # fmt: skip
    wishes = TrainingWishes(chosen.from_model, chosen.mode, chosen.folds, chosen.window,
                            device_type(chosen.device))  # fmt: skip
    made = write_training(checkout, output, files, wishes, chosen.force)
    lines = [
        "Tracks, as their names say (correct samples.tsv, and give it as --samples with --force):",
        *shown, "", *made.lines, _cost(made, wishes.device, chosen.threads),
        *(f"NOTE: {note}" for note in (*notes, *made.notes)),
        "\nWrote", *(f"  {path}" for path in made.written),
        f"\nCheck the tracks, and read {output / PREFLIGHT}:",
        f"  {commands(checkout, output, PREFLIGHT)[1]}",
        "\nPlan the training, then start it:",
        *(f"  {line}" for line in commands(checkout, output)),
    ]  # fmt: skip
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _check_sources(chosen: TrainingInit) -> None:
    """Refuse tracks given twice, or not at all, and a mode that nothing has a use for."""
    named = {"--bigwig": chosen.bigwig, "--bam": chosen.bam, "--samples": chosen.samples}
    if len(given := [name for name, value in named.items() if value]) != 1:
        raise InputError(
            f"{' and '.join(given) or 'no tracks'} given; expected one of {', '.join(named)}"
        )
    if chosen.mode != "lora" and not chosen.from_model:
        raise InputError(
            f"--mode {chosen.mode}: fine-tunes a model, and none is named; give --from, such as "
            "--from hl_clip_micro, or leave --mode out"
        )


def _found(names: Sequence[str]) -> list[Path]:
    """Files that are named, and those that patterns match, in order."""
    found: list[str] = []
    for name in names:
        matched = (
            [name]
            if Path(name).is_file()
            else sorted(map(str, Path(name).parent.glob(Path(name).name)))
        )
        if not matched:
            raise InputError(
                f"{name}: no such file, and no file matches it; expected bigWig or BAM files, one "
                "per track. Put patterns in quotes."
            )
        found += matched
    return [Path(name) for name in dict.fromkeys(found)]


def _library_type(files: Sequence[str], given: str | None) -> str:
    """The type of BAM files, "" of bigWig files."""
    aligned = [file for file in files if file.lower().endswith((".bam", ".cram"))]
    if not aligned:
        if given:
            raise InputError(
                f"--library-type {given}: of BAM files, but {files[0]} is none; leave it out, as "
                "names of bigWig files say their strand"
            )
        return ""
    if len(aligned) < len(files):
        other = next(file for file in files if file not in aligned)
        raise InputError(
            f"{other}: no BAM file, next to {aligned[0]}; expected all bigWig or all BAM files"
        )
    if given is None:
        raise InputError(
            f"{aligned[0]}: which strand reads come from is not known; give --library-type: "
            "fr-firststrand (dUTP), fr-secondstrand or unstranded"
        )
    return given


def _shown(tracks: "Sequence[TrackFile]") -> list[str]:
    """Tracks as a table for people."""
    rows = [("file", "sample", "assay", "time", "replicate", "strand")]
    rows += [
        (Path(t.file).name, t.sample, t.assay or "-", t.time or "-", t.replicate or "-",
         t.strand)
        for t in tracks
    ]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    cells = (map(str.ljust, row, widths) for row in rows)
    return [f"  {'  '.join(row)}".rstrip() for row in cells]


def _cost(made: "NewTraining", device: str, threads: int) -> str:
    """What a fold costs on this machine, by the time of a step."""
    from seqcast.training.step_times import seconds_per_window

    window_bp = made.params["model"]["seq_length"]
    timed = made.timed_network()
    batch = made.batch_size if timed == made.params else 1
    seconds = seconds_per_window(made.architecture, timed, made.head, batch, device, threads)
    seconds *= window_bp / timed["model"]["seq_length"]
    hours = seconds * made.batch_size * made.steps / 3600
    return (
        f"cost: {60 / (seconds * made.batch_size):.3g} steps per minute with all weights trained, "
        f"measured here ({device}, {threads} thread{'s' * (threads > 1)}"
        f"{', in a shorter window' * (timed != made.params)}): {hours:.2g} hours per fold at most"
    )
