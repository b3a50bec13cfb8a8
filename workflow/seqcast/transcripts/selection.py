"""Which transcripts of an annotation are taken."""

import logging
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from seqcast.core.errors import InputError
from seqcast.core.text_files import read_text
from seqcast.transcripts import SELECTIONS
from seqcast.transcripts.annotation import Transcript

logger = logging.getLogger(__name__)

VERSION = re.compile(r"\.\d+(?=$|_PAR_Y$)")
HEADERS = {"transcript_id", "transcript", "id"}


class Named(NamedTuple):
    """What `find_transcripts` finds for one id.

    Attributes
    ----------
    wanted : str
        The id as it was asked for.
    found : list of Transcript
        Those of this id, more than one where it is on several contigs; or none.
    problem : str or None
        Why none was found, where like ones are there.
    """

    wanted: str
    found: list[Transcript]
    problem: str | None


def select_transcripts(transcripts: Sequence[Transcript], selection: str) -> list[Transcript]:
    """Take the transcripts of a named selection, in the order of the annotation.

    The canonical transcript of a gene is the first by: MANE Select; Ensembl canonical or RefSeq
    Select; APPRIS principal; longest CDS; longest mRNA; place in the annotation. A gene that lies
    on two contigs is two genes.

    Parameters
    ----------
    transcripts : sequence of Transcript
    selection : str
        One of `SELECTIONS`.

    Raises
    ------
    InputError
        If there is no such selection, or none of the transcripts is in it.
    """
    if selection not in SELECTIONS:
        raise InputError(f"selection {selection!r}; expected one of {', '.join(SELECTIONS)}")
    chosen = list(transcripts)
    if selection in {"coding", "canonical_coding"}:
        chosen = [transcript for transcript in chosen if transcript.cds]
    if selection.startswith("canonical"):
        chosen = _canonical(chosen)
    if not chosen:
        raise InputError(
            f"the annotation has no transcript with a CDS, as {selection} asks for; expected CDS "
            "lines. Give an annotation that has them, or select all."
        )
    return chosen


def _canonical(transcripts: list[Transcript]) -> list[Transcript]:
    """The first of each gene; see `select_transcripts`."""
    best: dict[tuple[str, str], tuple[tuple[int, int, int, int], Transcript]] = {}
    for place, transcript in enumerate(transcripts):
        rank = (transcript.merit, -transcript.cds_nt, -transcript.length_nt, place)
        key = (transcript.gene_id, transcript.chrom)
        best[key] = min(best.get(key, (rank, transcript)), (rank, transcript), key=lambda x: x[0])
    return [transcript for _, transcript in best.values()]


def read_ids(path: str | Path) -> list[str]:
    """Ids of a list, one per line; blank lines, lines that begin with # and a header are left out.

    An id that comes again is taken once, and the log says so.

    Raises
    ------
    InputError
        If the file is missing, no text, holds no id, or a line holds more than one word.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(
            f"{path} does not exist; expected {', '.join(SELECTIONS)}, or a file of transcript "
            "ids, one per line. Check the path."
        )
    lines = read_text(path, "transcript ids, one per line").splitlines()
    ids = [
        (number, line.strip())
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.startswith("#")
    ]
    if ids and ids[0][1].lower() in HEADERS:
        del ids[0]
    for number, text in ids:
        if len(re.split(r"[\s,;]+", text)) > 1:
            raise InputError(
                f"{path}, line {number}: {text[:60]!r} is more than one word; expected one "
                "transcript id a line. Keep the column of ids only."
            )
    if not ids:
        raise InputError(f"{path} holds no transcript id; expected one per line")
    once = list(dict.fromkeys(text for _, text in ids))
    if again := len(ids) - len(once):
        logger.warning("%s: %d lines repeat an id of an earlier line", path, again)
    return once


class Ids:
    """Ids that are there, to be found with or without version.

    Parameters
    ----------
    names : iterable of str
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._versions: dict[str, dict[str, None]] = {}  # that differ by version only, in order
        for name in names:
            self._versions.setdefault(VERSION.sub("", name), {})[name] = None

    def find(self, wanted: str) -> str | None:
        """The id that is meant by `wanted`, None if there is none.

        An id without version finds the one of that id, whatever its version; an id with a version
        finds that version, or the one that has none here. Another version is another sequence.
        """
        base = VERSION.sub("", wanted)
        versions = self.like(wanted)
        if wanted in versions:
            return wanted
        return versions[0] if len(versions) == 1 and base in (wanted, versions[0]) else None

    def like(self, wanted: str) -> list[str]:
        """The ids that are `wanted`, or differ from it by version only, in order."""
        return list(self._versions.get(VERSION.sub("", wanted), ()))


def find_transcripts(transcripts: Sequence[Transcript], ids: Sequence[str]) -> list[Named]:
    """Find transcripts by id, with or without version.

    See `Ids.find`.

    Parameters
    ----------
    transcripts : sequence of Transcript
    ids : sequence of str

    Returns
    -------
    list of Named
        One an id, in their order.
    """
    exact: dict[str, list[Transcript]] = {}
    for transcript in transcripts:
        exact.setdefault(transcript.transcript_id, []).append(transcript)
    known = Ids(exact)

    def find(wanted: str) -> Named:
        found = known.find(wanted)
        if found:
            return Named(wanted, exact[found], None)
        like = known.like(wanted)[:3]
        return Named(wanted, [], f"the annotation has {', '.join(like)}" if like else None)

    return [find(wanted) for wanted in ids]
