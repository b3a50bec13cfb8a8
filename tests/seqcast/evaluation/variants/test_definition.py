"""Cells of benchmarks.tsv to what a benchmark of variants takes from its files."""

import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.variants.definition import Definition


def test_a_distance_with_bounds_and_a_category():
    cells = {"truth": None, "genes": "MT", "strata": "PD <= 1000, 50 ; consequence=utr, intron"}
    assert Definition.of(cells) == Definition(
        genes="MT", distance="PD", bounds=(1000, 50), category="consequence",
        categories=("utr", "intron"),
    )  # fmt: skip
    assert Definition.of({"strata": "PD"}) == Definition(distance="PD")


@pytest.mark.parametrize(
    ("strata", "message"),
    [
        ("PD<=far", "strata has 'PD<=far'; expected a key and distances in bp"),
        ("PD<=", "strata has 'PD<='; expected a key and distances in bp"),
        ("PD<=-5", "strata has 'PD<=-5'; expected a key and distances in bp"),
        ("PD<=50;DI<=50", "strata has 'DI<=50' as a second distance; expected one"),
        ("A=b;C=d", "strata has 'C=d' as a second category; expected one"),
    ],
)
def test_strata_that_cannot_be(strata, message):
    with pytest.raises(InputError, match=message):
        Definition.of({"strata": strata})


@pytest.mark.parametrize("truth", ["KIND=causal", "KIND=", "=a/b", "KIND=a/a", "KIND=/b"])
def test_a_truth_with_names_has_two(truth):
    with pytest.raises(InputError, match=rf"truth is '{truth}'; expected a key and the names"):
        Definition.of({"truth": truth})
