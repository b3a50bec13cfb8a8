"""Write scores as a table to read: one line a row, a few numbers a score."""

from seqcast.core.logs import reporting
from seqcast.core.provenance import folds_of
from seqcast.core.store import read_provenance, read_table
from seqcast.predict.nulls.percentiles import read_percentiles
from seqcast.predict.variants.effect_intervals import Certainty
from seqcast.predict.variants.exports import score_names, write_tsv

with reporting(snakemake.log[0]):
    given, named = snakemake.input, snakemake.wildcards
    scores, among = read_table(given.scores), given.get("percentiles")
    folds = folds_of(read_provenance(given.scores))
    write_tsv(
        scores,
        read_table(given.tracks),
        snakemake.output[0],
        score_names(scores),
        snakemake.params.tracks or None,
        {"dataset": named.dataset, "model": named.model, "folds": ",".join(folds)},
        read_percentiles(among, scores) if among else None,
        Certainty.read(len(folds), given.get("intervals")),
    )
