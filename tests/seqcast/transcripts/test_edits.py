"""Edits of a small genome on its transcripts, against splicing the edited genome anew."""

from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.genome.fasta import Genome, fetch_by_blocks
from seqcast.genome.sequence import reverse_complement
from seqcast.genome.variants import check_variants
from seqcast.transcripts.edits import (
    Edit,
    MrnaEdit,
    SplicedTranscript,
    place_edit,
    slack_bp,
    spliced_transcripts,
)

PLACES = ("outside", "intronic", "splice_boundary", "exonic")  # a later one is preferred


def transcript(genome: str, exons, strand="+", cds=None):
    spliced = "".join(genome[start:end] for start, end in exons)
    spliced = reverse_complement(spliced) if strand == "-" else spliced
    sequence = spliced.replace("T", "U")
    return SplicedTranscript("G1", "one", "chr1", strand, tuple(exons), "T1", sequence, cds)


def left_aligned(genome: str, start: int, end: int, insert: str) -> Edit:
    """The edit at its leftmost place, with its slack, by trying every place."""
    edited = genome[:start] + insert + genome[end:]
    if (start < end) == bool(insert):
        return Edit(start, end, insert)
    size, grown = end - start, len(insert)
    same = [i for i in range(len(genome) - size + 1)
            if genome[:i] + edited[i : i + grown] + genome[i + size :] == edited]  # fmt: skip
    first = min(same)
    assert same == list(range(first, max(same) + 1))
    return Edit(first, first + size, edited[first : first + grown], max(same) - first)


def spliced_anew(genome: str, exons, strand: str, edit: Edit) -> tuple[str, set[str]]:
    """Where the edit can lie, and the mRNA of a place in an exon: each base carries its exon."""
    exon_of = [next((k for k, (s, e) in enumerate(exons) if s <= i < e), None)
               for i in range(len(genome))]  # fmt: skip
    edited = genome[: edit.start] + edit.insert + genome[edit.end :]
    size, grown = edit.end - edit.start, len(edit.insert)
    found, mrna = "outside", ""
    for start in range(edit.start, edit.start + edit.slack_bp + 1):
        around = exon_of[start : start + size] if size else exon_of[max(0, start - 1) : start + 1]
        inside = len(set(around)) == 1 and around[0] is not None and (size or len(around) == 2)
        inside = inside and (edit.insert or exon_of.count(around[0]) > size)
        touches = any(k is not None for k in around)
        between = exons[0][0] < start + size and start < exons[-1][1]
        place = PLACES[3 if inside else 2 if touches else 1 if between else 0]
        found = max(found, place, key=PLACES.index)
        if inside:
            kept = exon_of[:start] + [around[0]] * grown + exon_of[start + size :]
            pieces = [b for b, k in zip(edited, kept, strict=True) if k is not None]
            mrna = "".join(pieces)
    return (reverse_complement(mrna) if strand == "-" else mrna).replace("T", "U"), found


@st.composite
def cases(draw):
    """A genome of few letters, so that edits can move; exons apart; an edit anywhere."""
    genome = draw(
        st.text("AC", min_size=30, max_size=60) | st.text("ACGT", min_size=30, max_size=60)
    )
    n = draw(st.integers(1, 3))
    cuts = draw(st.lists(st.integers(0, len(genome)), min_size=2 * n, max_size=2 * n, unique=True))
    exons = [tuple(cut) for cut in zip(*[iter(sorted(cuts))] * 2, strict=True)]
    start = draw(st.integers(0, len(genome)))
    end = min(len(genome), start + draw(st.integers(0, 6)))
    insert = draw(st.text("ACGT", max_size=4))
    if len(insert) == end - start:  # a substitution of every base
        insert = "".join("ACGT"["ACGT".index(b) - 1] for b in genome[start:end])
    elif insert and start < end and (insert[0] == genome[start] or insert[-1] == genome[end - 1]):
        insert = ""  # would be trimmed
    return genome, exons, draw(st.sampled_from("+-")), start, end, insert


@given(cases())
def test_edited_mrna_is_the_edited_genome_spliced_anew(case):
    genome, exons, strand, *change = case
    if change[0] == change[1] and not change[2]:
        return
    edit = left_aligned(genome, *change)
    before = transcript(genome, exons, strand)
    expected, place = spliced_anew(genome, exons, strand, edit)
    found = place_edit(before, edit)
    if place == "exonic":
        assert isinstance(found, MrnaEdit)
        assert found.apply(before.sequence) == expected
        assert found.growth_nt == len(expected) - len(before.sequence)
    else:
        assert found == (None if place == "outside" else place)


@given(cases())
def test_strand_of_the_genome_changes_nothing(case):
    genome, exons, strand, start, end, insert = case
    if start == end and not insert:
        return
    n = len(genome)
    mirror = reverse_complement(genome)
    turned = [(n - e, n - s) for s, e in reversed(exons)]
    other = left_aligned(mirror, n - end, n - start, reverse_complement(insert))
    one = place_edit(transcript(genome, exons, strand), left_aligned(genome, start, end, insert))
    two = place_edit(transcript(mirror, turned, "-" if strand == "+" else "+"), other)
    assert one == two


