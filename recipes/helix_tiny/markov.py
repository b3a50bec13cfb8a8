"""Markov chains of texts: what the last few characters alone say of the next one."""

from collections.abc import Iterator, Sequence

import numpy as np

LETTERS = "ACGTEN"
PRIOR = 6.0  # of the chain one order lower, in characters seen

_CODE = np.full(256, -1, dtype=np.int64)
_CODE[list(LETTERS.encode())] = range(len(LETTERS))
_CODE[ord("U")] = LETTERS.index("T")


def cross_entropies(training: Sequence[str], tried: Sequence[str], order: int) -> list[float]:
    """Cross entropy of texts under chains that were counted on others.

    Parameters
    ----------
    training, tried : sequence of str
        Upper-case RNA or DNA with codon-start tokens.
    order : int
        Characters before, of the longest chain.

    Returns
    -------
    list of float, length=order + 1
        Of the chains of order 0 (shares of characters alone), 1, 2 ...: nats per character, of all
        characters but the first of each text.

    Notes
    -----
    A chain's chance of character x after context c is ``(n(c, x) + PRIOR * p(x)) / (n(c) + PRIOR)``
    with p of the chain one order lower; that of order 0 is one half character in advance for each.
    At the start of a text the longest context there is counts.
    """
    size, found = len(LETTERS), []
    chance = np.zeros(0)
    own, other = _words(training, order), _words(tried, order)
    for k, ((word, _), (asked, there)) in enumerate(zip(own, other, strict=True)):
        counts = np.bincount(word, minlength=size ** (k + 1))
        if k == 0:
            chance = (counts[asked] + 0.5) / (counts.sum() + 0.5 * size)
        else:
            contexts = counts.reshape(-1, size).sum(axis=1)
            longer = (counts[asked] + PRIOR * chance[there]) / (contexts[asked // size] + PRIOR)
            chance = chance.copy()
            chance[there] = longer
        found.append(float(-np.log(chance).mean()))
    return found


def _words(texts: Sequence[str], order: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each order k the words of k characters and the next, and which have such a context.

    Yields
    ------
    words : ndarray of int
        The word as a number to the base of the alphabet.
    there : ndarray of bool, shape=(characters to be predicted,)
    """
    codes = _CODE[np.frombuffer("".join(texts).encode(), dtype=np.uint8)]
    place = np.concatenate([np.arange(len(text)) for text in texts])
    word = np.zeros_like(codes)
    predicted = place > 0
    for k in range(order + 1):
        there = place >= max(k, 1)
        word[k:] += codes[: len(codes) - k] * len(LETTERS) ** k
        yield word[there], there[predicted]
