"""DNA as numbers: one-hot arrays of shape (4, length) with channels A, C, G, T."""

import numpy as np

_CODE = np.full(256, 4, dtype=np.uint8)
for _i, _letters in enumerate(("Aa", "Cc", "Gg", "TtUu")):
    for _letter in _letters:
        _CODE[ord(_letter)] = _i


def one_hot(sequence: str, unknown: float = 0.0) -> np.ndarray:
    """Encode a sequence.

    Parameters
    ----------
    sequence : str
        Bases in any case; U counts as T. Every other letter is unknown.
    unknown : float
        Value of all four channels at an unknown base. 0 as in the training data
        (baskerville ``dna_1hot``); 0.25 as in borzoi_sed (``n_uniform=True``).

    Returns
    -------
    ndarray, shape=(4, length), float32
    """
    table = np.vstack([np.eye(4, dtype=np.float32), np.full((1, 4), unknown, dtype=np.float32)])
    codes = _CODE[np.frombuffer(sequence.encode("ascii", "replace"), dtype=np.uint8)]
    return np.ascontiguousarray(table[codes].T)
