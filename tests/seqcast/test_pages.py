"""Pages: what users' files hold is escaped, and no name is left empty by mistake."""

import jinja2
import pytest

from seqcast.pages import render

READS = {"rows": [], "statuses": {}, "flags": {}, "untrained": ["<script>"]}


def test_values_are_escaped():
    page = render("reads.html", **READS)
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


def test_a_missing_value_is_an_error():
    with pytest.raises(jinja2.UndefinedError, match="untrained"):
        render("reads.html", **{k: v for k, v in READS.items() if k != "untrained"})
