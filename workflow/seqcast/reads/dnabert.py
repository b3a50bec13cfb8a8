"""DNABERT's files: tables of reads as 6-mer text, and the probabilities next to them.

A table (``train.tsv``, ``dev.tsv``) has a header, whatever it says, and then a read a line: in
column 0 the overlapping 6-mers of the read, separated by spaces, in column 1 its label "0" or "1",
then any others. Rules of reading: jerryji1993/DNABERT at b6da04e, the reader of tables and the
processor of its task dnaprom (tab, no quoting, byte-order mark allowed, first line dropped).
"""

import io
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, cast

import numpy as np
import pysam

from seqcast.core.errors import InputError
from seqcast.core.store import atomic
from seqcast.core.text_files import DAMAGE
from seqcast.reads.records import CHUNK_READS, NUCLEOTIDES, LabelledRead, in_chunks
from seqcast.reads.source import ByteSource

logger = logging.getLogger(__name__)

K = 6
STEP = K + 1  # a k-mer and its space
SPACE = ord(" ")
LABELS = {"0": 0, "1": 1}
IS_BASE = np.isin(np.arange(256), np.frombuffer(NUCLEOTIDES, np.uint8))
OTHER_LETTER = re.compile(f"[^{re.escape(NUCLEOTIDES.decode())}]")
Headerless = Literal["error", "drop"]


class _Row(NamedTuple):
    line: int  # 1-based
    kmers: bytes
    label: int
    columns: tuple[str, ...]


def kmer_text(sequence: str) -> str:
    """The overlapping 6-mers of a sequence, separated by spaces; empty below 6 bases."""
    return " ".join(sequence[start : start + K] for start in range(len(sequence) - K + 1))


def kmer_lines(bases: np.ndarray) -> np.ndarray:
    """`kmer_text` of many sequences of one length at once.

    Parameters
    ----------
    bases : ndarray of uint8, shape=(n, length)
        ASCII codes.

    Returns
    -------
    ndarray of uint8, shape=(n, 7 * (length - 5) - 1)
        ASCII codes of the text, C-contiguous; ``row.tobytes()`` is one line without its end. No
        columns if length < 6.

    Raises
    ------
    TypeError, ValueError
        If `bases` is not uint8, or not two-dimensional.
    """
    if bases.dtype != np.uint8:
        raise TypeError(f"bases are {bases.dtype}; expected uint8")
    n, length = bases.shape
    n_kmers = max(length - K + 1, 0)
    lines = np.full((n, n_kmers, STEP), SPACE, dtype=np.uint8)
    for offset in range(K if n_kmers else 0):
        lines[:, :, offset] = bases[:, offset : offset + n_kmers]
    return np.ascontiguousarray(lines.reshape(n, n_kmers * STEP)[:, : max(n_kmers * STEP - 1, 0)])


def kmer_texts(sequences: Sequence[str]) -> list[bytes]:
    """`kmer_text` of many ASCII sequences, as bytes and fast; equal lengths are done together."""
    texts = [b""] * len(sequences)
    for length, rows in _by_length([len(sequence) for sequence in sequences]):
        if length >= K:
            joined = "".join(sequences[row] for row in rows).encode("ascii")
            lines = kmer_lines(np.frombuffer(joined, np.uint8).reshape(len(rows), length))
            for row, line in zip(rows, lines, strict=True):
                texts[row] = line.tobytes()
    return texts


def read_dnabert(
    path: str | Path, chunk: int = CHUNK_READS, headerless: Headerless = "error"
) -> Iterator[list[LabelledRead]]:
    """Read a DNABERT table, plain or gzip.

    Every row becomes one read, in order. Lower case and IUPAC codes other than ACGT are kept. A row
    without a k-mer is a read without bases: DNABERT's text cannot hold reads of 1-5 bp.

    Parameters
    ----------
    path : path
        The table, a pipe, or "-" for standard input.
    chunk : int
        Reads a list.
    headerless : {"error", "drop"}
        What to do where the first line is a read: refuse the table, or drop the read, as DNABERT
        does, with a warning.

    Yields
    ------
    list of LabelledRead
        None at all for a file with at most one line.

    Raises
    ------
    InputError
        If the file cannot be opened, is truncated or not UTF-8; if a row lacks its label or has
        another than 0 and 1; if k-mers have another k, hold characters other than IUPAC codes of
        nucleotides, or do not overlap to one sequence; if the first line is a read.
    """
    with ByteSource(path) as source:
        for rows in in_chunks(_rows(source, headerless), chunk, _length_nt):
            sequences = _sequences(source.name, rows)
            yield [
                LabelledRead(sequence, row.label, row.columns)
                for row, sequence in zip(rows, sequences, strict=True)
            ]


