"""Write the one page of the run."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.report.run_page.page import write_page
from seqcast.report.run_page.run_files import AboutRun, RunFiles, read_run

with reporting(snakemake.log[0]):
    about = AboutRun(
        **snakemake.params.about,
        command=snakemake.params.command,
        snakemake_version=snakemake.params.snakemake_version,
    )
    files, output = named_files(RunFiles, snakemake.input), snakemake.output[0]
    write_page(read_run(files, about, output), output)
