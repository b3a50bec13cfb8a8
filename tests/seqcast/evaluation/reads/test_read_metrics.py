"""Tools against labels: joined by row, pooled by reference, beside the published numbers."""

import gzip

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import read_tsv, write_table, write_tsv
from seqcast.evaluation.metrics.published import PUBLISHED, read_published
from seqcast.evaluation.metrics.table import RESULTS
from seqcast.evaluation.reads.read_metrics import (
    CURVE_POINTS,
    LabelledSet,
    evaluate,
    gather_sets,
    read_metrics,
    read_times,
    timings,
)
from seqcast.report.pages.read_benchmark import benchmark_html

PROGRAM = {"origin": "program", "program": "Finder", "version": "1.2", "wall_s": 2.0, "cpu_s": 4.0,
           "threads": 2}  # fmt: skip
HEADER = "benchmark\tmethod\tpart\tmetric\tvalue\tsource\tsame_rows\n"
NONE = pl.DataFrame(schema=PUBLISHED)


@pytest.fixture
def make(tmp_path):
    """A labelled set and what tools made of it."""

    def make(name, labels, facts=PROGRAM, reference="ref", **scores):
        table = tmp_path / f"{name}.tsv"
        table.write_text("Sequence\tLabel\tName\n" + "".join(f"ACGTAC\t{x}\tn\n" for x in labels))
        paths = {}
        for tool, values in scores.items():
            paths[tool] = tmp_path / f"{name}.{tool}.parquet"
            column = pl.Series("p_coding", values, dtype=pl.Float32)
            write_table(pl.DataFrame({"p_coding": column, "status": "scored"}), paths[tool], facts)
        return LabelledSet(name, reference, table, paths)

    return make


@pytest.fixture
def published(tmp_path):
    def published(*lines):
        rows = ["\t".join(("toy", *line)) + "\n" for line in lines]
        (tmp_path / "p.tsv").write_text(HEADER + "".join(rows))
        return read_published(tmp_path / "p.tsv", "toy")

    return published


def value(metrics, metric, tool="a", column="value", reference="ref"):
    where = {"metric": metric, "method": tool, "part": reference}
    return metrics.filter(**where)[column].item()


def test_sets_of_one_reference_are_pooled(make):
    sets = [
        make("one", [1, 0, 1], a=[0.9, 0.1, 0.2], b=[1, 1, 1]),
        make("two", [0], a=[0.8], b=[0]),
        make("other", [1, 1], reference="far", a=[0.9, 0.9], b=[0, 1]),
    ]
    metrics, _ = evaluate(sets, NONE, "toy", resamples=10)
    counts = [value(metrics, name) for name in ("tn", "fp", "fn", "tp")]
    assert counts == [1, 1, 1, 1]
    assert value(metrics, "accuracy", "b") == 0.75
    assert value(metrics, "recall", "b", reference="far") == 0.5
    assert metrics["part"].unique(maintain_order=True).to_list() == ["ref", "far"]
    assert set(metrics["benchmark"]) == {"toy"}
    assert set(metrics["origin"]) == {"Finder 1.2"}


def test_published_numbers_come_last_and_times_are_none_of_them(make, published):
    told = published(
        ("a", "ref", "accuracy", "0.9", "paper", "yes"), ("a", "one", "wall_s", "5", "paper", "no"),
        ("c", "ref", "accuracy", "0.1", "paper", "no: other reads"),
    )  # fmt: skip
    sets = [make("one", [1, 0], a=[0.9, 0.1], b=[1, 1])]
    metrics, _ = evaluate(sets, told, resamples=0)
    assert dict(metrics.schema) == RESULTS
    assert len(metrics) == 2 * 12 + 2
    assert metrics[-2:].select("method", "origin", "value", "note").rows() == [
        ("a", "published", 0.9, "paper"),
        ("c", "published, other rows", 0.1, "paper; other reads"),
    ]


def test_a_reference_with_next_to_no_reads_of_a_class_has_recall_alone(make):
    labels = [1] * 30 + [0] * 9
    sets = [make("one", labels, a=np.linspace(0, 1, 39))]
    metrics, roc = evaluate(sets, NONE, resamples=10)
    for name in ("roc_auc", "average_precision", "mcc"):
        assert value(metrics, name) is None
        assert "class 0 has 9 scored member(s); at least 10" in value(metrics, name, column="note")
    assert value(metrics, "recall") > 0
    assert roc.is_empty()


def test_reads_without_a_score_are_counted(make):
    metrics, roc = evaluate([make("one", [1, 0] * 12, a=[None, None] + [0.9, 0.1] * 11)],
                            NONE, resamples=0)  # fmt: skip
    assert value(metrics, "not_scored") == 2
    assert value(metrics, "accuracy", column="n") == 22
    assert roc["n"].unique().to_list() == [22]


def test_curves_end_in_both_corners_and_are_thinned(make):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 20_000)
    sets = [make("one", labels, a=rng.random(20_000) + labels)]
    metrics, roc = evaluate(sets, NONE, resamples=0)
    ends = roc.select("false_positive_rate", "true_positive_rate")
    assert [ends.row(0), ends.row(-1)] == [(0, 0), (1, 1)]
    assert len(roc) <= CURVE_POINTS
    area = np.trapezoid(roc["true_positive_rate"], roc["false_positive_rate"])
    assert area == pytest.approx(value(metrics, "roc_auc"), abs=1e-3)
    assert roc["roc_auc"][0] == value(metrics, "roc_auc")


def test_tables_of_other_length_are_refused(make):
    item = make("one", [1, 0, 1], a=[0.9, 0.1])
    with pytest.raises(InputError, match=r"has 2 rows, but .* has 3 reads"):
        evaluate([item], NONE)


