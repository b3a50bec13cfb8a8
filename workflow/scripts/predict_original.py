"""Predict the sequences of a verification with the program that the weights were published with."""

from seqcast.core.logs import reporting
from seqcast.models.originals import original_outputs

with reporting(snakemake.log[0]):
    original_outputs(
        job=f"{snakemake.input.job}/job.json",
        path=snakemake.output[0],
        python=snakemake.config["verification"]["python"],
        threads=snakemake.threads,
    )
