"""Overlapping k-mers of reads as token ids, straight from the bases.

DNABERT's vocabulary (vocab.txt of its bert-config-3 to -6): [PAD], [UNK], [CLS], [SEP], [MASK],
then the 4^k k-mers in the order A, T, C, G, first base most significant. A read of L bases is
[CLS], L - k + 1 k-mers, [SEP]. Reference: DNABERT ``tokenization_dna.py`` (commit b6da04e).
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seqcast.core.errors import InputError

PAD, UNKNOWN, START, END, SPECIAL_TOKENS = 0, 1, 2, 3, 5
SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
BASES = "ATCG"  # the vocabulary's order
NO_BASE = 4
PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")  # what BERT's text splitter makes tokens of


def base_codes(any_case: bool) -> np.ndarray:
    """Digit 0 to 3 of each byte in the vocabulary's order, `NO_BASE` for all but bases.

    Parameters
    ----------
    any_case : bool
        Lower case counts as upper case, and U as T; otherwise both are no base.
    """
    codes = np.full(256, NO_BASE, dtype=np.uint8)
    for digit, base in enumerate(BASES):
        for letter in {base, base.lower()} if any_case else {base}:
            codes[ord(letter)] = digit
    if any_case:
        codes[[ord("U"), ord("u")]] = BASES.index("T")
    return codes


def kmer_ids(codes: np.ndarray, k: int) -> np.ndarray:
    """Token id of the k-mer that begins at each base.

    Parameters
    ----------
    codes : ndarray of uint8, shape=(..., n)
        Digits of `base_codes`; reads of one length in rows, or many reads end to end.
    k : int
        At most 7, so that ids fit 16 bits.

    Returns
    -------
    ndarray of int16, shape=(..., n - k + 1)
        `UNKNOWN` for k-mers that hold anything but bases.
    """
    count = codes.shape[-1] - k + 1
    if count <= 0:
        return np.zeros((*codes.shape[:-1], 0), dtype=np.int16)
    digits = (codes & 3).astype(np.int16)
    ids = digits[..., :count].copy()
    for i in range(1, k):
        ids <<= 2
        ids |= digits[..., i : count + i]
    ids += SPECIAL_TOKENS
    no_base = codes >= NO_BASE
    if no_base.any():
        unknown = np.logical_or.reduce([no_base[..., i : count + i] for i in range(k)])
        ids[unknown] = UNKNOWN
    return ids


class KmerTokenizer:
    """Reads to token ids.

    Parameters
    ----------
    k : int
        Length of the k-mers.
    max_tokens : int
        Of one read, [CLS] and [SEP] included.
    compat : {None, "dnabert"}
        None: lower case is upper case, U is T, longer reads are an error. "dnabert": both are
        [UNK], punctuation splits a k-mer into several [UNK], longer reads lose their right end.
    """

    def __init__(self, k: int, max_tokens: int, compat: str | None = None) -> None:
        self.k, self.max_kmers, self.compat = k, max_tokens - 2, compat
        self.codes = base_codes(any_case=compat is None)

    @property
    def max_length_nt(self) -> int:
        """Bases of the longest read that is not cut."""
        return self.max_kmers + self.k - 1

    def __call__(self, sequences: Sequence[str]) -> np.ndarray:
        """Token ids of reads, int64, shape=(reads, tokens of the longest), padded on the right.

        Raises
        ------
        InputError
            If a read is longer than `max_length_nt`, unless `compat` cuts it.
        """
        rows = self._rows(sequences)
        tokens = np.full((len(rows), max(map(len, rows), default=0) + 2), PAD, dtype=np.int64)
        tokens[:, 0] = START
        for row, ids in zip(tokens, rows, strict=True):
            row[1 : len(ids) + 1] = ids
            row[len(ids) + 1] = END
        return tokens

    def _rows(self, sequences: Sequence[str]) -> list[np.ndarray]:
        """The k-mer ids of each read, at most `max_kmers`."""
        lengths = [len(sequence) for sequence in sequences]
        if self.compat is None and (longest := max(lengths, default=0)) > self.max_length_nt:
            raise InputError(
                f"a read of {longest} nt is longer than the {self.max_length_nt} nt that the model "
                "takes; cut it into windows (classify_reads does), or set compat to 'dnabert', "
                "which drops its end"
            )
        if self.compat and any(map(PUNCTUATION.search, sequences)):
            return [self._split_by_punctuation(sequence) for sequence in sequences]
        joined = "".join(sequences).encode("ascii", "replace")
        codes = self.codes[np.frombuffer(joined, dtype=np.uint8)]
        if len(set(lengths)) == 1:
            return list(kmer_ids(codes.reshape(len(lengths), -1), self.k)[:, : self.max_kmers])
        ids, ends = kmer_ids(codes, self.k), np.cumsum(lengths)
        counts = np.clip(np.array(lengths) - self.k + 1, 0, self.max_kmers)
        return [ids[end - n : end - n + m] for end, n, m in zip(ends, lengths, counts, strict=True)]

    def _split_by_punctuation(self, sequence: str) -> np.ndarray:
        """BERT's splitter in front of the vocabulary: ``AC-GTA`` is three tokens, all unknown."""
        ids: list[int] = []
        codes = self.codes[np.frombuffer(sequence.encode("ascii", "replace"), dtype=np.uint8)]
        own = kmer_ids(codes, self.k)
        for start, known in enumerate(own):
            kmer = sequence[start : start + self.k]
            pieces = [piece for piece in PUNCTUATION.split(kmer) if piece]
            marks = len(PUNCTUATION.findall(kmer))
            ids += [UNKNOWN] * (len(pieces) + marks) if marks else [int(known)]
        return np.array(ids[: self.max_kmers], dtype=np.int16)


def vocabulary(k: int) -> list[str]:
    """Tokens by id, as vocab.txt lists them."""
    kmers = [""]
    for _ in range(k):
        kmers = [kmer + base for kmer in kmers for base in BASES]
    return [*SPECIALS, *kmers]


def check_vocabulary(path: Path, k: int) -> None:
    """Stop where a vocab.txt is not the vocabulary that ids are made with.

    Raises
    ------
    InputError
        Naming the first line that differs.
    """
    found = path.read_text(encoding="utf-8", errors="replace").split("\n")
    expected = vocabulary(k)
    found = found[:-1] if found[-1] == "" else found
    if found != expected:
        pairs = zip([*found, "nothing"], [*expected, "nothing"], strict=False)
        line, (theirs, ours) = next((i, p) for i, p in enumerate(pairs, 1) if p[0] != p[1])
        raise InputError(
            f"{path}: {len(found)} tokens, line {line} is {theirs!r}; expected the {len(expected)} "
            f"of DNABERT's {k}-mers, there {ours!r}; these weights need another tokenizer"
        )
