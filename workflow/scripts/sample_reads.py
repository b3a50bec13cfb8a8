"""Draw the labelled reads for a training."""

from seqcast.core.logs import reporting
from seqcast.datasets.reads.sampling import Portion, SamplingOptions, write_read_set

with reporting(snakemake.log[0]):
    write_read_set(
        [Portion(**portion) for portion in snakemake.params.portions],
        SamplingOptions(**snakemake.params.options),
        snakemake.output.train,
        snakemake.output.dev,
        snakemake.output.genomes,
    )
