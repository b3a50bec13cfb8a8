"""Write the sequences and targets of a coverage set from a published data set of TFRecords."""

from seqcast.jobs.coverage_sets import store_tfrecords
from seqcast.logs import reporting

with reporting(snakemake.log[0]):
    store_tfrecords(
        files=snakemake.input,
        output=snakemake.output[0],
        folder=snakemake.params.folder,
        assembly=snakemake.params.assembly,
        facts=snakemake.params.facts,
    )
