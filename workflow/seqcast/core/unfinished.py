"""What is finished of tables that take long to make, so that a killed job resumes where it was.

Parts lie in a hidden folder next to the first output, named by a digest of all that decides the
numbers: those of other options, code, weights or inputs are never taken up. Outputs of a job that
failed are removed by Snakemake; such a folder is none of them.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from glob import escape
from pathlib import Path
from typing import Any

import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import atomic, read_table, write_table
from seqcast.core.temporaries import remove

logger = logging.getLogger(__name__)

Tables = Mapping[str, pl.DataFrame]

# A kill loses one part in fifty of the time so far, within these limits, and the batch under way:
# some hundred parts a day, each written in less than 0.1 s.
LEAST_S, MOST_S, SHARE = 5.0, 300.0, 0.02


class UnfinishedTables:
    """Parts of the tables of one job, each of the next rows of its input.

    Parameters
    ----------
    output : path
        The job's first output.
    names : sequence of str
        Of the tables.
    identity : mapping
        JSON-serialisable: what decides the numbers.
    """

    def __init__(
        self, output: str | Path, names: Sequence[str], identity: Mapping[str, Any]
    ) -> None:
        self.names = tuple(names)
        text = json.dumps(identity, sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        path = Path(output)
        self.folder = path.with_name(f".{path.name}.{digest}.parts")
        for other in path.parent.glob(f".{escape(path.name)}.*.parts"):
            if other != self.folder:
                remove(other)
        self._begun_s = self._last_s = time.monotonic()

    def complete(
        self, rows: range, score: Callable[[int], Iterable[tuple[int, Tables]]]
    ) -> dict[str, pl.DataFrame]:
        """The tables of all rows: of the parts that are there, and of the rows behind them.

        Parameters
        ----------
        rows : range
            Of the input, one after the other.
        score : callable
            Of a row, the first one to score: gives parts up to ``rows.stop``, each as the row that
            it ends before and its tables. All but the last are kept.
        """
        parts: list[tuple[int, Tables]] = [*self.read(rows.start)]
        start = parts[-1][0] if parts else rows.start
        if parts:
            logger.info("%d of %d variants were scored before", start - rows.start, len(rows))
        for stop, tables in score(start):
            parts.append((stop, tables))
            if stop < rows.stop:
                self.write(start, stop, tables)
            start = stop
        return {name: pl.concat([tables[name] for _, tables in parts]) for name in self.names}

    def read(self, start: int) -> list[tuple[int, dict[str, pl.DataFrame]]]:
        """Parts from the row `start` on without a gap: the row that each ends before, and tables.

        A part that is damaged, and all behind it, is made again.
        """
        places = [path.name.split("-") for path in self.folder.glob("[0-9]*-*")]
        stops = dict(sorted((int(first), int(stop)) for first, stop in places))
        found: list[tuple[int, dict[str, pl.DataFrame]]] = []
        while start in stops:
            folder = self.folder / f"{start}-{stops[start]}"
            try:
                tables = {name: read_table(folder / f"{name}.parquet") for name in self.names}
            except InputError as error:
                logger.warning("%s; its rows are scored again", error)
                break
            start = stops[start]
            found.append((start, tables))
        return found

    def due(self) -> bool:
        """Whether it is time to write a part."""
        now_s = time.monotonic()
        pause_s = min(MOST_S, max(LEAST_S, SHARE * (now_s - self._begun_s)))
        return now_s - self._last_s >= pause_s

    def write(self, start: int, stop: int, tables: Tables) -> None:
        """Keep the tables of the input's rows `[start, stop)`, all or none."""
        with atomic(self.folder / f"{start}-{stop}") as folder:
            for name in self.names:
                write_table(tables[name], folder / f"{name}.parquet", {})
        self._last_s = time.monotonic()

    def remove(self) -> None:
        """Remove all parts: the outputs are there."""
        remove(self.folder)
