"""Each variant becomes one canonical edit, or says why it cannot be scored."""

import random
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.genome.fasta import Genome
from seqcast.genome.variants import REASONS, check_variants, read_variants, summarise_statuses
from tests.seqcast.text_genome import TextGenome, table

#            1-based: 1234567890123456789012345678
SEQUENCE = "GATTTTTCACACACAGCGCNACGTACGA"


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
    assert list(empty.schema)[7:] == [
        "status", "contig", "start", "end", "insert", "swapped", "genome_carries",
    ]  # fmt: skip
    assert summarise_statuses(empty).height == 0


def test_swap_turns_the_edit_round_only_on_evidence() -> None:
    rows = {
        (1, "T", "G"): ("valid", True, 0, 1, "T"),  # only ALT fits
        (1, "G", "T"): ("valid", False, 0, 1, "T"),
        (1, "T", "A"): ("ref_mismatch", False, None, None, None),  # neither allele fits
        (12, "GGG", "CA"): ("valid", True, 11, 13, "GGG"),  # delins: the genome carries CA
        # genome ATTTTT: T deleted or inserted? Both rows fit it either way.
        (2, "A", "AT"): ("ref_alt_ambiguous", False, None, None, None),
        (2, "AT", "A"): ("ref_alt_ambiguous", False, None, None, None),
        (1, "G", "GC"): ("valid", False, 1, 1, "C"),  # GC does not fit: nothing but an insertion
        (2, "ATTC", "ATT"): ("ref_alt_ambiguous", False, None, None, None),  # ATT fits by chance?
        (6, "TTCACACAG", "TTCACACA"): ("valid", True, 13, 13, "G"),  # eight bases fit
        (14, "CACG", "CAGCG"): ("ref_alt_ambiguous", False, None, None, None),
        (8, "CC", "CACACACAGC"): ("valid", True, 8, 16, ""),
    }
    checked = check_variants(table(list(rows)), TextGenome(SEQUENCE), "swap")
    found = checked.select("status", "swapped", "start", "end", "insert").rows()
    assert dict(zip(rows, found, strict=True)) == rows


def test_a_deletion_is_not_told_by_other_rows() -> None:
    deletion, insertion, right = (2, "AT", "A"), (2, "A", "AT"), [(1, "G", "T")] * 100
    checked = check_variants(table([*right, deletion, insertion]), TextGenome(SEQUENCE), "swap")
    assert checked["status"].to_list() == ["valid"] * 100 + ["ref_alt_ambiguous"] * 2


def repetitive(rng: random.Random, length: int = 600) -> str:
    """Random sequence with runs and short tandem repeats, in which indels have many spellings."""
    parts = []
    while sum(map(len, parts)) < length:
        unit = "".join(rng.choices("ACGT", k=rng.choice([1, 2, 3, 40])))
        parts.append(unit * rng.randint(1, 1 if len(unit) == 40 else 8))
    return "".join(parts)


