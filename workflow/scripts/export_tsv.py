"""Write scores as a table to read: one line a row, a few numbers a score."""

from seqcast.core.logs import reporting
from seqcast.core.provenance import folds_of
from seqcast.core.store import read_provenance, read_table
from seqcast.predict.nulls.percentiles import read_percentiles
from seqcast.predict.variants.exports import score_names, write_tsv

with reporting(snakemake.log[0]):
    scores, tracks = read_table(snakemake.input.scores), read_table(snakemake.input.tracks)
    among = snakemake.input.get("percentiles")
    write_tsv(
        scores,
        tracks,
        snakemake.output[0],
        score_names(scores),
        snakemake.params.tracks or None,
        {
            "dataset": snakemake.wildcards.dataset,
            "model": snakemake.wildcards.model,
            "folds": ",".join(folds_of(read_provenance(snakemake.input.scores))),
        },
        read_percentiles(among, scores) if among else None,
    )
