"""Links and paths in the pages lead somewhere."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from tests.docs.pages import FENCE, PAGES, ROOT, name_of
from tests.workflow.test_house import LAYERS

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(
    r"`((?:docs|config|resources|recipes|benchmarks|workflow|tests)/[\w./-]+(?:\.(?!html)\w+|/))`"
)
MADE = ("resources/simulated/", "resources/models/", "resources/read_sets/", "resources/locks")


def is_there(name: str) -> bool:
    """Whether a dotted name is a module of the package, or something in one."""
    module, _, last = name.rpartition(".")
    try:
        return hasattr(import_module(module), last) or bool(import_module(name))
    except ModuleNotFoundError:
        return False


def anchors(page: Path) -> set[str]:
    """The fragments of a page's headings, as GitHub makes them."""
    text = FENCE.sub("", page.read_text())
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_a_file_and_a_heading(page):
    lost = []
    for link in LINK.findall(FENCE.sub("", page.read_text())):
        path, _, fragment = link.partition("#")
        if "://" in path:
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (fragment and fragment not in anchors(target)):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_that_a_page_names_exist(page):
    named = [path for path in PATH.findall(page.read_text()) if not path.startswith(MADE)]
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_modules_and_functions_that_a_page_names_exist(page):
    named = re.findall(r"`(seqcast(?:\.\w+)+)", FENCE.sub("", page.read_text()))
    assert [name for name in named if not is_there(name)] == []


def test_every_page_of_the_docs_is_in_their_index():
    index = ROOT / "docs/index.md"
    linked = {(index.parent / link).resolve() for link in LINK.findall(index.read_text())}
    pages = {page for page in PAGES if page.is_relative_to(ROOT / "docs")} - {index}
    assert sorted(map(name_of, pages - linked)) == []


def test_the_page_of_the_architecture_has_the_layers_in_order():
    page = (ROOT / "docs/architecture.md").read_text()
    table = page[page.index("| folder |") : page.index("## Where")]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert re.findall(r"`(\w+)(?:/|\.py)`", "".join(cells)) == list(LAYERS)
