"""The page of compared models: counts, correlations, the strongest, and what is untrained."""

import re

import polars as pl
import pytest

from seqcast.evaluation.variants.agreement import compare
from seqcast.evaluation.variants.cross_model import (
    SCHEMA,
    Across,
    calls_by_kind,
    leading,
    most_different,
    with_calls,
)
from seqcast.evaluation.variants.known_effects import COLUMNS
from seqcast.report.pages.comparison import comparison_html, untrained_models
from tests.seqcast.evaluation.variants.tables import MRNA, coverage, mrna

MODELS = {"borzuki": {"fold": ["0", "1"], "origin": "source"},
          "helix": {"fold": "0", "origin": "source"}}  # fmt: skip


def page(models, about=MODELS, truth=None, **options):
    found = compare(*models, resamples=20, **options)
    return comparison_html("eqtl <set>", found, about, truth)


def cells(html: str) -> list[list[str]]:
    """Text of the cells of each row of the body of each table."""
    rows = re.findall(r"<tr>(.*?)</tr>", html, flags=re.DOTALL)
    found = [re.findall(r"<td.*?>(.*?)</td>", row, flags=re.DOTALL) for row in rows]
    return [[" ".join(re.sub(r"<.*?>", " ", cell).split()) for cell in row] for row in found if row]


def test_what_it_says():
    html = page(([coverage()], [mrna()]))
    assert "eqtl &lt;set&gt;" in html
    assert "UNTRAINED" not in html
    rows = cells(html)
    assert ["scored", "", "4", "3"] in rows
    assert ["sum", "", "6", "6"] in rows
    (strongest,) = [row for row in rows if row[:1] == ["2"] and "chr1:10" in row]
    # places, variant, gene, region, consequence, then numbers; |LLR| is shown with its sign
    assert strongest == [
        "2",
        "1",
        "chr1:10",
        "A &gt; C",
        "g1",
        "cds",
        "missense",
        "3.2",
        "0.8",
        "−2",
    ]
    assert [row[2] for row in rows if len(row) == 10] == [
        "chr1:10", "chr1:14", "chr1:11", "chr1:11", "chr1:15", "chr1:12"]  # fmt: skip
    assert "causal" not in html
    assert "borzuki<br>mean |logSED|</th>" in html
    assert "helix<br>LLR</th>" in html


def test_calls_stack_and_differences():
    found = compare([coverage()], [mrna()], resamples=20)
    table = with_calls(found.table, leading(found.measures))
    stack = pl.DataFrame([("auroc", "stack", 0.9, 0.8, 0.95, 30, "nested")], SCHEMA, orient="row")
    across = Across(table, pl.concat([calls_by_kind(table), stack]))
    html = comparison_html("set", found, MODELS, None, across=across)
    assert "other variants of this set, which has too few matched controls" in html
    rows = cells(html)
    assert ["AUROC", "stack", "0.900 (0.800 to 0.950)", "30", "nested"] in rows
    assert [row[0] for row in rows if "called by" in row[0]] == [
        "all, called by 0 of 2", "all, called by 1 of 2", "all, called by 2 of 2"]  # fmt: skip
    most = most_different(table, 1).row(0, named=True)
    (first,) = [row for row in rows if row[0] == f"chr1:{most['pos']}" and len(row) == 9][:1]
    assert first[3] == most["gene_name"]


def test_untrained_and_truth():
    truth = pl.DataFrame([("borzuki", "mean |logSED|", 0.9, 0.8, 0.95, 30, 31, "")],
                         schema=COLUMNS, orient="row")  # fmt: skip
    html = page(([coverage()], [mrna()]), {**MODELS, "helix": {"origin": "random"}}, truth)
    assert "UNTRAINED random weights: helix." in html
    assert ["borzuki", "mean |logSED|", "0.900 (0.800 to 0.950)", "30", "31", ""] in cells(html)


@pytest.mark.parametrize("rows", [[], [(*MRNA[3][:5], "alt_star", None, None)]])
def test_nothing_scored(rows):
    shown = page(
        ([coverage(rows=[(row[0], None, row[5], None) for row in rows])], [mrna(rows=rows)])
    )
    assert "Neither model scored a variant." in shown


def test_untrained_models():
    origins = {"a": "random", "b": ["source", "random"], "c": "train", "d": None}
    models = {name: {"origin": origin} for name, origin in origins.items()}
    assert untrained_models({**models, "e": {}}) == ["a", "b"]


def test_models_folds_and_tracks_are_named(monkeypatch):
    monkeypatch.setattr("seqcast.report.pages.comparison.STRONGEST", 1)
    html = page(([coverage()], [mrna()]), tracks_like="^RNA:")
    assert "borzuki, mean of folds 0 and 1: mean |logSED| over 2 of 3 tracks (^RNA:)" in html
    assert "helix, fold 0." in html
    assert "2 of 6 pairs of ALT allele and gene that either model scored" in html
    assert "SAME WEIGHTS" not in html


def test_folds_of_the_same_weights_are_in_red():
    same = {**MODELS["borzuki"], "same_weights": ["borzuki, folds 0 and 1"]}
    html = page(([coverage()], [mrna()]), {**MODELS, "borzuki": same})
    assert '<p class="warning">SAME WEIGHTS: borzuki, folds 0 and 1.' in html
