"""Rows of the table of sources: every file that a run downloads, its URL, digest and licence.

A job reads the URL from the table itself: Snakemake keeps the parameters of jobs on disk, and a URL
may hold a password (`urls`).
"""

import logging
import re
from pathlib import Path

from seqcast.core.download import fetch
from seqcast.core.errors import InputError
from seqcast.core.text_files import read_text, table_rows
from seqcast.core.urls import public_url

logger = logging.getLogger(__name__)

SOURCES = "the table of sources"
RESTRICTED = re.compile(r"non-?commercial|not redistributable|\bNC\b", re.IGNORECASE)


def fetch_source(
    table: str | Path, path: str, output: str | Path, lock: str | Path | None = None
) -> None:
    """Download the source that lands at ``path``, and say in the log under which licence it is.

    Parameters
    ----------
    table : path
        The table of sources (TSV with at least ``path``, ``url``, ``sha256`` and ``licence``).
    path : str
        Its cell of the column ``path``.
    output, lock : path
        See `download.fetch`.

    Raises
    ------
    InputError
        If the table cannot be read or has no such row, and as `download.fetch`.
    """
    header, *lines = [cells for _, cells in table_rows(read_text(table, SOURCES), table)] or [[]]
    rows = (dict(zip(header, cells, strict=False)) for cells in lines)
    row = next((row for row in rows if row.get("path") == path), None)
    if row is None:
        raise InputError(f"{table} has no row with path {path} any more; put it back, or run again")
    tell_licence(row["url"], row["licence"])
    fetch(row["url"], output, row.get("sha256") or None, lock)


def tell_licence(url: str, licence: str) -> None:
    """Say in the log under which licence a file is, as a warning where its use is restricted.

    Parameters
    ----------
    url : str
    licence : str
        As its publisher states it.
    """
    if RESTRICTED.search(licence):
        logger.warning(
            "%s is under a licence that restricts its use: %s. Whoever runs this download accepts "
            "it; do not pass the file on.", public_url(url), licence,
        )  # fmt: skip
    else:
        logger.info("%s: licence %s", public_url(url), licence)
