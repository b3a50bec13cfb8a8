"""Score a set of variants in transcripts with one fold of an embedding model."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from seqcast.core.contents import contents_of
from seqcast.core.errors import InputError
from seqcast.core.store import read_table, write_table
from seqcast.core.unfinished import UnfinishedTables
from seqcast.genome.fasta import Genome
from seqcast.predict.embeddings.embed_options import HELICAL_POOLING, EmbedOptions
from seqcast.predict.fold_model import FoldFiles, open_network
from seqcast.predict.variants.transcript_effects import of_alleles, score_in_parts

TABLE = "scores"  # name of its parts
FIELDS = ("log_likelihood", "codon_marks", "batch_tokens", "too_long", "window_overlap_tokens")


class TranscriptFiles(NamedTuple):
    """Files that variants are scored from: a fold, checked variants, transcripts, their genome."""

    weights: str | Path
    hyperparameters: str | Path
    variants: str | Path
    transcripts: str | Path
    genome: str | Path


def score_transcripts(
    files: TranscriptFiles, output: str, facts: Mapping[str, Any], options: Mapping[str, Any],
    inference: Mapping[str, Any], threads: int,
) -> None:  # fmt: skip
    """Score every row of a set of variants; a job that was killed resumes (`unfinished`).

    Parameters
    ----------
    files : TranscriptFiles
    output : path
        The table of `transcript_effects`.
    facts : mapping
        Provenance; ``architecture`` names the class of the model.
    options : mapping
        The section embeddings of the config; of it `FIELDS` and ``compat`` count.

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
    fold = FoldFiles(files.weights, files.hyperparameters)
    model, made = open_network(fold, facts["architecture"], None, inference, threads, compat)
    chosen = of_alleles(EmbedOptions(**{name: options[name] for name in FIELDS}))
    used = {name: getattr(chosen, name) for name in FIELDS}
    facts = {**made, "options": {**used, "compat": compat}, **facts}
    identity = {"facts": facts, "files": contents_of(files._asdict())}
    kept = UnfinishedTables(output, [TABLE], identity)
    variants = read_table(files.variants)
    with Genome(files.genome) as genome:

        def score(start: int) -> Iterator[tuple[int, dict[str, pl.DataFrame]]]:
            for stop, table in score_in_parts(
                model, variants, genome, read_table(files.transcripts), chosen, start, kept.due
            ):
                yield stop, {TABLE: table}

        found = kept.complete(range(len(variants)), score)
    write_table(found[TABLE], output, facts)
    kept.remove()
