"""Sizes that cannot work are refused before anything is drawn."""

import pytest

from seqcast.core.errors import InputError
from seqcast.simulate import Parameters
from seqcast.simulate.parameters import CoverageParameters


def test_default_is_small_and_has_a_held_out_contig() -> None:
    # 480 and 160 slots of 3,584 bp on average: 1,720 and 573 kb
    assert Parameters().contigs == (("chrS1", 480), ("chrS2", 160))
    assert sum(Parameters().slot_bp) / 2 == 3584


def test_slot_must_hold_the_longest_gene() -> None:
    # 400 + 210 + 3 * 172 + 3 * 300 + 800 + 150
    with pytest.raises(InputError, match="starts at 2048, but the longest gene needs 2976 bp"):
        Parameters(slot_bp=(2048, 4096))


def test_contig_needs_another_gene_for_matches() -> None:
    with pytest.raises(InputError, match=r"contig chrS9 has 1 gene\(s\); expected at least 2"):
        Parameters(contigs=(("chrS9", 1),))


@pytest.mark.parametrize(("name", "value"), [("validation_share", 1.0), ("validation_share", -0.1),
                                             ("log_half_life_noise_sd", -1.0)])  # fmt: skip
def test_shares_and_noise_out_of_range(name: str, value: float) -> None:
    with pytest.raises(InputError, match=f"{name} is {value}; expected 0"):
        Parameters(**{name: value})


@pytest.mark.parametrize(
    ("name", "value", "expectation"),
    [("depth", 0.0, "a number above 0"), ("clip_background", 0.0, "a number above 0"),
     ("premrna_share", -0.1, "0 or more"), ("cage_bp", 20, "an odd number")],
)  # fmt: skip
def test_coverage_out_of_range(name: str, value: float, expectation: str) -> None:
    with pytest.raises(InputError, match=f"{name} is {value}; expected {expectation}"):
        CoverageParameters(**{name: value})


@pytest.mark.parametrize(
    ("name", "value", "expectation"),
    # shortest CDS 3 * (90 + 2), shortest slot 3072
    [("read_bp", 277, "6 to 276"), ("read_bp", 5, "6 to 276"), ("oligo_bp", 3073, "1 to 3072"),
     ("read_error", 1.0, "0 to below 1")],
)  # fmt: skip
def test_reads_and_oligos_out_of_range(name: str, value: float, expectation: str) -> None:
    with pytest.raises(InputError, match=f"{name} is {value}; expected {expectation}"):
        Parameters(**{name: value})
