"""Write the page of a trained fold."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.core.store import atomic
from seqcast.report.pages.training import TrainingFiles, training_html

with reporting(snakemake.log[0]):
    files, asked = named_files(TrainingFiles, snakemake.input), snakemake.params
    page = training_html(files, asked.about, asked.descriptions)
    with atomic(snakemake.output[0]) as temporary:
        temporary.write_text(page, encoding="utf-8")
