"""Tables of a run, planned from without Snakemake."""

from collections.abc import Callable
from pathlib import Path

import pytest

from seqcast.plan.catalogue import Catalogue
from seqcast.plan.run import RunPlan, plan_run
from tests.workflow.conftest import Rows, write_tables

Tables = dict[str, Rows]


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable:
    """A function from tables, as `write_tables` takes, and keys of the config to a config.

    The working folder is empty but for the tables.
    """
    monkeypatch.chdir(tmp_path)

    def configured(tables: Tables, **config: object) -> dict[str, object]:
        return {"tables": write_tables(tmp_path, tables), **config}

    return configured


@pytest.fixture
def catalogue(root: Path, configured: Callable) -> Callable[..., Catalogue]:
    """A function from what `configured` takes to a Catalogue."""
    return lambda tables, **config: Catalogue(
        configured(tables, **config), root / "workflow/schemas"
    )


@pytest.fixture
def planned(root: Path, configured: Callable) -> Callable[..., RunPlan]:
    """A function from what `configured` takes to the plan of a run."""
    return lambda tables, **config: plan_run(
        configured(tables, **config), root / "workflow/schemas"
    )
