"""Simulate the transcripts that `helix_tiny` learns from, of genomes that are not the demo's.

    python -m recipes.helix_tiny.simulate FOLDER

Writes FOLDER/train.parquet and FOLDER/validation.parquet: id, gene_id, sequence, cds_start,
cds_end, one transcript per gene, as datasets of kind mrna have them. No half-life is in them.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from seqcast.core.store import write_table
from seqcast.simulate import Parameters
from seqcast.simulate.genome import draw_genome
from seqcast.simulate.truth_tables import MRNA_COLUMNS, mrna_rows

logger = logging.getLogger(__name__)

DEMO_SEED = 1  # config: simulation, seed; no genome here may be the demo's
SETS = {"train": (100, 12000), "validation": (101, 200)}  # seed and genes


def simulate_mrnas(seed: int, n_genes: int) -> pl.DataFrame:
    """Transcripts of a genome, each gene's with the distal poly(A) site.

    Parameters
    ----------
    seed : int
        Of the genome; 0 or more, not the demo's.
    n_genes : int

    Returns
    -------
    DataFrame
        `MRNA_COLUMNS`.

    Raises
    ------
    ValueError
        If the genome is the demo's.
    """
    if seed == DEMO_SEED:
        raise ValueError(f"seed {seed} is that of the demo's genome, which tests the network")
    genome = draw_genome(Parameters(contigs=(("chrT", n_genes),)), seed)
    genes: dict[str, tuple] = {}
    for row in mrna_rows(genome):
        genes.setdefault(row[1], row)
    return pl.DataFrame(list(genes.values()), MRNA_COLUMNS, orient="row")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns
    -------
    int
        Exit status.
    """
    parser = argparse.ArgumentParser(
        prog="python -m recipes.helix_tiny.simulate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="gets the two tables")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for name, (seed, n_genes) in SETS.items():
        table = simulate_mrnas(seed, n_genes)
        write_table(table, options.folder / f"{name}.parquet", {"seed": seed})
        logger.info("%s: %d transcripts, %d nt", name, len(table),
                    table["sequence"].str.len_bytes().sum())  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
