"""What variants do to the half-lives of genes, by the time courses of a model."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.variants.half_life_effects import HalfLifeFiles, write_half_life_effects

with reporting(snakemake.log[0]):
    write_half_life_effects(
        snakemake.input.folds, snakemake.input.tracks, named_files(HalfLifeFiles, snakemake.output)
    )
