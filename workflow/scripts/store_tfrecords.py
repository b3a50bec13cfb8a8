"""Write the sequences and targets of a training dataset from a published dataset of TFRecords."""

from seqcast.core.logs import reporting
from seqcast.datasets.coverage.coverage_sets import store_tfrecords, write_digest

with reporting(snakemake.log[0]):
    store_tfrecords(
        genome=snakemake.input.genome,
        targets=snakemake.input.targets,
        output=snakemake.output.store,
        folder=snakemake.params.folder,
        assembly=snakemake.params.assembly,
        facts=snakemake.params.facts,
    )
    write_digest(snakemake.output.store, snakemake.output.digest)
