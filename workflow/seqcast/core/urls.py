"""URLs of sources: which are well-formed, and how they are told without what opens them.

A URL may hold a password, or a signature in its query. Logs, locks, pages and the parameters of
jobs, which Snakemake keeps on disk, name it by `public_url`.
"""

import hashlib
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from seqcast.core.errors import InputError


def check_url(url: str) -> None:
    """Stop at a URL that is none, or that names a folder, of which curl would get the listing.

    Raises
    ------
    InputError
        Without the text of a malformed URL: where its password ends cannot be known.
    """
    try:
        parts = urlsplit(url)
        well_formed = url.isprintable() and " " not in url and parts.scheme and "://" in url
        _ = parts.port  # a password with a slash in it leaves no number
    except ValueError:
        well_formed = False
    if not well_formed:
        raise InputError(
            f"the URL that begins with {_scheme(url)} is malformed; expected https://..., "
            "http://..., ftp://... or file:///..., with blanks as %20, and a slash or @ of a "
            "password as %2F or %40"
        )
    if parts.scheme.lower() == "file" and Path(url2pathname(parts.path)).is_dir():
        raise InputError(f"{url} is a folder; expected a file. Give the URL of one file in it.")


def public_url(url: str) -> str:
    """A URL as it may be told: without user name and password; ``?...`` for its query."""
    place, mark, _ = url.partition("#")[0].partition("?")
    return f"{_anonymous(place)}{mark and '?...'}"


def url_digest(url: str) -> str:
    """Twelve hexadecimal digits that change with all of a URL but its user name and password."""
    return hashlib.sha256(_anonymous(url).encode()).hexdigest()[:12]


def _scheme(url: str) -> str:
    """How a URL begins; nothing of one without a scheme, which may be a password."""
    return url.partition("://")[0][:20] if "://" in url else "no scheme (https://)"


def _anonymous(url: str) -> str:
    """A URL without user name and password."""
    if "://" not in url:
        return url.rpartition("@")[2]
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}"
