"""The pages that people read, and the blocks of code in them."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([
    ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "config").rglob("*.md"),
    *(ROOT / "resources").glob("*/README.md"), *(ROOT / "recipes").glob("*/README.md"),
    *(ROOT / "benchmarks").glob("*.md"), *(ROOT / "skills").rglob("*.md"),
])  # fmt: skip
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_RUN = re.compile(r"<!-- not run: (\w.+) -->\n\Z")  # the line above a block


class Block(NamedTuple):
    """A fenced block of a page.

    Attributes
    ----------
    place : str
        The page and the line on which the block begins.
    language : str
        Empty where the fence names none.
    reason : str
        Why the tests do not run it; empty where they do.
    """

    place: str
    language: str
    text: str
    reason: str


def name_of(page: Path) -> str:
    """Path of a page from the repository's root."""
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text()
    found = []
    for match in FENCE.finditer(text):
        reason = NOT_RUN.search(text, 0, match.start())
        line = text.count("\n", 0, match.start()) + 1
        place = f"{name_of(page)}:{line}"
        found.append(Block(place, match[1], match[2], reason[1] if reason else ""))
    return found
