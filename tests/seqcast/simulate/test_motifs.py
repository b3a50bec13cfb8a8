"""Sites, their flanks and their weights."""

import pytest

from seqcast.simulate.motifs import (
    Site,
    element_sites,
    hexamer_sites,
)
from seqcast.simulate.parameters import ELEMENTS, PAS_STRENGTH

ARE, PUM, MIR, STB = ELEMENTS


@pytest.mark.parametrize(
    ("element", "sequence", "expected"),
    [
        (ARE, "GGTTATTTATTGG", [(2, 11, 1.0)]),
        (ARE, "GGATATTTATTGG", [(3, 11, 0.4)]),  # one outer U lost: weaker (Zubiaga 1995)
        (ARE, "GGATATTTATAGG", []),  # both lost: no site
        (ARE, "TATTTATT", [(0, 8, 0.4)]),  # a flank beyond the end is absent
        (ARE, "TTATTTATTTATT", [(0, 9, 1.0), (4, 13, 1.0)]),  # overlapping registers both count
        (PUM, "TGTACATATGTAGATA", [(0, 8, 1.0), (8, 16, 1.0)]),
        (MIR, "GCTACCTCAG", [(1, 9, 1.0)]),  # 8-mer
        (MIR, "GCTACCTCGG", [(1, 8, 0.6)]),  # 7-mer-m8
        (MIR, "GGTACCTCAG", [(2, 9, 0.6)]),  # 7-mer-A1
        (MIR, "GGTACCTCGG", [(2, 8, 0.25)]),  # 6-mer
        (STB, "CCTCCCTCCCTCC", [(0, 9, 1.0), (4, 13, 1.0)]),
        (STB, "CCTCCATCC", []),
    ],
)
def test_element_sites(element, sequence: str, expected: list[tuple[int, int, float]]) -> None:
    sites = list(element_sites(element, sequence))
    assert sites == [Site(element.name, *row) for row in expected]


def test_hexamers_overlap() -> None:
    sites = {(s.start, s.weight) for s in hexamer_sites(PAS_STRENGTH, "CAATAAAATAAA")}
    assert sites == {(1, 1.0), (6, 1.0)}
