"""HTML pages from the package's templates: one file each, all values escaped."""

from collections.abc import Callable
from typing import Any

import jinja2


def render(template: str, filters: dict[str, Callable] | None = None, **values: Any) -> str:
    """A whole HTML document.

    Parameters
    ----------
    template : str
        File name in ``templates/``.
    filters : dict, optional
        Functions that the template applies by name, beside jinja's own.
    **values
        What the template names; a name without a value is an error.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("seqcast"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= filters or {}
    return environment.get_template(template).render(**values)
