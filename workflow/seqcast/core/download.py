"""Download the published files: resumed after a cut, checked, and in place whole or not at all.

The transfer is left to ``curl``, which most machines have and which reports a broken transfer
reliably. This module decides what a failure means: try again, go on from the bytes already here,
start over, or tell the user. While a transfer runs there are four files next to the output:

    <name>.part          the bytes so far
    <name>.part.headers  the server's answer that they came with (ETag, Last-Modified)
    <name>.part.url      SHA-256 of the URL that they came from
    <name>.part.lock     locked by the process that writes them

They outlive a failed or killed job, so that the next one resumes where it stopped.

A few publishers ask who downloads: their host gets a token that the user keeps in an environment
variable. Others put a password or a signature into the URL. Tokens and URLs go to curl through its
stdin, never to a command line, which every user of a machine can read; logs, locks and messages
name a URL as `urls.public_url` does.
"""

import hashlib
import logging
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from os import environ
from pathlib import Path
from urllib.parse import urlsplit

from seqcast.core.errors import InputError
from seqcast.core.locks import locked
from seqcast.core.store import atomic
from seqcast.core.temporaries import write_error
from seqcast.core.urls import check_url, public_url

logger = logging.getLogger(__name__)

# Exit codes of curl that a second try may cure: host not found, no connection, partial file,
# timeout or stall, TLS handshake, empty answer, send and receive errors, HTTP/2 and HTTP/3 streams.
TRANSIENT_EXITS = frozenset({5, 6, 7, 16, 18, 28, 35, 52, 55, 56, 92, 95, 96})
TRANSIENT_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
HTTP_ERROR, CANNOT_WRITE, CANNOT_RESUME = 22, 23, 33  # exit codes of curl
CONNECT_TIMEOUT_S = 30
STALL_BYTES_PER_S = 1000  # slower than this for `stall_s` counts as stalled
LONGEST_PAUSE_S = 60.0
# Digits of the digests that a source may have.
DIGEST_DIGITS = {"sha256": 64, "md5": 32}
# Where files may be gated: scheme and host to the environment variable with the user's token.
TOKEN_VARIABLES = {"https://huggingface.co": "HF_TOKEN"}
LOGIN_STATUS = frozenset({401, 403})


@dataclass(frozen=True)
class Expectation:
    """The digest that a download must have."""

    algorithm: str  # a key of DIGEST_DIGITS
    digest: str
    origin: str  # where the digest comes from
    remedy: str  # what to do when the publisher's file has changed for good

    def is_of(self, path: Path) -> bool:
        """Whether a file has it."""
        return _digest_of(path, self.algorithm) == self.digest


@dataclass(frozen=True)
class Partial:
    """A transfer under way: the bytes so far, and what they are the beginning of."""

    url: str
    body: Path
    guard: int  # descriptor of a file that stays locked while a process writes to `body`

    @property
    def name(self) -> str:
        """The URL as logs and messages may tell it."""
        return public_url(self.url)

    @property
    def key(self) -> str:
        """Digest of the URL, to know it by."""
        return hashlib.sha256(self.url.encode()).hexdigest()

    @property
    def headers(self) -> Path:
        """The server's answer that the bytes came with."""
        return self.body.with_name(f"{self.body.name}.headers")

    @property
    def origin(self) -> Path:
        """Digest of the URL of the bytes: two files of one server may have the same date."""
        return self.body.with_name(f"{self.body.name}.url")

    @property
    def size(self) -> int:
        """Bytes received so far."""
        return self.body.stat().st_size if self.body.exists() else 0

    @property
    def version(self) -> str | None:
        """The validator of the bytes here; None if there are none to go on from safely."""
        if not (self.size and self.headers.exists() and self.origin.exists()):
            return None
        same_url = self.origin.read_text() == self.key
        return _validator(self.headers.read_text("latin-1")) if same_url else None

    def start(self) -> None:
        """Forget the bytes and begin again."""
        self.remove()
        self.origin.write_text(self.key)

    def remove(self) -> None:
        """Forget the transfer."""
        for path in (self.body, self.headers, self.origin):
            path.unlink(missing_ok=True)


