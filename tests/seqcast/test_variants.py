"""Each variant becomes one canonical edit, or says why it cannot be scored."""

import random
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.errors import InputError
from seqcast.genome import Genome
from seqcast.variants import (
    REASONS,
    check_variants,
    guard_build,
    read_variants,
    summarise_statuses,
)

#            1-based: 1234567890123456789012345678
SEQUENCE = "GATTTTTCACACACAGCGCNACGTACGA"


class TextGenome(Genome):
    """A genome of one contig, "c", held in a string."""

    def __init__(self, sequence: str) -> None:
        self.fasta, self.aliases, self._synonyms = Path("text.fa"), None, {}
        self.contigs, self.sequence = {"c": len(sequence)}, sequence

    def fetch(self, contig: str, start: int, end: int) -> str:
        bases = self.sequence[max(start, 0) : end]
        left = "N" * max(0, min(-start, end - start))
        return (left + bases).ljust(end - start, "N")


def table(rows: list[tuple[int, str, str]], chrom: str = "c") -> pl.DataFrame:
    """A variants table of (pos, ref, alt)."""
    columns = [(i, i, f"v{i}", chrom, *row) for i, row in enumerate(rows)]
    names = ["row", "record", "variant", "chrom", "pos", "ref", "alt"]
    kinds = [pl.Int64, pl.Int64, pl.String, pl.String, pl.Int64, pl.String, pl.String]
    return pl.DataFrame(columns, schema=dict(zip(names, kinds, strict=True)), orient="row")


def edits(
    rows: list[tuple[int, str, str]], mode: str = "exclude", sequence: str = SEQUENCE
) -> list[tuple[int, int, str]]:
    checked = check_variants(table(rows), TextGenome(sequence), mode)
    assert checked["status"].to_list() == ["valid"] * len(rows)
    return checked.select("start", "end", "insert").rows()


@pytest.mark.parametrize(
    ("rows", "edit"),
    [
        ([(1, "G", "T"), (1, "g", "t"), (1, "GA", "TA")], (0, 1, "T")),  # padded SNV
        # One T of the run TTTTT (3-7) deleted, in four spellings: the leftmost counts
        ([(2, "AT", "A"), (6, "TT", "T"), (3, "TTTTT", "TTTT"), (7, "TC", "C")], (2, 3, "")),
        # One CA of CACACACA (8-14) inserted: a rotation (AC, CA) names the same change
        ([(7, "T", "TCA"), (8, "C", "CAC"), (14, "C", "CAC"), (13, "AC", "ACAC")], (7, 7, "CA")),
        ([(8, "CAC", "C"), (12, "CAC", "C"), (7, "TCA", "T")], (7, 9, "")),
        ([(16, "GC", "AT"), (15, "AGCG", "AATG")], (15, 17, "AT")),  # MNV stays one edit
        ([(16, "GCGC", "T"), (15, "AGCGC", "AT")], (15, 19, "T")),  # delins
        ([(1, "G", "TG")], (0, 0, "T")),  # before the first base
        ([(1, "GA", "A")], (0, 1, "")),  # the first base deleted
        ([(28, "A", "AC")], (28, 28, "C")),  # behind the last base
        ([(21, "ACGTACG", "ACG")], (20, 24, "")),  # not across the N before it
    ],
)
def test_all_spellings_give_one_edit(
    rows: list[tuple[int, str, str]], edit: tuple[int, int, str]
) -> None:
    assert edits(rows) == [edit] * len(rows)


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ((1, "T", "A"), "ref_mismatch"),
        ((0, "G", "A"), "position_out_of_range"),
        ((29, "G", "A"), "position_out_of_range"),
        ((27, "GAC", "A"), "position_out_of_range"),
        ((1, "G", "."), "alt_missing"),
        ((1, "G", "<DEL>"), "alt_symbolic"),
        ((1, "G", "<*>"), "alt_symbolic"),
        ((1, "G", "G[c:5["), "alt_symbolic"),
        ((1, "G", "]c:5]G"), "alt_symbolic"),
        ((1, "G", ".A"), "alt_symbolic"),
        ((1, "G", "A."), "alt_symbolic"),
        ((1, "G", "*"), "alt_star"),
        ((1, "G", "N"), "alt_ambiguous"),
        ((1, "G", "r"), "alt_ambiguous"),
        ((20, "N", "A"), "ref_ambiguous"),
        ((20, "A", "C"), "ref_ambiguous"),  # the genome there is N
        ((1, "R", "C"), "ref_ambiguous"),
        ((1, "G", "g"), "ref_equals_alt"),
        ((1, "G", "-"), "allele_invalid"),
        ((1, "-", "G"), "allele_invalid"),
        ((1, ".", "G"), "allele_invalid"),
        ((1, "A C", "G"), "allele_invalid"),
        ((1, "G", "5"), "allele_invalid"),
    ],
)
def test_reasons(row: tuple[int, str, str], status: str) -> None:
    checked = check_variants(table([row]), TextGenome(SEQUENCE))
    assert checked["status"].to_list() == [status]
    assert status in REASONS
    assert checked.select("contig", "start", "end", "insert", "swapped").row(0) == (
        "c",
        None,
        None,
        None,
        False,
    )


