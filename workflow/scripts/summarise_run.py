"""Write the page that says what the run did."""

from pathlib import Path

from seqcast.logs import reporting
from seqcast.provenance import versions
from seqcast.summary import run_summary_html

with reporting(snakemake.log[0]):
    page = run_summary_html(
        checked=dict(zip(snakemake.params.datasets, snakemake.input.checked)),
        ensembles=dict(zip(map(tuple, snakemake.params.pairs), snakemake.input.ensembles)),
        folds=list(snakemake.input.folds),
        versions={**versions(), "snakemake": snakemake.params.snakemake_version},
    )
    Path(snakemake.output[0]).write_text(page)