def fetch(
    url: str,
    path: str | Path,
    digest: str | None = None,
    lock: str | Path | None = None,
    *,
    retries: int = 5,
    stall_s: int = 60,
    pause_s: float = 2.0,
) -> None:
    """Download ``url`` to ``path``, verified; an older file there is replaced only on success.

    A transfer that was cut resumes from where it stopped, within one call and across calls. It
    resumes only if the server still has the same version (``If-Range``, RFC 9110 section 13.1.5,
    and the same ETag or Last-Modified in its answer); otherwise it starts over.

    Parameters
    ----------
    url : str
        An ``https``, ``http``, ``ftp`` or ``file`` URL, with a user name and password or a signed
        query if it needs one. A host of `TOKEN_VARIABLES` gets the token of its variable, if that
        is set; hosts that it redirects to do not (curl 7.58 on).
    path : path
        The output. Parent folders are made.
    digest : str, optional
        What is expected: a SHA-256 of 64 hexadecimal digits, or ``md5:`` and 32, where the
        publisher gives no better. None or empty: trust on first use, see ``lock``.
    lock : path, optional
        Where the SHA-256 of the first download is kept if no ``digest`` is known, as one line
        ``<sha256>  <url>``. Every later download must have the same bytes. None: not checked.
    retries : int
        Further tries after a failure that may pass: a cut, a stall, status 503, no connection.
    stall_s : int
        A transfer below 1,000 bytes/s for this many seconds is given up, and tried again.
    pause_s : float
        Seconds before the first retry; doubled each time, at most 60.

    Raises
    ------
    InputError
        If curl is missing, the URL cannot be downloaded (a gated file: what to accept and where) or
        is a folder, the tries are used up, the answer has no bytes, or the bytes are not the
        expected ones. In the last two cases they are removed, so that the next call starts clean.
    """
    check_url(url)
    _expected(digest, lock)  # refuses what is no digest
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    body = path.with_name(f"{path.name}.part")
    # A transfer is a process of its own, which a killed job leaves behind: it keeps the lock, and
    # the next job waits for its end instead of writing between its bytes.
    with locked(body.with_name(f"{body.name}.lock")) as guard:
        expected, partial = _expected(digest, lock), Partial(url, body, guard.file)
        if guard.waited and expected and path.is_file() and expected.is_of(path):
            logger.info("%s: another process downloaded it", path)
            partial.remove()
            return
        _transfer(partial, retries, stall_s, pause_s)
        _publish(partial, path, expected, lock)


def _publish(
    partial: Partial, path: Path, expected: Expectation | None, lock: str | Path | None
) -> None:
    """Give a whole transfer the name of the output, if its bytes are those that are expected."""
    algorithm = expected.algorithm if expected else "sha256"
    found = _digest_of(partial.body, algorithm)
    if expected and found != expected.digest:
        partial.remove()
        raise InputError(
            f"{partial.name} has {algorithm} {found}; expected {expected.digest} "
            f"({expected.origin}). The bytes were removed. Check whether the publisher changed the "
            f"file: if so and wanted, {expected.remedy}; otherwise run again."
        )
    if not (expected or partial.size):
        partial.remove()
        raise InputError(
            f"{partial.name} answered without a byte; expected a file. Check the URL in a browser. "
            "If the file is empty indeed, give its digest."
        )
    if lock and not expected:
        _write_lock(Path(lock), found, partial.name)
    logger.info("%s: %d bytes, %s %s", path, partial.size, algorithm, found)
    partial.body.replace(path)
    partial.remove()


