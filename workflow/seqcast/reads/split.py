"""Reads to files by their label: coding, non-coding, and those that were not scored.

Files are bgzip, written by htslib (pysam): every gzip reader reads them, samtools can index them,
and their last block shows that they are whole.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import pysam

from seqcast.core.errors import InputError
from seqcast.core.store import atomic
from seqcast.reads.outcomes import LABELS
from seqcast.reads.records import Read

logger = logging.getLogger(__name__)

UNSCORED = "unscored"
FILES = (*LABELS, UNSCORED)
SUFFIXES = {True: "fastq.gz", False: "fasta.gz"}


def _label_if_either(scored: list[str]) -> str:
    return "coding" if "coding" in scored else "non_coding"


def _label_if_both(scored: list[str]) -> str:
    return "non_coding" if "non_coding" in scored else "coding"


PAIR_RULES: dict[str, Callable[[list[str]], str]] = {
    "either": _label_if_either,
    "both": _label_if_both,
}


def split_paths(prefix: str | Path, paired: bool, qualities: bool) -> dict[tuple[str, int], Path]:
    """Names of the files that `SplitWriter` makes.

    Parameters
    ----------
    prefix : path
        Folder and first part of the names.
    paired : bool
        Whether mates go to two files.
    qualities : bool
        FASTQ if true, FASTA if not.

    Returns
    -------
    dict
        ("coding", "non_coding" or "unscored"; mate 1, 2, or 0 if not paired) -> path.
    """
    return {
        (label, mate): Path(f"{prefix}.{label}{f'_R{mate}' if mate else ''}.{SUFFIXES[qualities]}")
        for label in FILES
        for mate in ((1, 2) if paired else (0,))
    }


class SplitWriter:
    """Write reads by their label; a context manager.

    The files appear together when the block ends well, and none of them if it does not. Names,
    comments and qualities are kept as they are; FASTQ has four lines per record with a bare "+",
    FASTA two. They are FASTQ if the first read with bases has qualities, and if there is no read;
    else FASTA, and qualities of later reads are left out, with a warning. Every read goes to
    exactly one file, in input order.

    A pair stays together, by the labels of its scored mates: with the rule "either" it is coding if
    one of them is, with "both" if none is non-coding. It is unscored if neither mate was scored.

    Parameters
    ----------
    prefix : path
        Folder and first part of the names, see `split_paths`.
    paired : bool
        Whether reads come as mate 1, mate 2, mate 1, ... and go to files ``_R1`` and ``_R2``. If
        not, each read goes by its own label to one file, whatever its mate.
    rule : {"either", "both"}
        Of pairs.

    Attributes
    ----------
    counts : dict[str, int]
        Reads written by label; the sum is the number of reads that were given.

    Raises
    ------
    ValueError
        If the rule is another.
    """

    def __init__(self, prefix: str | Path, paired: bool, rule: str = "either") -> None:
        if rule not in PAIR_RULES:
            raise ValueError(f"rule '{rule}'; expected one of {', '.join(PAIR_RULES)}")
        self.prefix = prefix
        self.paired = paired
        self.counts = dict.fromkeys(FILES, 0)
        self._pair_label = PAIR_RULES[rule]
        self._qualities = True
        self._left_out = False
        self._waiting: tuple[Read, str | None] | None = None
        self._files: dict[tuple[str, int], pysam.BGZFile] = {}
        self._stack = ExitStack()

    def __enter__(self) -> "SplitWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._stack.__exit__(kind, error, trace)
            return
        with self._stack:
            if not self._files:
                self._open(qualities=True)
            if self._waiting is not None:
                raise _no_mate(self._waiting[0])

    def write(self, reads: Sequence[Read], labels: Iterable[str | None]) -> None:
        """Write a chunk of reads.

        Parameters
        ----------
        reads : sequence of Read
            In input order; a pair may be cut by the end of a chunk.
        labels : iterable of str or None
            Of each read: "coding", "non_coding", or None where it was not scored.

        Raises
        ------
        InputError
            If mates do not stand side by side, or a read lacks the qualities that FASTQ needs.
        ValueError
            If there are more or fewer labels than reads, or others.
        """
        if reads and not self._files:
            first = next((read for read in reads if read.sequence), reads[0])
            self._open(qualities=first.quality is not None)
        parts: dict[tuple[str, int], list[str]] = {key: [] for key in self._files}
        for read, label in zip(reads, labels, strict=True):
            if label is not None and label not in LABELS:
                raise ValueError(f"label '{label}'; expected coding, non_coding or None")
            if not self.paired:
                self._add(parts, label or UNSCORED, 0, read)
            elif self._waiting is None:
                self._waiting = read, label
            else:
                self._add_pair(parts, *self._waiting, read, label)
                self._waiting = None
        for key, texts in parts.items():
            self._files[key].write("".join(texts).encode())

    def _open(self, qualities: bool) -> None:
        """Open all files under temporary names; the stack closes them before it renames them."""
        self._qualities = qualities
        paths = split_paths(self.prefix, self.paired, qualities)
        temporary = {key: self._stack.enter_context(atomic(path)) for key, path in paths.items()}
        self._files = {
            key: self._stack.enter_context(pysam.BGZFile(str(path), "wb", None))
            for key, path in temporary.items()
        }

    def _add_pair(
        self,
        parts: dict[tuple[str, int], list[str]],
        one: Read,
        label1: str | None,
        two: Read,
        label2: str | None,
    ) -> None:
        """Add both mates under the label of the pair."""
        if (one.mate, two.mate) != (1, 2):
            raise _no_mate(one)
        scored = [label for label in (label1, label2) if label is not None]
        label = self._pair_label(scored) if scored else UNSCORED
        self._add(parts, label, 1, one)
        self._add(parts, label, 2, two)

    def _add(
        self, parts: dict[tuple[str, int], list[str]], label: str, mate: int, read: Read
    ) -> None:
        """Add the text of one read."""
        header = read.name + read.comment
        if not self._qualities:
            text = f">{header}\n{read.sequence}\n"
            if read.quality and not self._left_out:
                self._left_out = True
                logger.warning(
                    "the first read has no qualities, so the split is FASTA: those of read '%s' "
                    "and of others after it are left out", read.name,
                )  # fmt: skip
        elif read.quality is None and read.sequence:
            raise InputError(
                f"read '{read.name}' has no qualities, reads before it have; expected all or none "
                "for a split. Convert the file so that all records have qualities, or remove them "
                "all (samtools fasta makes FASTA of BAM): the split is then FASTA."
            )
        else:
            text = f"@{header}\n{read.sequence}\n+\n{read.quality or ''}\n"
        parts[label, mate].append(text)
        self.counts[label] += 1


def _no_mate(read: Read) -> InputError:
    """The error for a read whose mate does not follow."""
    return InputError(
        f"read '{read.name}' (mate {read.mate}) is not followed by its mate; expected mate 1 and "
        "mate 2 side by side. Write the reads unpaired, or give two FASTQ files (samtools collate "
        "and samtools fastq make them from BAM)."
    )