def read_labels(path: str | Path, headerless: Headerless = "error") -> np.ndarray:
    """Labels of a DNABERT table, by the rules of `read_dnabert`, its k-mers unread.

    Parameters
    ----------
    path : path
        The table, a pipe, or "-" for standard input.
    headerless : {"error", "drop"}
        As of `read_dnabert`.

    Returns
    -------
    ndarray of int8, shape=(reads,)
        1 coding, 0 non-coding; empty for a file with at most one line.

    Raises
    ------
    InputError
        As `read_dnabert`, k-mers aside.
    """
    with ByteSource(path) as source:
        return np.fromiter((row.label for row in _rows(source, headerless)), dtype=np.int8)


def read_header(path: str | Path) -> list[str]:
    """Fields of the first line of a DNABERT table, which `read_dnabert` drops; empty if none."""
    with ByteSource(path) as source:
        try:
            line = io.TextIOWrapper(source.text(), encoding="utf-8-sig").readline()
        except UnicodeDecodeError as error:
            raise _not_utf8(source.name, error) from error
        except DAMAGE as error:
            raise source.damaged(error) from error
    return line.rstrip("\n").split("\t") if line else []


def write_dnabert(
    path: str | Path,
    header: Sequence[str],
    rows: Iterable[tuple[str, int | str, *tuple[object, ...]]],
) -> int:
    """Write a DNABERT table, atomically and in a stream; bgzip if its name ends in .gz.

    Parameters
    ----------
    path : path
        The table.
    header : sequence of str
        Names of the columns: the sequence, the label, and the others.
    rows : iterable of tuple
        Of each read: bases (ASCII), label 0 or 1, and the other columns.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    ValueError
        If a row has more or fewer columns than the header, another label, a tab or line end in a
        column, or a read of 1-5 bases, which has no 6-mer.
    """
    n_rows = 0
    with atomic(path) as temporary, _open_out(temporary) as file:
        file.write(("\t".join(header) + "\n").encode())
        for part in in_chunks(rows, CHUNK_READS):
            texts = kmer_texts([row[0] for row in part])
            tails = [_tail(row, len(header)) for row in part]
            file.write(b"".join(x for pair in zip(texts, tails, strict=True) for x in pair))
            n_rows += len(part)
    return n_rows


def write_predictions(path: str | Path, p_coding: np.ndarray) -> None:
    """Write probabilities as DNABERT's ``pred_results.npy``: 1-D float32 in row order.

    Parameters
    ----------
    path : path
        The .npy file, written atomically.
    p_coding : ndarray, shape=(reads,)
        Probability of coding; NaN where a read was not scored.

    Raises
    ------
    ValueError
        If the values are not 1-D.
    """
    if p_coding.ndim != 1:
        raise ValueError(f"probabilities of shape {p_coding.shape}; expected one dimension")
    with atomic(path) as temporary:
        np.save(temporary, p_coding.astype(np.float32))


def _open_out(path: Path) -> BinaryIO:
    """Open a file for writing bytes, through bgzip if its name says so."""
    if path.suffix == ".gz":
        return cast(BinaryIO, pysam.BGZFile(str(path), "wb", None))
    return path.open("wb")


def _tail(row: tuple[object, ...], n_columns: int) -> bytes:
    """The columns after the k-mers, with the tab before and the line end after them."""
    tail = "\t" + "\t".join(map(str, row[1:])) + "\n"
    plain = tail.count("\t") == n_columns - 1 and tail.count("\n") == 1 and "\r" not in tail
    if len(row) != n_columns or not plain:
        raise ValueError(
            f"columns {row[1:]} after the sequence; expected {n_columns - 1}, free of tabs and "
            "line ends"
        )
    if 0 < len(str(row[0])) < K:
        raise ValueError(f"read '{row[0]}' of fewer than {K} bases; 6-mer text cannot hold it")
    if str(row[1]) not in LABELS:
        raise ValueError(f"label {row[1]!r}; expected 0 or 1")
    return tail.encode()


def _length_nt(row: _Row) -> int:
    """Bases of a row, about: K nucleotides and a blank each."""
    return len(row.kmers) // (K + 1)


def _rows(source: ByteSource, headerless: Headerless) -> Iterator[_Row]:
    """Yield the lines after the first one, split and checked but for their k-mers."""
    line_number = 0
    try:
        # Like Python's csv reader without quoting, which DNABERT uses: lines end in LF, CRLF or CR.
        with io.TextIOWrapper(source.text(), encoding="utf-8-sig") as text:
            _judge_header(source.name, text.readline(), headerless)
            for line_number, line in enumerate(text, start=2):
                fields = line.rstrip("\n").split("\t")
                label = LABELS.get(fields[1]) if len(fields) > 1 else None
                if label is None:
                    raise _bad_fields(source.name, line_number, fields)
                kmers = fields[0].encode()
                yield _Row(line_number, kmers, label, tuple(fields[2:]))
    except UnicodeDecodeError as error:
        raise _not_utf8(source.name, error) from error
    except DAMAGE as error:
        raise source.damaged(error, f", after line {line_number}") from error


