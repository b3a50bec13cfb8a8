"""Pages, captions, descriptions of keys and the code use the words of docs/glossary.md."""

import ast
import io
import re
import tokenize
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
    r"is not there": "does not exist, is missing",
    r"fetch(es|ed|ing)?(?! \w*\()": "download",
}
PATTERNS = [(re.compile(rf"\b({old})\b", re.IGNORECASE), new) for old, new in INSTEAD.items()]
# Whether any is there, which one search tells, and mostly none is.
ANY = re.compile(rf"\b({'|'.join(INSTEAD)})\b", re.IGNORECASE)
CODE = re.compile(r"```.*?```|`[^`\n]*`|<!--.*?-->|\{\{.*?\}\}|\{%.*?%\}|\]\([^)]*\)", re.DOTALL)
TEXTS = [
    *PAGES,
    *sorted((ROOT / "workflow/report").glob("*.rst")),
    *sorted((ROOT / "workflow").rglob("templates/*.html")),
    *sorted((ROOT / "workflow/schemas").glob("*.yaml")),
]  # fmt: skip
MODULES = sorted(
    path
    for folder in ("benchmarks", "recipes", "workflow")
    for path in (ROOT / folder).rglob("*.py")
)
# Keys in files (model.trunk), names of attributes in docstrings, and names of groups in patterns.
NAMES = re.compile(r"\b\w+(?:\.\w+)+|^ *[\w, ]+ : |\(\?P<\w+>", re.MULTILINE)


def found(text: str) -> Iterator[str]:
    """The words of a text that have a better one, each with the text around it."""
    prose = " ".join(CODE.sub(" ", text).split())
    for pattern, better in PATTERNS if ANY.search(prose) else ():
        for match in pattern.finditer(prose):
            yield f"{prose[max(0, match.start() - 30) : match.end() + 30]!r}: {better}"


def prose_of(code: str) -> Iterator[str]:
    """Messages, help, labels and docstrings of a module (strings of several words), and comments."""
    strings = (node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant))
    for text in strings:
        if isinstance(text, str) and len(text.split()) > 1:
            yield NAMES.sub(" ", text)
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            yield NAMES.sub(" ", token.string)


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_words_are_those_of_the_glossary(path: Path):
    assert list(found(path.read_text())) == []


def test_old_words_are_found_and_code_is_left_alone():
    assert len(list(found("It writes a row a read beside `the share of` reads."))) == 2


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_words_of_the_code_are_those_of_the_glossary(path: Path):
    assert [hit for text in prose_of(path.read_text()) for hit in found(text)] == []


def test_old_words_of_code_are_found_and_names_are_left_alone():
    code = """raise InputError(f"{path} was cut short; mend it")  # a row a read\nx["trunk"] = model.trunk\n"""
    assert [len(list(found(text))) for text in prose_of(code)] == [2, 1]
