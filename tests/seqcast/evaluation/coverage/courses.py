"""Genes of known decay rates over a time course, in files."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl

from seqcast.core.store import write_table, write_tsv
from seqcast.evaluation.coverage.gene_accuracy import GENES
from seqcast.evaluation.coverage.gene_matrices import GeneMatrix

TIMES_H = np.array([1, 2, 4, 8, 12, 24])
RATES = np.geomspace(0.1, 0.6, 40)  # per h


def write_course(folder: Path) -> SimpleNamespace:
    """Genes of known rates over a course; gene i decays at RATES[i], predicted 1.5 times faster."""
    names = np.array([f"G{i:02}" for i in range(len(RATES))])
    tracks = np.array([f"t{hours}h" for hours in TIMES_H])
    level = np.linspace(50, 500, len(RATES))
    paths = {}
    for name, factor in (("gene_preds", 1.5), ("gene_targets", 1.0)):
        values = level[:, None] * np.exp(-factor * RATES[:, None] * TIMES_H)
        paths[name] = str(folder / f"{name}.parquet")
        write_table(GeneMatrix(names, tracks, np.log2(1 + values)).table(), paths[name], {})
    genes = [(name, name, f"chr{i % 3}", "+", 1000, 0, 30, "valid") for i, name in enumerate(names)]
    genes.append(("lost", "lost", "chr1", "+", 1000, 0, 0, "outside_windows"))
    write_tsv(pl.DataFrame(genes, schema=GENES, orient="row"), folder / "genes.tsv")
    said = [f"RNA:ActD:cell {hours}h" for hours in TIMES_H]
    table = pl.DataFrame({"identifier": tracks.tolist(), "description": said})
    write_tsv(table, folder / "tracks.tsv")
    write_tsv(table.with_columns(scale=pl.lit("1")), folder / "targets.tsv")
    tables = {name: str(folder / f"{name}.tsv") for name in ("genes", "tracks", "targets")}
    return SimpleNamespace(**paths, **tables)
