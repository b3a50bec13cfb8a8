"""Scores of all baselines for the variants of a benchmark."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from seqcast.core.store import read_table
from seqcast.evaluation.variants.baselines.conservation import conservation
from seqcast.evaluation.variants.baselines.gene_places import end_distances, genes_of_edits
from seqcast.evaluation.variants.baselines.joined_tables import join_table
from seqcast.evaluation.variants.baselines.registry import (
    CONSERVATION,
    DISTANCE,
    GC_LENGTH,
    KMER,
    PAS,
    RANDOM,
    SALUKI,
    SCORE_TABLES,
    TSS,
    conservation_tracks,
    score_tables,
)
from seqcast.evaluation.variants.baselines.sequence_models import (
    composition_features,
    kmer_features,
    predicted_elsewhere,
)
from seqcast.evaluation.variants.discrimination import Scores, classes_of
from seqcast.evaluation.variants.labelled_variants import SCORED
from seqcast.evaluation.variants.method_scores import (
    distance_scores,
    random_scores,
    read_saluki,
)
from seqcast.genome.annotation import Annotation, read_annotation
from seqcast.genome.fasta import Genome, fetch_by_blocks

logger = logging.getLogger(__name__)

EDIT = {"contig": pl.String, "start": pl.Int64, "end": pl.Int64, "insert": pl.String}
Given = tuple[np.ndarray, np.ndarray]  # values and statuses of rows


class BaselineFiles(NamedTuple):
    """What baselines are computed from; what is not given leaves its baselines out.

    Attributes
    ----------
    genome : path, optional
        FASTA with its index.
    genes : path, optional
        As of `Annotation.write`.
    aliases : path, optional
        Other names of contigs.
    checked : sequence of path
        For each file of variants its table of `check_variants`.
    conservation, score_tables : sequence of path
        The files that those cells of the benchmark name, in order.
    saluki : sequence of sequence of path
        For each file of variants the ssd.tsv of each Saluki model.
    """

    genome: str | Path | None = None
    genes: str | Path | None = None
    aliases: str | Path | None = None
    checked: Sequence[str | Path] = ()
    conservation: Sequence[str | Path] = ()
    score_tables: Sequence[str | Path] = ()
    saluki: Sequence[Sequence[str | Path]] = ()


def score_baselines(
    labelled: pl.DataFrame, files: BaselineFiles, cells: Mapping[str, str], seed: int
) -> list[Scores]:
    """Scores of each baseline that has what it needs.

    Parameters
    ----------
    labelled : DataFrame
        See `labelled_variants.read_labelled`.
    files : BaselineFiles
    cells : mapping
        Of the benchmark: ``conservation``, ``score_tables``, and ``assembly``.
    seed : int
        Of random scores.

    Raises
    ------
    InputError
        If a file cannot be read.
    """
    found = []
    if files.saluki:
        found.append(
            _as_given(SALUKI, labelled, saluki_values(labelled, files.saluki), "not_in_scores")
        )
    if labelled["distance_bp"].count():
        found.append(_as_given(DISTANCE, labelled, distance_scores(labelled), "no_distance"))
    if files.genome is not None and files.genes is not None:
        edits = _edits(labelled, files.checked)
        with Genome(files.genome, files.aliases) as genome:
            annotation = read_annotation(files.genes)
            by_name = [*_of_genome(labelled, edits, genome, annotation),
                       *_of_files(edits, genome, files, cells)]  # fmt: skip
        found += [_checked(name, labelled, edits, *given) for name, given in by_name]
    random = random_scores(labelled, seed)
    return [*found, _as_given(RANDOM, labelled, random, "")]


def saluki_values(labelled: pl.DataFrame, files: Sequence[Sequence[str | Path]]) -> np.ndarray:
    """Scores of Saluki by ID, (rows,); NaN if there is none."""
    scores = saluki_scores(files)
    joined = labelled.join(scores, on="variant", how="left", maintain_order="left")
    return joined["score"].fill_null(np.nan).to_numpy()


def saluki_scores(files: Sequence[Sequence[str | Path]], original: bool = False) -> pl.DataFrame:
    """`read_saluki` of all files of variants."""
    found = pl.concat(read_saluki(paths, original) for paths in files)
    return found.group_by("variant", maintain_order=True).agg(pl.col("score").max())


def _edits(labelled: pl.DataFrame, checked: Sequence[str | Path]) -> pl.DataFrame:
    """Rows of labelled variants with their edit of the genome, and the status of its check."""
    tables = [
        read_table(path, ["row", "status", *EDIT]).with_columns(file=pl.lit(file, pl.Int64))
        for file, path in enumerate(checked)
    ]
    rows = labelled.select("file", "row", "pos", "ref", "alt", "gene")
    return rows.join(pl.concat(tables), on=["file", "row"], how="left", maintain_order="left")


def _of_genome(
    labelled: pl.DataFrame, edits: pl.DataFrame, genome: Genome, annotation: Annotation
) -> Iterator[tuple[str, Given]]:
    """Baselines that the genome and its genes are enough for."""
    genes, gene_status = genes_of_edits(edits, annotation)
    yield PAS, (-end_distances(edits, genes), gene_status)
    yield TSS, (-end_distances(edits, genes, end_5=True), gene_status)
    labels = np.where(labelled["usable"].to_numpy() == SCORED, classes_of(labelled), -1)
    contigs = edits["contig"].fill_null("").to_numpy()
    fetch = fetch_by_blocks(genome)
    for name, features in ((GC_LENGTH, composition_features), (KMER, kmer_features)):
        yield name, predicted_elsewhere(features(edits, genes, fetch), labels, contigs)


def _of_files(
    edits: pl.DataFrame, genome: Genome, files: BaselineFiles, cells: Mapping[str, str]
) -> Iterator[tuple[str, Given]]:
    """Baselines that users have files of."""
    tracks = conservation_tracks(cells.get(CONSERVATION))
    for track, path in zip(tracks, files.conservation, strict=True):
        yield track.name, conservation(track, path, edits, genome)
    tables = score_tables(cells.get(SCORE_TABLES))
    for table, path in zip(tables, files.score_tables, strict=True):
        joined = join_table(table, path, edits, genome.resolve, str(cells.get("assembly") or ""))
        yield table.name, (joined.values, joined.status)


def _as_given(name: str, labelled: pl.DataFrame, values: np.ndarray, lacking: str) -> Scores:
    """Scores of a baseline that needs no genome; what is not usable has none."""
    status = labelled["usable"].to_numpy().astype(object)
    status[(status == SCORED) & np.isnan(values)] = lacking
    return Scores(name, np.where(status == SCORED, values, np.nan), status, is_model=False)


def _checked(
    name: str, labelled: pl.DataFrame, edits: pl.DataFrame, values: np.ndarray, given: np.ndarray
) -> Scores:
    """Scores of a baseline that looks into the genome; the first reason against a row counts."""
    check = edits["status"].fill_null("not_in_scores").to_numpy().astype(object)
    usable = labelled["usable"].to_numpy().astype(object)
    status = np.where(check == "valid", given, check)
    status = np.where(usable == SCORED, status, usable)
    status[(status == SCORED) & np.isnan(values)] = "no_value"
    return Scores(name, np.where(status == SCORED, values, np.nan), status, is_model=False)
