"""Write the reads of a dataset apart: coding, non-coding, not scored."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.predict.reads.read_tables import ReadFiles, split_dataset

with reporting(snakemake.log[0]):
    split_dataset(
        reads=named_files(ReadFiles, snakemake.input, beside=("table",))._replace(
            interleaved=snakemake.params.interleaved
        ),
        table=snakemake.input.table,
        folder=snakemake.output[0],
        rule=snakemake.params.rule,
    )
