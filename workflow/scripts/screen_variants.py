"""Select the variants whose first-order effects reach a threshold."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.predict.attributions.screen import ScreenFiles, write_screen

with reporting(snakemake.log[0]):
    write_screen(
        shards=list(snakemake.input),
        threshold=snakemake.params.threshold,
        outputs=named_files(ScreenFiles, snakemake.output),
    )
