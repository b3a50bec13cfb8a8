"""Sizes that cannot work are refused before anything is drawn."""

import pytest

from seqcast.errors import InputError
from seqcast.simulate import Parameters


def test_default_is_small_and_has_a_held_out_contig() -> None:
    # 168 and 56 slots of 3,584 bp on average: 602 and 201 kb
    assert Parameters().contigs == (("chrS1", 168), ("chrS2", 56))
    assert sum(Parameters().slot_bp) / 2 == 3584


def test_slot_must_hold_the_longest_gene() -> None:
    # 400 + 210 + 3 * 172 + 3 * 300 + 800 + 150
    with pytest.raises(InputError, match="starts at 2048, but the longest gene needs 2976 bp"):
        Parameters(slot_bp=(2048, 4096))


def test_contig_needs_another_gene_for_matches() -> None:
    with pytest.raises(InputError, match=r"contig chrS9 has 1 gene\(s\); expected at least 2"):
        Parameters(contigs=(("chrS9", 1),))
