"""The page of all benchmarks: what stands beside what, and what is told of it."""

from types import SimpleNamespace

import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import write_tsv
from seqcast.evaluation.metrics.published import GIVEN, OTHER_ROWS
from seqcast.evaluation.metrics.table import RESULTS
from seqcast.report.pages.benchmarks import read_benchmarks, write_benchmarks

ABOUT = {
    "benchmark": "eqtl", "task": "variants", "protocol": "matched_pairs", "description": "eQTLs",
    "citation": "Saluki, doi 10.1186/s13059-022-02811-x", "score": "logSED", "tracks": "^RNA:", "genes": "MT",
    "resamples": 1000, "seed": 7,
}  # fmt: skip
RANDOM = "UNTRAINED random weights"


def row(method, metric, value, part="PD<=50", origin="given weights", n=44, note="", ci=None):
    low, high = ci or (None, None)
    return ("eqtl", method, origin, part, metric, value, low, high, n, note)


ROWS = [
    row("model", "roc_auc", 0.81, ci=(0.7, 0.9)),
    row("model", "roc_auc", None, part="PD<=10", note="class 1 has 0 scored members"),
    row("model", "not_scored", 3.0, n=50, note="3 no_label"),
    row("distance", "roc_auc", 0.5, origin="baseline", ci=(0.5, 0.5)),
    row("fresh", "roc_auc", 0.49, origin=RANDOM),
    row("model minus distance", "roc_auc_difference", 0.31, origin="difference", ci=(0.2, 0.4)),
    row("model minus distance", "roc_auc_difference_p_holm", 0.0004, origin="difference"),
    row("model", "roc_auc", 0.79, origin=GIVEN, note="traitgym, Table 1", n=None),
    row("other", "roc_auc", 0.7, origin=GIVEN, note="traitgym, Table 1", n=None),
    row("model", "average_precision", 0.6, origin=OTHER_ROWS, note="Table 2; other draws", n=None),
]


@pytest.fixture
def made(tmp_path):
    def made(rows=ROWS, about=ABOUT):
        write_tsv(pl.DataFrame(rows, schema=RESULTS, orient="row"), tmp_path / "eqtl.tsv")
        outputs = SimpleNamespace(page=tmp_path / "page.html", table=tmp_path / "all.tsv")
        (tmp_path / "eqtl.svg").write_text("<?xml?><svg><path/></svg>")
        found = read_benchmarks([tmp_path / "eqtl.tsv"], [about])
        write_benchmarks(found, [tmp_path / "eqtl.svg"], outputs.page, outputs.table)
        return outputs

    return made


def test_a_published_number_of_the_same_rows_stands_beside_ours(made):
    text = made().page.read_text()
    beside = text.split(">0.810")[1].split("</td>")[0]
    assert "(0.700–0.900)" in beside
    assert "published: 0.790" in beside
    assert "published: 0.700" in text  # of a method that this run has not
    apart = text.split("Published, of other rows or another metric")[1]
    assert "<th>average precision</th>" in apart
    assert "0.600" in apart
    assert "model: Table 2; other draws." in apart


def test_a_published_number_that_none_of_ours_is_beside_is_told(made):
    lost = [row("model", "roc_auc", 0.66, part="PD<=5", origin=GIVEN, note="Table 3", n=None),
            row("other", "pearson", 0.44, origin=GIVEN, note="Table 3", n=None)]  # fmt: skip
    text = made([*ROWS, *lost]).page.read_text()
    told = text.split("but no number of ours is of this")
    assert len(told) == 3
    assert "model, PD&lt;=5, roc_auc 0.660 (Table 3)" in told[1]
    assert "other, PD&lt;=50, pearson 0.440 (Table 3)" in told[2]
    assert "published: 0.660" not in text
    assert "published: 0.700" in text


def test_what_has_no_number_is_told(made):
    text = made().page.read_text()
    assert "model, PD&lt;=10: class 1 has 0 scored members" in text
    assert "model: 3 of 50 rows take no part (3 no_label)" in text
    assert "UNTRAINED random weights: fresh." in text
    assert "0.310 (0.200 to 0.400)" in text
    assert '<td class="n">&lt; 0.001</td>' in text
    assert "correction (comparisons: 1)" in text


def test_the_page_says_who_is_ahead(made):
    text = made().page.read_text()
    assert (
        "ROC AUC, PD&lt;=50: model (0.810) is ahead of the best baseline, distance (0.500), by 0.310"
        in text
    )


def test_the_methods_are_those_of_the_run(made):
    text = made().page.read_text()
    assert "Score: logSED; tracks: ^RNA:; gene named by INFO/MT." in text
    assert "percentiles of 1,000 bootstrap resamples, seed 7" in text


def test_entries_are_those_that_are_named(made):
    text = made().page.read_text()
    assert "@article{agarwal2022saluki" in text  # by its DOI
    assert "@misc{traitgym" in text  # by its key, in the source of a published number
    assert "@article{codonbert" not in text


def test_without_published_numbers_the_page_says_so(made):
    outputs = made(ROWS[:4])
    text = outputs.page.read_text()
    assert "No number of this benchmark is published" in text
    assert "Published, of other rows" not in text
    assert "<svg><path/></svg>" in text
    assert pl.read_csv(outputs.table, separator="\t").columns == list(RESULTS)


def test_another_protocol_shows_what_it_has(made):
    rows = [row("model", "median", 0.4), row("model", "upper_quartile", 0.5)]
    text = made(rows, ABOUT | {"protocol": "panels"}).page.read_text()
    assert "<th>median</th>" in text
    assert "<th>upper_quartile</th>" in text


def test_a_table_without_a_column_is_told(made, tmp_path):
    made()
    path = tmp_path / "eqtl.tsv"
    path.write_text(path.read_text().replace("origin", "from", 1))
    with pytest.raises(InputError, match="has no column origin"):
        read_benchmarks([path], [ABOUT])


def test_published_numbers_of_other_rows_are_a_table_by_part(made):
    others = [
        row(method, "roc_auc", value, part=part, origin=OTHER_ROWS, n=None, note="a figure")
        for method, part, value in (
            ("b", "PD<=10", 0.2),
            ("b", "PD<=50", 0.1),
            ("a", "PD<=99", 0.3),
        )
    ]
    text = made([*ROWS[:4], *others]).page.read_text()
    apart = text.split("Published, of other rows or another metric")[1]
    heads = apart.split("</thead>")[0]
    # parts in the order of ours, then others
    assert heads.index("PD&lt;=50") < heads.index("PD&lt;=10") < heads.index("PD&lt;=99")
    cells = apart.split('<td class="name">b</td>')[1].split("</tr>")[0]
    assert cells.index("0.100") < cells.index("0.200")
    assert apart.count("a figure") == 1
