"""Convert the weights of one fold to safetensors, or draw random ones."""

from seqcast.core.logs import reporting
from seqcast.models.prepare import convert_weights, random_weights

with reporting(snakemake.log[0]):
    build = (
        snakemake.params.architecture,
        snakemake.input.hyperparameters,
        snakemake.params.head or None,
    )
    if weights := snakemake.input.get("weights"):
        convert_weights(weights, snakemake.output[0], *build, snakemake.params.fold["origin"])
    else:
        random_weights(int(snakemake.params.fold["source"]), snakemake.output[0], *build)
