"""Tables of genes as Borzuki's notebooks read them, those of borzoi_test_genes.py.

calico/borzoi-paper at ec33b15, extensions/borzuki: ``acc.txt``, ``gene_preds.tsv``,
``gene_targets.tsv``, ``genes.bed`` and (of calc_hl_spec) ``acc_hl.txt``.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import read_tsv, write_tsv
from seqcast.core.text_files import read_cells
from seqcast.evaluation.coverage.gene_matrices import (
    GeneMatrix,
    check_same_axes,
    explained_variance,
    track_deviations,
)
from seqcast.evaluation.metrics.correlations import pearson
from seqcast.genome.annotation import read_annotation
from seqcast.predict.variants.ranking import select_tracks

INDEX = ""  # name of the first column, as pandas writes it
HALF_LIVES = ["identifier", "group_identifier", "pearsonr_norm", "spearmanr_norm", "r2_norm",
              "description"]  # fmt: skip


class NotebookInputs(NamedTuple):
    """What a test of a fold wrote (`AccuracyFiles`), and what it was tested with.

    Attributes
    ----------
    tracks, gene_preds, gene_targets : path
    half_lives : path
        TSV of `half_life_accuracy`.
    annotation : path
        The genes.
    targets : path
        The model's table of tracks.
    """

    tracks: str | Path
    gene_preds: str | Path
    gene_targets: str | Path
    half_lives: str | Path
    annotation: str | Path
    targets: str | Path


class NotebookTables(NamedTuple):
    """Files of a folder ``testg-0``."""

    acc: str | Path
    acc_hl: str | Path
    gene_preds: str | Path
    gene_targets: str | Path
    genes: str | Path


def write_notebook_tables(
    files: NotebookInputs, outputs: NotebookTables, tracks_like: str, compat: str | None
) -> None:
    """Write what the notebooks read of a fold, of the tracks that match a pattern.

    Parameters
    ----------
    files : NotebookInputs
    outputs : NotebookTables
    tracks_like : str
        Regular expression on descriptions: the tracks that the original was called with. The
        normalised correlations are over these alone.
    compat : str or None
        "borzuki": deviations in float32, as the original.

    Raises
    ------
    InputError
        If no track matches, or the tables are not of one evaluation.
    """
    guess, truth = GeneMatrix.read(files.gene_preds), GeneMatrix.read(files.gene_targets)
    table = accuracy_table(guess, truth, files, tracks_like, compat)
    wanted = table["identifier"].to_list()
    write_tsv(table, outputs.acc)
    half_lives = read_tsv(files.half_lives).filter(
        pl.col("identifier").is_in(wanted) & (pl.col("pearsonr_norm") != "")
    )
    write_tsv(half_lives.select(HALF_LIVES).with_row_index(INDEX), outputs.acc_hl)
    for matrix, output in ((guess, outputs.gene_preds), (truth, outputs.gene_targets)):
        write_tsv(matrix.table().select(pl.col("gene_id").alias(INDEX), *wanted), output)
    write_tsv(exon_table(files.annotation), outputs.genes, header=False)


def accuracy_table(
    guess: GeneMatrix, truth: GeneMatrix, files: NotebookInputs, tracks_like: str,
    compat: str | None,
) -> pl.DataFrame:  # fmt: skip
    """``acc.txt``: agreement of predicted and measured genes in some tracks.

    Parameters
    ----------
    guess, truth : GeneMatrix
    files : NotebookInputs
        Of which ``tracks`` and ``targets`` are read.
    tracks_like : str
    compat : str or None
        See `write_notebook_tables`.

    Returns
    -------
    DataFrame
        Row of the track in the targets table, identifier, pearsonr, r2, pearsonr_norm, r2_norm,
        pearsonr_gene, description; NaN where a number is not defined.
    """
    tracks = read_tsv(files.tracks, {"within_gene_pearsonr": pl.Float64})
    check_same_axes(guess, truth)
    known = tracks.filter(pl.col("identifier").is_in(truth.identifiers.tolist()))
    selected = known[select_tracks(known, tracks_like)]
    names = selected["identifier"].to_list()
    values, measured = guess.columns(names), truth.columns(names)
    normal = [track_deviations(matrix, compat is not None) for matrix in (values, measured)]
    scores = {
        "pearsonr": pearson(values, measured),
        "r2": explained_variance(measured, values),
        "pearsonr_norm": pearson(*normal),
        "r2_norm": explained_variance(normal[1], normal[0]),
        "pearsonr_gene": selected["within_gene_pearsonr"].fill_null(np.nan).to_numpy(),
    }
    return pl.DataFrame(
        {
            INDEX: _rows_of(names, files.targets),
            "identifier": names,
            **scores,
            "description": selected["description"],
        }
    )


def exon_table(annotation: str | Path) -> pl.DataFrame:
    """``genes.bed``: exons of genes, each base once (chrom, start, end, gene_id, ".", strand)."""
    return pl.DataFrame(
        [
            (gene.chrom, start, end, gene.gene_id, ".", gene.strand)
            for gene in read_annotation(annotation).genes
            for start, end in gene.exons
        ],
        schema=["chrom", "start", "end", "gene_id", "score", "strand"], orient="row",
    )  # fmt: skip


def select_targets(path: str | Path, output: str | Path, tracks_like: str) -> None:
    """Copy the rows of a targets table whose description matches (of "" all), as they are.

    Raises
    ------
    InputError
        If it has no column ``description``, or none matches.
    """
    table = read_cells(path, "the model's targets table", columns=["description"])
    described = table.with_columns(pl.col("description").fill_null(""))
    write_tsv(table[select_tracks(described, tracks_like or None)], output)


def _rows_of(names: list[str], targets: str | Path) -> list[int]:
    """Number of each track in a targets table."""
    table = read_cells(targets, "a targets table").fill_null("")
    place = {name: i for i, name in enumerate(table["identifier"])}
    if lost := [name for name in names if name not in place]:
        raise InputError(
            f"{targets} lacks the track {lost[0]}; expected the targets table of the evaluated "
            "model"
        )
    return [place[name] for name in names]
