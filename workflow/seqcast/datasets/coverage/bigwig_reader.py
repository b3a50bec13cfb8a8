"""Values of bigWig files as they are, with errors that a user can act on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pybigtools

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.bigwig_index import check_bigwig


class BigWigReader:
    """A bigWig file of any numbers.

    A forked process re-opens its file.

    Parameters
    ----------
    path : path
        The file.

    Attributes
    ----------
    contigs : dict[str, int]
        Name -> length_bp. Many programs leave out contigs without data.

    Raises
    ------
    InputError
        If the file is missing, not a bigWig or broken.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._open()
        with self._reading():
            self.contigs: dict[str, int] = dict(self._file.chroms())

    def _open(self) -> None:
        self._process = os.getpid()
        check_bigwig(self.path)
        with self._reading():
            self._file: Any = pybigtools.open(str(self.path))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Say that the file is broken where the reader fails."""
        try:
            yield
        except (pybigtools.BBIReadError, OSError, ValueError) as error:
            raise self._broken(error) from error
        except BaseException as error:
            # a damaged block makes the reader panic, whose class has no importable module
            if type(error).__name__ != "PanicException":
                raise
            raise self._broken(error) from error

    def least(self) -> float:
        """The smallest value of the file, by its summary."""
        with self._reading():
            return float(self._file.info()["summary"]["min"])

    def read(self, chrom: str, start: int, end: int) -> np.ndarray:
        """Values per base.

        Parameters
        ----------
        chrom : str
            A name of `contigs`.
        start, end : int
            0-based half-open, inside the contig.

        Returns
        -------
        ndarray of float32, shape=(end - start,)
            NaN where the file has no data.

        Raises
        ------
        InputError
            If the file is broken there.
        """
        if os.getpid() != self._process:
            # a forked worker shares the parent's file position, and would read at random
            self._open()
        with self._reading():
            return self._file.values(chrom, start, end, fillna=None).astype(np.float32)

    def _broken(self, error: BaseException) -> InputError:
        return InputError(
            f"{self.path} cannot be read ({error}); expected a whole bigWig file. Download or make "
            "it again."
        )
