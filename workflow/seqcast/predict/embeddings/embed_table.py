"""Embed a table of transcripts: its table of embeddings, and features per nucleotide."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from seqcast.core.progress import progress
from seqcast.core.store import count_rows, read_frames, write_chunks
from seqcast.predict.embeddings.embed_options import EmbedOptions
from seqcast.predict.embeddings.embedded_text import Embedded
from seqcast.predict.embeddings.embedding_files import (
    FEATURES,
    LOG_LIKELIHOOD,
    create_embedding_store,
)
from seqcast.predict.embeddings.embedding_outcomes import MEANINGS, STATUSES, columns
from seqcast.predict.embeddings.embedding_tables import CHUNK_ROWS, NEEDED, TableEmbedder
from seqcast.predict.embeddings.engine import NO_LIKELIHOOD, Embedder
from seqcast.predict.fold_model import FoldFiles, open_network
from seqcast.transcripts import records

logger = logging.getLogger(__name__)


def embed_dataset(
    weights: str, hyperparameters: str, transcripts: str, path: str, store_path: str | None,
    facts: Mapping[str, Any], options: Mapping[str, Any], inference: Mapping[str, Any],
    threads: int,
) -> None:  # fmt: skip
    """Write one row per sequence, in input order (`embedding_outcomes.columns`).

    Parameters
    ----------
    weights, hyperparameters : path
        Of the fold.
    transcripts : path
        The table of `transcripts.records`.
    path : str
        The parquet file.
    store_path : str, optional
        The zarr file of features per nucleotide; without it they are not kept.
    facts : mapping
        Provenance; ``architecture`` names the class of the model.
    options : mapping
        The fields of `EmbedOptions` but ``per_symbol``, which `store_path` decides; and ``compat``
        of the model.
    """
    model, made = open_network(
        FoldFiles(weights, hyperparameters), facts["architecture"], None, inference, threads,
        options.get("compat"),
    )  # fmt: skip
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in options.items()
        if name != "compat"
    }
    embedder = Embedder(model, EmbedOptions(**fields, per_symbol=store_path is not None))

    def frames() -> Iterator[pl.DataFrame]:
        return read_frames(transcripts, list(NEEDED), CHUNK_ROWS)

    write_embeddings(
        TableEmbedder(embedder, frames), count_rows(transcripts), path, store_path,
        {**made, **facts, "options": dict(options), "threads": threads},
    )  # fmt: skip


def write_embeddings(
    table: TableEmbedder, rows: int, path: str | Path, store_path: str | Path | None,
    facts: Mapping[str, Any],
) -> None:  # fmt: skip
    """Embed a table and write what comes, in bounded memory; each file appears whole or not at all.

    Parameters
    ----------
    table : TableEmbedder
    rows : int
        Of the table, for the progress.
    path : path
        The parquet file (`embedding_outcomes.columns`).
    store_path : path, optional
        The zarr file of features per nucleotide (`embedding_files`).
    facts : mapping
        Provenance; counts and costs are added to that of the table.
    """
    started = time.monotonic(), time.process_time()

    def provenance() -> dict[str, Any]:
        _report(table)
        return {
            **facts, "counts": dict(table.counts), "tokens": table.tokens,
            "nucleotides": table.nucleotides, "no_log_likelihood": _why_no_likelihood(table),
            "wall_s": round(time.monotonic() - started[0], 3),
            "cpu_s": round(time.process_time() - started[1], 3),
        }  # fmt: skip

    with ExitStack() as stack:
        keep = None
        if store_path is not None:
            keep = stack.enter_context(_store(table, store_path, facts))
        chunks = table(keep, progress(rows, "sequence"))
        write_chunks(chunks, columns(table.embedder.model.width), path, provenance)


@contextmanager
def _store(
    table: TableEmbedder, path: str | Path, facts: Mapping[str, Any]
) -> Iterator[Callable[[Embedded, np.ndarray], None]]:
    """A store of the table's features, and what takes each result into it."""
    ids, start_nt, lengths_nt = [], [], []
    for name, extent in table.extents():
        ids.append(name)
        start_nt.append(extent.start_nt)
        lengths_nt.append(extent.length_nt)
    embedder = table.embedder
    width = embedder.model.width
    widths: dict[str, int | None] = {FEATURES: width}
    widths |= {f"layer_{layer}": width for layer in embedder.options.layers}
    if embedder.likelihood:
        widths[LOG_LIKELIHOOD] = None
    with create_embedding_store(path, ids, start_nt, lengths_nt, widths, facts) as writer:

        def keep(found: Embedded, nucleotide: np.ndarray) -> None:
            values = {f"layer_{layer}": states for layer, states in found.layers.items()}
            if found.features is not None:
                values[FEATURES] = found.features
            if found.token_log_likelihood is not None:
                values[LOG_LIKELIHOOD] = found.token_log_likelihood
            writer.append({name: rows[nucleotide] for name, rows in values.items()} or None)

        yield keep


def _why_no_likelihood(table: TableEmbedder) -> str | None:
    """Why a table has no log-likelihoods; None where it has."""
    if table.embedder.likelihood:
        return None
    return NO_LIKELIHOOD if table.embedder.options.log_likelihood else "not asked for"


def _report(table: TableEmbedder) -> None:
    """Say in the log how many sequences were not embedded (warnings), or have a flag."""
    statuses = STATUSES.keys() | records.STATUSES.keys()
    total = sum(n for name, n in table.counts.items() if name in statuses)
    logger.info(
        "%d sequences, %d embedded, %d tokens", total, table.counts["embedded"], table.tokens
    )
    if not total:
        logger.warning("there are no sequences")
    for name, n in sorted(table.counts.items()):
        if name != "embedded":
            level = logging.WARNING if name in statuses else logging.INFO
            logger.log(level, "%d of %d sequences %s: %s", n, total, name, MEANINGS.get(name, "?"))
