"""Downloads survive a bad network, never mix two versions, and are in place whole or not at all."""

import base64
import hashlib
import logging
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqcast.core.download import fetch
from seqcast.core.errors import InputError
from tests.seqcast.http_server import Site, serve

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

OLD, NEW = (np.random.default_rng(seed).bytes(300_000) for seed in (1, 2))
FAST: dict[str, Any] = {"retries": 3, "stall_s": 1, "pause_s": 0.01}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serve(Site(OLD)) as running:
        yield running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "weights" / "model.h5"


def names(path: Path) -> list[str]:
    return sorted(item.name for item in path.parent.iterdir())


def test_file_arrives_alone(site: Site, path: Path) -> None:
    fetch(site.url, path, digest(OLD).upper(), **FAST)  # digests are compared without case
    assert path.read_bytes() == OLD
    assert names(path) == ["model.h5"]
    assert site.requests == [(None, 200)]


@pytest.mark.parametrize(
    ("etag", "last_modified"),
    [
        ('"v1"', None),
        (None, "Sat, 01 Nov 2025 00:00:00 GMT"),
        ('W/"1"', "Sat, 01 Nov 2025 00:00:00 GMT"),
    ],
)
def test_cut_is_resumed(
    site: Site, path: Path, etag: str | None, last_modified: str | None
) -> None:
    site.etag, site.last_modified, site.cuts = etag, last_modified, [100_000, 50_000]
    fetch(site.url, path, digest(OLD), **FAST)
    assert path.read_bytes() == OLD
    assert site.requests == [(None, 200), ("bytes=100000-", 206), ("bytes=150000-", 206)]


def test_without_a_version_a_cut_starts_over(site: Site, path: Path) -> None:
    # A weak ETag does not promise equal bytes (RFC 9110, 8.8.1): nothing to resume safely from.
    site.etag, site.cuts = 'W/"1"', [100_000]
    fetch(site.url, path, **FAST)
    assert path.read_bytes() == OLD
    assert site.requests == [(None, 200), (None, 200)]


def test_next_call_goes_on_where_the_last_one_stopped(site: Site, path: Path) -> None:
    site.cuts = [100_000]
    with pytest.raises(
        InputError, match=r"in 1 attempts; .*100000 bytes are kept in .*model\.h5\.part"
    ):
        fetch(site.url, path, retries=0)
    assert names(path) == [f"model.h5.part{end}" for end in ("", ".headers", ".url")]
    fetch(site.url, path, retries=0)
    assert path.read_bytes() == OLD
    assert site.requests == [(None, 200), ("bytes=100000-", 206)]


@pytest.mark.parametrize("honours_if_range", [True, False])
@pytest.mark.parametrize("new", [NEW, NEW[:50_000]], ids=["same size", "shorter"])
def test_changed_file_is_not_mixed_with_the_old_one(
    site: Site, path: Path, new: bytes, honours_if_range: bool
) -> None:
    site.cuts = [100_000]
    with pytest.raises(InputError, match="could not be downloaded in 1 attempts"):
        fetch(site.url, path, retries=0)
    site.body, site.etag, site.honours_if_range = new, '"v2"', honours_if_range
    fetch(site.url, path, retries=0)
    assert path.read_bytes() == new
    assert site.requests[-1] == (None, 200)


def test_another_url_of_the_same_date_is_not_mixed_in(site: Site, path: Path) -> None:
    # A row's url was edited after a cut; both files were uploaded in the same second.
    site.etag, site.last_modified, site.cuts = None, "Sat, 01 Nov 2025 00:00:00 GMT", [100_000]
    with pytest.raises(InputError, match="could not be downloaded in 1 attempts"):
        fetch(site.url + "?v=1", path, retries=0)
    site.body = NEW
    fetch(site.url + "?v=2", path, retries=0)
    assert path.read_bytes() == NEW


def test_changed_local_file_is_not_mixed_with_the_old_one(tmp_path: Path, path: Path) -> None:
    source = tmp_path / "genome.fa"
    source.write_bytes(NEW)
    path.parent.mkdir()
    part = path.with_name("model.h5.part")  # what a killed copy of an older file leaves
    part.write_bytes(OLD[:100_000])
    part.with_name("model.h5.part.url").write_text(digest(source.as_uri().encode()))
    part.with_name("model.h5.part.headers").write_text(
        "Last-Modified: Sat, 01 Nov 2025 00:00:00 GMT"
    )
    fetch(source.as_uri(), path)
    assert path.read_bytes() == NEW


def test_stall_is_given_up_and_resumed(site: Site, path: Path) -> None:
    site.stalls = [500]  # few, because curl averages the speed over some seconds
    fetch(site.url, path, digest(OLD), **FAST)
    assert path.read_bytes() == OLD
    assert site.requests == [(None, 200), ("bytes=500-", 206)]


