"""Write the scores of oligos by a fold as Borzuki's notebooks read them."""

from seqcast.core.logs import reporting
from seqcast.predict.variants.exports import write_notebook_scores

with reporting(snakemake.log[0]):
    write_notebook_scores(
        snakemake.input.scores,
        snakemake.input.tracks,
        snakemake.output[0],
        snakemake.params.tracks_like,
        snakemake.params.shift_bp,
    )
