"""Downloads survive a bad network, never mix two versions, and are in place whole or not at all."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqcast.download import fetch
from seqcast.errors import InputError
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
        InputError, match=r"in 1 tries; .*100000 bytes are kept in .*model\.h5\.part"
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
    with pytest.raises(InputError, match="could not be had in 1 tries"):
        fetch(site.url, path, retries=0)
    site.body, site.etag, site.honours_if_range = new, '"v2"', honours_if_range
    fetch(site.url, path, retries=0)
    assert path.read_bytes() == new
    assert site.requests[-1] == (None, 200)


def test_another_url_of_the_same_date_is_not_mixed_in(site: Site, path: Path) -> None:
    # A row's url was edited after a cut; both files were uploaded in the same second.
    site.etag, site.last_modified, site.cuts = None, "Sat, 01 Nov 2025 00:00:00 GMT", [100_000]
    with pytest.raises(InputError, match="could not be had in 1 tries"):
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
    part.with_name("model.h5.part.url").write_text(source.as_uri())
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
    with pytest.raises(InputError, match=r"/file could not be had in 4 tries.*error: 503"):
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
    with pytest.raises(InputError, match=r"http://seqcast\.invalid/x could not be had in 2 tries"):
        fetch(url, path, retries=1, pause_s=0.01)


def test_wrong_bytes_are_refused_and_removed(site: Site, path: Path) -> None:
    path.parent.mkdir()
    path.write_text("older")
    wrong = "0" * 64
    with pytest.raises(InputError, match="given with the source") as error:
        fetch(site.url, path, wrong, **FAST)
    for part in (site.url, wrong, digest(OLD), "mend the sha256"):
        assert part in str(error.value)
    assert names(path) == ["model.h5"]
    assert path.read_text() == "older"


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


@pytest.mark.parametrize("sha256", ["abc", "md5:" + "0" * 60])
def test_malformed_digest_is_refused_before_the_download(path: Path, sha256: str) -> None:
    with pytest.raises(InputError, match="64 hexadecimal digits"):
        fetch("http://seqcast.invalid/x", path, sha256)


def test_damaged_lock_is_refused_before_the_download(path: Path, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("half a li")
    with pytest.raises(InputError, match="holds 'half a li'; expected one line"):
        fetch("http://seqcast.invalid/x", path, lock=lock)


def test_missing_curl(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"curl is not on the PATH.*Install curl"):
        fetch("http://seqcast.invalid/x", path)