def test_no_tool_at_all_is_refused(make):
    with pytest.raises(InputError, match="nothing to measure: no model"):
        evaluate([make("one", [1, 0])], NONE)


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        (["source", "source"], "given weights"),
        (["train", "random"], "trained by this workflow, UNTRAINED random weights"),
        (None, "not recorded"),
        ("shipped", "shipped"),
    ],
)
def test_origin_of_models(make, origin, told):
    sets = [make("one", [1, 0], facts={"origin": origin}, a=[0.9, 0.1])]
    metrics, _ = evaluate(sets, NONE, resamples=0)
    assert metrics["origin"][0] == told


def test_times_and_published_ones(make, published, tmp_path):
    told = published(
        ("a", "one", "wall_s", "5.5", "s", "no"), ("a", "one", "reads", "9", "s", "no")
    )
    sets = [make("one", [1, 0], a=[1, 0]), make("two", [1, 0], facts={}, a=[1, 0])]
    times = timings(sets, told)
    write_tsv(times, tmp_path / "times.tsv")
    assert read_times(tmp_path / "times.tsv").equals(times)
    rows = times.rows(named=True)
    assert rows[0] == {
        "reference": "ref", "dataset": "one", "tool": "a", "reads": 2, "threads": 2, "wall_s": 2.0,
        "cpu_s": 4.0, "reads_per_cpu_s": 0.5, "published_reads": 9.0, "published_wall_s": 5.5,
    }  # fmt: skip
    assert rows[1]["wall_s"] is rows[1]["reads_per_cpu_s"] is rows[1]["published_reads"] is None


def test_metrics_are_read_as_they_were_written(make, tmp_path):
    metrics, _ = evaluate([make("one", [1, 1], a=[0.9, 0.1])], NONE, resamples=5)
    write_tsv(metrics, tmp_path / "m.tsv")
    assert read_metrics(tmp_path / "m.tsv").equals(metrics)


def test_scores_are_dealt_out_set_by_set():
    sets = gather_sets(["x", "y"], ["r", "s"], ["a", "b"], ["t1", "t2"], ["1", "2", "3", "4"])
    assert sets[1] == LabelledSet("y", "s", "t2", {"a": "3", "b": "4"})
    assert dict(sets[0].scores) == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("s\tl\nACGTAC\t1\nACGTAC\tcoding\n", "line 3 has the label 'coding'; expected 0 .*or 1"),
        ("s\tl\nACGTAC\n", "line 2"),
        ("s\tl\n", "has no read"),
        ("", "has no read"),
    ],
)
def test_bad_labels(make, text, message):
    item = make("one", [1, 0], a=[0.9, 0.1])
    item.table.write_text(text)
    with pytest.raises(InputError, match=message):
        evaluate([item], NONE)


def test_tables_of_reads_may_be_gzip(make):
    item = make("one", [1, 0], a=[0.9, 0.1])
    item.table.write_bytes(gzip.compress(item.table.read_bytes()))
    metrics, _ = evaluate([item], NONE, resamples=0)
    assert value(metrics, "accuracy") == 1


def test_shipped_published_numbers_agree_with_their_own_counts(root):
    table = read_published(root / "resources/published/readseeker.tsv", "readseeker")
    assert not table["same_rows"].any()  # reads are drawn by mapping, with another version
    metrics = table.filter(~pl.col("metric").is_in(["reads", "wall_s"])).pivot(
        "metric", index=["part", "method"], values="value"
    )
    assert len(metrics) == 12
    counts = pl.sum_horizontal("tn", "fp", "fn", "tp")
    accuracy = metrics.select((pl.col("tn") + pl.col("tp")) / counts).to_series()
    assert accuracy.to_list() == pytest.approx(metrics["accuracy"].to_list(), abs=1e-6)
    datasets = read_tsv(root / "config/published/datasets.tsv")
    references = dict(datasets.select("dataset", "assembly").iter_rows())
    reads = (
        table.filter(metric="reads", method="readseeker")
        .group_by(pl.col("part").replace_strict(references))
        .agg(pl.sum("value"))
    )
    total = dict(metrics.filter(method="readseeker").select("part", counts).iter_rows())
    assert dict(reads.iter_rows()) == total  # sets of a reference add up to its counts


def test_page(make, published):
    told = published(
        ("a", "ref", "mcc", "-0.000291", "s", "yes"),
        ("gone", "ref", "f1", "0.25", "s", "no: far"),
    )
    sets = [
        make("one", [1, 0] * 20, a=[0.9, 0.1] * 20, b=[1, 0] * 20),
        make("few", [1, 1], reference="<b>", facts={"origin": ["random"]}, a=[0.9, 0.1], b=[1, 0]),
    ]
    metrics, _ = evaluate(sets, told, "x & y", resamples=10)
    about = {"citation": "Doe 2025.", "description": "MAPQ 42"}
    page = benchmark_html("x & y", about, metrics, timings(sets, told))
    assert "Benchmark x &amp; y" in page
    assert "<h2>&lt;b&gt;, 2 reads</h2>" in page
    assert "−0.000" in page  # published, beside a
    first, second = page.index("<td>a</td><td>published</td>"), page.index("of other rows: not")
    assert first < second < page.index("<td>gone</td><td>published, other rows</td>")
    assert "Published: s; far" in page
    assert "UNTRAINED random weights: a, b" in page
    assert "on the reads it scored; the\nlast column counts unscored reads" in page
    assert "ROC AUC, AP, MCC of a: class 0 has 0 scored member(s)" in page
    assert "(1.000–1.000)" in page
    assert "Data: MAPQ 42." in page
