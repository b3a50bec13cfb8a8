"""Verification takes what a fold uses and what it was published as; nothing of a run asks for it."""

from types import SimpleNamespace as Job

import pytest

from tests.seqcast.plan.coverage_tables import ALONE, changed, write_files


@pytest.fixture
def plan(planned, tmp_path):
    write_files(tmp_path)
    (tmp_path / "published.h5").write_text("weights")
    folds = changed(ALONE["folds"], 0, 2, "source")
    return planned(ALONE | {"folds": changed(folds, 0, 3, "published.h5")})


def test_a_published_fold_is_verified_from_its_file(plan):
    files = plan.verification.files(Job(model="small", fold="f0c0"))
    assert files["weights"] == "published.h5"
    assert files["prepared"] == "resources/models/small.foldf0c0.safetensors"
    assert "weights" not in plan.verification.files(Job(model="small", fold="f1c0"))
    assert plan.verification.options == {"number": 4, "seed": 0}


def test_verdicts_are_reported_and_not_made(plan, tmp_path):
    paths = [f"results/verification/small.fold{fold}.json" for fold in ("f0c0", "f1c0")]
    assert plan.verification.verdicts == paths
    assert not set(paths) & set(plan.targets)
    rows = plan.verification.reported
    assert [row[3] for row in rows] == paths
    assert [row[4] for row in rows] == ["", ""]
    (tmp_path / "results/verification").mkdir(parents=True)
    (tmp_path / paths[1]).write_text("{}")
    assert [bool(row[4]) for row in plan.verification.reported] == [False, True]
