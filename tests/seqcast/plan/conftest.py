"""Tables of a run, planned from without Snakemake."""

from collections.abc import Callable
from pathlib import Path

import pytest

from seqcast.plan.catalogue import Catalogue
from tests.workflow.conftest import HEADERS

Tables = dict[str, list[tuple]]


@pytest.fixture
def catalogue(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable:
    """A function from tables (rows in the order of `HEADERS`) and keys of the config to a Catalogue.

    The working folder is empty but for the tables.
    """
    monkeypatch.chdir(tmp_path)

    def planned(tables: Tables, **config: object) -> Catalogue:
        for name, header in HEADERS.items():
            rows = [tuple(header.split()), *tables.get(name, [])]
            text = "".join("\t".join(map(str, row)) + "\n" for row in rows)
            (tmp_path / f"{name}.tsv").write_text(text)
        paths = {name: f"{name}.tsv" for name in HEADERS}
        return Catalogue({"tables": paths, **config}, root / "workflow/schemas")

    return planned
