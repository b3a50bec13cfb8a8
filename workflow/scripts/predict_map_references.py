"""Predict the reference around the strongest maps, for their figures."""

import numpy as np

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.core.seals import seal_zip
from seqcast.core.store import atomic
from seqcast.predict.maps.references import ReferenceFiles, predict_references

with reporting(snakemake.log[0]):
    predictions = predict_references(
        files=named_files(ReferenceFiles, snakemake.input, beside=("index",)),
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
