"""Features of the baselines: counted letter by letter as oracle."""

from collections import Counter
from itertools import product

import numpy as np
import polars as pl
import pytest

from seqcast.predict.properties import BASELINES
from seqcast.predict.properties.baselines import (
    CODONS,
    NotApplicableError,
    baseline_features,
    codon_frequencies,
    kmer_frequencies,
)
from tests.seqcast.datasets.properties.toys import transcripts


def random_rna(length, seed, letters="ACGUN"):
    return "".join(np.random.default_rng(seed).choice(list(letters), length))


def plain_frequencies(words, k):
    names = ["".join(letters) for letters in product("ACGU", repeat=k)]
    counts = Counter(word for word in words if len(word) == k and "N" not in word)
    return [counts[name] / max(1, sum(counts.values())) for name in names]


@pytest.mark.parametrize("length", [0, 1, 2, 3, 7, 300])
def test_frequencies_equal_those_counted_one_by_one(length):
    rna = random_rna(length, length)
    for k in range(1, 6):
        words = [rna[i : i + k] for i in range(length)]
        assert kmer_frequencies(rna, k).tolist() == pytest.approx(
            plain_frequencies(words, k), abs=1e-15
        )
    codons = [rna[i : i + 3] for i in range(0, length, 3)]
    assert codon_frequencies(rna).tolist() == pytest.approx(plain_frequencies(codons, 3), abs=1e-15)


def test_codons_by_hand():
    found = dict(zip(CODONS, codon_frequencies("AUGGCCGCCNAAUAA").tolist(), strict=True))
    assert {name: share for name, share in found.items() if share} == {
        "AUG": 0.25, "GCC": 0.5, "UAA": 0.25
    }  # fmt: skip


def test_length_and_gc_by_hand():
    table = pl.DataFrame(
        {"sequence": ["GGAUN", "AUGUAA"], "length_nt": [5, 6], "cds_start": [1, 0],
         "cds_end": [4, 6]}
    )  # fmt: skip
    found = baseline_features("length_gc", table, np.array([True, True]))
    assert found.tolist() == [
        pytest.approx([5, np.log(5), 0.5, 1, 3, 1]), pytest.approx([6, np.log(6), 1 / 6, 0, 6, 0])
    ]  # fmt: skip
    without = table.with_columns(cds_start=pl.lit(None, pl.Int64), cds_end=pl.lit(None, pl.Int64))
    found = baseline_features("length_gc", without, np.array([True, True]))
    assert found.shape == (2, 3)


@pytest.mark.parametrize("method", BASELINES)
def test_rows_that_are_not_usable_are_not_looked_at(method):
    table = transcripts(12)
    usable = np.arange(12) != 4
    broken = table.with_columns(
        pl.when(pl.col("row") == 4).then(None).otherwise(pl.col(name)).alias(name)
        for name in ("sequence", "length_nt", "cds_start", "cds_end")
    )
    found = baseline_features(method, broken, usable)
    assert np.isnan(found[4]).all()
    full = baseline_features(method, table, np.ones(12, dtype=bool))
    np.testing.assert_array_equal(found[usable], full[usable])
    assert np.isfinite(full).all()


@pytest.mark.parametrize("method", BASELINES)
def test_only_unknown_bases_are_no_features(method):
    table = pl.DataFrame(
        {"sequence": ["NNN", "AUG"], "length_nt": [3, 3], "cds_start": [0, 0], "cds_end": [3, 3]}
    )
    found = baseline_features(method, table, np.array([True, True]))
    assert np.isnan(found[0]).any()
    assert np.isfinite(found[1]).all()


def test_codons_that_all_hold_an_n_are_no_features():
    table = pl.DataFrame(
        {"sequence": ["ANGNUUCCN", "AUG"], "length_nt": [9, 3], "cds_start": [0, 0],
         "cds_end": [9, 3]}
    )  # fmt: skip
    usable = np.array([True, True])
    assert np.isnan(baseline_features("codon_usage", table, usable)[0]).all()
    assert np.isfinite(baseline_features("kmer", table, usable)).all()


def test_codon_usage_needs_a_cds_in_every_usable_row():
    table = transcripts(10).with_columns(
        pl.when(pl.col("row") < 3).then(None).otherwise(pl.col(name)).alias(name)
        for name in ("cds_start", "cds_end")
    )
    with pytest.raises(NotApplicableError, match=r"3 of 10 usable sequences have no CDS.*whole"):
        baseline_features("codon_usage", table, np.ones(10, dtype=bool))
    assert baseline_features("codon_usage", table, np.arange(10) >= 3).shape == (10, 64)
