"""Units of a split: on one side each, by the seed alone."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.datasets.reads.genome_split import Wanted, choose_dev_units, unit_names


def cells(weights: dict[str, tuple[float, float]], collection: str = "c") -> pl.DataFrame:
    rows = [
        (collection, kind, unit, weight)
        for unit, pair in weights.items()
        for kind, weight in zip(("coding", "non_coding"), pair, strict=True)
        if weight
    ]
    return pl.DataFrame(rows, schema=["collection", "class", "unit", "weight"], orient="row")


TEN = {f"u{n}": (100.0, 50.0) for n in range(10)}


@given(
    st.permutations(list(TEN)), st.integers(0, 99), st.sampled_from([0.05, 0.1, 0.11, 0.5, 0.95])
)
def test_share_and_order(names: list[str], seed: int, share: float) -> None:
    wanted = [Wanted("c", 5, 5, "genome")]
    dev = choose_dev_units(cells({name: TEN[name] for name in names}), wanted, share, seed)
    assert dev == choose_dev_units(cells(TEN), wanted, share, seed)
    assert len(dev) == {0.05: 1, 0.1: 1, 0.11: 2, 0.5: 5, 0.95: 9}[share]


def test_seeds_differ() -> None:
    wanted = [Wanted("c", 5, 5, "genome")]
    assert len({tuple(choose_dev_units(cells(TEN), wanted, 0.05, seed)) for seed in range(40)}) > 5


def test_both_classes_on_both_sides() -> None:
    weights = {f"u{n}": (100.0, 50.0 if n < 2 else 0.0) for n in range(10)}
    for seed in range(20):
        dev = choose_dev_units(cells(weights), [Wanted("c", 5, 5, "genome")], 0.05, seed)
        assert len(dev & {"u0", "u1"}) == 1


@pytest.mark.parametrize(
    "weights",
    [
        {"u0": (9.0, 9.0)},
        {"u0": (9.0, 0.0), "u1": (0.0, 9.0)},
        {"u0": (9.0, 9.0), "u1": (9.0, 0.0)},
    ],
)
def test_too_few_genomes(weights: dict[str, tuple[float, float]]) -> None:
    for seed in range(5):
        with pytest.raises(InputError, match=r"collection c has . genomes .* chromosome or read"):
            choose_dev_units(cells(weights), [Wanted("c", 5, 5, "genome")], 0.05, seed)


def test_one_part_alone_and_reads() -> None:
    one = cells({"u0": (9.0, 9.0)})
    assert choose_dev_units(one, [Wanted("c", 5, 0, "genome")], 0.05, 1) == set()
    assert choose_dev_units(one, [Wanted("c", 0, 5, "genome")], 0.05, 1) == {"u0"}
    assert choose_dev_units(one, [Wanted("c", 5, 5, "read")], 0.05, 1) == set()


def test_unit_names() -> None:
    table = pl.DataFrame({"assembly": ["b", "a", "a", "c"], "chromosome": ["1", "1", "2", "1"]})
    assemblies = pl.DataFrame({"assembly": ["a", "b", "c"], "species_taxid": [7, 7, None]})
    names = {
        (split, group): unit_names(table, assemblies, split, group).to_list()  # type: ignore[arg-type]
        for split, group in [("genome", "species_taxid"), ("genome", "assembly"), ("chromosome", "assembly")]
    }  # fmt: skip
    assert names == {
        ("genome", "species_taxid"): ["species_taxid 7"] * 3 + ["c"],
        ("genome", "assembly"): ["b", "a", "a", "c"],
        ("chromosome", "assembly"): ["b chromosome 1", "a chromosome 1", "a chromosome 2", "c chromosome 1"],
    }  # fmt: skip
