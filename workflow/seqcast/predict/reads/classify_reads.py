"""Classify the reads of a file with all folds of a model, in one pass."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import polars as pl

from seqcast.core.provenance import merge_folds
from seqcast.core.store import write_chunks
from seqcast.predict.fold_model import FoldFiles, open_network
from seqcast.predict.reads.classification import Classifier, ReadOptions
from seqcast.predict.reads.read_tables import ReadFiles, open_files
from seqcast.reads.dnabert import Headerless, read_dnabert
from seqcast.reads.outcomes import COLUMNS, FLAGS, STATUSES
from seqcast.reads.records import CHUNK_READS, Read, in_chunks

logger = logging.getLogger(__name__)


def classify_dataset(
    reads: ReadFiles, labelled: bool, weights: Sequence[str], hyperparameters: str,
    path: str, facts: Mapping[str, Any], options: Mapping[str, Any],
    inference: Mapping[str, Any], threads: int,
) -> None:  # fmt: skip
    """Write one row per read, in input order (`reads.outcomes.COLUMNS`).

    Parameters
    ----------
    reads : ReadFiles
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
    started = time.monotonic(), time.process_time()
    wanted = ReadOptions(**{name: value for name, value in options.items() if name != "compat"})
    models, made = [], []
    names = facts.get("fold") or list(map(str, range(len(weights))))
    for name, fold in zip(names, weights, strict=True):
        model, about = open_network(
            FoldFiles(fold, hyperparameters), facts["architecture"], None, inference, threads,
            options.get("compat"),
        )  # fmt: skip
        models.append(model)
        made.append({**about, "model": facts.get("model"), "fold": name})
    classifier = Classifier(models, wanted)
    records: dict[str, int] = {}

    def tables() -> Iterator[pl.DataFrame]:
        with _open(reads, labelled, records, options.get("compat")) as chunks:
            # chunks of long reads hold few of them, too few for a row group of parquet
            for parts in in_chunks(map(classifier, chunks), CHUNK_READS, len, CHUNK_READS):
                yield pl.concat(parts)
                logger.info("%d reads", classifier.total)

    def provenance() -> dict[str, Any]:
        _report(classifier, reads)
        return {
            **merge_folds(made), **facts, "options": dict(options),
            "counts": dict(classifier.counts), "records": records, "threads": threads,
            "wall_s": round(time.monotonic() - started[0], 3),
            "cpu_s": round(time.process_time() - started[1], 3),
        }  # fmt: skip

    write_chunks(tables(), COLUMNS, path, provenance)


@contextmanager
def _open(
    reads: ReadFiles, labelled: bool, records: dict[str, int], compat: str | None
) -> Iterator[Iterator[list[Read]]]:
    """Chunks of reads; what the file held is in `records` at the end."""
    if labelled:
        headerless: Headerless = "drop" if compat == "dnabert" else "error"
        yield _named(read_dnabert(reads.path, headerless=headerless))
        return
    with open_files(reads) as stream:
        yield stream
        records |= vars(stream.counts)


def _named(chunks: Iterator[list[Any]]) -> Iterator[list[Read]]:
    done = 0
    for chunk in chunks:
        yield [Read(f"row{done + i}", 0, row.sequence, None, "") for i, row in enumerate(chunk)]
        done += len(chunk)


def _report(classifier: Classifier, reads: ReadFiles) -> None:
    """Say in the log how many reads were not scored, or need a look."""
    counts, total = classifier.counts, classifier.total
    logger.info("%s: %d reads, %d scored", reads.path, total, counts["scored"])
    if not total:
        logger.warning("%s holds no reads", reads.path)
    for name, meaning in {**STATUSES, **FLAGS}.items():
        if name != "scored" and counts[name]:
            logger.warning("%d of %d reads %s: %s", counts[name], total, name, meaning)
