"""Six panels that show what the tables have."""

import numpy as np
import polars as pl

from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.planted.planted_maps import compare_bases
from seqcast.evaluation.planted.planted_metrics import evaluate
from seqcast.report.figures.planted_truth import plot_planted_truth
from seqcast.report.figures.style import REF_LINE, save
from tests.seqcast.evaluation.planted import planted
from tests.seqcast.evaluation.planted.test_planted_maps import elements, maps, two_utrs
from tests.seqcast.evaluation.planted.test_planted_metrics import rates


def figure(variants, genes, **options):
    measures = evaluate(variants, genes, Resampling(20), options.get("bases"))
    return plot_planted_truth(variants, genes, measures, "model $x$", **options)


def test_panels_show_what_is_compared(tmp_path):
    truth = planted.perfect()
    noise = np.random.default_rng(0).normal(size=truth.shape)
    table = planted.compared(truth + noise, truth - noise)
    fig = figure(table, rates())
    effects, curves, distances, decay, graded, called = fig.axes
    points = np.concatenate([c.get_offsets() for c in effects.collections])
    causal = table.filter(kind="causal")
    assert sorted(map(tuple, points)) == sorted(
        causal.select("predicted_actd", "true_actd").iter_rows()
    )
    labels = [text.get_text() for text in curves.get_legend().get_texts()]
    assert labels[0].startswith("all ")
    assert {label.split()[0] for label in labels} <= {"all", "ARE", "PUM", "MIR", "STB", "PAS"}
    assert len(distances.get_xticklabels()) == 5
    assert [len(c.get_offsets()) for c in decay.collections] == [40, 40]
    assert "r = 1.000" in decay.get_legend().get_texts()[0].get_text()
    assert len(graded.lines) == 1 + planted.SMALL.planted_ares + 2  # zero, elements, two means
    slopes = {text.get_text().split()[0] for text in effects.get_legend().get_texts()}
    assert slopes == {"ARE", "PUM", "MIR", "STB", "PAS"}
    assert len(effects.lines) == 3 + 5  # axes, identity, one line per element
    assert [t.get_text().split("\n")[0] for t in called.get_xticklabels()] == [
        "decoys", "neutral", "matched"]  # fmt: skip
    allowed = [line.get_ydata()[0] for line in called.lines if line.get_color() == REF_LINE]
    assert allowed == [0.10, 0.03]
    assert "0.50" not in fig.get_supxlabel()
    save(fig, tmp_path / "figure.png")


def test_nothing_compared_is_said(tmp_path):
    table = planted.compared(planted.perfect()).with_columns(status=pl.lit("trained_on"))
    fig = figure(table, rates()[:0], untrained=True)
    said = [ax.texts[0].get_text() for ax in fig.axes if ax.texts]
    assert said == [
        "no causal variant was scored",
        "no causal and matched controls were scored",
        "no gene lies in predicted windows",
        "no pair of losses of an AU-rich element was scored",
    ]
    assert fig.get_supxlabel() == "UNTRAINED random weights"
    save(fig, tmp_path / "figure.png")


def test_maps_are_drawn_with_what_was_planted(tmp_path):
    bases = compare_bases(maps(noise=0.5), elements(), ["chrS2"])
    table = planted.compared(planted.perfect())
    assert len(figure(table, rates(), bases=bases[:0]).axes) == 6
    fig = figure(table, rates(), bases=bases)
    assert len(fig.axes) == 6 + 2 + 1
    first, second, curve = fig.axes[6:]
    for ax, (gene_id, start, end) in zip((first, second), two_utrs(), strict=True):
        assert ax.get_ylabel() == f"importance\n{gene_id}"
        assert len(ax.patches) == end - start
        named = bases.filter(gene_id=gene_id)["planted"].rle().struct.field("value").drop_nulls()
        assert [text.get_text() for text in ax.texts] == named.to_list()
    assert "AUROC 0." in curve.get_legend().get_texts()[0].get_text()
    save(fig, tmp_path / "figure.png")
