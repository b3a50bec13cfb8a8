"""What the name of a fold says."""

import pytest

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.fold_names import fold_numbers, without_training


@pytest.mark.parametrize(
    ("name", "numbers", "data"),
    [("3", (3, 0), "3"), ("f3", (3, 0), "f3"), ("f3c0", (3, 0), "f3"), ("f12c10", (12, 10), "f12")],
)
def test_numbers_and_shared_data(name, numbers, data):
    assert fold_numbers(name) == numbers
    assert without_training(name) == data


@pytest.mark.parametrize("name", ["best", "abc1", "f3c", "f-3", ""])
def test_other_names_have_no_numbers_and_stay_apart(name):
    with pytest.raises(InputError, match="expected a number, or names such as f3 or f3c1"):
        fold_numbers(name)
    assert without_training(name) == name
