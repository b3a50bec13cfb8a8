"""Parts of a column, and folds that keep groups whole."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.datasets.properties.splits import Round, Split, kfold_parts, named_parts, part_names


@pytest.mark.parametrize(
    ("split", "groups", "expected"),
    [
        ("Split", "", Split("Split")),
        ("kfold:5", "", Split("", 5)),
        ("kfold:3", "gene_id", Split("gene_id", 3)),
        ("kfold:10", "clusters:0.8", Split("", 10, 0.8)),
        ("kfold:4", "clusters:1", Split("", 4, 1.0)),
    ],
)
def test_cells_are_read(split: str, groups: str, expected: Split) -> None:
    assert Split.parse(split, groups) == expected


@pytest.mark.parametrize(
    ("split", "groups", "message"),
    [
        ("", "", "split is empty"),
        ("kfold:2", "", "kfold:2'; expected kfold:3 or more"),
        ("kfold:x", "", "kfold:x"),
        ("Split", "gene_id", "groups are 'gene_id' but the split is the column 'Split'"),
        ("kfold:5", "clusters:0", "share above 0"),
        ("kfold:5", "clusters:80", "such as clusters:0.8"),
        ("kfold:5", "clusters:", "clusters:IDENTITY"),
    ],
)
def test_cells_that_say_nothing(split: str, groups: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Split.parse(split, groups)


def test_parts_are_read_in_any_case() -> None:
    found = named_parts(["train", "TEST", "Val", "valid", "validation", "Training"], "Split")
    assert found == ["train", "test", *["validation"] * 3, "train"]


def test_other_parts_are_named() -> None:
    with pytest.raises(InputError, match=r"Split has '1', 'dev'; expected train, val or test"):
        named_parts(["train", "dev", "1", "dev"], "Split")


@given(
    sizes=st.lists(st.integers(1, 9), min_size=5, max_size=40),
    folds=st.integers(3, 5),
    seed=st.integers(0, 5),
)
def test_groups_stay_whole_and_folds_are_even(sizes: list[int], folds: int, seed: int) -> None:
    groups = [f"g{i}" for i, size in enumerate(sizes) for _ in range(size)]
    parts = kfold_parts(groups, folds, seed)
    assert parts == kfold_parts(groups, folds, seed)
    homes = {
        group: {p for g, p in zip(groups, parts, strict=True) if g == group}
        for group in set(groups)
    }
    assert all(len(home) == 1 for home in homes.values())
    counts = Counter(parts)
    assert len(counts) == folds
    # largest first into the smallest fold: no two differ by more than the largest group
    assert max(counts.values()) - min(counts.values()) <= max(sizes)


def test_seeds_draw_other_folds() -> None:
    groups = [str(i) for i in range(50)]
    assert kfold_parts(groups, 5, 0) != kfold_parts(groups, 5, 1)


def test_classes_are_spread_over_the_folds() -> None:
    strata = np.array([0] * 40 + [1] * 10)
    groups = [str(i // 2) for i in range(50)]
    parts = np.array(kfold_parts(groups, 5, 0, strata))
    assert {Counter(parts[strata == 1].tolist())[f"fold{i}"] for i in range(5)} == {2}
    assert len({(g, p) for g, p in zip(groups, parts.tolist(), strict=True)}) == 25


def test_too_few_groups_or_members() -> None:
    with pytest.raises(InputError, match=r"5 folds of 2 groups \(9 usable rows\)"):
        kfold_parts(["a"] * 8 + ["b"], 5, 0)
    with pytest.raises(InputError, match="5 folds, but a class has 3 usable rows"):
        kfold_parts([str(i) for i in range(20)], 5, 0, np.array([0] * 17 + [1] * 3))


def test_rounds_of_folds_share_no_row() -> None:
    split = Split("", 4)
    rows = {name: np.arange(i, 20, 4) for i, name in enumerate(part_names(split))}
    rounds = Round.of_parts(rows, split)
    assert [one.name for one in rounds] == ["fold0", "fold1", "fold2", "fold3"]
    for i, one in enumerate(rounds):
        assert one.test.tolist() == rows[f"fold{i}"].tolist()
        assert one.validation.tolist() == rows[f"fold{(i + 1) % 4}"].tolist()
        assert one.predicted.tolist() == one.test.tolist()
        everything = np.concatenate(list(one.parts().values()))
        assert sorted(everything.tolist()) == list(range(20))


def test_a_column_has_one_round_that_predicts_all_but_the_training_rows() -> None:
    rows = {"train": np.array([0, 3]), "validation": np.array([4]), "test": np.array([1, 2])}
    (one,) = Round.of_parts(rows, Split("Split"))
    assert one.predicted.tolist() == [1, 2, 4]
