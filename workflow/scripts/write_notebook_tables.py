"""Write the evaluation of a fold on genes as Borzuki's notebooks read it."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.evaluation.coverage.notebook_tables import (
    NotebookInputs,
    NotebookTables,
    write_notebook_tables,
)

with reporting(snakemake.log[0]):
    write_notebook_tables(
        files=named_files(NotebookInputs, snakemake.input),
        outputs=named_files(NotebookTables, snakemake.output),
        tracks_like=snakemake.params.tracks_like,
        compat=snakemake.params.compat,
    )