def _digest_of(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _transfer(partial: Partial, retries: int, stall_s: int, pause_s: float) -> None:
    """Run curl until the whole file is in ``partial.body`` or the tries are used up."""
    if shutil.which("curl") is None:
        raise InputError(
            "the program curl is not on the PATH; every download needs it. Install curl, or run "
            "with --sdm conda, which brings it."
        )
    url, tries, reason = partial.name, retries + 1, ""
    for attempt in range(tries):
        if attempt:
            time.sleep(min(pause_s * 2 ** (attempt - 1), LONGEST_PAUSE_S))
        logger.info("%s: try %d of %d, from byte %d", url, attempt + 1, tries, partial.size)
        reason = _attempt(partial, stall_s)
        if not reason:
            return
        logger.warning("%s: %s", url, reason)
    raise InputError(
        f"{url} could not be downloaded in {tries} attempts; last error: {reason}. Check the URL "
        f"and the connection, then run again: {partial.size} bytes are kept in {partial.body} to "
        "go on from."
    )


def _attempt(partial: Partial, stall_s: int) -> str:
    """Run curl once; return why it failed in a way that may pass, or "" if the file is whole."""
    version = partial.version
    if version is None:
        partial.start()
        process = _curl(partial, stall_s, ["--dump-header", str(partial.headers)])
        answer = partial.headers.read_text("latin-1") if partial.headers.exists() else ""
    else:
        # The answer goes to stdout: the headers on disk must keep naming the bytes on disk.
        resume = ["--continue-at", str(partial.size), "--header", f"If-Range: {version}"]
        process = _curl(partial, stall_s, [*resume, "--dump-header", "-"])
        answer = process.stdout.decode("latin-1")
        if process.returncode == CANNOT_RESUME or _other_version(answer, version):
            logger.warning("%s: not %s any more, or no resume; over again", partial.name, version)
            partial.remove()
            return _attempt(partial, stall_s)
    if process.returncode == 0:
        partial.body.touch()  # curl makes no file for an empty body
        return ""
    if not partial.size:
        partial.remove()  # an answer without a byte is nothing to go on from
    message = process.stderr.decode(errors="replace").strip()
    if process.returncode == CANNOT_WRITE and (
        told := write_error(RuntimeError(message), partial.body)
    ):
        raise told
    return _transient(partial.url, process.returncode, _status(answer), message)


def _curl(partial: Partial, stall_s: int, options: list[str]) -> subprocess.CompletedProcess[bytes]:
    """Run curl into ``partial.body``."""
    command = ["curl", "--fail", "--silent", "--show-error", "--location", "--globoff"]
    command += ["--suppress-connect-headers", "--connect-timeout", str(CONNECT_TIMEOUT_S)]
    command += ["--speed-limit", str(STALL_BYTES_PER_S), "--speed-time", str(stall_s)]
    command += [*options, "--config", "-", "--output", str(partial.body)]
    quoted = partial.url.replace("\\", r"\\").replace('"', r"\"")
    secret = f'url = "{quoted}"\n{_authorization(partial.url)}'.encode()
    return subprocess.run(
        command, input=secret, capture_output=True, check=False, pass_fds=[partial.guard]
    )


def _authorization(url: str) -> str:
    """The line of curl's configuration that gives the token of a host; empty where it has none."""
    token = environ.get(_token_variable(url), "").strip()
    if not token:
        return ""
    if not re.fullmatch(r"[\w.~+/=-]+", token):  # RFC 6750 section 2.1
        raise InputError(
            f"the environment variable {_token_variable(url)} holds signs that no token has; set "
            "it to the token alone, without quotes or blanks"
        )
    return f'header = "Authorization: Bearer {token}"\n'


def _token_variable(url: str) -> str:
    """Environment variable with the token of a URL's host, empty where it takes none."""
    parts = urlsplit(url)
    return TOKEN_VARIABLES.get(f"{parts.scheme}://{parts.netloc}".lower(), "")


def _other_version(answer: str, known: str) -> bool:
    """Whether the server answered a resume with something else than the rest of those bytes.

    Status 200 is the whole file again, 416 a file shorter than the bytes here (curl calls that a
    success). Some servers know no If-Range and send the rest of whatever they have now; so does
    curl itself with a local file, if there is no status.
    """
    status, found = _status(answer), _validator(answer)
    return status in (200, 416) or (status in (206, None) and found not in (None, known))


def _transient(url: str, exit_code: int, status: int | None, message: str) -> str:
    """Return the reason of a failure that may pass; raise if no further try can help."""
    if exit_code in TRANSIENT_EXITS or (exit_code == HTTP_ERROR and status in TRANSIENT_STATUS):
        return message
    if status in LOGIN_STATUS and (variable := _token_variable(url)):
        raise InputError(_gated(url, status, variable))
    raise InputError(
        f"{public_url(url)} cannot be downloaded: {message}. Expected a file that curl can get "
        "without a login; check the URL, and that the disk has room."
    )


def _gated(url: str, status: int | None, variable: str) -> str:
    """What to do about a file that is given only to those who accepted its conditions."""
    url, page = public_url(url), public_url(url.partition("/resolve/")[0])
    sent = "a token was sent" if environ.get(variable, "").strip() else "no token was sent"
    return (
        f"{url} is gated: the server answered {status}, {sent} ({variable}). Log in, accept the "
        f"conditions on {page}, make a token that may read gated repositories "
        f"(https://huggingface.co/settings/tokens), set the environment variable {variable} to it "
        "and run again. Or use a browser and give the file:// URL of the file in sources.tsv."
    )


def _status(answer: str) -> int | None:
    """Return the status of the last answer in a header dump (redirects come before it)."""
    found = re.findall(r"^HTTP/\S+ (\d{3})", answer, flags=re.MULTILINE)
    return int(found[-1]) if found else None


def _validator(answer: str) -> str | None:
    """Return the strong ETag, or else the Last-Modified date, of the last answer in a dump.

    A weak ETag (``W/...``) says that two versions mean the same, not that their bytes agree, and
    is not allowed in ``If-Range`` (RFC 9110 section 13.1.5).
    """
    last = re.split(r"^HTTP/", answer, flags=re.MULTILINE)[-1]
    fields = {
        name.strip().lower(): value.strip()
        for name, separator, value in (line.partition(":") for line in last.splitlines())
        if separator
    }
    etag = fields.get("etag", "")
    return etag if etag.startswith('"') else fields.get("last-modified")


def _expected(digest: str | None, lock: str | Path | None) -> Expectation | None:
    """Return the digest to expect: the one given, else the one in the lock file, else none."""
    if digest:
        algorithm = "md5" if digest.startswith("md5:") else "sha256"
        digits = digest.removeprefix("md5:")
        if not re.fullmatch(rf"[0-9a-fA-F]{{{DIGEST_DIGITS[algorithm]}}}", digits):
            raise InputError(
                f"{digest!r} is no digest; expected the 64 hexadecimal digits of a SHA-256, as "
                "the program sha256sum prints them, or md5: and 32. Fix it, or leave it empty."
            )
        remedy = f"fix the {algorithm}, or empty it to trust the next download"
        return Expectation(algorithm, digits.lower(), "given with the source", remedy)
    if lock is None or not Path(lock).exists():
        return None
    text = Path(lock).read_text().strip()
    match = re.fullmatch(r"([0-9a-f]{64})  (\S+)", text)
    if match is None:
        raise InputError(
            f"lock file {lock} holds {public_url(text)[:100]!r}; expected one line "
            "'<sha256>  <url>'. Delete it to trust the next download."
        )
    origin = f"of the first download, from {public_url(match[2])}, kept in {lock}"
    return Expectation("sha256", match[1], origin, f"delete {lock} to trust the next download")


def _write_lock(lock: Path, digest: str, url: str) -> None:
    """Keep the digest of a first download."""
    with atomic(lock) as temporary:
        temporary.write_text(f"{digest}  {url}\n")
    logger.warning("%s: no sha256 known, trusted on first use; kept in %s", url, lock)
