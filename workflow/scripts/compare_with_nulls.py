"""Say how unusual each score of a dataset is among null variants of its class."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.predict.nulls.percentiles import PercentileFiles, write_percentiles

with reporting(snakemake.log[0]):
    write_percentiles(
        files=named_files(PercentileFiles, snakemake.input),
        output=snakemake.output[0],
        facts={"dataset": snakemake.wildcards.dataset, "code": snakemake.params.code},
    )