def random_row(rng: random.Random, sequence: str) -> tuple[int, str, str]:
    """A right row of any kind: SNV, MNV, delins, insertion or deletion, with or without padding."""
    start = rng.randrange(60, len(sequence) - 60)
    ref = sequence[start : start + rng.choice([0, 1, 1, 1, 2, 3, 6, 12])]
    alt = "".join(rng.choices("ACGT", k=rng.choice([0, 1, 1, 1, 2, 3, 6, 12])))
    if rng.random() < 0.3:  # what stands there once more, or some of it no more
        ref, alt = rng.choice([(ref, ref * 2), (ref, ref[: len(ref) // 2])])
    before, after = rng.choice([(1, 0), (1, 0), (1, 0), (4, 0), (0, 4), (3, 12)])
    left, end = sequence[start - before : start], start + len(ref)
    right = sequence[end : end + after]
    row = (start - before + 1, left + ref + right, left + alt + right)
    return row if ref != alt else random_row(rng, sequence)


@pytest.mark.parametrize("seed", range(12))
def test_swap_scores_the_right_edit_or_none(seed: int) -> None:
    rng = random.Random(seed)
    sequence, share = repetitive(rng), rng.choice([0, 0.01, 0.2, 0.6, 1])
    right = [random_row(rng, sequence) for _ in range(300)]
    exchanged = [rng.random() < share for _ in right]
    if seed % 3 == 0:  # deletions alone, all of them: no other row shows it
        exchanged = [len(ref) > len(alt) for _, ref, alt in right]
    rows = [(p, a, r) if x else (p, r, a) for (p, r, a), x in zip(right, exchanged, strict=True)]
    checked = check_variants(table(rows), TextGenome(sequence), "swap")
    assert set(checked["status"]) == {"valid", "ref_alt_ambiguous"}
    for (pos, ref, alt), turned, row in zip(
        right, exchanged, checked.iter_rows(named=True), strict=True
    ):
        assert row["status"] == "valid" or len(ref) != len(alt)
        if row["status"] == "valid":
            mutated = sequence[: pos - 1] + alt + sequence[pos - 1 + len(ref) :]
            start, end, insert = row["start"], row["end"], row["insert"]
            assert sequence[:start] + insert + sequence[end:] == mutated
            assert row["swapped"] == turned


@pytest.mark.parametrize("seed", range(6))
def test_rows_of_another_build_are_not_swapped(seed: int) -> None:
    rng = random.Random(seed)
    sequence, other = ("".join(rng.choices("ACGT", k=3000)) for _ in range(2))
    rows = [random_row(rng, sequence) for _ in range(200)]
    deletions = [(p, r, r[0]) for p, r, _ in (random_row(rng, other) for _ in range(200))]
    strangers = [row for row in deletions if len(row[1]) > 1]
    # Among right rows, deletions of another build; among exchanged substitutions, any rows of it.
    checked = check_variants(table(rows + strangers), TextGenome(sequence), "swap")
    assert not checked["swapped"].any()
    assert checked["status"][:200].is_in(["valid", "ref_alt_ambiguous"]).all()
    substitutions = [(p, a, r) for p, r, a in rows if len(r) == len(a)]
    strangers = [random_row(rng, other) for _ in range(200)]
    checked = check_variants(table(substitutions + strangers), TextGenome(sequence), "swap")
    assert not checked["swapped"].any()
    assert set(checked["status"][: len(substitutions)]) == {"ref_alt_ambiguous"}


def test_without_swap_rows_that_fit_either_way_are_scored_as_written() -> None:
    rows = [(2, "A", "AT"), (2, "AT", "A"), (1, "G", "GC")]
    for mode in ("exclude", "error"):
        checked = check_variants(table(rows), TextGenome(SEQUENCE), mode)
        assert checked["status"].to_list() == ["valid"] * 3
        assert checked["genome_carries"].to_list() == ["ref,alt", "ref,alt", "ref"]


def test_exclude_is_advised_only_where_it_would_score_a_row(caplog) -> None:
    for row, advised in (((2, "A", "AT"), True), ((2, "G", "A"), False), ((2, "G", "C"), False)):
        strangers = [(2, "G", "C")] * 20  # neither allele fits: no exchanged columns
        caplog.clear()
        check_variants(table([row, *strangers]), TextGenome(SEQUENCE), "swap")
        assert ("set on_ref_mismatch to exclude" in caplog.text) == advised
        assert ("REF and ALT of 1 rows are not swapped" in caplog.text) == (row[1:] == ("G", "A"))


def test_genome_carries_says_what_fits() -> None:
    rows = {
        (1, "G", "A"): "ref",
        (1, "A", "G"): "alt,next",
        (1, "C", "G"): "alt,complement",
        (1, "C", "A"): "complement",
        (2, "G", "C"): "previous",
        (1, "TTT", "A"): "",
        (1, "G", "<DEL>"): None,
        (20, "A", "C"): None,  # the genome there is N
        (0, "A", "C"): None,
        (28, "T", "A"): "alt,complement",  # nothing lies behind the last base
    }
    checked = check_variants(table(list(rows)), TextGenome(SEQUENCE))
    assert dict(zip(rows, checked["genome_carries"], strict=True)) == rows


def test_error_names_the_first_mismatch() -> None:
    rows = [(9, "A", "G"), (8, "GG", "A"), (1, "T", "G")]
    with pytest.raises(
        InputError, match=r"REF of v1 \(record 2, c:8\) is GG, .* carries CA; .*2 of 3.* to exclude"
    ):
        check_variants(table(rows), TextGenome(SEQUENCE), "error")
    assert check_variants(table(rows[:1]), TextGenome(SEQUENCE), "error").height == 1
    with pytest.raises(InputError, match="on_ref_mismatch is 'warn'"):
        check_variants(table(rows), TextGenome(SEQUENCE), "warn")


def test_no_contig_in_common() -> None:
    message = r"no contig of the variants \(1\) is in text\.fa \(c\).*aliases"
    with pytest.raises(InputError, match=message):
        check_variants(table([(1, "G", "A")], chrom="1"), TextGenome(SEQUENCE))


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
