"""Causal against matched variants: AUROC by counting pairs."""

import numpy as np
import polars as pl
import pytest

from seqcast.evaluation.variants.agreement import Measure
from seqcast.evaluation.variants.known_effects import read_truth, tell_causal

MEASURED = [Measure("m", "L2_mean", "size", "mrna"), Measure("m", "LLR", "none", "mrna")]
HEADER = "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=99>\n"
KIND = '##INFO=<ID=KIND,Number=1,Type=String,Description="kind">\n'
NAMES = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def comparison(n=40):
    rng = np.random.default_rng(2)
    sizes = rng.normal(size=n).round(1)
    rows = np.repeat(np.arange(n // 2), 2)  # two genes an ALT
    table = pl.DataFrame({"row": rows, "size": sizes, "none": [None] * n},
                         schema_overrides={"none": pl.Float64})  # fmt: skip
    labelled = pl.DataFrame({"row": np.arange(n // 2), "label": [1, 0, None, None] * (n // 8)})
    return table, labelled.drop_nulls()


def test_auroc_counts_pairs_of_the_largest_size_of_each_alt():
    table, labelled = comparison()
    sizes = np.abs(table["size"].to_numpy()).reshape(-1, 2).max(axis=1)
    causal, matched = (sizes[labelled.filter(label=label)["row"].to_numpy()] for label in (1, 0))
    pairs = (causal[:, None] > matched).mean() + (causal[:, None] == matched).mean() / 2
    found = tell_causal(table, MEASURED, labelled, resamples=50)
    assert found.row(0)[:3] == ("m", "L2_mean", pytest.approx(pairs))
    assert found["ci_low"][0] <= pairs <= found["ci_high"][0]
    assert found.select("causal", "matched").rows() == [(5, 5), (0, 0)]
    assert found.row(1)[2:5] == (None, None, None)
    assert found["note"][1] == "no ALT of either class has a number"


def test_kinds_of_a_file(tmp_path):
    path = tmp_path / "v.vcf"
    lines = ["chr1\t5\ta\tA\tC,G\t.\t.\tKIND=causal\n", "chr1\t6\tb\tA\tC\t.\t.\tKIND=matched\n",
             "chr1\t7\tc\tA\tC\t.\t.\t.\n"]  # fmt: skip
    path.write_text(HEADER + KIND + NAMES + "".join(lines))
    table = pl.DataFrame({"row": [0, 1, 2, 3], "size": [3.0, 2.0, 1.0, 9.0], "none": [None] * 4},
                         schema_overrides={"none": pl.Float64})  # fmt: skip
    found = read_truth(path, table, MEASURED)
    assert found.select("causal", "matched").row(0) == (2, 1)
    path.write_text(HEADER + KIND + NAMES + lines[0])
    assert read_truth(path, table, MEASURED) is None


@pytest.mark.parametrize("text", [HEADER + NAMES, NAMES, "no VCF"])
def test_files_without_kinds(tmp_path, text):
    path = tmp_path / "v.vcf"
    path.write_text(text)
    assert read_truth(path, comparison()[0], MEASURED) is None