def _judge_header(name: str, first: str, headerless: Headerless) -> None:
    """Refuse a first line that is a read, or say that it is dropped."""
    fields = first.rstrip("\n").split("\t")
    if len(fields) < 2 or fields[1] not in LABELS or {len(x) for x in fields[0].split()} - {K}:
        return
    if headerless == "error":
        raise InputError(
            f"{name} has no header: its first line is a read, with the label {fields[1]}; expected "
            "a line of column names, since DNABERT drops the first line. Write one above it, for "
            "instance Sequence, a tab and Label."
        )
    logger.warning(
        "%s has no header: its first line is a read, and is dropped as DNABERT drops it", name
    )


def _not_utf8(name: str, error: UnicodeDecodeError) -> InputError:
    """The error for bytes that are no text."""
    return InputError(
        f"{name} holds {error.object[error.start : error.start + 10]!r}, which is not UTF-8; "
        "expected a table of text. Convert it, for instance with iconv."
    )


def _bad_fields(name: str, line: int, fields: list[str]) -> InputError:
    """The error for a row without a label, or with another."""
    if len(fields) < 2:
        return InputError(
            f"{name}, line {line} has {len(fields)} tab-separated column(s), '{fields[0][:40]}'; "
            "expected k-mers, a tab and a label. Delete blank lines, and write tabs, not spaces, "
            "between columns."
        )
    return InputError(
        f"{name}, line {line} has the label '{fields[1][:40]}'; expected 0 (non-coding) or 1 "
        "(coding). Give every read one of them, also where labels are not known."
    )


def _by_length(lengths: Sequence[int]) -> list[tuple[int, list[int]]]:
    """Row numbers by length."""
    groups: dict[int, list[int]] = {}
    for row, length in enumerate(lengths):
        groups.setdefault(length, []).append(row)
    return list(groups.items())


def _sequences(name: str, rows: list[_Row]) -> list[str]:
    """The sequences that the k-mers of each row overlap to."""
    sequences = [""] * len(rows)
    for width, members in _by_length([len(row.kmers) for row in rows]):
        good = np.zeros(len(members), dtype=bool)
        if width % STEP == K:  # n k-mers and n - 1 spaces
            text = np.frombuffer(b"".join(rows[i].kmers + b" " for i in members), np.uint8)
            kmers = text.reshape(len(members), -1, STEP)  # (rows, k-mers, 6 bases and a space)
            good = (kmers[:, :, K] == SPACE).all(axis=1)
            good &= (kmers[:, 1:, : K - 1] == kmers[:, :-1, 1:K]).all(axis=(1, 2))
            good &= IS_BASE[kmers[:, :, 0]].all(axis=1) & IS_BASE[kmers[:, -1, :K]].all(axis=1)
            bases = np.concatenate([kmers[:, :, 0], kmers[:, -1, 1:K]], axis=1)
        for number, i in enumerate(members):
            if good[number]:
                sequences[i] = bases[number].tobytes().decode("ascii")
            elif rows[i].kmers:
                sequences[i] = _sequence(name, rows[i])
    return sequences


def _sequence(name: str, row: _Row) -> str:
    """The slow way for one row: other blanks than single spaces, or the error.

    DNABERT splits the text at any blanks.
    """
    kmers = row.kmers.decode().split()
    wrong = next((kmer for kmer in kmers if len(kmer) != K), None)
    where = f"{name}, line {row.line}"
    if wrong is not None:
        raise InputError(
            f"{where} has k-mers of {len(wrong)} bases, expected {K}: '{wrong[:40]}'. Write "
            f"overlapping {K}-mers, separated by spaces."
        )
    odd = OTHER_LETTER.search("".join(kmers))
    if odd:
        raise InputError(
            f"{where} holds '{odd[0]}' among its k-mers; expected nucleotides as IUPAC codes "
            "(ACGTU RYKMSWBDHVN). Write the row again from its sequence."
        )
    for number, (before, after) in enumerate(pairwise(kmers), start=1):
        if before[1:] != after[:-1]:
            raise InputError(
                f"{where}: k-mer {number} '{before}' and the next, '{after}', do not overlap by "
                f"{K - 1} bases; expected all k-mers of one read, in steps of one base. Write the "
                "row again from its sequence."
            )
    return "".join([*(kmer[0] for kmer in kmers[:-1]), *kmers[-1:]])
