"""Give a model the head that a training of several training datasets made for it."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.training.outputs import HeadFiles, take_head

with reporting(snakemake.log[0]):
    take_head(
        folder=snakemake.input.heads,
        head=snakemake.params.head,
        model=snakemake.wildcards.model,
        tracks=snakemake.input.tracks,
        outputs=named_files(HeadFiles, snakemake.output),
    )
