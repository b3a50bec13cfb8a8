"""Draw the distribution of scores over variants."""

from seqcast.core.logs import reporting
from seqcast.core.provenance import model_in_words
from seqcast.core.store import read_provenance, read_table
from seqcast.predict.variants.ranking import describe_tracks, select_tracks
from seqcast.report.figures.scores import score_distributions
from seqcast.report.figures.style import head, new_figure, save

with reporting(snakemake.log[0]):
    shown, name = snakemake.params.report, snakemake.wildcards.dataset
    tracks, facts = read_table(snakemake.input.tracks), read_provenance(snakemake.input.scores)
    selected = select_tracks(tracks, shown["tracks"] or None)
    over = describe_tracks(len(selected), len(tracks), shown["tracks"])
    scores = {name: read_table(snakemake.input.scores)}
    figure = score_distributions(new_figure(9, 3.6), scores, shown["score"], selected)
    head(figure, name, model_in_words(facts), f"means over {over}")
    save(figure, snakemake.output[0])
