"""What an experiment would measure: half-lives of transcripts, with noise.

The parts train, validation and test hold whole genes: those of the last contig are the test, and
the last genes of each other contig the validation.
"""

from math import log

import numpy as np
import polars as pl

from seqcast.simulate.genome import PlacedGene, SimulatedGenome
from seqcast.simulate.gtf import transcript_id
from seqcast.simulate.parameters import Parameters

PARTS = ("train", "validation", "test")
SOURCE = "simulation: the true half-lives against the measured ones"


def half_life_table(genome: SimulatedGenome) -> pl.DataFrame:
    """Return one row per gene, of its canonical transcript: that with the distal poly(A) site.

    Columns: transcript_id, half_life_h and log_half_life (the truth: ln 2 over the transcript's own
    decay rate, and its ln in ln h), measured_log_half_life (with noise), split (train, validation
    or test). The noise of a gene has a generator of its own, as its sequence has.
    """
    parts = gene_parts(genome.parameters)
    rows = []
    for placed in genome.genes:
        half_life_h = log(2) / placed.truth.decay_rates_per_h[0]
        rows.append(
            {
                "transcript_id": transcript_id(placed, 0),
                "half_life_h": half_life_h,
                "log_half_life": log(half_life_h),
                "measured_log_half_life": log(half_life_h) + _noise(genome, placed),
                "split": parts[placed.number],
            }
        )
    return pl.DataFrame(rows)


def gene_parts(parameters: Parameters) -> dict[int, str]:
    """Return the part of each gene, by its number.

    Returns
    -------
    dict of int to str
        One of `PARTS`. A genome of one contig has no test genes.
    """
    parts: list[str] = []
    for i, (_, n_genes) in enumerate(parameters.contigs):
        if i and i == len(parameters.contigs) - 1:
            parts += ["test"] * n_genes
        else:
            validation = round(parameters.validation_share * n_genes)
            parts += ["train"] * (n_genes - validation) + ["validation"] * validation
    return dict(enumerate(parts, start=1))


def ceiling_table(half_lives: pl.DataFrame) -> pl.DataFrame:
    """Return what the truth itself reaches on the test part, which no predictor should exceed.

    Parameters
    ----------
    half_lives : DataFrame
        Of `half_life_table`.

    Returns
    -------
    DataFrame[benchmark, method, part, metric, value, source, same_rows]
        Metrics r2, pearson and spearman of log_half_life against measured_log_half_life; no row
        without a test part.
    """
    rows = half_lives.filter(pl.col("split") == "test")
    schema = ["benchmark", "method", "part", "metric", "value", "source", "same_rows"]
    if rows.is_empty():
        return pl.DataFrame(schema=schema)
    columns = rows["measured_log_half_life", "log_half_life"]
    measured, truth = columns.to_numpy().T
    found = {
        "r2": 1 - ((measured - truth) ** 2).sum() / ((measured - measured.mean()) ** 2).sum(),
        "pearson": np.corrcoef(measured, truth)[0, 1],
        "spearman": np.corrcoef(*columns.select(pl.all().rank()))[0, 1],
    }
    fixed = ("simulated_half_life", "ceiling", "test")
    return pl.DataFrame(
        [(*fixed, metric, float(value), SOURCE, "yes") for metric, value in found.items()],
        schema, orient="row",
    )  # fmt: skip


def _noise(genome: SimulatedGenome, placed: PlacedGene) -> float:
    """Error of one measurement, in ln h."""
    rng = np.random.default_rng([genome.seed, placed.number, 1])  # without the 1 comes the gene
    return float(rng.normal(0, genome.parameters.log_half_life_noise_sd))
