"""Architectures of the table, and those of modules outside the package."""

import pytest

from seqcast.core.errors import InputError
from seqcast.models.architectures import ARCHITECTURES, architecture_of, check_task
from tests.seqcast.models.test_coverage import DILATED


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_table_names_network_and_config(name: str) -> None:
    network, config = ARCHITECTURES[name]
    kind = architecture_of(name)
    assert f"{kind.__module__}:{kind.__name__}" == network
    assert config.startswith(f"seqcast.models.{kind.__module__.split('.')[2]}.")
    check_task(name, kind.task)


def test_an_architecture_outside_is_its_class() -> None:
    assert architecture_of(DILATED).__name__ == "DilatedCnn"
    check_task(DILATED, "coverage")


@pytest.mark.parametrize(("name", "message"), [
    ("no_such_module:Net", "'no_such_module:Net': No module named 'no_such_module'; expected mod"),
    ("tests.seqcast.models.dilated_cnn:Net", "has no attribute 'Net'; expected module:Class"),
    ("tests.seqcast.models.dilated_cnn:Block", "Block' is none: it has no task; expected module"),
    (DILATED, "is of task coverage; expected one of task reads"),
])  # fmt: skip
def test_what_is_no_architecture_is_told(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_task(name, "reads")
