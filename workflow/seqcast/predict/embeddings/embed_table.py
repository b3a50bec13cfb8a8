"""Embed the sequences of a table of transcripts with one fold of a model."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from seqcast.core.store import count_rows, read_frames
from seqcast.predict.embeddings.embed_options import EmbedOptions
from seqcast.predict.embeddings.embedding_tables import CHUNK_ROWS, NEEDED, TableEmbedder
from seqcast.predict.embeddings.engine import Embedder
from seqcast.predict.embeddings.writing import write_embeddings
from seqcast.predict.fold_model import FoldFiles, open_network


def embed_dataset(
    weights: str, hyperparameters: str, transcripts: str, path: str, store_path: str | None,
    facts: Mapping[str, Any], options: Mapping[str, Any], inference: Mapping[str, Any],
    threads: int,
) -> None:  # fmt: skip
    """Write one row a sequence, in input order (`embedding_outcomes.columns`).

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
