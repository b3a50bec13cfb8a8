"""A targets table names files beside itself, or files that the workflow makes."""

from pathlib import Path

import pytest

from seqcast.datasets.coverage.track_files import track_path


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("a.bw", "coverage/a.bw"),
        ("../made/a.bw", "coverage/../made/a.bw"),
        ("/data/a.bw", "/data/a.bw"),
        ("results/coverage_tracks/a.plus.bw", "results/coverage_tracks/a.plus.bw"),
        ("results_of_may/a.bw", "coverage/results_of_may/a.bw"),
    ],
)
def test_where_a_file_lies(file, path):
    assert track_path("coverage/targets.tsv", file) == Path(path)
