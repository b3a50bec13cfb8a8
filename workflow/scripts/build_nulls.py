"""Make a table of nulls of the scores of null variants, and test it on genes held out."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.variants.null_calibration import write_calibration
from seqcast.predict.nulls.null_tables import Mixture, NullFiles, write_nulls

with reporting(snakemake.log[0]):
    write_nulls(
        files=named_files(NullFiles, snakemake.input),
        output=snakemake.output.table,
        mixture=Mixture(**snakemake.params.mixture),
        facts={"code": snakemake.params.code},
    )
    write_calibration(snakemake.output.table, snakemake.output.calibration)
