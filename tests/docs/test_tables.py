"""The page of tables says which columns each kind of dataset uses, as their schema does."""

import re

import pytest
import yaml

from tests.docs.pages import ROOT

SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/datasets.schema.yaml").read_text())
COLUMNS = SCHEMA["properties"]
FIRST_CELL = re.compile(r"^\| (`.*?) \|", re.MULTILINE)
PAGE = (ROOT / "docs/reference/tables.md").read_text()


@pytest.mark.parametrize("kind", COLUMNS["kind"]["enum"])
def test_a_kind_of_dataset_has_its_columns(kind):
    section = re.search(rf"^### {kind}\n(.*?)^##", PAGE, re.MULTILINE | re.DOTALL)[1]
    told = re.findall(r"`(\w+)`", " ".join(FIRST_CELL.findall(section)))
    used = [
        name
        for name, column in COLUMNS.items()
        if kind in column.get("used_by", {"kind": []})["kind"]
    ]
    assert sorted(told) == sorted(used + ["shards"] * (kind in ("variants", "oligos")))