def test_busy_server_is_asked_again(site: Site, path: Path) -> None:
    site.failures = [503, 429]
    fetch(site.url, path, digest(OLD), **FAST)
    assert path.read_bytes() == OLD
    assert [status for _, status in site.requests] == [503, 429, 200]


def test_busy_server_does_not_cost_the_bytes(site: Site, path: Path) -> None:
    site.cuts = [100_000]
    with pytest.raises(InputError):
        fetch(site.url, path, retries=0)
    site.failures = [503]
    fetch(site.url, path, digest(OLD), **FAST)
    assert path.read_bytes() == OLD
    assert site.requests[1:] == [("bytes=100000-", 503), ("bytes=100000-", 206)]


def test_tries_are_counted(site: Site, path: Path) -> None:
    site.failures = [503] * 9
    with pytest.raises(
        InputError, match=r"/file could not be downloaded in 4 attempts.*error: 503"
    ):
        fetch(site.url, path, **FAST)
    assert len(site.requests) == 4


def test_missing_file_is_not_asked_for_twice(site: Site, path: Path) -> None:
    url = site.url.replace("/file", "/gone")
    with pytest.raises(InputError, match=r"127\.0\.0\.1:\d+/gone cannot be downloaded.* 404"):
        fetch(url, path, **FAST)
    assert site.requests == [(None, 404)]
    assert names(path) == []


