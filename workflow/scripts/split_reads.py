"""Write the reads of a dataset apart: coding, non-coding, not scored."""

from seqcast.predict.reads.read_tables import split_dataset
from seqcast.core.logs import reporting

with reporting(snakemake.log[0]):
    split_dataset(
        reads={name: snakemake.input.get(name) for name in ("path", "path2", "reference")}
        | {"interleaved": snakemake.params.interleaved},
        table=snakemake.input.table,
        folder=snakemake.output[0],
        rule=snakemake.params.rule,
    )
