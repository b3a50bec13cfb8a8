"""Pages: what users' files hold is escaped, and no name is left empty by mistake."""

import jinja2
import pytest

from seqcast.report.pages import rendering
from seqcast.report.pages.rendering import render, template_digest

READS = {"rows": [], "statuses": {}, "flags": {}, "untrained": ["<script>"], "same_weights": [],
         "descriptions": {}}  # fmt: skip


def test_values_are_escaped():
    page = render("reads.html", **READS)
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


def test_a_missing_value_is_an_error():
    with pytest.raises(jinja2.UndefinedError, match="untrained"):
        render("reads.html", **{k: v for k, v in READS.items() if k != "untrained"})


def test_a_digest_follows_a_template_and_what_it_extends(tmp_path, monkeypatch):
    monkeypatch.setattr(rendering, "TEMPLATES", tmp_path)
    texts = {"page.html": "<body>", "a.html": '{% extends "page.html" %}', "b.html": "alone"}

    def digests(**changed):
        template_digest.cache_clear()
        for name, text in (texts | {f"{k}.html": v for k, v in changed.items()}).items():
            (tmp_path / name).write_text(text)
        return template_digest("a.html"), template_digest("b.html")

    first, second = digests()
    assert digests() == (first, second)
    assert digests(page="<body >")[0] != first
    assert digests(page="<body >")[1] == second
    assert digests(a='{% extends "page.html" %} ')[0] != first
    template_digest.cache_clear()
