"""Predict a property of mRNAs from simple features of their sequences, a table for each kind."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.datasets.properties.labelled import PropertyFiles
from seqcast.predict.properties.predict_baseline import predict_baseline

with reporting(snakemake.log[0]):
    for method, output in snakemake.output.items():
        predict_baseline(
            files=named_files(PropertyFiles, snakemake.input),
            output=output,
            method=method,
            definition=snakemake.params.definition,
            seed=snakemake.params.seed,
            facts={"code": snakemake.params.code},
        )
