"""The page of properties: what stands where, and nothing that was not measured."""

import re

import polars as pl
import pytest

from seqcast.datasets.properties.duplicates import COUNTS
from seqcast.datasets.properties.labelled import Property
from seqcast.evaluation.properties.property_metrics import COLUMNS
from seqcast.report.pages.properties import PropertyResults, properties_html

ABOUT = {
    "meaning": "mRFP <level>", "description": "Published split", "citation": "NAR 51:2363",
    "dataset": "mrfp", "licence": "academic, non-commercial", "url": "https://x/y",
}  # fmt: skip
EMPTY = {name: "" if kind == pl.String else None for name, kind in COLUMNS.items()}
PARTS = pl.DataFrame(
    [("split", "train", "valid", 1021, 1019, 0, 0, "Value 9"), ("", "", "no_label", 7, None, None, None, "")],
    schema=COUNTS, orient="row",
)  # fmt: skip


def cell(method="kmer", origin="baseline", part="test", metric="spearman", **more):
    row = {"method": method, "origin": origin, "part": part, "metric": metric, "output": "Value"}
    ours = {} if origin.startswith("published") else {"duplicates": "with"}
    return {**EMPTY, **row, **ours, **more}


def page(*rows, split="Split", labels="Value", about=ABOUT):
    wanted = Property.from_row("toy", {"labels": labels, "kind": "regression", "split": split})
    table = pl.DataFrame(list(rows), schema=COLUMNS)
    return properties_html([PropertyResults(wanted, about, table, PARTS)])


def lines(html):
    """Rows of tables as lists of cells, without tags."""
    rows = re.findall(r"<tr.*?</tr>", html, flags=re.DOTALL)
    cells = [re.findall(r"<t[dh].*?>(.*?)</t[dh]>", row, flags=re.DOTALL) for row in rows]
    return [[" ".join(re.sub(r"<.*?>", " ", cell).split()) for cell in row] for row in cells]


def test_ours_stand_beside_published_and_metrics_are_not_mixed_up():
    found = lines(page(
        cell(value=0.5, ci_low=0.4, ci_high=0.6), cell(metric="r2", value=-0.1),
        cell(metric="not_scored", value=3, n=219),
        cell("CodonBERT", "published", value=0.85, output="", source="Table 2"),
        cell("ceiling", "published", metric="r2", value=0.9, output=""),
        cell(part="validation", value=0.7), cell(part="validation", metric="not_scored", value=0, n=219),
        cell("Helix-mRNA", "published", part="validation", value=0.833, output=""),
    ))  # fmt: skip
    assert found[:8] == [
        ["Method", "Origin", "Spearman", "Pearson", "R²", "RMSE", "unscored"],
        ["Test, 216 of 219 rows: those that all predict"],
        ["kmer", "baseline", "0.500 (0.400–0.600)", "", "−0.100", "", "3"],
        ["CodonBERT", "published", "0.850", "", "", "", ""],
        ["ceiling", "noise ceiling", "", "", "0.900", "", ""],
        ["Validation, 219 rows"],
        ["kmer", "baseline", "0.700", "", "", "", "0"],
        ["Helix-mRNA", "published", "0.833", "", "", "", ""],
    ]


def test_folds_and_what_was_published_of_other_rows():
    found = lines(page(
        cell(part="out_of_fold", value=0.5), cell(part="over_folds", value=0.4, sd=0.1, n=5),
        cell("CodonBERT", "published, other rows", value=0.81, output=""), split="kfold:5",
    ))  # fmt: skip
    assert ["Mean over the folds ± standard deviation"] in found
    assert ["kmer", "baseline", "0.400 ± 0.100", "", "", "", ""] in found
    assert found.index(["Published, of other rows"]) > found.index(
        ["All rows, each out of its fold"]
    )


def test_terms_parts_and_notes():
    html = page(
        cell(value=None, note="no CDS"), cell(metric="pearson", value=None, note="no CDS"),
        cell("tiny.fold0.probe", "UNTRAINED random weights", value=0.1),
        cell("Helix-mRNA", "published", value=0.8, output="", source="issue 233"),
    )  # fmt: skip
    assert "mRFP &lt;level&gt; (column Value, regression;\ndataset mrfp)" in html
    assert "Licence of the data: academic, non-commercial. From https://x/y" in html
    assert "Spearman, Pearson of kmer: no CDS" in html
    assert "UNTRAINED random weights: tiny.fold0.probe." in html
    assert "Published results from: issue 233" in html
    assert ["split", "train", "1,021", "1,019", "0", "0", "Value 9"] in lines(html)
    assert ["", "not used: no_label, a label is missing", "7", "", "", "", ""] in lines(html)


def test_rows_of_a_method_alone_stand_apart_from_the_comparison():
    lost = {"metric": "not_scored", "n": 219}
    html = page(
        cell(value=0.5, rows="common"), cell(value=109, rows="common", **lost),
        cell(value=0.6, rows="own"), cell(value=0, rows="own", **lost),
        cell("half", value=0.7, rows="common"),
        cell("half", value=109, rows="common", note="predicts 110 of 219 rows", **lost),
    )  # fmt: skip
    found = lines(html)
    assert found[1:6] == [
        ["Test, 110 of 219 rows: those that all predict"],
        ["kmer", "baseline", "0.500", "", "", "", "109"],
        ["half", "baseline", "0.700", "", "", "", "109"],
        ["Test, each method on all rows that it predicts"],
        ["kmer", "baseline", "0.600", "", "", "", "0"],
    ]
    assert '<p class="muted">half: predicts 110 of 219 rows</p>' in html
    assert "Penalties, features and epochs" in html


def test_several_labels_are_named():
    html = page(
        cell(value=0.1, output="a"), cell(value=0.2, output="b"), cell(value=0.15, output="mean"),
        labels="a,b",
    )  # fmt: skip
    found = lines(html)
    assert found[0][:3] == ["Method", "Origin", "Label"]
    assert [row[2] for row in found[2:5]] == ["a", "b", "mean"]


@pytest.mark.parametrize(
    ("split", "groups", "words"),
    [
        ("Split", "", "The column Split of the data says"),
        ("kfold:5", "", "5 folds; rows are folded one by one. The model of a round learns from 3"),
        ("kfold:4", "gene_id", "rows of equal gene_id stay in one fold"),
        ("kfold:4", "gene_id", "Bootstrap resamples draw whole groups, as the CV folds do."),
        ("kfold:5", "clusters:0.8", "rows of 80 % sequence identity or more stay in one fold"),
    ],
)
def test_the_split_is_told_in_words(split, groups, words):
    row = {"labels": "Value", "kind": "regression", "split": split, "groups": groups}
    table = pl.DataFrame([cell(value=0.5)], schema=COLUMNS)
    result = PropertyResults(Property.from_row("toy", row), ABOUT, table, PARTS)
    assert words in properties_html([result])


def test_no_property_is_a_page_too():
    assert "<h1>Properties of mRNAs</h1>" in properties_html([])
