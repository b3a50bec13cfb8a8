"""Write probabilities as the pred_results.npy of DNABERT."""

from seqcast.core.logs import reporting
from seqcast.predict.reads.read_tables import export_predictions

with reporting(snakemake.log[0]):
    export_predictions(snakemake.input[0], snakemake.output[0])
