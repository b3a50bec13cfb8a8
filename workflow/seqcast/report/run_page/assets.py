"""What the page of a run is made of besides its data: styles, scripts and charts, all inside it."""

import base64
import csv
import gzip
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

ASSETS = Path(__file__).parents[1] / "assets"
SCRIPTS = (
    "vendor/tabulator.min.js", "vendor/vega.min.js", "vendor/vega-lite.min.js",
    "vendor/vega-embed.min.js", "run_page.js",
)  # fmt: skip
STYLES = ("vendor/tabulator_simple.min.css", "run_page.css")
CHARTS = ("coverage", "decay", "map")


def scripts() -> list[str]:
    """Texts of the page's scripts, in the order in which they need each other."""
    return [inline_script(_text(name)) for name in SCRIPTS]


def styles() -> str:
    """The page's style sheets as one text."""
    return "\n".join(_text(name) for name in STYLES)


def charts() -> dict[str, Any]:
    """Vega-Lite specifications by name, without their data."""
    return {name: json.loads(_text(f"charts/{name}.json")) for name in CHARTS}


def inline_script(text: str) -> str:
    """A script that may stand between script tags, which its own text cannot close."""
    return text.replace("</script", r"<\/script").replace("<!--", r"<\!--")


def packed(data: Any) -> str:
    """Data for a script tag: JSON, compressed, as characters that HTML gives no meaning.

    Equal data give equal text.
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def vendored() -> list[dict[str, str]]:
    """Package, version, licence and its text of each library in the page."""
    rows = csv.DictReader(_text("vendor/vendor.tsv").splitlines(), delimiter="\t")
    return [
        {**row, "text": _text(f"vendor/{row['name']}")} for row in rows if row["file"] == "LICENSE"
    ]


@cache
def assets_digest() -> str:
    """Digest of all that the page is made of besides its data and template: 12 characters."""
    names = [*SCRIPTS, *STYLES, *(f"charts/{name}.json" for name in CHARTS)]
    texts = "\0".join(map(_text, names))
    return hashlib.sha256(texts.encode()).hexdigest()[:12]


def _text(name: str) -> str:
    """A file of the package."""
    return (ASSETS / name).read_text(encoding="utf-8")
