"""Sequences of annotated transcripts, spliced from their genome."""

from collections.abc import Iterable
from itertools import pairwise

from seqcast.genome.fasta import Fetch, Genome, fetch_by_blocks
from seqcast.genome.intervals import merge_intervals
from seqcast.genome.sequence import reverse_complement
from seqcast.transcripts.annotation import Interval, Transcript
from seqcast.transcripts.coding import place_cds
from seqcast.transcripts.letters import read_letters
from seqcast.transcripts.records import TranscriptRow


def splice_transcripts(transcripts: Iterable[Transcript], genome: Genome) -> list[TranscriptRow]:
    """Sequence and CDS of each transcript, or the reason why it has none.

    Parameters
    ----------
    transcripts : iterable of Transcript
        In any order; the genome is read in its own.
    genome : Genome

    Returns
    -------
    list of TranscriptRow
        One per transcript, in their order.
    """
    transcripts = list(transcripts)
    chroms = {transcript.chrom for transcript in transcripts}
    contigs = {chrom: genome.resolve(chrom) for chrom in chroms}
    fetch = fetch_by_blocks(genome)

    def place(index: int) -> tuple[str, int]:
        transcript = transcripts[index]
        return transcript.chrom, (transcript.exons or transcript.cds or transcript.stop)[0][0]

    rows: dict[int, TranscriptRow] = {}
    for index in sorted(range(len(transcripts)), key=place):
        transcript = transcripts[index]
        contig = contigs[transcript.chrom]
        length_bp = 0 if contig is None else genome.contigs[contig]
        rows[index] = _splice(transcript, contig, length_bp, fetch)
    return [rows[index] for index in range(len(transcripts))]


def _splice(
    transcript: Transcript, contig: str | None, length_bp: int, fetch: Fetch
) -> TranscriptRow:
    """Sequence and CDS of one transcript; ``contig`` is the genome's name of its contig."""
    exons = transcript.exons or merge_intervals(transcript.cds + transcript.stop)
    row = TranscriptRow(
        id=transcript.transcript_id,
        gene_id=transcript.gene_id,
        gene_name=transcript.gene_name,
        chrom=contig or transcript.chrom,
        strand=transcript.strand,
        exon_starts=[start for start, _ in exons],
        exon_ends=[end for _, end in exons],
        length_nt=sum(end - start for start, end in exons),
        flags=frozenset() if transcript.exons else frozenset({"no_exons"}),
    )
    if contig is None:
        return row._replace(status="contig_not_found", problem=transcript.chrom)
    if reason := _reason(transcript, exons, length_bp):
        return row._replace(status=reason[0], problem=reason[1])
    bases = "".join(fetch(contig, start, end) for start, end in exons)
    letters = read_letters(bases if transcript.strand == "+" else reverse_complement(bases))
    row = row._replace(
        sequence=letters.sequence,
        status=letters.status,
        flags=row.flags | set(letters.flags),
        problem=letters.problem,
    )
    if letters.sequence is None:
        return row
    coding = place_cds(transcript, exons, letters.sequence)
    return row._replace(
        cds_start=coding.start,
        cds_end=coding.end,
        flags=row.flags | coding.flags,
        problem=coding.problem,
    )


def _reason(
    transcript: Transcript, exons: tuple[Interval, ...], length_bp: int
) -> tuple[str, str] | None:
    """Status and problem of exons that no mRNA can be spliced from."""
    if transcript.strand is None:
        return "exons_on_both_strands", "its lines have strand + and -"
    if exons[-1][1] > length_bp:
        return "exons_outside_contig", f"an exon ends at {exons[-1][1]} of {length_bp} bp"
    for one, following in pairwise(exons):
        if one == following:
            return "exons_overlap", f"exon {one[0]}-{one[1]} is there twice"
        end, start = one[1], following[0]
        if start < end:
            return "exons_overlap", f"one ends at {end}, the next begins at {start}"
    return None
