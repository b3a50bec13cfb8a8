"""The pages of the command line and of Python name what is there."""

import inspect
import re

import seqcast
from seqcast import cli
from tests.docs.pages import ROOT

CLI = (ROOT / "docs/reference/cli.md").read_text()
API = (ROOT / "docs/reference/api.md").read_text()
COMMANDS = re.findall(r"^\| `([a-z][\w-]*)` \|", CLI, re.MULTILINE)


def options_of() -> dict[str, set[str]]:
    """The options of each command."""
    found = {}
    for name in cli.COMMANDS:
        options = cli.application(name)[name].assemble_argument_collection()
        found[name] = {word for one in options for word in one.names if word.startswith("-")}
    return found


def test_options_in_the_page_are_those_of_their_commands():
    known = options_of()
    rows = re.findall(r"^\| (`-[^|]*) \| ([^|]*) \|", CLI, re.MULTILINE)
    assert len(rows) > 5
    for cell, commands in rows:
        names = re.findall(r"`([\w-]+)`", commands) or list(known.keys() & set(COMMANDS))
        for name in names:
            assert set(re.findall(r"`(-[\w-]+)`", cell)) <= known[name], (cell, name)


def test_commands_in_the_page_exist():
    assert COMMANDS
    assert set(COMMANDS) <= options_of().keys()


def test_functions_in_the_page_are_those_of_the_package():
    calls = dict(re.findall(r"^\| `(\w+)\(([^)]*)\)` \|", API, re.MULTILINE))
    functions = {name for name in seqcast.__all__ if callable(getattr(seqcast, name))}
    assert calls.keys() == functions
    for name, arguments in calls.items():
        expected = inspect.signature(getattr(seqcast, name)).parameters
        assert set(arguments.split(", ")) <= set(expected), name
