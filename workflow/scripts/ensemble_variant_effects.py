"""Mean and spread of the scores over the folds of a model."""

from seqcast.core.logs import reporting
from seqcast.core.provenance import merge_folds
from seqcast.core.store import read_provenance, read_table, write_table
from seqcast.predict.variants.ensemble import average_scores

with reporting(snakemake.log[0]):
    facts = merge_folds([read_provenance(fold) for fold in snakemake.input])
    tables = [read_table(fold) for fold in snakemake.input]
    table = average_scores(tables, facts.get("same_weights", ()))
    write_table(table, snakemake.output[0], facts)