GENOME = "TTTTTTTTTTGACCCATGTTTTTTTCAGAGCCATGAACTTTTTTT"
#         0         10        20        30        40
EXONS = ((10, 18), (28, 36))


@pytest.mark.parametrize(
    ("start", "end", "insert", "expected"),
    [
        (11, 12, "T", MrnaEdit(1, 2, "U")),
        (28, 29, "C", MrnaEdit(8, 9, "C")),  # the first base of an exon
        (27, 28, "C", "intronic"),  # the last base of an intron: a splice site, not modelled
        (9, 10, "C", None),
        (36, 37, "C", None),
        (16, 18, "", MrnaEdit(6, 8, "")),  # up to the border
        (16, 19, "", "splice_boundary"),  # into the intron
        (26, 29, "", "splice_boundary"),
        (17, 29, "", "splice_boundary"),  # a whole intron with its borders
        (9, 20, "", "splice_boundary"),  # more than a whole exon
        (10, 18, "", "splice_boundary"),  # a whole exon
        (8, 11, "", "splice_boundary"),  # over the end of the transcript
        (17, 29, "A", "splice_boundary"),
        (10, 10, "C", "splice_boundary"),  # insertions at each border
        (18, 18, "C", "splice_boundary"),
        (28, 28, "C", "splice_boundary"),
        (36, 36, "G", "splice_boundary"),
        (22, 22, "C", "intronic"),
        (13, 13, "T", MrnaEdit(3, 3, "U")),
        (15, 18, "AAA", MrnaEdit(5, 8, "AAA")),
        (5, 5, "G", None),
        (0, 3, "", None),
    ],
)
def test_places(start, end, insert, expected):
    edit = left_aligned(GENOME, start, end, insert)
    assert place_edit(transcript(GENOME, EXONS), edit) == expected


def test_deletion_of_a_repeat_over_a_border_lies_in_the_exon_where_it_can():
    # CAG|AGCC: both AG give the same genome; the one in the exon leaves the splice site
    edit = left_aligned(GENOME, 28, 30, "")
    assert edit == Edit(26, 28, "", 2)
    assert place_edit(transcript(GENOME, EXONS), edit) == MrnaEdit(7, 9, "")  # GAG: as far 5'


def test_within_the_mrna_an_indel_stands_as_far_5_prime_as_it_goes():
    genome = "TTGCAAAACTT"
    exons = ((2, 9),)
    edit = left_aligned(genome, 6, 6, "A")
    assert edit.start == 4
    assert place_edit(transcript(genome, exons), edit) == MrnaEdit(2, 2, "A")
    assert place_edit(transcript(genome, exons, "-"), edit) == MrnaEdit(1, 1, "U")


def test_transcript_without_a_sequence_is_unusable_only_where_it_is_needed():
    empty = SplicedTranscript("G1", "one", "chr1", "+", EXONS, "T1", "", None)
    assert place_edit(empty, Edit(11, 12, "T")) == "transcript_unusable"
    assert place_edit(empty, Edit(22, 23, "C")) == "intronic"


@given(st.text("AC", min_size=5, max_size=40), st.data())
def test_slack_is_what_trying_every_place_finds(tmp_path_factory, bases, data):
    path = tmp_path_factory.mktemp("slack") / "genome.fa"
    path.write_text(f">chr1\n{bases}\n")
    start = data.draw(st.integers(0, len(bases)))
    end = min(len(bases), start + data.draw(st.integers(0, 5)))
    insert = data.draw(st.text("AC", min_size=1, max_size=5)) if start == end else ""
    expected = left_aligned(bases, start, end, insert)
    with Genome(path) as genome:
        assert slack_bp(fetch_by_blocks(genome), "chr1", *expected[:3]) == expected.slack_bp


def test_slack_of_checked_variants(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(f">chr1\n{GENOME}\n")
    rows = [(0, 0, "a", "chr1", 28, "GAG", "G"), (1, 1, "b", "chr1", 12, "A", "C")]
    schema = ["row", "record", "variant", "chrom", "pos", "ref", "alt"]
    with Genome(path) as genome:
        checked = check_variants(pl.DataFrame(rows, schema=schema, orient="row"), genome)
        slack = [slack_bp(fetch_by_blocks(genome), *row) for row in
                 checked.select("contig", "start", "end", "insert").iter_rows()]  # fmt: skip
    assert checked["start"].to_list() == [26, 11]
    assert slack == [2, 0]


def test_read_transcripts_leaves_out_sequences_without_a_place():
    table = pl.DataFrame({
        "id": ["T1", "file"], "gene_id": ["G1", None], "gene_name": ["one", None],
        "chrom": ["chr1", None], "strand": ["-", None], "exon_starts": [[10, 28], None],
        "exon_ends": [[18, 36], None], "sequence": ["ACGU", "AC"],
        "cds_start": [0, None], "cds_end": [3, None],
    })  # fmt: skip
    (only,) = spliced_transcripts(table)
    assert only == SplicedTranscript("G1", "one", "chr1", "-", EXONS, "T1", "ACGU", (0, 3))
    assert (only.start, only.end, only.tss) == (10, 36, 35)
    assert all(a[1] < b[0] for a, b in pairwise(only.exons))
