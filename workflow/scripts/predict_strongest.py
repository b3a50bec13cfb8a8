"""Predict both alleles of the highest-ranked variants again, for the report's track plots."""

import numpy as np

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.core.seals import seal_zip
from seqcast.core.store import atomic
from seqcast.predict.variants.strongest import StrongestFiles, predict_strongest

with reporting(snakemake.log[0]):
    predictions = predict_strongest(
        files=named_files(StrongestFiles, snakemake.input, beside=("index",)),
        architecture=snakemake.params.architecture,
        head=snakemake.params.head or None,
        options=snakemake.params.options,
        inference=snakemake.config["inference"],
        threads=snakemake.threads,
        top=snakemake.params.top,
    )
    with atomic(snakemake.output[0]) as temporary:
        np.savez_compressed(temporary, **predictions)
        seal_zip(temporary)
