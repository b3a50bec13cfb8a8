"""Heat maps of the variants on which models differ most."""

from dataclasses import replace

import numpy as np
import polars as pl

from seqcast.evaluation.variants.agreement import compare
from seqcast.evaluation.variants.cross_model import leading, most_different, with_calls
from seqcast.report.figures.disagreement import plot_disagreement
from seqcast.report.figures.style import save
from tests.seqcast.evaluation.variants.tables import coverage, mrna


def test_tracks_and_scores_are_those_of_the_rows(tmp_path):
    scored = coverage()
    found = compare([scored], [mrna()], resamples=0)
    table = with_calls(found.table, leading(found.measures))
    figure = plot_disagreement(table, found.measures, [scored], untrained=["helix"])
    rows = most_different(table, 12)
    tracks, ranks = figure.axes[:2]
    image = tracks.images[0].get_array()
    assert image.shape == (rows.height, 3)
    first = rows.row(0, named=True)
    expected = scored.table.filter(row=first["row"], gene_id=first["gene_id"])["logSED"][0]
    assert np.allclose(image[0], expected.to_numpy())
    assert first["gene_name"] in tracks.get_yticklabels()[0].get_text()
    assert ranks.images[0].get_array().shape == (rows.height, len(found.measures) - 1)
    assert figure.get_supxlabel() == "UNTRAINED random weights: helix"
    save(figure, tmp_path / "figure.png")


def test_a_model_that_scored_none_of_the_rows_is_grey():
    scored = coverage()
    found = compare([scored], [mrna()], resamples=0)
    table = with_calls(found.table, leading(found.measures))
    nothing = pl.lit(None, scored.table.schema["logSED"])
    silent = replace(scored, table=scored.table.with_columns(logSED=nothing))
    figure = plot_disagreement(table, found.measures, [silent])
    assert figure.axes[0].images[0].get_array().mask.all()


def test_nothing_in_common_is_said():
    found = compare([coverage()], [mrna()], resamples=0)
    table = with_calls(found.table, leading(found.measures))
    figure = plot_disagreement(table[:0], found.measures, [coverage()])
    assert figure.axes[0].texts[0].get_text() == "no variant was scored by two models"
