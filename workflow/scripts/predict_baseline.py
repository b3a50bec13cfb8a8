"""Predict a property of mRNAs from simple features of their sequences."""

from seqcast.datasets.properties.labelled import PropertyFiles
from seqcast.predict.properties.predict_baseline import predict_baseline
from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting

with reporting(snakemake.log[0]):
    predict_baseline(
        files=named_files(PropertyFiles, snakemake.input),
        output=snakemake.output[0],
        method=snakemake.wildcards.baseline,
        definition=snakemake.params.definition,
        seed=snakemake.params.seed,
        facts={"code": snakemake.params.code},
    )
