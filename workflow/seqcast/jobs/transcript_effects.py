"""Score a set of variants in transcripts with one fold of an embedding model."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from seqcast.embedding import EmbedOptions
from seqcast.embedding.options import HELICAL_POOLING
from seqcast.errors import InputError
from seqcast.genome import Genome
from seqcast.jobs.model import open_network
from seqcast.scoring.transcript_effects import of_alleles, score_transcript_variants
from seqcast.store import read_table

FIELDS = ("log_likelihood", "codon_marks", "batch_tokens", "too_long", "window_overlap_tokens")


def score_transcripts(
    files: Any, architecture: str, options: Mapping[str, Any], inference: Mapping[str, Any],
    threads: int,
) -> tuple[pl.DataFrame, dict[str, Any]]:  # fmt: skip
    """Score every row of a set of variants.

    Parameters
    ----------
    files : namespace
        Those of `open_network`, and ``variants`` (checked), ``transcripts``, ``genome``.
    options : mapping
        The section embeddings of the config; of it `FIELDS` and ``compat`` count.

    Returns
    -------
    table : DataFrame
        See `score_transcript_variants`.
    facts : dict
        What results say of the model.

    Raises
    ------
    InputError
        If compat is helical_pooling: what it makes of a sequence depends on which others are
        embedded with it, so that a difference of two means nothing.
    """
    compat = options.get("compat")
    if compat == HELICAL_POOLING:
        raise InputError(
            f"embeddings.compat is {HELICAL_POOLING}: it pools a sequence by the longest of its "
            "set, so that REF and ALT cannot be compared. Set it to null, or take the variants "
            "out of the table of datasets"
        )
    model, facts = open_network(files, architecture, None, inference, threads, compat)
    chosen = of_alleles(EmbedOptions(**{name: options[name] for name in FIELDS}))
    with Genome(files.genome) as genome:
        table = score_transcript_variants(
            model, read_table(files.variants), genome, read_table(files.transcripts),
            chosen,
        )  # fmt: skip
    used = {name: getattr(chosen, name) for name in FIELDS}
    return table, facts | {"options": {**used, "compat": compat}}
