"""Python API of sequences themselves: reads, and mRNAs with their properties."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from seqcast.core.errors import InputError
from seqcast.models.interface import EmbeddingModel, PropertyModel, ReadModel
from seqcast.predict.embeddings.embed_options import EmbedOptions, checked_options
from seqcast.predict.embeddings.embedding_outcomes import columns
from seqcast.predict.embeddings.embedding_tables import TableEmbedder, check_embeds
from seqcast.predict.embeddings.engine import Embedder
from seqcast.predict.properties.designs import check_predicts, predict_designs
from seqcast.predict.reads.classification import Classifier, ReadOptions
from seqcast.reads.open import open_reads
from seqcast.reads.records import CHUNK_READS, Read, in_chunks, length_nt
from seqcast.transcripts.given import read_sequences
from seqcast.transcripts.listed import Cds, listed, listed_sequences
from seqcast.transcripts.records import table_of


def classify_reads(
    model: ReadModel | Sequence[ReadModel],
    reads: str | Path | Sequence[str],
    reads2: str | Path | None = None,
    reference: str | Path | None = None,
    interleaved: bool = False,
    **options: Any,
) -> pl.DataFrame:
    """Probability that each read is coding.

    The table is held in memory; the workflow's rule `classify_reads` writes it as it goes.

    Parameters
    ----------
    model : ReadModel or sequence of ReadModel
        As `load_model` returns it; several are folds, whose mean counts.
    reads : path, or sequence of str
        FASTQ, FASTA, BAM, CRAM or SAM ("-": standard input); or the sequences themselves, which
        are named read0, read1 ...
    reads2 : path, optional
        The second file of pairs.
    reference : path, optional
        FASTA that a CRAM file was written against.
    interleaved : bool
        Whether the one file holds pairs, mate 1 and mate 2 in turn.
    **options
        Fields of `ReadOptions`: threshold, both_strands, batch_nt. ``compat`` is the model's.

    Returns
    -------
    DataFrame
        One row per read, in order: read, mate, length_nt, p_coding, p_coding_sd, label, status,
        flags.

    Raises
    ------
    InputError
        If a file is damaged or an option is wrong. A read that cannot be scored is a row with its
        status.
    """
    folds = list(model) if isinstance(model, Sequence) else [model]
    classifier = Classifier(folds, ReadOptions(**options))
    empty = classifier([])
    if isinstance(reads, str | Path):
        with open_reads(reads, reads2, reference, interleaved=interleaved) as stream:
            return pl.concat([empty, *map(classifier, stream)])
    named = (Read(f"read{i}", 0, _checked(i, text), None, "") for i, text in enumerate(reads))
    return pl.concat([empty, *map(classifier, in_chunks(named, CHUNK_READS, length_nt))])


def embed_sequences(
    model: EmbeddingModel,
    sequences: str | Path | Sequence[str],
    cds: str | Sequence[Cds] | None = None,
    **options: Any,
) -> pl.DataFrame:
    """Features and log-likelihoods of mRNAs.

    The table is held in memory; the workflow's rule `embed_sequences` and the command ``seqcast
    embed`` write it as it goes, and features of each nucleotide next to it. `engine.embed_texts`
    gives those one sequence at a time.

    Parameters
    ----------
    model : EmbeddingModel
        As `load_model` returns it. With the compat "helical_pooling" vectors are pooled as that
        program does, its index errors included.
    sequences : path, or sequence of str
        FASTA, TSV, CSV or parquet (`transcripts.files.read_sequence_file`); or the sequences
        themselves (a list, array, column or iterator of text), which are named sequence0,
        sequence1 ... U and T, upper and lower case are the same.
    cds : "whole", "none", or sequence of (int, int), optional
        Where codons are to be marked and regions to be distinguished. "whole": each sequence is a
        CDS. "none": none has one. For sequences themselves, start and end of each in nt, 0-based
        half-open, stop codon included, or None. Default: the columns cds_start and cds_end of a
        file; or, in either case, codon-start tokens (E before each codon) that a sequence holds
        already.
    **options
        Fields of `EmbedOptions`: pooling, regions, too_long, codon_marks, log_likelihood,
        batch_tokens, window_overlap_tokens.

    Returns
    -------
    DataFrame
        One row per sequence, in order (`embedding_outcomes.columns`). As numpy, of the embedded
        ones: ``table["embedding_mean"].drop_nulls().to_numpy()``, shape (sequences, width).

    Raises
    ------
    InputError
        If the model is of another task, the file or an option is wrong, or no sequence can be used.
        Of several, one that cannot be embedded is a row with its status.
    """
    check_embeds(model)
    embedder = Embedder(model, EmbedOptions(**checked_options(options)))
    nothing, table = pl.DataFrame(schema=columns(model.width)), _given(sequences, cds)
    if table.is_empty():
        return nothing
    return pl.concat([nothing, *TableEmbedder(embedder, lambda: [table])()])


def predict_property(
    model: PropertyModel,
    sequences: str | Path | Sequence[str],
    cds: str | Sequence[Cds] | None = None,
) -> pl.DataFrame:
    """Labels of new mRNAs, by a model fine-tuned on labels.

    Parameters
    ----------
    model : PropertyModel
        As ``load_model("mrna_property", ...)`` returns it.
    sequences, cds : path or sequence, optional
        As of `embed_sequences`. Where the model learned from marked codons, it needs them here.

    Returns
    -------
    DataFrame
        One row per sequence, in order (`properties.designs.predict_designs`), named by the labels
        or classes of the training.

    Raises
    ------
    InputError
        If the model is of another task, the file or `cds` is wrong, or no sequence can be used.
        Of several, one that cannot be predicted is a row with its status.
    """
    check_predicts(model)
    return predict_designs(model, _given(sequences, cds))


def _given(sequences: str | Path | Sequence[str], cds: str | Sequence[Cds] | None) -> pl.DataFrame:
    """Sequences of a file or a list, which may be empty."""
    if not isinstance(sequences, str | Path):
        texts = listed(sequences, "sequences", "a path, or a list of texts")
        return listed_sequences(texts, cds) if texts else table_of([])
    if cds is None or isinstance(cds, str):
        return read_sequences(sequences, cds or "")
    raise InputError("cds is a list, and sequences are a file; give its CDS in columns")


def _checked(number: int, sequence: str) -> str:
    if not isinstance(sequence, str) or not re.fullmatch(r"[A-Za-z*.-]*", sequence):
        raise InputError(
            f"reads[{number}] is {sequence!r:.60}; expected the bases of a read as text, without "
            "blanks or line ends"
        )
    return sequence
