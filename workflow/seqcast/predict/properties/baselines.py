"""What simple features of a sequence say of its labels: baselines that embeddings have to beat."""

from collections.abc import Callable
from itertools import product

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.predict.properties import LONGEST_KMER

LETTERS = "ACGU"
CODON_NT = 3
CODONS = tuple(map("".join, product(LETTERS, repeat=CODON_NT)))
_CODE = np.full(256, -1, dtype=np.int64)
_CODE[np.frombuffer(LETTERS.encode(), dtype=np.uint8)] = range(len(LETTERS))


class NotApplicableError(InputError):
    """The sequences lack what a baseline is about; the message says what."""


def baseline_features(method: str, table: pl.DataFrame, usable: np.ndarray) -> np.ndarray:
    """Features of the sequences of a table.

    Parameters
    ----------
    method : str
        A key of `BASELINES`.
    table : DataFrame
        Of transcripts: ``sequence``, ``cds_start``, ``cds_end``.
    usable : ndarray of bool, shape=(rows,)
        Rows that will be learned from or predicted.

    Returns
    -------
    ndarray of float64, shape=(rows, features)
        NaN in rows that are not usable, or hold no known base or codon to count (status
        ``no_features``).

    Raises
    ------
    NotApplicableError
        If `method` needs a CDS and a usable row has none.
    """
    make = _MAKERS[method]
    rows = np.flatnonzero(usable)
    found = make(table[rows.tolist()])
    features = np.full((len(table), found.shape[1]), np.nan)
    counted = found.any(axis=1)  # frequencies that are all 0 are of nothing known
    features[rows[counted]] = found[counted]
    return features


def kmer_frequencies(sequence: str, k: int) -> np.ndarray:
    """Frequencies of the k-mers of a sequence.

    Parameters
    ----------
    sequence : str
        RNA; k-mers with an N are not counted.
    k : int

    Returns
    -------
    ndarray, shape=(4**k,)
        In alphabetical order; they add up to 1, or are all 0 if there is no k-mer.
    """
    codes = _codes(sequence)
    return _frequencies(_words(codes, k, step=1), len(LETTERS) ** k)


def codon_frequencies(cds: str) -> np.ndarray:
    """Frequencies of the codons of a CDS, in the order of `CODONS`; without those with an N."""
    return _frequencies(_words(_codes(cds), CODON_NT, step=CODON_NT), len(CODONS))


def _codes(sequence: str) -> np.ndarray:
    """0 to 3 for A, C, G, U; -1 for others."""
    return _CODE[np.frombuffer(sequence.encode(), dtype=np.uint8)]


def _words(codes: np.ndarray, k: int, step: int) -> np.ndarray:
    """Number of the word at every `step`-th place, without those that hold an unknown base."""
    places = np.arange(0, len(codes) - k + 1, step)
    word, known = np.zeros(len(places), dtype=np.int64), np.ones(len(places), dtype=bool)
    for i in range(k):
        letter = codes[places + i]
        word, known = word * len(LETTERS) + letter, known & (letter >= 0)
    return word[known]


def _frequencies(words: np.ndarray, size: int) -> np.ndarray:
    return np.bincount(words, minlength=size) / max(1, len(words))


def _length_gc(table: pl.DataFrame) -> np.ndarray:
    lengths = table["length_nt"].to_numpy().astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = [lengths, np.log(lengths), [_gc(text) for text in table["sequence"]]]
    if not _without_cds(table):
        start, end = (table[name].to_numpy().astype(float) for name in ("cds_start", "cds_end"))
        columns += [start, end - start, lengths - end]
    return np.column_stack(columns)


def _gc(sequence: str) -> float:
    """Fraction of G and C among the known bases, NaN if there are none."""
    known = _codes(sequence)
    known = known[known >= 0]
    return float(np.isin(known, (1, 2)).mean()) if len(known) else float("nan")


def _kmer(table: pl.DataFrame) -> np.ndarray:
    sizes = [len(LETTERS) ** k for k in range(1, LONGEST_KMER + 1)]
    found = np.zeros((len(table), sum(sizes)))
    for row, text in zip(found, table["sequence"], strict=True):
        row[:] = np.concatenate([kmer_frequencies(text, k) for k in range(1, LONGEST_KMER + 1)])
    return found


def _codon_usage(table: pl.DataFrame) -> np.ndarray:
    if lacking := _without_cds(table):
        raise NotApplicableError(
            f"left out: {lacking} of {len(table)} usable sequences have no CDS. "
            "Where each sequence is a CDS, say so in the column cds of datasets.tsv (whole)."
        )
    columns = table.select("sequence", "cds_start", "cds_end").iter_rows()
    return np.array([codon_frequencies(text[start:end]) for text, start, end in columns])


def _without_cds(table: pl.DataFrame) -> int:
    """Rows without a CDS."""
    return table["cds_start"].null_count()


_MAKERS: dict[str, Callable[[pl.DataFrame], np.ndarray]] = {
    "length_gc": _length_gc,
    "kmer": _kmer,
    "codon_usage": _codon_usage,
}
