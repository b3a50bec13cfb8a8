"""From a table of transcripts to metrics, figure and page, by the steps that the workflow takes."""

import polars as pl
import pytest

from seqcast.datasets.properties.duplicates import read_parts
from seqcast.datasets.properties.labelled import Property, PropertyFiles
from seqcast.evaluation.properties.evaluate_property import (
    PredictedFiles,
    evaluate_property,
    read_evaluation,
)
from seqcast.predict.properties import BASELINES
from seqcast.predict.properties.predict_baseline import predict_baseline
from seqcast.report.figures.properties import plot_property
from seqcast.report.figures.style import save
from seqcast.report.pages.properties import PropertyResults, properties_html
from tests.seqcast.datasets.properties.look_alikes import SHAPES, as_transcripts, look_alike

ABOUT = {
    "meaning": "a level",
    "description": "",
    "citation": "",
    "dataset": "set",
    "licence": "",
    "url": "",
}


@pytest.mark.parametrize(
    ("name", "split", "codon_usage"),
    [("mRFP_Expression", "Split", True), ("CoV_Vaccine_Degradation", "Split", False),
     ("Tc-Riboswitches", "Split", False), ("MLOS", "kfold:5", True)],
)  # fmt: skip
def test_a_published_set_from_file_to_page(tmp_path, name, split, codon_usage):
    table = as_transcripts(
        look_alike(name, shrink=4 if sum(SHAPES[name]["parts"]) > 1000 else 1), SHAPES[name]["cds"]
    )
    table.write_parquet(tmp_path / "t.parquet")
    files = PropertyFiles(tmp_path / "t.parquet")
    definition = ("toy", {"labels": "Value", "kind": "regression", "split": split, "groups": ""})
    paths = [tmp_path / f"{method}.parquet" for method in BASELINES]
    for method, path in zip(BASELINES, paths, strict=True):
        predict_baseline(files, path, method, definition, 0, {})
    published = tmp_path / "published.tsv"
    published.write_text(
        "benchmark\tmethod\tpart\tmetric\tvalue\tsource\tsame_rows\n"
        "toy\tCodonBERT\ttest\tspearman\t0.8\tTable 2\tyes\n"
    )
    predicted = PredictedFiles(files.transcripts, tuple(paths), published=published)
    metrics, parts = tmp_path / "toy.tsv", tmp_path / "toy.parts.tsv"
    evaluate_property(predicted, metrics, parts, list(BASELINES), definition, 0, 20)
    found = read_evaluation(metrics, ["Value"])
    test = found.filter(
        pl.col("part").is_in(["test", "out_of_fold"]), metric="spearman", duplicates="with"
    )
    reached = dict(test.select("method", "value").rows())
    assert reached["length_gc"] > 0.7  # the look-alikes' labels follow from GC
    assert (reached["codon_usage"] is not None) == codon_usage
    without = "without" in found["duplicates"]
    assert without == (name == "mRFP_Expression")
    wanted = Property.from_row(*definition)
    shown = {m: pl.read_parquet(path) for m, path in zip(BASELINES, paths, strict=True)}
    save(plot_property("toy", "regression", wanted.labels, found, shown), tmp_path / "toy.png")
    page = properties_html([PropertyResults(wanted, ABOUT, found, read_parts(parts))])
    assert ("Published, of other rows" in page) == (name == "MLOS")
    assert ("codon_usage: left out" in page) == (not codon_usage)
    assert ("Test without those whose sequence a training row has" in page) == without
