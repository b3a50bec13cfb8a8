"""Python API: score variants, predict coverage, embed mRNAs and classify reads from paths.

Each takes files where the functions behind it take objects; those are `inference.predict_coverage`
and `variant_effects.score_variants`.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.genome.annotation import Annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.haplotypes import add_haplotypes
from seqcast.genome.intervals import parse_region
from seqcast.genome.polya_sites import with_polya_sites
from seqcast.genome.tracks import Tracks
from seqcast.genome.user_files import opened
from seqcast.genome.variants import check_variants, guard_build, read_variants
from seqcast.models.interface import (
    CoverageModel,
    EmbeddingModel,
    PropertyModel,
    ReadModel,
    load_model,
)
from seqcast.models.shipped import load_shipped
from seqcast.predict import inference
from seqcast.predict.embeddings.embed_options import EmbedOptions, checked_options
from seqcast.predict.embeddings.embedding_outcomes import columns
from seqcast.predict.embeddings.embedding_tables import TableEmbedder, check_embeds
from seqcast.predict.embeddings.engine import Embedder
from seqcast.predict.maps.map_region import GeneMap, map_regions
from seqcast.predict.properties.designs import check_predicts, predict_designs
from seqcast.predict.reads.classification import Classifier, ReadOptions
from seqcast.predict.variants import variant_effects
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.score_tables import ScoreTables
from seqcast.reads.open import open_reads
from seqcast.reads.records import CHUNK_READS, Read, in_chunks, length_nt
from seqcast.transcripts.given import read_sequences
from seqcast.transcripts.listed import Cds, listed, listed_sequences
from seqcast.transcripts.records import table_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "classify_reads", "embed_sequences", "load_model", "load_shipped", "map_effects",
    "predict_coverage", "predict_property", "score_variants",
]  # fmt: skip


def predict_coverage(
    model: CoverageModel,
    genome: str | Path | Genome,
    windows: list[tuple[str, int]],
    tracks: str | Path | Tracks,
    batch_size: int = 1,
    workers: int = 0,
    **options: Any,
) -> np.ndarray:
    """Predict coverage of genomic windows, on the original (inverse-transformed) scale.

    Parameters
    ----------
    model : CoverageModel
        As `load_model` returns it.
    genome : path or Genome
        FASTA, plain or bgzip.
    windows : list of (contig, start)
        0-based first base of each window, of the model's length.
    tracks : path or Tracks
        Targets table.
    **options
        Fields of `ScoreOptions`: reverse_complement, shifts_bp, unclip, unscale, old_transform.

    Returns
    -------
    ndarray, shape=(windows, tracks, bins), float32
    """
    tracks = tracks if isinstance(tracks, Tracks) else Tracks.read(tracks)
    genome = genome if isinstance(genome, Genome) else Genome(genome)
    wanted = ScoreOptions(**options)
    inference.check_fit(model, tracks)
    predictions = inference.predict_coverage(
        model, genome, windows, tracks, wanted.reverse_complement, wanted.shifts_bp,
        batch_size, workers,
    )  # fmt: skip
    return np.stack([wanted.untransform(tracks, y).float().cpu().numpy() for y in predictions])


def score_variants(
    model: CoverageModel,
    variants: str | Path | pl.DataFrame,
    genome: str | Path | Genome,
    annotation: str | Path | Annotation,
    tracks: str | Path | Tracks,
    on_ref_mismatch: str = "exclude",
    batch_size: int = 1,
    workers: int = 0,
    polya_sites: str | Path | None = None,
    haplotype_span_bp: int | None = None,
    **options: Any,
) -> ScoreTables:
    """Score the variants of a VCF against the genes and the window around them.

    Parameters
    ----------
    model : CoverageModel
        As `load_model` returns it.
    variants : path or DataFrame
        VCF or BCF, or variants as `variants.check_variants` returns them.
    genome : path or Genome
        FASTA, plain or bgzip.
    annotation : path or Annotation
        GTF, GFF3, or parquet of `Annotation.write`.
    tracks : path or Tracks
        Targets table; a subset of its rows scores those tracks.
    on_ref_mismatch : {"exclude", "error", "swap"}
        See `variants.check_variants`.
    polya_sites : path, optional
        BED of poly(A) sites (`polya_sites.read_sites`), for the gene scores COVR and SCOVR.
    haplotype_span_bp : int, optional
        Of a file, score phased haplotypes too (`haplotypes.add_haplotypes`). Default: none.
    **options
        Fields of `ScoreOptions`: compat, reverse_complement, shifts_bp, span, unclip ...

    Returns
    -------
    ScoreTables
        ``gene``: one row per ALT and gene. ``window``: one row per ALT. Every ALT of the file is
        there with its status. Signed scores are ALT minus REF.

    Raises
    ------
    InputError
        If a file or an option is wrong, or the VCF seems to be of another genome build.
    """
    tracks = tracks if isinstance(tracks, Tracks) else Tracks.read(tracks)
    genome, annotation = opened(genome, annotation)
    if polya_sites is not None:
        annotation = with_polya_sites(annotation, polya_sites, genome)
    if not isinstance(variants, pl.DataFrame):
        path, variants = variants, check_variants(read_variants(variants), genome, on_ref_mismatch)
        guard_build(variants)
        if haplotype_span_bp is not None:
            variants = add_haplotypes(variants, path, genome, haplotype_span_bp)
    return variant_effects.score_variants(
        model, variants, genome, annotation, tracks, ScoreOptions(**options),
        batch_size=batch_size, workers=workers,
    )  # fmt: skip


class RegionMap(GeneMap):
    """A mutagenesis map that draws itself; `tidy` and `bases` are its tables."""

    def plot(self, annotation: str | Path | None = None) -> "Figure":
        """Draw the map in the direction of its gene (`report.figures.maps.plot_map`).

        Parameters
        ----------
        annotation : path, optional
            GTF or GFF3, to draw the coding parts of exons higher.
        """
        from seqcast.report.figures.map_views import MapView, coding_parts  # matplotlib
        from seqcast.report.figures.maps import plot_map

        coding = coding_parts(annotation, [self.gene]) if annotation and self.gene else {}
        return plot_map(
            MapView(
                self.bases(), self.gene, coding.get(self.gene_id or "", ()),
                self.coverage if self.gene else None, self.coverage_start, self.bin_size_bp,
                self.score,
            )
        )  # fmt: skip

    def save(self, path: str | Path, annotation: str | Path | None = None) -> None:
        """Write what `plot` draws as PNG or SVG, by suffix."""
        from seqcast.report.figures.style import save

        save(self.plot(annotation), path)


def map_effects(
    model: CoverageModel | Sequence[CoverageModel],
    region: str | tuple[str, int, int],
    genome: str | Path | Genome,
    annotation: str | Path | Annotation,
    tracks: str | Path | Tracks,
    gene: str | None = None,
    tracks_like: str | None = None,
    score: str = "logSED",
    deletions: bool = False,
    batch_size: int = 1,
    workers: int = 0,
    **options: Any,
) -> RegionMap:
    """Mutagenesis map: what replacing each base of a region does to a gene.

    Parameters
    ----------
    model : CoverageModel or sequence of CoverageModel
        As `load_model` returns it; several are folds, whose mean and spread count.
    region : str, or (str, int, int)
        "chr1:1,001-1,500", 1-based and inclusive; or contig, start and end, 0-based half-open.
    genome : path or Genome
    annotation : path or Annotation
    tracks : path or Tracks
        As of `score_variants`, as are `batch_size` and `workers`.
    gene, tracks_like, score : str, optional
    deletions : bool
        See `map_region.map_regions`.
    **options
        Fields of `ScoreOptions`; windows are shared by default.

    Returns
    -------
    RegionMap
        ``tidy()`` is a table of variants, ``bases()`` one of bases, ``plot()`` the figure.

    Raises
    ------
    InputError
        If a file or an option is wrong, or the region is on no contig of the genome.
    """
    tracks = tracks if isinstance(tracks, Tracks) else Tracks.read(tracks)
    genome, annotation = opened(genome, annotation)
    folds = list(model) if isinstance(model, Sequence) else [model]
    place = parse_region(region) if isinstance(region, str) else region
    (found,) = map_regions(
        folds, genome, annotation, tracks, [place], gene, tracks_like, score, deletions,
        batch_size, workers, options,
    )  # fmt: skip
    return RegionMap(**found)


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
    frames = [pl.DataFrame(schema=columns(model.width))]
    if isinstance(sequences, str | Path):
        if not (cds is None or isinstance(cds, str)):
            raise InputError("cds is a list, and sequences are a file; give its CDS in columns")
        table = read_sequences(sequences, cds or "")
    elif not (texts := listed(sequences, "sequences", "a path, or a list of texts")):
        return frames[0]
    else:
        table = listed_sequences(texts, cds)
    return pl.concat([*frames, *TableEmbedder(embedder, lambda: [table])()])


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
    if not isinstance(sequences, str | Path):
        texts = listed(sequences, "sequences", "a path, or a list of texts")
        table = listed_sequences(texts, cds) if texts else table_of([])
    elif cds is None or isinstance(cds, str):
        table = read_sequences(sequences, cds or "")
    else:
        raise InputError("cds is a list, and sequences are a file; give its CDS in columns")
    return predict_designs(model, table)


def _checked(number: int, sequence: str) -> str:
    if not isinstance(sequence, str) or not re.fullmatch(r"[A-Za-z*.-]*", sequence):
        raise InputError(
            f"reads[{number}] is {sequence!r:.60}; expected the bases of a read as text, without "
            "blanks or line ends"
        )
    return sequence
