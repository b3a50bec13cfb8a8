"""Predict a property of mRNAs from simple features of their sequences."""

from seqcast.predict.properties.predict_baseline import predict_baseline
from seqcast.core.logs import reporting

with reporting(snakemake.log[0]):
    predict_baseline(
        files=snakemake.input,
        output=snakemake.output[0],
        method=snakemake.wildcards.baseline,
        definition=snakemake.params.definition,
        seed=snakemake.params.seed,
        facts={"code": snakemake.params.code},
    )