def test_order_of_rows_is_kept_and_duplicates_stay() -> None:
    rows = [(9, "A", "G"), (1, "G", "A"), (9, "A", "G"), (1, "G", "<DEL>")]
    checked = check_variants(table(rows), TextGenome(SEQUENCE))
    assert checked.select("pos", "ref", "alt").rows() == rows
    assert checked["row"].to_list() == [0, 1, 2, 3]
    assert checked["start"].to_list() == [8, 0, 8, None]


def test_empty_table_has_the_schema_of_a_full_one() -> None:
    empty = check_variants(table([]), TextGenome(SEQUENCE))
    assert empty.height == 0
    assert empty.schema == check_variants(table([(1, "G", "A")]), TextGenome(SEQUENCE)).schema
    assert list(empty.schema)[7:] == ["status", "contig", "start", "end", "insert", "swapped"]
    guard_build(empty)
    assert summarise_statuses(empty).height == 0


def test_swap_turns_the_edit_round() -> None:
    rows = [(1, "T", "G"), (1, "T", "A"), (2, "A", "AT"), (2, "ATTC", "ATT"), (1, "G", "T")]
    checked = check_variants(table(rows), TextGenome(SEQUENCE), "swap")
    assert checked.select("status", "swapped", "start", "end", "insert").rows() == [
        ("valid", True, 0, 1, "T"),  # the genome carries ALT
        ("ref_mismatch", False, None, None, None),  # neither allele
        ("valid", False, 2, 2, "T"),  # REF fits, so ALT is not asked although it fits as well
        ("valid", True, 4, 4, "C"),  # genome ATT -> ATTC
        ("valid", False, 0, 1, "T"),
    ]


def test_error_names_the_first_mismatch() -> None:
    rows = [(9, "A", "G"), (8, "GG", "A"), (1, "T", "G")]
    with pytest.raises(
        InputError, match=r"REF of v1 \(record 2, c:8\) is GG, .* carries CA; .*2 of 3"
    ):
        check_variants(table(rows), TextGenome(SEQUENCE), "error")
    assert check_variants(table(rows[:1]), TextGenome(SEQUENCE), "error").height == 1
    with pytest.raises(InputError, match="on_ref_mismatch is 'warn'"):
        check_variants(table(rows), TextGenome(SEQUENCE), "warn")


def test_no_contig_in_common() -> None:
    message = r"no contig of the variants \(1\) is in text\.fa \(c\).*aliases"
    with pytest.raises(InputError, match=message):
        check_variants(table([(1, "G", "A")], chrom="1"), TextGenome(SEQUENCE))


@pytest.mark.parametrize(
    ("n_valid", "n_mismatch", "stops"),
    [(7, 3, False), (6, 3, False), (69, 31, True), (3, 7, True), (0, 9, False), (70, 30, False)],
)
def test_guard_counts_what_could_be_compared(n_valid: int, n_mismatch: int, stops: bool) -> None:
    statuses = ["valid"] * n_valid + ["ref_mismatch"] * n_mismatch + ["alt_missing"] * 50
    checked = pl.DataFrame({"status": statuses})
    if not stops:
        guard_build(checked)
        return
    with pytest.raises(
        InputError, match=rf"in {n_valid} of {n_valid + n_mismatch} .*Wrong build\?"
    ):
        guard_build(checked)


