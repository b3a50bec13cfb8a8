"""Which datasets of regions are mapped, and for which tracks."""

from types import SimpleNamespace as Job

import pytest

from tests.seqcast.plan.coverage_tables import write_files
from tests.seqcast.plan.test_regions import tables

JOB = Job(model="one", dataset="maps")


@pytest.fixture
def plan(planned, tmp_path):
    def plan(row=None, **config):
        write_files(tmp_path)
        for name in ("a.bed", "genes.txt", "genes.gtf"):
            (tmp_path / name).touch()
        return planned(tables(**(row or {})), **config)

    return plan


def test_maps_are_tables_bigwigs_and_a_page(plan):
    whole = plan()
    assert whole.maps.targets == [
        *(
            f"results/maps/one/maps.{kind}"
            for kind in ("parquet", "tsv.gz", "bases.parquet", "bigwig")
        ),
        "results/report/one/maps.maps.html",
    ]
    assert set(whole.maps.targets) <= set(whole.targets)
    assert whole.maps.scores(JOB) == {
        "ensemble": "results/variant_effects/one/maps.ensemble.parquet",
        "folds": [f"results/variant_effects/one/maps.fold{fold}.parquet" for fold in "01"],
        "tracks": "results/variant_effects/one/tracks.parquet",
    }
    assert whole.maps.annotation_file(JOB) == "genes.gtf"
    assert whole.maps.score == "logSED"


@pytest.mark.parametrize(
    ("row", "mapped"),
    [
        ({}, True),
        ({"maps": "no"}, False),
        ({"path": "utr3"}, False),
        ({"path": "utr3_all"}, False),
        ({"path": "utr3", "maps": "yes"}, True),
        ({"path": "utr3", "genes": "MYC"}, True),
        ({"path": "snvs", "flank_bp": 20}, True),
    ],
)
def test_all_utrs_are_mapped_on_request_only(plan, row, mapped):
    assert plan(row).maps.datasets == ["maps"] * mapped


@pytest.mark.parametrize(
    ("config", "groups"),
    [
        ({}, {"all": ""}),
        ({"report": {"tracks": "human 1"}}, {"reported": "human 1"}),
        (
            {"regions": {"track_groups": {"a": "^RNA", "b": "human 2"}}},
            {"a": "^RNA", "b": "human 2"},
        ),
    ],
)
def test_groups_of_tracks(plan, config, groups):
    assert plan(**config).maps.groups == groups
