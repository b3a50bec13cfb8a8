"""URLs are told without what opens them, and refused where they are none."""

from pathlib import Path

import pytest

from seqcast.core.errors import InputError
from seqcast.core.urls import check_url, public_url, url_digest

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://ann:s3cr3t@host:8080/a@b/file.vcf.gz", "https://host:8080/a@b/file.vcf.gz"),
        ("https://s3cr3t@host/file", "https://host/file"),
        ("https://host/file?X-Signature=s3cr3t&b=1#s3cr3t", "https://host/file?..."),
        ("https://host/file#s3cr3t?x", "https://host/file"),
        ("https://host?s3cr3t", "https://host?..."),
        ("https://host/file", "https://host/file"),
        ("ann:s3cr3t@host/file", "host/file"),  # its scheme was forgotten
        ("file:///a/b%20c", "file:///a/b%20c"),
    ],
)
def test_a_url_is_told_without_what_opens_it(url: str, told: str) -> None:
    assert public_url(url) == told


def test_the_digest_of_a_url_follows_all_but_who_asks() -> None:
    url = "https://host/file?v=1"
    assert url_digest(url) == url_digest(f"https://ann:{SECRET}@host/file?v=1")
    others = ["https://host/file?v=2", "https://host/file", "http://host/file?v=1",
              "https://other/file?v=1"]  # fmt: skip
    assert len({url_digest(x) for x in [url, *others]}) == 5


@pytest.mark.parametrize(
    "url", ["", "x.fa", "ann:s3cr3t@host/file", "https://a:b/s3cr3t@host/", "https://[::s3cr3t", "http://h/ s3cr3t",
            'http://h/"\noutput = "s3cr3t'],
)  # fmt: skip
def test_a_malformed_url_is_refused_without_its_text(url: str) -> None:
    with pytest.raises(InputError, match=r"malformed; expected https") as error:
        check_url(url)
    assert SECRET not in str(error.value)


def test_a_folder_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "a folder").mkdir()
    with pytest.raises(InputError, match="a%20folder is a folder; expected a file"):
        check_url((tmp_path / "a folder").as_uri())
    check_url((tmp_path / "a file").as_uri())
