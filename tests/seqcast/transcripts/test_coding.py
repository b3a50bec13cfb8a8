"""A CDS is found again after its mRNA was cut into exons at random, on either strand."""

from hypothesis import assume, given
from hypothesis import strategies as st

from seqcast.transcripts.annotation import Transcript
from seqcast.transcripts.coding import place_cds

SENSE = ["GCU", "AAA", "CUG", "GGC", "AUG"]


@st.composite
def annotated(draw: st.DrawFn) -> tuple[Transcript, str, int, int]:
    """A transcript, its mRNA, and where its CDS begins and ends in it."""
    utr5 = draw(st.text("ACGU", max_size=7))
    codons = draw(st.lists(st.sampled_from(SENSE), max_size=6))
    cds = "AUG" + "".join(codons) + draw(st.sampled_from(["UAA", "UAG", "UGA"]))
    mrna = utr5 + cds + draw(st.text("ACGU", max_size=7))
    start, end = len(utr5), len(utr5) + len(cds)
    cuts = sorted(draw(st.sets(st.integers(1, len(mrna) - 1), max_size=5)))
    introns = [draw(st.integers(1, 9)) for _ in cuts]
    # place of each base of the mRNA on the forward strand, then mirrored for the reverse one
    shift = [
        10 + sum(n for cut, n in zip(cuts, introns, strict=True) if cut <= i)
        for i in range(len(mrna))
    ]
    places = [i + moved for i, moved in enumerate(shift)]
    strand = draw(st.sampled_from("+-"))
    if strand == "-":
        places = [places[-1] + 10 - place for place in places]
    convention = draw(st.sampled_from(["stop lines", "stop in the CDS", "both", "neither"]))
    cds_end = end if convention in ("stop in the CDS", "both") else end - 3
    parts = intervals(places, range(start, cds_end))
    before, frames = 0, []
    for part in parts:
        frames.append(-before % 3)
        before += part[1] - part[0]
    stop = intervals(places, range(end - 3, end)) if convention in ("stop lines", "both") else []
    pairs = sorted(zip(parts, frames, strict=True))
    transcript = Transcript(
        "T", "G", "G", "c", strand,
        exons=tuple(sorted(intervals(places, range(len(mrna))))),
        cds=tuple(part for part, _ in pairs),
        frames=tuple(frame for _, frame in pairs),
        stop=tuple(sorted(stop)),
    )  # fmt: skip
    return transcript, mrna, start, end


def intervals(places: list[int], some: range) -> list[tuple[int, int]]:
    """Runs of neighbouring places, in the order of the mRNA."""
    runs: list[list[int]] = []
    for i in some:
        if runs and abs(places[i] - runs[-1][-1]) == 1:
            runs[-1].append(places[i])
        else:
            runs.append([places[i]])
    return [(min(run), max(run) + 1) for run in runs]


@given(annotated())
def test_cds_is_found_again(drawn: tuple[Transcript, str, int, int]) -> None:
    transcript, mrna, start, end = drawn
    coding = place_cds(transcript, transcript.exons, mrna)
    assert (coding.start, coding.end, coding.flags, coding.problem) == (
        start,
        end,
        frozenset(),
        None,
    )


@given(annotated(), st.integers(1, 2))
def test_a_start_that_is_cut_off_moves_to_the_first_whole_codon(
    drawn: tuple[Transcript, str, int, int], cut_nt: int
) -> None:
    """The mRNA begins 1 or 2 nt after its CDS: as the annotation of a fragment has it."""
    transcript, mrna, start, end = drawn
    rest = start + cut_nt
    exons, cds = (
        clipped(parts, transcript.strand, rest, transcript.exons)
        for parts in (transcript.exons, transcript.cds)
    )
    assume(len(cds) == len(transcript.cds))  # else the next part would be the first, with its phase
    assume(end - start > 6)  # a codon is left before the stop codon
    frames = list(transcript.frames)
    frames[0 if transcript.strand == "+" else -1] = 3 - cut_nt
    fragment = Transcript(
        "T", "G", "G", "c", transcript.strand, exons, cds, tuple(frames), transcript.stop
    )
    coding = place_cds(fragment, exons, mrna[rest:])
    assert (coding.start, coding.end) == (3 - cut_nt, end - rest)
    assert coding.flags == {"cds_incomplete_start"}


def clipped(
    parts: tuple[tuple[int, int], ...], strand: str | None, skipped: int,
    exons: tuple[tuple[int, int], ...],
) -> tuple[tuple[int, int], ...]:  # fmt: skip
    """Intervals without the first bases of the mRNA."""
    places = [place for start, end in exons for place in range(start, end)]
    kept = set(places[skipped:] if strand == "+" else places[: len(places) - skipped])
    left = [[place for place in range(*part) if place in kept] for part in parts]
    return tuple((run[0], run[-1] + 1) for run in left if run)


def test_intervals_of_the_reverse_strand() -> None:
    assert intervals([9, 8, 7, 3, 2], range(5)) == [(7, 10), (2, 4)]
