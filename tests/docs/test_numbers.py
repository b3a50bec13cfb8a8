"""The demo's numbers in the pages are those of its manifest, and so of the run."""

import re

import pytest

from tests.docs.pages import ROOT
from tests.workflow.demo_manifest import read_manifest

TABLES = [
    "planted_truth/borzuki_tiny.tsv", "benchmarks/simulated_half_life.tsv", "benchmarks/plasmid.tsv",
]  # fmt: skip
COLUMNS = ("value", "ci_low", "ci_high")
PAGES = ["README.md", "docs/tutorials/demo.md", "docs/explanation/planted-truth.md"]
NUMBER = r"\d\.\d{3}(?!\d)"
INTERVAL = re.compile(rf"({NUMBER}) \(({NUMBER}) to ({NUMBER})\)")
OPTIONAL = "Pyrodigal"  # no part of the demo: its numbers are in this card
CARD = ROOT / "resources/six_frame/README.md"


def rows() -> list[tuple[str, ...]]:
    """Value and interval of every row of the tables, with three decimals."""
    manifest = read_manifest()
    found: list[tuple[str, ...]] = []
    for table in TABLES:
        columns = [manifest[table, column].value.split() for column in COLUMNS]
        found += [tuple(f"{float(x):.3f}" for x in row) for row in zip(*columns, strict=True)]
    return found


@pytest.mark.parametrize("page", PAGES)
def test_numbers_of_the_demo_are_those_of_the_run(page):
    lines = [line for line in (ROOT / page).read_text().splitlines() if OPTIONAL not in line]
    text = "\n".join(lines)
    known = rows()
    assert [triple for triple in INTERVAL.findall(text) if triple not in known] == []
    single = {number for row in known for number in row}
    assert [
        number for number in re.findall(rf"(?<!\d){NUMBER}", text) if number not in single
    ] == []


@pytest.mark.parametrize("page", PAGES)
def test_numbers_of_the_optional_gene_finder_are_those_of_the_card(page):
    lines = [line for line in (ROOT / page).read_text().splitlines() if OPTIONAL in line]
    numbers = re.findall(rf"(?<!\d){NUMBER}", "\n".join(lines))
    card = CARD.read_text()
    assert [number for number in numbers if number[1:] not in card] == []


def test_the_agreement_of_gradients_is_that_of_the_run():
    manifest = read_manifest()
    path = "maps/borzuki_tiny/simulated_map.agreement.tsv"
    columns = [
        manifest[path, name].value.split() for name in ("spearman", "pearson", "strongest_found")
    ]
    of_map = [row for i, row in enumerate(zip(*columns, strict=True)) if i % 4 < 2]  # then of all
    page = (ROOT / "docs/how-to/map-regions.md").read_text()
    shown = re.findall(rf"\| ({NUMBER}) \| ({NUMBER}) \| ({NUMBER}) \|", page)
    assert shown == [tuple(f"{float(x):.3f}" for x in row) for row in of_map]
    assert min(float(found) for _, _, found in shown) >= 0.9  # what a screen must not lose
    assert min(float(spearman) for spearman, _, _ in shown) >= 0.6


def test_the_table_of_differences_has_the_words_of_its_script():
    page = (ROOT / "docs/reference/differences-variants.md").read_text().splitlines()
    with (ROOT / "benchmarks/differences.tsv").open() as file:
        lines = [line.rstrip("\n").split("\t")[1:] for line in file]
    shown = [line.strip("| ").split(" | ") for line in page if line.count(" | ") >= 4]
    found = [[*cells[:3], cells[-1]] for cells in shown if not cells[0].startswith("---")]
    assert found == lines