def test_unknown_host(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    url = "http://seqcast.invalid/x"  # .invalid never resolves (RFC 2606)
    with pytest.raises(
        InputError, match=r"http://seqcast\.invalid/x could not be downloaded in 2 attempts"
    ):
        fetch(url, path, retries=1, pause_s=0.01)


def test_wrong_bytes_are_refused_and_removed(site: Site, path: Path) -> None:
    path.parent.mkdir()
    path.write_text("older")
    wrong = "0" * 64
    with pytest.raises(InputError, match="given with the source") as error:
        fetch(site.url, path, wrong, **FAST)
    for part in (site.url, wrong, digest(OLD), "fix the sha256"):
        assert part in str(error.value)
    assert names(path) == ["model.h5"]
    assert path.read_text() == "older"


def test_md5_is_enough_where_the_publisher_gives_no_better(site: Site, path: Path) -> None:
    right = hashlib.md5(OLD).hexdigest()
    fetch(site.url, path, f"md5:{right}", **FAST)
    assert path.read_bytes() == OLD
    with pytest.raises(InputError, match=f"has md5 {right}; expected {'0' * 32}.*fix the md5"):
        fetch(site.url, path, "md5:" + "0" * 32, **FAST)
    assert names(path) == ["model.h5"]


@pytest.fixture
def gate(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site that asks for the token of a variable."""
    origin = site.url.removesuffix("/file")
    monkeypatch.setattr("seqcast.core.download.TOKEN_VARIABLES", {origin: "SITE_TOKEN"})
    site.token = "hf_aB3"
    return site


def test_the_token_opens_a_gated_file_and_stays_out_of_the_log(
    gate: Site, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SITE_TOKEN", " hf_aB3\n")  # as a file that was read into it ends
    gate.cuts = [100_000]
    with caplog.at_level(logging.DEBUG):
        fetch(gate.url, path, digest(OLD), **FAST)
    assert path.read_bytes() == OLD
    assert gate.authorizations == ["Bearer hf_aB3"] * 2
    assert "hf_aB3" not in caplog.text


def test_the_token_does_not_follow_a_redirect(
    gate: Site, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE_TOKEN", "hf_aB3")
    with serve(Site(NEW)) as elsewhere:
        for host in ("127.0.0.1", "localhost"):  # another port, another host
            gate.redirect = elsewhere.url.replace("127.0.0.1", host)
            fetch(gate.url, path, digest(NEW), **FAST)
        assert elsewhere.authorizations == [None, None]
    assert set(gate.authorizations) == {"Bearer hf_aB3"}


def test_hosts_without_a_variable_get_no_token(
    site: Site, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_aB3")
    fetch(site.url, path, **FAST)
    assert site.authorizations == [None]
    site.token = "other"  # an ordinary refusal, with no word of tokens
    with pytest.raises(InputError, match="without a login"):
        fetch(site.url, path, **FAST)


@pytest.mark.parametrize(
    ("token", "says"),
    [(None, "answered 401, no token was sent"), ("hf_no", "answered 403, a token")],
)
def test_a_gated_file_says_what_to_accept_and_where(
    gate: Site, path: Path, monkeypatch: pytest.MonkeyPatch, token: str | None, says: str
) -> None:
    if token:
        monkeypatch.setenv("SITE_TOKEN", token)
    url = f"{gate.url}?x=/org/model/resolve/main/model.safetensors"
    with pytest.raises(InputError) as error:
        fetch(url, path, **FAST)
    text = str(error.value)
    assert says in text
    for part in (f"conditions on {gate.url}?...,", "SITE_TOKEN", "settings/tokens"):
        assert part in text
    assert len(gate.requests) == 1
    assert "hf_no" not in text


def test_a_token_that_is_none_is_refused(
    gate: Site, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE_TOKEN", 'hf"\nurl = "http://seqcast.invalid')
    with pytest.raises(InputError, match="SITE_TOKEN holds signs") as error:
        fetch(gate.url, path, **FAST)
    assert "invalid" not in str(error.value)
    assert gate.requests == []


def test_first_use_is_trusted_and_then_enforced(site: Site, path: Path, tmp_path: Path) -> None:
    lock = tmp_path / "locks" / "weights.sha256"
    fetch(site.url, path, lock=lock, **FAST)
    assert lock.read_text() == f"{digest(OLD)}  {site.url}\n"
    fetch(site.url, path, "", lock, **FAST)  # the same bytes again; an empty cell is no digest
    site.body, site.etag = NEW, '"v2"'
    with pytest.raises(InputError, match="of the first download, from http://127") as error:
        fetch(site.url, path, lock=lock, **FAST)
    for part in (site.url, digest(OLD), digest(NEW), f"delete {lock}"):
        assert part in str(error.value)
    assert path.read_bytes() == OLD
    assert names(path) == ["model.h5"]
    lock.unlink()
    fetch(site.url, path, lock=lock, **FAST)
    assert path.read_bytes() == NEW


def test_a_known_digest_needs_no_lock(site: Site, path: Path, tmp_path: Path) -> None:
    lock = tmp_path / "weights.sha256"
    lock.write_text(f"{digest(NEW)}  {site.url}\n")
    fetch(site.url, path, digest(OLD), lock, **FAST)
    assert lock.read_text() == f"{digest(NEW)}  {site.url}\n"


def test_local_files_and_empty_files(tmp_path: Path, path: Path) -> None:
    for data in (OLD, b""):
        source = tmp_path / "my genome [1].fa"
        source.write_bytes(data)
        fetch(source.as_uri(), path, digest(data))
        assert path.read_bytes() == data
    with pytest.raises(InputError, match=r"absent\.fa cannot be downloaded"):
        fetch((tmp_path / "absent.fa").as_uri(), path)


def test_an_answer_without_a_byte_is_no_download(site: Site, path: Path, tmp_path: Path) -> None:
    site.body, lock = b"", tmp_path / "weights.sha256"
    with pytest.raises(InputError, match=r"/file answered without a byte; expected a file"):
        fetch(site.url, path, lock=lock, **FAST)
    assert names(path) == []
    assert not lock.exists()
    fetch(site.url, path, digest(b""), **FAST)
    assert path.read_bytes() == b""


SECRET = "s3cr3t"


@pytest.mark.parametrize("digest_known", [True, False])
def test_credentials_of_a_url_open_the_file_and_are_kept_nowhere(
    site: Site, path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch, digest_known: bool,
) -> None:  # fmt: skip
    seen: list[list[str]] = []
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda c, **more: (seen.append(c), run(c, **more))[1])
    site.cuts, site.failures = [100_000], [503]
    url = f"{site.url.replace('//', f'//ann:{SECRET}%22@')}?signature={SECRET}%5C"
    lock = tmp_path / "lock"
    with caplog.at_level(logging.DEBUG), pytest.raises(InputError) as error:
        fetch(url, path, retries=1, pause_s=0.01)
    kept = "".join(file.read_text("latin-1") for file in path.parent.iterdir())
    with caplog.at_level(logging.DEBUG):
        fetch(url, path, digest(OLD) if digest_known else None, lock, **FAST)
    assert path.read_bytes() == OLD
    wanted = base64.b64encode(f'ann:{SECRET}"'.encode()).decode()
    assert site.authorizations == [f"Basic {wanted}"] * 3
    site.body = NEW
    with pytest.raises(InputError) as changed:
        fetch(url, path, digest(OLD), lock, **FAST)
    assert len(seen) == 4
    for place in (caplog.text, str(error.value), str(changed.value), str(seen), kept):
        assert SECRET not in place
    assert digest_known or lock.read_text() == f"{digest(OLD)}  {site.url}?...\n"


@pytest.mark.parametrize("digest", ["abc", "md5:" + "0" * 64, "md5:", "sha1:" + "0" * 40])
def test_malformed_digest_is_refused_before_the_download(path: Path, digest: str) -> None:
    with pytest.raises(InputError, match="64 hexadecimal digits"):
        fetch("http://seqcast.invalid/x", path, digest)


def test_damaged_lock_is_refused_before_the_download(path: Path, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("half a li")
    with pytest.raises(InputError, match="holds 'half a li'; expected one line"):
        fetch("http://seqcast.invalid/x", path, lock=lock)


def test_missing_curl(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"curl is not on the PATH.*Install curl"):
        fetch("http://seqcast.invalid/x", path)
