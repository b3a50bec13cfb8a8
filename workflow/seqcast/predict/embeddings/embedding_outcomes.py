"""Words of a table of embeddings: its columns, statuses and flags, and what they mean."""

from typing import Any

import polars as pl

from seqcast.transcripts import records

REGIONS = ("utr5", "cds", "utr3")
# In addition to those of the table of transcripts, which rows without valid sequence keep.
STATUSES = {
    "embedded": "the sequence has an embedding",
    "no_sequence": records.STATUSES["no_sequence"],
    "too_long": "more tokens than the model takes; the option too_long says what else can be done",
    "prediction_not_finite": "the model gives no number here: check its weights",
}
FLAGS = {
    "truncated": "longer than the model takes: one end was left out",
    "windowed": "longer than the model takes: embedded in windows that overlap",
}
MEANINGS = {**records.STATUSES, **records.FLAGS, **STATUSES, **FLAGS}


def columns(width: int) -> dict[str, Any]:
    """Columns of a table of embeddings and their types, for a model of `width` features.

    ``tokens`` are those embedded, codon-start tokens included and without the end token. A vector
    is null if there is none: the sequence is not embedded, the region unknown or empty, the pooling
    not asked for. ``problem`` is that of the table of transcripts: the character and its place, or
    what dropped the CDS. ``log_likelihood`` is in nats, over ``log_likelihood_tokens``:
    all tokens but the first and N, that is known bases and codon-start tokens.
    """
    vector = pl.Array(pl.Float32, width)
    return {
        "row": pl.Int64, "id": pl.String, "gene_id": pl.String, "length_nt": pl.Int64,
        "tokens": pl.Int64, "status": pl.String, "flags": pl.String, "problem": pl.String,
        "embedding_mean": vector, "embedding_last": vector,
        **{f"embedding_mean_{region}": vector for region in REGIONS},
        "log_likelihood": pl.Float64, "log_likelihood_tokens": pl.Int64,
        "log_likelihood_per_token": pl.Float64,
    }  # fmt: skip
