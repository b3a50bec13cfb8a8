"""Which variants share a window."""

import pytest

from seqcast.predict.variants.alleles import Edit, Geometry
from seqcast.predict.variants.shared_windows import shared_windows

GEOMETRY = Geometry(length_bp=1000, bin_size_bp=10, crop_bins=0)


def edits(*places):
    return [
        p if isinstance(p, str) else Edit(p[0], p[1] - 1, p[1], "A", p[1], "C", "A") for p in places
    ]


@pytest.mark.parametrize(("cluster", "places", "starts"), [
    (0, [("1", 50), ("1", 50), ("1", 40)], [None, None, None]),
    (0.2, [("1", 600), ("1", 799), ("1", 800)], [199, 199, None]),  # reach 200, middle 699
    (0.2, [("1", 600), ("2", 610)], [None, None]),
    (0.2, [("1", 600), "alt_star", ("1", 610)], [105, None, 105]),
    (0.2, [("1", 600), ("1", 100)], [None, None]),  # unsorted
])  # fmt: skip
def test_groups(cluster, places, starts):
    assert shared_windows(edits(*places), GEOMETRY, cluster) == starts