@pytest.mark.parametrize("mode", ["exclude", "swap"])
def test_positions_of_another_build_stop(mode: str) -> None:
    rng = random.Random(1)
    sequence = "".join(rng.choices("ACGT", k=5000))
    rows = [(rng.randrange(1, 5000), *rng.sample("ACGT", 2)) for _ in range(1000)]
    checked = check_variants(table(rows), TextGenome(sequence), mode)
    share = checked.filter(pl.col("status") == "valid").height / 1000
    # A random REF fits in 1/4 of the rows; with "swap" one of two alleles fits in 1/2.
    assert share == pytest.approx(0.25 if mode == "exclude" else 0.5, abs=0.05)
    with pytest.raises(InputError, match=r"of 1000 variants \(\d+%\); .*Wrong build\?"):
        guard_build(checked)


def test_summary_adds_up_and_explains() -> None:
    rows = [(1, "G", "A"), (2, "A", "C"), (1, "T", "A"), (1, "G", "*")]
    summary = summarise_statuses(check_variants(table(rows), TextGenome(SEQUENCE)))
    assert summary.rows() == [
        ("valid", 2, "can be scored"),
        ("alt_star", 1, REASONS["alt_star"]),
        ("ref_mismatch", 1, REASONS["ref_mismatch"]),
    ]


# Two letters only, so that repeats (where spellings differ) are common.
sequences = st.text("AC", min_size=1, max_size=24)


@st.composite
def changes(draw: st.DrawFn) -> tuple[str, int, int, str]:
    """A sequence and a change of it: bases [start, end) become ``alt``."""
    sequence = draw(sequences)
    start = draw(st.integers(0, len(sequence)))
    end = draw(st.integers(start, len(sequence)))
    return sequence, start, end, draw(st.text("ACG", max_size=5))


def spellings(sequence: str, mutated: str) -> Iterator[tuple[int, str, str]]:
    """All VCF rows (REF and ALT not empty) that turn one sequence into the other."""
    grown = len(mutated) - len(sequence)
    for start in range(len(sequence)):
        for end in range(start + 1, len(sequence) + 1):
            same_left = sequence[:start] == mutated[:start]
            same_right = sequence[end:] == mutated[end + grown :]
            if same_left and same_right and end + grown > start:
                yield start + 1, sequence[start:end], mutated[start : end + grown]


@given(changes())
def test_any_spelling_makes_the_same_sequence_by_the_same_edit(
    change: tuple[str, int, int, str],
) -> None:
    sequence, start, end, alt = change
    mutated = sequence[:start] + alt + sequence[end:]
    rows = list(spellings(sequence, mutated)) if mutated != sequence else []
    found = set(edits(rows, sequence=sequence))
    assert len(found) == min(1, len(rows))
    for new_start, new_end, insert in found:
        assert sequence[:new_start] + insert + sequence[new_end:] == mutated


@pytest.mark.parametrize(
    ("variants", "genome", "mode", "n_valid", "n_swapped"),
    [
        ("chr1_0-1M_hg38/eqtl.vcf", "chr1_0-1M_hg38/hg38_1m.fa.gz", "error", 8, 0),
        ("chr1_0-1M_hg38/eqtl_flip.vcf", "chr1_0-1M_hg38/hg38_1m.fa.gz", "exclude", 0, 0),
        ("chr1_0-1M_hg38/eqtl_flip.vcf", "chr1_0-1M_hg38/hg38_1m.fa.gz", "swap", 8, 8),
        ("chr1_0-1M_hg38/1000GP_subset.vcf.gz", "chr1_0-1M_hg38/hg38_1m.fa.gz", "error", 100, 0),
        (
            "chr22_20-21M_GRCh37/dbsnp_snv.chr22_20-21M.vcf.gz",
            "chr22_20-21M_GRCh37/chr22.GRCh37coords.npad.fa.gz",
            "error",
            3174,
            0,
        ),
    ],
)
def test_real_variants(
    shared: Path, variants: str, genome: str, mode: str, n_valid: int, n_swapped: int
) -> None:
    folder = shared / "data/human"
    with Genome(folder / genome) as reference:
        checked = check_variants(read_variants(folder / variants), reference, mode)
    assert checked.filter(pl.col("status") == "valid").height == n_valid
    assert checked["swapped"].sum() == n_swapped


def test_real_flipped_edit_starts_from_the_genome(shared: Path) -> None:
    folder = shared / "data/human/chr1_0-1M_hg38"
    with Genome(folder / "hg38_1m.fa.gz") as genome:
        checked = check_variants(read_variants(folder / "eqtl_flip.vcf"), genome, "swap")
        for start, end, insert, ref, alt in checked.select(
            "start", "end", "insert", "ref", "alt"
        ).iter_rows():
            assert genome.fetch("chr1", start, end) == alt
            assert insert == ref
