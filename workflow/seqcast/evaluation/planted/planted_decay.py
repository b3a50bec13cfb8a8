"""Decay rates of genes, fitted to coverage over the time after transcription stopped.

The fit: the coverage of a gene's exons is summed (c_T) at each ActD time T, and the rate is minus
the ordinary least-squares slope of ln(1 + c_T) over T. The 1 is the pseudocount of logSED; c_T is
in the unit of the scores, coverage times the scale of the first time's track: other scales of later
times would count as decay. For genes whose mRNA is gone by the last times the fitted rate is below
the true one, whatever the model: the rate fitted in the same way to the expected coverage says how
far any model can come.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.evaluation.planted.planted_tables import PSEUDOCOUNT
from seqcast.evaluation.planted.readouts import slope_weights, time_course
from seqcast.genome.annotation import Annotation, Gene
from seqcast.predict.coverage.coverage_files import Coverage
from seqcast.simulate.assays import ASSAYS
from seqcast.simulate.expected import exonic_coverage
from seqcast.simulate.genome import SimulatedGenome

COMPARED = "compared"
STATUSES = {
    COMPARED: "all exons lie in predicted windows",
    "outside_windows": "exons reach beyond the predicted windows",
    "not_in_annotation": "not among the genes of the annotation",
    "no_truth": "not among the simulated genes",
}
FOLD_RATE = "predicted_rate_per_h_fold"
AGREES = 1e-5  # of rates in genes.tsv, which has six decimals


class Piece(NamedTuple):
    """The part ``[low, high)`` of a window that it alone gives values to."""

    window: int
    chrom: str
    start: int
    low: int
    high: int


def fitted_rates(sums: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """Decay rates in 1/h.

    Parameters
    ----------
    sums : ndarray, shape=(genes, times)
        Exonic coverage in the scores' unit; at least 0.
    hours : ndarray, shape=(times,)

    Returns
    -------
    ndarray, shape=(genes,)
    """
    rates: np.ndarray = -np.log(PSEUDOCOUNT + np.maximum(sums, 0)) @ slope_weights(hours)
    return rates


def exonic_sums(
    coverage: Coverage, genes: Sequence[Gene], names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Predicted coverage summed over exons, on the gene's strand.

    Parameters
    ----------
    coverage : Coverage
        Of windows; a window gives what those that start before it do not.
    genes : sequence of Gene
    names : sequence of str
        Tracks without strand: ``<name>+`` and ``<name>-`` must be there.

    Returns
    -------
    sums : ndarray, shape=(genes, names), float64
        A bin that an exon covers in part counts with that share.
    covered_bp : ndarray of int, shape=(genes,)
        Bases of the exons that lie in windows.

    Raises
    ------
    InputError
        If a track is missing.
    """
    place = {name: i for i, name in enumerate(coverage.tracks["identifier"])}
    if missing := [n + s for n in names for s in "+-" if n + s not in place]:
        raise InputError(
            f"the coverage has no tracks {missing[:4]}; expected both strands of the ActD time "
            "course of the simulated genome. Predict with a model of the simulated tracks."
        )
    rows = {strand: [place[name + strand] for name in names] for strand in "+-"}
    sums, covered_bp = np.zeros((len(genes), len(names))), np.zeros(len(genes), int)
    for piece, length_bp in _pieces(coverage.windows):
        here = [
            (i, start, end)
            for i, gene in enumerate(genes)
            if gene.chrom == piece.chrom and gene.start < piece.high and piece.low < gene.end
            for start, end in gene.exons
            if start < piece.high and piece.low < end
        ]
        if not here:
            continue
        values = np.asarray(coverage.values[piece.window], dtype=np.float64)
        size_bp = length_bp // values.shape[1]
        for i, start, end in here:
            low, high = max(start, piece.low), min(end, piece.high)
            bins = slice((low - piece.start) // size_bp, (high - 1 - piece.start) // size_bp + 1)
            edges = piece.start + size_bp * np.arange(bins.start, bins.stop + 1)
            share = np.diff(edges.clip(low, high)) / size_bp
            sums[i] += values[rows[genes[i].strand], bins] @ share
            covered_bp[i] += high - low
    return sums, covered_bp


def compare_genes(
    truth: pl.DataFrame, annotation: Annotation, coverage: Coverage, folds: Sequence[Coverage],
    expected: pl.DataFrame, factors: np.ndarray, held_out: Collection[str],
) -> pl.DataFrame:  # fmt: skip
    """True and fitted decay rates of the genes of held-out contigs.

    Parameters
    ----------
    truth : DataFrame
        ``genes.tsv`` of the simulated genome.
    annotation : Annotation
    coverage : Coverage
        Of the ensemble.
    folds : sequence of Coverage
        Of each fold, named by ``fold`` of its provenance, or else by its place; may be empty.
    expected : DataFrame
        See `expected_sums`.
    factors : ndarray, shape=(times,)
        See `planted_tables.track_factors`, of the ActD tracks in the order of their times.
    held_out : collection of str

    Returns
    -------
    DataFrame
        gene_id, chrom, strand, status (`STATUSES`), true_rate_per_h, expected_rate_per_h (fitted to
        the expected coverage), predicted_rate_per_h (fitted to that of the ensemble) and
        ``predicted_rate_per_h_fold<name>``; null where the status is not `COMPARED`.
    """
    names, hours = time_course()
    simulated = truth.filter(pl.col("chrom").is_in(list(held_out)))
    genes = [gene for gene in annotation.genes if gene.chrom in held_out]
    facts = [(gene.gene_id, gene.chrom, gene.strand) for gene in genes]
    table = pl.DataFrame(
        facts, schema=dict.fromkeys(("gene_id", "chrom", "strand"), pl.String), orient="row"
    )
    stores = [coverage, *folds]
    predicted = _predicted_rates(table["gene_id"], genes, stores, factors[0] / factors)
    table = pl.concat([table, simulated.select(table.columns)]).unique(
        "gene_id", keep="first", maintain_order=True
    )
    ceiling = fitted_rates(expected.select(names).to_numpy() * factors[0], hours)
    for other in (
        simulated.select("gene_id", true_rate_per_h="decay_rate_per_h"),
        expected.select("gene_id", expected_rate_per_h=pl.Series(ceiling)),
        predicted,
    ):
        table = table.join(other, on="gene_id", how="left", maintain_order="left")
    status = (
        pl.when(pl.col("complete").is_null()).then(pl.lit("not_in_annotation"))
        .when(pl.col("true_rate_per_h").is_null()).then(pl.lit("no_truth"))
        .when("complete").then(pl.lit(COMPARED)).otherwise(pl.lit("outside_windows"))
    )  # fmt: skip
    table = table.with_columns(status=status)
    rates = [name for name in table.columns if "rate_per_h" in name]
    compared = pl.col("status") == COMPARED
    return table.select(
        "gene_id", "chrom", "strand", "status", *(pl.when(compared).then(c) for c in rates)
    )


def _predicted_rates(
    gene_ids: pl.Series, genes: Sequence[Gene], stores: Sequence[Coverage], to_first: np.ndarray
) -> pl.DataFrame:
    """gene_id, ``complete`` (all exons lie in windows), and the rates of each store.

    `to_first` brings the coverage of each time to the scale of the first.
    """
    names, hours = time_course()
    exonic_bp = np.array([sum(end - start for start, end in gene.exons) for gene in genes], int)
    complete, rates = np.ones(len(genes), bool), {}
    for i, store in enumerate(stores):
        sums, covered_bp = exonic_sums(store, genes, names)
        name = store.provenance.get("fold", i - 1)
        column = f"{FOLD_RATE}{name}" if i else "predicted_rate_per_h"
        rates[column] = fitted_rates(sums * to_first, hours)
        complete &= covered_bp == exonic_bp
    return pl.DataFrame({"gene_id": gene_ids, "complete": complete, **rates})


def expected_sums(
    genome: SimulatedGenome, truth: pl.DataFrame, held_out: Collection[str]
) -> pl.DataFrame:
    """Expected coverage of exons in the ActD time course, without noise and without scale.

    Parameters
    ----------
    genome : SimulatedGenome
        Drawn again with the parameters and seed of the files.
    truth : DataFrame
        ``genes.tsv``, to check that the two are the same.
    held_out : collection of str

    Returns
    -------
    DataFrame
        gene_id and one column per ActD assay.

    Raises
    ------
    InputError
        If the files are of another seed or other parameters.
    """
    names, _ = time_course()
    at = [[assay.name for assay in ASSAYS].index(name) for name in names]
    rates = dict(truth.select("gene_id", "decay_rate_per_h").iter_rows())
    rows = []
    for placed in genome.genes:
        if placed.chrom not in held_out:
            continue
        rate = placed.truth.decay_rate_per_h
        if abs(rates.get(placed.gene_id, np.inf) - rate) > AGREES:
            raise InputError(
                f"gene {placed.gene_id} decays at {rate:.6f} per h with seed {genome.seed}, but "
                f"at {rates.get(placed.gene_id)} in the table of genes; expected the table of the "
                "same seed and species. Give those that the genome was simulated with."
            )
        sums = exonic_coverage(placed.gene, placed.truth, genome.parameters)[at]
        rows.append((placed.gene_id, *sums.tolist()))
    schema = {"gene_id": pl.String} | dict.fromkeys(names, pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _pieces(windows: pl.DataFrame) -> Iterator[tuple[Piece, int]]:
    """What each window contributes, by contig and start, none twice; and the window's length."""
    order = windows.with_row_index("window").sort("contig", "start", "window")
    chrom_before, reached = None, 0
    for window, chrom, start, end in order.select("window", "contig", "start", "end").iter_rows():
        low = max(start, reached) if chrom == chrom_before else start
        if low < end:
            yield Piece(window, chrom, start, low, end), end - start
            chrom_before, reached = chrom, end
