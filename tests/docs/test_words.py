"""Pages, captions and descriptions of keys use the words of docs/glossary.md."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, name_of

INSTEAD = {  # words that the pages do not use -> what they say in their place
    r"a row an?|a column an?|an? job an?": "one row per",
    r"\d a (minute|second|CPU-second)\b": "per",
    r"beside": "next to, in addition to",
    r"judg\w*": "evaluate",
    r"mend(s|ed|ing)?": "fix",
    r"anew": "again",
    r"told (from|apart)": "distinguished from",
    r"drawn (weights|head)": "randomly initialised",
    r"trunk": "backbone",
    r"(the|of|a|its|all) bars?": "threshold, acceptance test",
    r"went on|goes on": "resumed, continues",
    r"cut short": "truncated",
    r"be had": "be obtained",
    r"in (the )?place of": "instead of",
    r"data sets?": "dataset",
    r"the share of|share of": "fraction of",
    r"letters?": "nucleotide, character",
    r"codon marks?": "codon-start token",
    r"on the high side": "optimistically biased",
    r"(coverage|read) sets?": "training dataset, training reads",
    r"undo(es)?": "invert",
    r"matched variants?": "matched control",
    r"between commas": "comma-separated",
    r"the original's": "of the original",
    r"where there (is|are)": "if",
}
CODE = re.compile(r"```.*?```|`[^`\n]*`|<!--.*?-->|\{\{.*?\}\}|\{%.*?%\}|\]\([^)]*\)", re.DOTALL)
TEXTS = [
    *PAGES,
    *sorted((ROOT / "workflow/report").glob("*.rst")),
    *sorted((ROOT / "workflow").rglob("templates/*.html")),
    *sorted((ROOT / "workflow/schemas").glob("*.yaml")),
]  # fmt: skip


def found(text: str) -> Iterator[str]:
    """The words of a text that have a better one, each with the text around it."""
    prose = " ".join(CODE.sub(" ", text).split())
    for pattern, better in INSTEAD.items():
        for match in re.finditer(rf"\b({pattern})\b", prose, re.IGNORECASE):
            yield f"{prose[max(0, match.start() - 30) : match.end() + 30]!r}: {better}"


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_words_are_those_of_the_glossary(path: Path):
    assert list(found(path.read_text())) == []


def test_old_words_are_found_and_code_is_left_alone():
    assert len(list(found("It writes a row a read beside `the share of` reads."))) == 2
