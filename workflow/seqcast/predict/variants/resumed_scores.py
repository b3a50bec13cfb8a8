"""Scores of the folds of a model for a command, which resumes where it was killed."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from seqcast.core.store import read_table, write_table
from seqcast.core.unfinished import UnfinishedTables
from seqcast.predict.variants.variant_effects import VariantScorer, in_input_order

GENE = "gene"


class ResumedScores:
    """Gene tables of folds, kept next to an output until it is written.

    Parameters
    ----------
    output : path, optional
        Without one, nothing is kept.
    identity : mapping
        JSON-serialisable: what decides the numbers of all folds.
    """

    def __init__(self, output: str | Path | None, identity: Mapping[str, Any]) -> None:
        self.output, self.identity = output, dict(identity)
        self._kept: list[UnfinishedTables] = []

    def of_fold(
        self, scorer: VariantScorer, checked: pl.DataFrame, made: Mapping[str, Any]
    ) -> pl.DataFrame:
        """Scores of all variants by the next fold, in input order.

        Parameters
        ----------
        scorer : VariantScorer
        checked : DataFrame
            Checked variants.
        made : mapping
            Facts of the fold.
        """
        work, rows = scorer.work(checked), range(len(checked))
        if self.output is None:
            _, tables = next(scorer.in_parts(checked, work, rows))
            return in_input_order(tables.gene)
        identity = {**self.identity, **made}
        kept = UnfinishedTables(f"{self.output}.fold{len(self._kept)}", (GENE,), identity)
        self._kept.append(kept)
        whole = kept.folder / f"{GENE}.parquet"
        if whole.is_file():
            return read_table(whole)

        def score(begin: int) -> Iterator[tuple[int, dict[str, pl.DataFrame]]]:
            for stop, tables in scorer.in_parts(checked, work, rows, begin, kept.due):
                yield stop, {GENE: tables.gene}

        found = kept.complete(range(len(work.placed(rows, scorer.annotation))), score)
        table = in_input_order(found[GENE])
        write_table(table, whole, {})
        return table

    def remove(self) -> None:
        """Remove what is kept: the output is there."""
        for kept in self._kept:
            kept.remove()
