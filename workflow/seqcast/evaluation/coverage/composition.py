"""What length and GC content of genes alone tell of them: the baseline of benchmarks of genes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from seqcast.evaluation.coverage.saluki import FEWEST_GENES, PARTS
from seqcast.genome.annotation import read_annotation
from seqcast.genome.fasta import Genome, fetch_by_blocks

LENGTH_GC = "length_gc"  # the method
PENALTIES = (0.1, 1.0, 10.0)  # of the ridge, chosen in training data


def gene_composition(
    genome: str | Path, annotation: str | Path, genes: Sequence[str]
) -> pl.DataFrame:
    """Length and GC content of the exons of genes.

    Parameters
    ----------
    genome : path
        FASTA with an index.
    annotation : path
        As of `Annotation.write`.
    genes : sequence of str
        Their ids, each once.

    Returns
    -------
    DataFrame
        gene_id, log2_exon_bp, gc (fraction of A, C, G and T): one row per gene that the annotation
        has under this id, in its order.
    """
    wanted, rows = set(genes), []
    with Genome(genome) as opened:
        fetch = fetch_by_blocks(opened)
        for gene in read_annotation(annotation).genes:
            if gene.gene_id in wanted:
                bases = "".join(fetch(gene.chrom, *exon) for exon in gene.exons)
                counts = {base: bases.count(base) for base in "ACGT"}
                known = max(1, sum(counts.values()))
                share = (counts["G"] + counts["C"]) / known
                rows.append((gene.gene_id, float(np.log2(len(bases))), share))
                wanted.discard(gene.gene_id)
    schema = {"gene_id": pl.String, "log2_exon_bp": pl.Float64, "gc": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def predict_from_composition(
    composition: pl.DataFrame, genes: Sequence[str], truth: pl.Series,
    groups: Mapping[str, str],
) -> pl.Series:  # fmt: skip
    """Predict a measurement of genes from their composition, by ridge regression out of fold.

    Parameters
    ----------
    composition : DataFrame
        As of `gene_composition`.
    genes : sequence of str
        Id of each row; several rows may be of one gene.
    truth : Series of float
        Measurement of each row, null if it has none.
    groups : mapping
        Gene to the group that is not parted, see `neighbour_groups`.

    Returns
    -------
    Series of float
        Null for rows without a measurement or composition; for all where fewer than `FEWEST_GENES`
        rows or two groups remain.
    """
    columns = [name for name in composition.columns if name != "gene_id"]
    rows = pl.DataFrame({"gene_id": list(genes)}).join(
        composition, on="gene_id", how="left", maintain_order="left"
    )
    features, measured = rows.select(columns).to_numpy(), truth.cast(pl.Float64).to_numpy()
    used = np.flatnonzero(np.isfinite(measured) & np.isfinite(features).all(axis=1))
    of_rows = np.array([groups[gene] for gene in genes])[used]
    found = np.full(len(measured), np.nan)
    parts = min(PARTS, len(set(of_rows.tolist())))
    if len(used) >= FEWEST_GENES and parts > 1:
        x, y = features[used], measured[used]
        for train, test in GroupKFold(parts).split(x, groups=of_rows):
            model = make_pipeline(StandardScaler(), RidgeCV(PENALTIES))
            found[used[test]] = model.fit(x[train], y[train]).predict(x[test])
    return pl.Series(found).fill_nan(None)
