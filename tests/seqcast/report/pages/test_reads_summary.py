"""The page of classified reads: every read counted once."""

import polars as pl

from seqcast.core.store import write_table
from seqcast.reads.outcomes import COLUMNS, FLAGS, STATUSES
from seqcast.report.pages.reads_summary import count_reads, reads_summary_html

ROWS = [
    ("a", 1, 300, 0.9, None, "coding", "scored", ""),
    ("a", 2, 300, 0.2, None, "non_coding", "scored", "ambiguous,rna"),
    ("<b>", 0, 4, None, None, None, "too_short", "short"),
    ("c", 0, 0, None, None, None, "no_sequence", "short"),
]
TABLE = pl.DataFrame(ROWS, schema=COLUMNS, orient="row")


def test_counts_add_up():
    counts = count_reads(TABLE)
    assert counts["all"] == 4 == counts["coding"] + counts["non_coding"] + 2
    assert sum(counts[name] for name in STATUSES) == 4
    flags = {name: counts[name] for name in FLAGS if counts[name]}
    assert flags == {"ambiguous": 1, "rna": 1, "short": 2}


def test_no_reads_count_as_none():
    assert set(count_reads(TABLE.clear()).values()) == {0}


def page(tmp_path, table, **facts):
    path = tmp_path / "t.parquet"
    options = {"threshold": 0.5, "both_strands": True, "compat": None}
    write_table(table, path, {"options": options, "origin": ["source"], **facts})
    return reads_summary_html({("model", "<set>"): path})


def test_page_tells_counts_and_meanings(tmp_path):
    html = page(tmp_path, TABLE, records={"records": 6, "secondary": 2, "supplementary": 0},
                fold=["0", "1"])  # fmt: skip
    assert html.count("<td>model, mean of folds 0 and 1</td>") == 3
    assert "&lt;set&gt;" in html
    assert "<set>" not in html
    assert "50.0 %" in html
    assert "6 records, of which 2 secondary" in html
    assert "both_strands: True" in html
    for meaning in [*list(STATUSES.values())[1:], *FLAGS.values()]:
        assert meaning in html
    assert "UNTRAINED" not in html


def test_page_names_untrained_models_and_empty_sets(tmp_path):
    html = page(tmp_path, TABLE.clear(), origin=["random", "source"])
    assert "UNTRAINED random weights: model" in html
    assert ">none<" in html


def test_page_warns_of_folds_of_the_same_weights(tmp_path):
    html = page(tmp_path, TABLE, same_weights=["model, folds 0 and 1"])
    assert '<p class="warning">SAME WEIGHTS: model, folds 0 and 1.' in html
    assert "SAME WEIGHTS" not in page(tmp_path, TABLE)
