"""Profiles are found by the oldest Snakemake that seqcast takes, and by the newest."""

from pathlib import Path

import pytest
from snakemake.cli import get_profile_dir

ROOT = Path(__file__).resolve().parents[2]
PROFILES = sorted(ROOT.glob("profiles/*/")) + sorted(ROOT.glob("config/profiles/*/"))


@pytest.mark.parametrize("folder", PROFILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_profile_has_the_name_of_now_and_the_one_of_before(folder):
    assert (folder / "profile.yaml").is_file()
    # before 9.19, Snakemake knows config.yaml alone
    assert (folder / "config.yaml").readlink() == Path("profile.yaml")
    _, found = get_profile_dir(str(folder))
    assert found.resolve() == folder / "profile.yaml"
