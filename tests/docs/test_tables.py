"""The page of tables says which columns each kind of dataset uses, as their schema does."""

import re

import pytest
import yaml

from tests.docs.pages import ROOT

SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/datasets.schema.yaml").read_text())
COLUMNS = SCHEMA["properties"]
FIRST_CELL = re.compile(r"^\| (`.*?) \|", re.MULTILINE)
PAGE = (ROOT / "docs/reference/tables.md").read_text()


def told(heading):
    """What the first cells of the table below a heading name."""
    section = re.search(rf"^{heading}\n(.*?)^##", PAGE, re.MULTILINE | re.DOTALL)[1]
    return sorted(re.findall(r"`(\w+)`", " ".join(FIRST_CELL.findall(section))))


@pytest.mark.parametrize("kind", COLUMNS["kind"]["enum"])
def test_a_kind_of_dataset_has_its_columns(kind):
    used = [
        name
        for name, column in COLUMNS.items()
        if kind in column.get("used_by", {"kind": []})["kind"]
    ]
    assert told(f"### {kind}") == sorted(
        used + ["shards"] * (kind in ("variants", "nulls", "regions", "oligos"))
    )


def test_settings_of_a_training_dataset_are_those_of_their_schema():
    schema = ROOT / "workflow/schemas/coverage_settings.schema.yaml"
    keys = yaml.safe_load(schema.read_text())["properties"]
    assert told("#### Settings of a training dataset") == sorted(keys)
