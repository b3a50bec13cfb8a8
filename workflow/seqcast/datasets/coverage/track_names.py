"""Times, strands and replicates of tracks, as names of files or a sample sheet say them.

Nothing is guessed: what a name leaves open is asked for. The sheet is what was understood, a row
per file, and is read back as it was written, so that a user corrects one table.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.text_files import read_cells
from seqcast.genome.time_courses import named_times

UNSTRANDED = "."
STRANDS = {"plus": "+", "pos": "+", "positive": "+", "fwd": "+", "forward": "+",
           "minus": "-", "neg": "-", "negative": "-", "rev": "-", "reverse": "-"}  # fmt: skip
ASSAYS = {
    "ActD": re.compile(r"act(inomycin)?d", re.IGNORECASE),
    "4sU": re.compile(r"4su|slam(seq)?", re.IGNORECASE),
    "CLIP": re.compile(r"[ei]?clip", re.IGNORECASE),
    "RNA": re.compile(r"rna(seq)?|total", re.IGNORECASE),
}
COURSES = ("ActD", "4sU")  # assays whose tracks have a time each
REPLICATE = re.compile(r"(?:biorep|replicate|rep|r|br)(\d+)", re.IGNORECASE)
BEFORE_NUMBER = re.compile(r"biorep|replicate|rep", re.IGNORECASE)  # "rep_1"
SUFFIX = re.compile(r"\.(bw|bigwig|bam|cram)$", re.IGNORECASE)
SEPARATORS = re.compile(r"[\s._-]+")
NOISE = {"d", "seq", "signal", "coverage", "cov", "unique", "sorted", "dedup"}
SHEET = "Or give --samples, a table of file, sample, assay, hours, replicate and strand"


@dataclass(frozen=True)
class TrackFile:
    """What a file holds.

    Attributes
    ----------
    file : str
        bigWig, or BAM.
    sample : str
        What was sampled, such as a cell line: tracks of one sample and assay are a time course.
    assay : str
        A key of `ASSAYS`; "" if not known.
    hours : float or None
        Since transcription stopped or labelling began; None if there is no such time.
    replicate : str
        Its number; "" if there is one.
    strand : str
        Of the transcript, "+" or "-", or "." for both.
    norm_factor : float
        See the targets table.
    """

    file: str
    sample: str
    assay: str = ""
    hours: float | None = None
    replicate: str = ""
    strand: str = UNSTRANDED
    norm_factor: float = 1.0

    @property
    def time(self) -> str:
        """The time as descriptions have it, exact: hours, or minutes where those are no integer."""
        if self.hours is None:
            return ""
        whole = float(self.hours).is_integer()
        return f"{self.hours:g}h" if whole else f"{self.hours * 60:.6g}min"

    @property
    def course(self) -> str:
        """Sample and assay, for messages."""
        return f"{self.sample} ({self.assay or 'assay not named'})"

    @property
    def library(self) -> str:
        """Name of the sample at this time, without its strand."""
        replicate = self.replicate and f"rep{self.replicate}"
        parts = [self.sample, self.assay, self.time, replicate]
        return re.sub(r"[^A-Za-z0-9]+", "_", "_".join(filter(None, parts))).strip("_")

    @property
    def description(self) -> str:
        """What figures and fits read: assay, sample, time and replicate."""
        replicate = self.replicate and f"rep{self.replicate}"
        kind = {"RNA": "RNA:", "CLIP": "CLIP:"}.get(self.assay, f"RNA:{self.assay}:")
        return " ".join(filter(None, [f"{kind}{self.sample}", self.time, replicate]))


def read_names(paths: Sequence[Path], assay: str | None = None) -> list[TrackFile]:
    """What names of files say.

    Parameters
    ----------
    paths : sequence of Path
    assay : str, optional
        Of all files, where names do not say it.

    Returns
    -------
    list of TrackFile
        In the order of `paths`.

    Raises
    ------
    InputError
        If a name has several times.
    """
    return [_read_name(path, assay) for path in paths]


def _read_name(path: Path, assay: str | None) -> TrackFile:
    stem = SUFFIX.sub("", path.name)
    strand = UNSTRANDED
    if stem[-1:] in ("+", "-"):
        strand, stem = stem[-1], stem[:-1]
    times = named_times(stem)
    if len(times.hours) > 1:
        raise InputError(
            f"{path}: its name has several times ({', '.join(f'{h:g} h' for h in times.hours)}); "
            f"expected one. {SHEET}."
        )
    rest, replicate, kinds = [], "", {""}
    words = iter(filter(None, SEPARATORS.split(" ".join(times.around))))
    for word in words:
        if word.lower() in STRANDS:
            strand = STRANDS[word.lower()]
        elif number := REPLICATE.fullmatch(word):
            replicate = number[1]
        elif BEFORE_NUMBER.fullmatch(word):
            replicate = next(words, "")
        elif named := [name for name, words_of in ASSAYS.items() if words_of.fullmatch(word)]:
            kinds.add(named[0])
        elif word.lower() not in NOISE:
            rest.append(word)
    # "RNA" may stand next to what was done to it
    found = next(name for name in (*ASSAYS, "") if name in kinds)
    hours = times.hours[0] if times.hours else None
    return TrackFile(
        str(path), "_".join(rest) or "sample", assay or found, hours, replicate, strand
    )


def read_samples(path: str | Path) -> list[TrackFile]:
    """Read a sample sheet: TSV with a column per attribute of `TrackFile`, of which most may lack.

    Parameters
    ----------
    path : path
        Files in it are relative to its folder, or absolute. ``hours`` may have a unit ("30 min").

    Raises
    ------
    InputError
        If columns are missing or unknown, or a cell is none of its column.
    """
    table = read_cells(path, "a sample sheet between tabs", columns=["file", "sample"])
    known = [field.name for field in fields(TrackFile)]
    if unknown := [name for name in table.columns if name not in known]:
        raise InputError(f"{path}: column {unknown[0]!r}; expected {', '.join(known)}")
    return [_read_row(path, n, row) for n, row in enumerate(table.iter_rows(named=True), 2)]


def _read_row(path: str | Path, line: int, row: dict[str, str | None]) -> TrackFile:
    cells = {name: (cell or "").strip() for name, cell in row.items()}
    where = f"{path}, line {line}"
    if not cells["file"] or not cells["sample"]:
        raise InputError(f"{where}: file or sample is empty; expected both")
    if (strand := cells.get("strand") or UNSTRANDED) not in ("+", "-", UNSTRANDED):
        raise InputError(f"{where}: strand {strand!r}; expected +, - or . (both)")
    assay = cells.get("assay", "")
    if assay and assay not in ASSAYS:
        raise InputError(f"{where}: assay {assay!r}; expected one of {', '.join(ASSAYS)}")
    factor = _number(cells.get("norm_factor") or "1", f"{where}: norm_factor")
    if factor <= 0:
        raise InputError(f"{where}: norm_factor {factor:g}; expected a number above 0")
    return TrackFile(
        str(Path(path).parent / cells["file"]), cells["sample"], assay,
        _hours(cells.get("hours", ""), where), cells.get("replicate", ""), strand, factor,
    )  # fmt: skip


def _hours(cell: str, where: str) -> float | None:
    """Hours of a cell: a number, or a time with its unit."""
    if not cell:
        return None
    times = named_times(cell).hours
    hours = times[0] if len(times) == 1 else _number(cell, f"{where}: hours")
    if hours < 0:
        raise InputError(f"{where}: hours {hours:g}; expected 0 or more")
    return hours


def _number(cell: str, where: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = float("nan")
    if not abs(value) < float("inf"):
        raise InputError(f"{where} is {cell!r}; expected a finite number")
    return value


def sample_sheet(tracks: Iterable[TrackFile]) -> pl.DataFrame:
    """The table that `read_samples` reads."""
    rows = [asdict(track) for track in tracks]
    table = pl.DataFrame(rows, schema_overrides={"hours": pl.Float64})
    return table.with_columns(pl.col(pl.String).replace("", None))


def check_tracks(tracks: Sequence[TrackFile]) -> list[str]:
    """Refuse tracks that are no training dataset; say what of them a user may not expect.

    Returns
    -------
    list of str
        Notes, of replicates that times do not share.

    Raises
    ------
    InputError
        If two files are the same thing; a strand is missing, or some tracks of a sample have both
        in one; or times are missing, or only one.
    """
    libraries: dict[str, list[TrackFile]] = defaultdict(list)
    courses: dict[str, list[TrackFile]] = defaultdict(list)
    for track in tracks:
        libraries[track.library].append(track)
        courses[track.course].append(track)
    for found in libraries.values():
        _check_strands(found)
    for course, found in courses.items():
        _check_times(course, found)
    return [note for course, found in courses.items() for note in _check_course(course, found)]


def _check_strands(found: Sequence[TrackFile]) -> None:
    """Refuse a library that is not one track, or one per strand."""
    files = " and ".join(track.file for track in found)
    strands = sorted(track.strand for track in found)
    if len(set(strands)) < len(strands):
        raise InputError(
            f"{files}: same sample, assay, time, replicate and strand ({found[0].library}, "
            f"{found[0].strand}); expected one file of each. Name replicates (rep1) and strands "
            f"(plus, minus). {SHEET}."
        )
    if strands not in (["+", "-"], [UNSTRANDED]):
        raise InputError(
            f"{files}: strand {' and '.join(strands)} of {found[0].library}; expected + and -, or "
            f". alone. Give the other file, or correct the strand. {SHEET}."
        )


def _check_course(course: str, found: Sequence[TrackFile]) -> list[str]:
    """Refuse a course of which times or strands are no whole; notes on its replicates."""
    both = [track.file for track in found if track.strand == UNSTRANDED]
    if both and len(both) < len(found):
        raise InputError(
            f"{both[0]}: no strand, but other tracks of {course} have one; expected the same for "
            f"all tracks of a sample. Give it another sample, or name strands. {SHEET}."
        )
    hours = {track.hours for track in found if track.hours is not None}
    if found[0].assay in COURSES and len(hours) < 2:
        raise InputError(
            f"{found[0].file}: {course} has one time, {min(hours):g} h; expected two or more, of "
            "which rates are fitted. Give the other times, or --assay RNA."
        )
    counts = {h: len({t.replicate for t in found if t.hours == h}) for h in sorted(hours)}
    if len(set(counts.values())) < 2:
        return []
    told = ", ".join(f"{n} at {h:g} h" for h, n in counts.items())
    return [f"{course} has replicates: {told}; times with more count more in the training"]


def _check_times(course: str, found: Sequence[TrackFile]) -> None:
    """Refuse times of some tracks only, and times of what is not known."""
    without = [track.file for track in found if track.hours is None]
    has_times, assay = len(without) < len(found), found[0].assay
    if has_times and not assay:
        raise InputError(
            f"{found[0].file}: its name has a time and no assay; expected ActD (transcription is "
            f"stopped), 4sU (RNA is labelled) or RNA. Give --assay. {SHEET}."
        )
    if without and (has_times or assay in COURSES):
        raise InputError(
            f"{without[0]}: no time for {len(without)} of {len(found)} tracks of {course}; "
            f'expected a number with its unit ("4h", "30min"). {SHEET}.'
        )
