"""Classify the reads of a file with all folds of a model, in one pass."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl

from seqcast.classification import COLUMNS, FLAGS, STATUSES, Classifier, ReadOptions
from seqcast.errors import InputError
from seqcast.jobs.model import open_network
from seqcast.provenance import merge_folds
from seqcast.reads.dnabert import read_dnabert, write_predictions
from seqcast.reads.open import open_reads
from seqcast.reads.records import Read, ReadStream
from seqcast.reads.split import SplitWriter
from seqcast.store import atomic, write_chunks

logger = logging.getLogger(__name__)
Files = Mapping[str, str | None]  # path, and path2 and reference where there are


def classify_dataset(
    reads: Files, labelled: bool, weights: Sequence[str], hyperparameters: str,
    path: str, facts: Mapping[str, Any], options: Mapping[str, Any],
    inference: Mapping[str, Any], threads: int,
) -> None:  # fmt: skip
    """Write one row a read, in input order (`classification.COLUMNS`).

    Parameters
    ----------
    reads : mapping
        ``path``, and for files of reads ``path2`` and ``reference``: see `reads.open.open_reads`.
    labelled : bool
        The file is a DNABERT table; its rows are named row0, row1 ...
    weights : sequence of path
        Safetensors of the folds.
    path : str
        The parquet file.
    facts : mapping
        Provenance; ``architecture`` names the class of the model.
    options : mapping
        The fields of `ReadOptions`, and ``compat`` of the model.
    """
    wanted = ReadOptions(**{name: value for name, value in options.items() if name != "compat"})
    models, made = [], []
    for fold in weights:
        files = SimpleNamespace(weights=fold, hyperparameters=hyperparameters)
        model, about = open_network(
            files, facts["architecture"], None, inference, threads, options.get("compat")
        )
        models.append(model)
        made.append(about)
    classifier = Classifier(models, wanted)
    records: dict[str, int] = {}

    def tables() -> Iterator[pl.DataFrame]:
        with _open(reads, labelled, records) as chunks:
            for chunk in chunks:
                yield classifier(chunk)
                logger.info("%d reads", sum(classifier.counts[name] for name in STATUSES))

    def provenance() -> dict[str, Any]:
        _report(classifier, reads)
        about = {"options": dict(options), "counts": dict(classifier.counts), "records": records}
        return {**merge_folds(made), **facts, **about}

    write_chunks(tables(), COLUMNS, path, provenance)


def split_dataset(reads: Files, table: str, folder: str, rule: str) -> None:
    """Write the reads of a file again, apart by the label that `table` gives them.

    Parameters
    ----------
    reads : mapping
        As of `classify_dataset`.
    table : str
        What `classify_dataset` wrote for these reads.
    folder : str
        Gets the files of `reads.split.SplitWriter`.
    rule : {"either", "both"}
        A pair is coding if either mate is, or if both are.

    Raises
    ------
    InputError
        If the table has another number of rows than the file has reads.
    """
    labels = pl.read_parquet(table, columns=["label"])["label"].to_list()
    done = 0
    with atomic(folder) as temporary, _open_reads(reads) as stream:
        prefix = temporary / Path(table).stem
        with SplitWriter(prefix, stream.paired, rule) as writer:
            for chunk in stream:
                done += len(chunk)
                if done > len(labels):
                    break
                writer.write(chunk, labels[done - len(chunk) : done])
        if done != len(labels):
            raise InputError(
                f"{table} has {len(labels)} rows, {reads['path']} another number of reads; "
                "classify the reads again, the file has changed since"
            )


def export_predictions(table: str, path: str) -> None:
    """Write ``p_coding`` as DNABERT's pred_results.npy: float32, a number a row, NaN where null."""
    values = pl.read_parquet(table, columns=["p_coding"])["p_coding"]
    write_predictions(path, values.fill_null(float("nan")).to_numpy().astype(np.float32))


@contextmanager
def _open(reads: Files, labelled: bool, records: dict[str, int]) -> Iterator[Iterator[list[Read]]]:
    """Chunks of reads; what the file held is in `records` at the end."""
    if labelled:
        yield _named(read_dnabert(str(reads["path"])))
        return
    with _open_reads(reads) as stream:
        yield stream
        records |= vars(stream.counts)


def _open_reads(reads: Files) -> ReadStream:
    return open_reads(str(reads["path"]), reads.get("path2"), reads.get("reference"))


def _named(chunks: Iterator[list[Any]]) -> Iterator[list[Read]]:
    done = 0
    for chunk in chunks:
        yield [Read(f"row{done + i}", 0, row.sequence, None, "") for i, row in enumerate(chunk)]
        done += len(chunk)


def _report(classifier: Classifier, reads: Files) -> None:
    """Say in the log how many reads were not scored, or need a look."""
    counts = classifier.counts
    total = sum(counts[name] for name in STATUSES)
    logger.info("%s: %d reads, %d scored", reads["path"], total, counts["scored"])
    if not total:
        logger.warning("%s holds no reads", reads["path"])
    for name, meaning in {**STATUSES, **FLAGS}.items():
        if name != "scored" and counts[name]:
            logger.warning("%d of %d reads %s: %s", counts[name], total, name, meaning)
