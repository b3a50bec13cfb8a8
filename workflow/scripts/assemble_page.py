"""Write the one page of the run, its twins for programs, and what the run took."""

from seqcast.core.costs import run_costs
from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.core.store import write_tsv
from seqcast.report.run_page.page import write_page
from seqcast.report.run_page.run_files import AboutRun, RunFiles, read_run
from seqcast.report.run_page.twins import Twins, write_twins

with reporting(snakemake.log[0]):
    about = AboutRun(
        **snakemake.params.about,
        command=snakemake.params.command,
        snakemake_version=snakemake.params.snakemake_version,
    )
    files, made = named_files(RunFiles, snakemake.input), snakemake.output
    costs = run_costs("logs")
    content = read_run(files, about, made.page, costs)
    write_page(content, made.page)
    write_tsv(costs, made.costs)
    twins = named_files(Twins, made, beside=("page", "costs"))
    write_twins(content, made.page, [made.costs, *files.scores, *files.pages], twins)
