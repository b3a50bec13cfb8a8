"""HTML pages from the package's templates: one file each, all values escaped."""

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jinja2

UNDESCRIBED: Mapping[str, str] = MappingProxyType({})  # no model has a description
TEMPLATES = Path(__file__).parents[1] / "templates"
LONGEST_ALLELE_BP = 12


def render(template: str, filters: dict[str, Callable] | None = None, **values: Any) -> str:
    """A whole HTML document.

    Parameters
    ----------
    template : str
        File name in ``templates/``.
    filters : dict, optional
        Functions that the template applies by name, in addition to jinja's own.
    **values
        What the template names; a name without a value is an error.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("seqcast.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters or {}
    return environment.get_template(template).render(**values)


def figure(value: float | None, digits: int = 3) -> str:
    """A number with a true minus sign; empty for none."""
    return "" if value is None else f"{value:.{digits}f}".replace("-", "−")


def count(value: float | None) -> str:
    """A whole number, thousands set apart by commas; empty for none."""
    return "" if value is None else f"{value:,.0f}"


def shorten(allele: str) -> str:
    """An allele, cut with its length where it is long."""
    if len(allele) <= LONGEST_ALLELE_BP:
        return allele
    return f"{allele[: LONGEST_ALLELE_BP - 4]}... ({len(allele)} bp)"


def number(value: float | None, signed: bool = False) -> str:
    """Three significant digits, whole numbers from 1,000 on; empty for null."""
    if value is None:
        return ""
    sign = "+" if signed else ""
    text = f"{value:{sign},.0f}" if abs(value) >= 1000 else f"{value:{sign}#.3g}".rstrip(".")
    return text.replace("-", "−")


def thousands(n: int) -> str:
    """A whole number, thousands set apart by commas, with a true minus sign."""
    return f"{n:,}".replace("-", "−")


def relative_to(path: str | Path, at: str | Path) -> str:
    """A path as a link of the page at another one has it."""
    return Path(os.path.relpath(path, Path(at).parent)).as_posix()


@cache
def template_digest(template: str) -> str:
    """Digest of a template and of those it extends or includes: pages follow it, nothing else.

    Parameters
    ----------
    template : str
        File name in ``templates/``.

    Returns
    -------
    str
        12 hexadecimal digits.
    """
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    named = re.findall(r"{%-? *(?:extends|include|import|from) *[\"']([^\"']+)", text)
    parts = [text, *map(template_digest, named)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
