"""Write the one page of the run, and its twins for programs."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.report.run_page.page import write_page
from seqcast.report.run_page.run_files import AboutRun, RunFiles, read_run
from seqcast.report.run_page.twins import Twins, write_twins

with reporting(snakemake.log[0]):
    about = AboutRun(
        **snakemake.params.about,
        command=snakemake.params.command,
        snakemake_version=snakemake.params.snakemake_version,
    )
    files, page = named_files(RunFiles, snakemake.input), snakemake.output.page
    content = read_run(files, about, page)
    write_page(content, page)
    twins = named_files(Twins, snakemake.output, beside=("page",))
    write_twins(content, page, [*files.scores, *files.pages], twins)
