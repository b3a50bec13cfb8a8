"""A file that does not fit the genome is stopped, and told what explains that."""

import logging
import random
import re

import pytest

from seqcast.core.errors import InputError
from seqcast.genome.builds import guard_build
from seqcast.genome.variants import check_variants
from tests.seqcast.text_genome import TextGenome, table

SEQUENCE = "".join(random.Random(1).choices("ACGT", k=5000))
COMPLEMENT = str.maketrans("ACGT", "TGCA")

Row = tuple[int, str, str]


def right(row: Row) -> Row:
    return row


def exchanged(row: Row) -> Row:
    return row[0], row[2], row[1]


def flipped(row: Row) -> Row:
    return row[0], row[1].translate(COMPLEMENT), row[2].translate(COMPLEMENT)


def too_small(row: Row) -> Row:
    return row[0] - 1, row[1], row[2]


def too_large(row: Row) -> Row:
    return row[0] + 1, row[1], row[2]


def other_build(row: Row) -> Row:
    return (row[0] * 7919) % 4900 + 10, row[1], row[2]


def snvs(n: int, letters: str = "ACGT", seed: int = 2) -> list[Row]:
    """Right SNVs; "AT" gives A/T SNVs alone."""
    rng = random.Random(seed)
    places = [pos for pos in range(10, 4990) if SEQUENCE[pos - 1] in letters]
    rows = []
    for pos in rng.sample(places, n):
        ref = SEQUENCE[pos - 1]
        rows.append((pos, ref, rng.choice([base for base in letters if base != ref])))
    return rows


def judge(rows: list[Row], mode: str = "exclude") -> None:
    guard_build(check_variants(table(rows), TextGenome(SEQUENCE), mode))


def mixed(change, n_changed: int, n: int = 200) -> list[Row]:
    """SNVs of which the first `n_changed` are spoilt."""
    rows = snvs(n)
    return [change(row) for row in rows[:n_changed]] + rows[n_changed:]


@pytest.mark.parametrize(
    ("n_right", "n_wrong", "stops"),
    [(7, 3, False), (6, 3, False), (69, 31, True), (3, 7, True), (0, 9, False), (70, 30, False)],
)
def test_guard_counts_what_could_be_compared(n_right: int, n_wrong: int, stops: bool) -> None:
    rows = snvs(n_right + n_wrong)
    rows[n_right:] = [exchanged(row) for row in rows[n_right:]]
    rows += [(100, SEQUENCE[99], ".")] * 50
    if not stops:
        judge(rows)
        return
    with pytest.raises(InputError, match=rf"in {n_right} of {n_right + n_wrong} variants \("):
        judge(rows)
    judge(rows, "swap")


@pytest.mark.parametrize("mode", ["exclude", "swap"])
def test_no_rows_are_neither_refused_nor_warned_of(mode, caplog) -> None:
    judge([], mode)
    assert caplog.messages == []


@pytest.mark.parametrize("mode", ["exclude", "swap"])
@pytest.mark.parametrize(
    ("change", "counted", "remedy"),
    [
        (flipped, "the complement of REF in {n}", r"other strand: turn them \(bcftools \+fixref"),
        (too_small, r"REF at POS \+ 1 in {n}", "add 1 to every POS"),
        (too_large, "REF at POS - 1 in {n}", "take 1 from every POS"),
    ],
)
def test_stopped_with_the_explanation_that_fits(change, counted, remedy, mode) -> None:
    rows = mixed(change, 150)
    mismatches = [row for row in rows if SEQUENCE[row[0] - 1] != row[1]]
    counted = counted.format(n=len(mismatches))
    n_fit = 200 - len(mismatches)
    message = rf"in {n_fit} of 200 .*{remedy}.*Of the {len(mismatches)} mismatches, .*{counted}"
    with pytest.raises(InputError, match=message) as raised:
        judge(rows, mode)
    assert "Wrong build" not in str(raised.value)


def test_exchanged_columns_are_named_and_pass_with_swap() -> None:
    rows = mixed(exchanged, 120)
    message = (
        r"in 80 of 200 .*exchanged.*set variants\.on_ref_mismatch to swap.*ALT in 120, .*in 0 \("
    )
    with pytest.raises(InputError, match=message):
        judge(rows)
    judge(rows, "swap")


def test_exchanged_insertions_count_as_fitting_where_the_file_is_exchanged() -> None:
    # no row of these can be scored, but nothing speaks for another build
    insertions = [(p, r + a * 9, r) for p, r, a in snvs(60)]
    judge(insertions, "swap")
    with pytest.raises(InputError, match="Wrong build"):
        judge([other_build(row) for row in insertions], "swap")


@pytest.mark.parametrize("mode", ["exclude", "swap"])
def test_positions_of_another_build_stop(mode: str) -> None:
    rows = [other_build(row) for row in snvs(1000)]
    checked = check_variants(table(rows), TextGenome(SEQUENCE), mode)
    # A random REF fits in 1/4 of the rows, and an ALT that does so as often is not swapped.
    assert (checked["status"] == "valid").mean() == pytest.approx(0.25, abs=0.05)
    with pytest.raises(InputError, match=r"of 1000 variants \(\d+%\); .*Wrong build\?") as raised:
        guard_build(checked)
    counts = re.findall(r"(?:ALT|REF|[+-] 1) in (\d+)", str(raised.value))
    assert [int(n) for n in counts] == pytest.approx([250, 250, 187, 187], abs=50)


@pytest.mark.parametrize("mode", ["exclude", "swap"])
@pytest.mark.parametrize("letters", ["AT", "CG"])
def test_palindromic_snvs_alone_do_not_tell_strand_from_exchange(letters: str, mode: str) -> None:
    rows = [flipped(row) for row in snvs(50, letters)]
    with pytest.raises(InputError, match=r"exchanged .*, or the alleles .*do not tell which"):
        judge(rows, mode)


def test_a_few_flipped_rows_are_not_swapped_where_they_are_palindromic() -> None:
    rows = mixed(flipped, 40)
    checked = check_variants(table(rows), TextGenome(SEQUENCE), "swap")
    assert not checked["swapped"].any()
    assert set(checked["status"][:40]) == {"ref_mismatch", "ref_alt_ambiguous"}
    assert set(checked["status"][40:]) == {"valid"}


def test_a_fifth_of_exchanged_rows_is_told_in_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    indels = [(pos, ref, ref + SEQUENCE[pos]) for pos, ref, _ in snvs(7, seed=3)]
    with caplog.at_level(logging.WARNING):
        judge(mixed(exchanged, 40) + indels)
    first, second = [record.getMessage() for record in caplog.records]
    assert "in 40 of 207 variants (19.3%)" in first
    assert "ALT in 40" in first
    assert "on_ref_mismatch to swap" in first
    assert second.startswith("7 insertions and deletions fit the genome either way")
    caplog.clear()
    judge(mixed(exchanged, 40), "swap")
    judge(mixed(right, 200))
    assert caplog.records == []
