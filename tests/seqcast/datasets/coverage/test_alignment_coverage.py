"""Coverage of reads is that of counting every base of every read, on the strand they come from."""

from collections import Counter
from pathlib import Path

import numpy as np
import pysam
import pytest

from seqcast.core.errors import InputError
from seqcast.datasets.coverage import depth
from seqcast.datasets.coverage.alignment_coverage import AlignmentOptions, write_bam_coverage
from seqcast.datasets.coverage.bigwig import BigWig
from seqcast.genome.fasta import Genome

LENGTHS = {"chr2": 3000, "chr10": 500, "chr1": 2000, "empty": 90}  # in the header's order
PAIRED, REVERSE, SECOND = 1, 16, 129
# name, flag, contig, start, MAPQ, CIGAR
READS = [
    ("spliced", 0, "chr1", 100, 60, "5S10M20N10M"),  # [100, 110), [130, 140)
    ("deletion", REVERSE, "chr1", 105, 60, "3M2D4M1I3M"),  # [105, 108), [110, 117)
    ("first", PAIRED, "chr1", 300, 60, "10M"),
    ("second", SECOND | REVERSE, "chr1", 305, 60, "10M"),  # its mate, 5 bp shared
    ("secondary", 256, "chr1", 310, 60, "50M"),
    ("supplementary", 2048, "chr1", 310, 60, "50M"),
    ("bad", 512, "chr1", 310, 60, "50M"),
    ("duplicate", 1024, "chr1", 400, 60, "10M"),
    ("anywhere", 0, "chr1", 500, 3, "10M"),
    ("all clipped", 0, "chr1", 600, 60, "10S"),
    ("with a place", 4, "chr1", 700, 0, "*"),
    ("unmapped", 4, "*", 0, 0, "*"),
]


def write_bam(path: Path, reads=READS, lengths=LENGTHS) -> Path:
    """Write alignments in the order given."""
    lines = ["@HD\tVN:1.6", *(f"@SQ\tSN:{name}\tLN:{n}" for name, n in lengths.items())]
    lines += [f"{name}\t{flag}\t{contig}\t{start + (contig != '*')}\t{quality}\t{cigar}\t*\t0\t0\t*\t*"
              for name, flag, contig, start, quality, cigar in reads]  # fmt: skip
    header = pysam.AlignmentHeader.from_text("\n".join(lines[: 1 + len(lengths)]) + "\n")
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for line in lines[1 + len(lengths) :]:
            file.write(pysam.AlignedSegment.fromstring(line, header))
    return path


def covered(path: Path) -> dict[str, np.ndarray]:
    """Coverage of every base, 0 where there are no data."""
    track = BigWig(path)
    track.check(LENGTHS)
    return {name: np.nan_to_num(track.values(name, 0, n)) for name, n in LENGTHS.items()}


def ranges(values: np.ndarray) -> list[tuple[int, int, float]]:
    """Runs of equal values above 0."""
    edges = np.flatnonzero(np.diff(values, prepend=0, append=0))
    return [(a, b, values[a]) for a, b in zip(edges.tolist(), edges[1:].tolist(), strict=False)
            if values[a]]  # fmt: skip


def test_what_counts(tmp_path):
    counts = write_bam_coverage(write_bam(tmp_path / "a.bam"), unstranded=tmp_path / "a.bw")
    assert counts == {
        "counted": 5, "secondary": 1, "supplementary": 1, "failed_quality_check": 1,
        "low_mapping_quality": 1, "no_aligned_base": 1, "unmapped": 2,
    }  # fmt: skip
    values = covered(tmp_path / "a.bw")
    assert ranges(values["chr1"]) == [
        (100, 105, 1), (105, 108, 2), (108, 117, 1), (130, 140, 1),
        (300, 305, 1), (305, 310, 2), (310, 315, 1), (400, 410, 1),
    ]  # fmt: skip
    assert not any(values[name].any() for name in ("chr2", "chr10", "empty"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bam", "a.bw"]


@pytest.mark.parametrize(
    ("library_type", "sense"), [("fr-secondstrand", "plus"), ("fr-firststrand", "minus")]
)
def test_strands(tmp_path, library_type, sense):
    """An only read forward, and a pair whose first read is forward, are of one transcript strand."""
    other = {"plus": "minus", "minus": "plus"}[sense]
    paths = {name: tmp_path / "tracks" / f"{name}.bw" for name in ("plus", "minus", "unstranded")}
    options = AlignmentOptions(library_type, duplicates=False)
    counts = write_bam_coverage(write_bam(tmp_path / "a.bam"), options, **paths)
    assert (counts["counted"], counts["duplicate"]) == (4, 1)
    values = {name: covered(path)["chr1"] for name, path in paths.items()}
    assert ranges(values[sense]) == [
        (100, 110, 1), (130, 140, 1), (300, 305, 1), (305, 310, 2), (310, 315, 1),
    ]  # fmt: skip
    assert ranges(values[other]) == [(105, 108, 1), (110, 117, 1)]
    assert np.array_equal(values["plus"] + values["minus"], values["unstranded"])


def test_reads_per_million(tmp_path):
    options = AlignmentOptions("fr-secondstrand", min_mapping_quality=0, per_million=True)
    write_bam_coverage(write_bam(tmp_path / "a.bam"), options, plus=tmp_path / "p.bw")
    # six count, on either strand: each is a sixth of a million
    assert covered(tmp_path / "p.bw")["chr1"].max() == np.float32(2e6 / 6)


def test_contigs_take_the_names_of_the_genome_and_others_are_left_out(tmp_path):
    """Of the millions too: those of chr10 are as spike-ins to this genome."""
    bases = {"chr1": 2000, "II": 3000, "chr3": 10}
    (tmp_path / "g.fa").write_text("".join(f">{name}\n{'A' * n}\n" for name, n in bases.items()))
    (tmp_path / "aliases.tsv").write_text("contig\talias\nII\tchr2\n")
    reads = [("a", 0, "chr2", 7, 60, "9M"), ("spike", 0, "chr10", 1, 60, "5M"), *READS[2:4]]
    with Genome(tmp_path / "g.fa", tmp_path / "aliases.tsv") as genome:
        counts = write_bam_coverage(
            write_bam(tmp_path / "a.bam", reads), AlignmentOptions(per_million=True),
            unstranded=tmp_path / "a.bw", genome=genome,
        )  # fmt: skip
    assert counts == {"counted": 3, "contig_not_in_genome": 1}
    track = BigWig(tmp_path / "a.bw")
    assert track.contigs == {"II": 3000, "chr1": 2000}
    each = np.float32(1e6 / 3)
    assert ranges(np.nan_to_num(track.values("II", 0, 3000))) == [(7, 16, each)]
    assert ranges(np.nan_to_num(track.values("chr1", 0, 2000))) == [
        (300, 305, each), (305, 310, np.float32(2e6 / 3)), (310, 315, each),
    ]  # fmt: skip


def random_reads(rng: np.random.Generator, n: int) -> list[tuple]:
    """Alignments of all kinds, sorted; many begin at one place."""
    reads = []
    for contig, length_bp in LENGTHS.items():
        for start in np.sort(rng.integers(0, length_bp // 3, n if length_bp > 90 else 0) // 7 * 7):
            cigar, room = [f"{rng.integers(1, 9)}S"] * int(rng.random() < 0.3), length_bp - start
            for kind in rng.choice(["M", "N", "D", "I", "=", "X"], rng.integers(1, 6)):
                size = int(rng.integers(1, 200 if kind == "N" else 40))
                if kind != "I" and size >= room:
                    break
                room -= size * (kind != "I")
                cigar.append(f"{size}{kind}")
            cigar.append("1M" if room else "1S")
            flag = int(rng.choice([0, 16, 65, 81, 129, 145, 256, 1024, 4, 2048]))
            reads.append((f"r{len(reads)}", flag, contig, int(start), int(rng.integers(0, 40)),
                          "".join(cigar)))  # fmt: skip
    return reads


def naive(path: Path, options: AlignmentOptions) -> tuple[int, dict[str, dict[str, np.ndarray]]]:
    """Count base by base, read by read, from pysam's list of aligned pairs."""
    tracks = {name: {contig: np.zeros(n) for contig, n in LENGTHS.items()}
              for name in ("plus", "minus", "unstranded")}  # fmt: skip
    counted = 0
    with pysam.AlignmentFile(str(path)) as file:
        for read in file:
            if read.is_unmapped or read.is_secondary or read.is_supplementary:
                continue
            if read.mapping_quality < options.min_mapping_quality:
                continue
            if read.is_duplicate and not options.duplicates:
                continue
            counted += 1
            sense = read.is_reverse if read.is_read2 else read.is_forward
            if options.library_type == "fr-firststrand":
                sense = not sense
            for _, place in read.get_aligned_pairs(matches_only=True):
                for name in ("plus" if sense else "minus", "unstranded"):
                    tracks[name][read.reference_name][place] += 1
    return counted, tracks


@pytest.mark.parametrize("batch_blocks", [1, 7, 100, 1 << 20])
@pytest.mark.parametrize("library_type", ["fr-firststrand", "fr-secondstrand"])
def test_equal_to_counting_base_by_base(tmp_path, monkeypatch, library_type, batch_blocks):
    monkeypatch.setattr(depth, "BATCH_BLOCKS", batch_blocks)
    monkeypatch.setattr(depth, "READ_RUNS", 13)
    bam = write_bam(tmp_path / "a.bam", random_reads(np.random.default_rng(3), 150))
    options = AlignmentOptions(library_type, duplicates=False)
    paths = {name: tmp_path / f"{name}.bw" for name in ("plus", "minus", "unstranded")}
    counts = write_bam_coverage(bam, options, **paths)
    counted, expected = naive(bam, options)
    assert counts["counted"] == counted > 100
    for name, path in paths.items():
        values = covered(path)
        assert all(np.array_equal(values[contig], expected[name][contig]) for contig in LENGTHS)
        assert max(of.max() for of in values.values()) > 5


def test_a_deep_place_is_sorted_few_times(tmp_path, monkeypatch):
    """Blocks at one place cannot be settled; they are not tried again at every read."""
    monkeypatch.setattr(depth, "BATCH_BLOCKS", 10)
    calls: Counter[str] = Counter()
    settle = depth.DepthFile._settle
    monkeypatch.setattr(depth.DepthFile, "_settle",
                        lambda self, place: (calls.update(["settled"]), settle(self, place))[1])  # fmt: skip
    reads = [("r", 0, "chr1", 50, 60, "20M")] * 200
    write_bam_coverage(write_bam(tmp_path / "a.bam", reads), unstranded=tmp_path / "a.bw")
    assert ranges(covered(tmp_path / "a.bw")["chr1"]) == [(50, 70, 200)]
    assert calls["settled"] <= 21


@pytest.mark.parametrize(
    ("reads", "message"),
    [
        ([READS[2], READS[0]], r"not sorted: read spliced at chr1:100.*samtools sort"),
        ([READS[2], ("back", 0, "chr2", 5, 60, "9M")], r"not sorted: read back at chr2:5 "),
        ([("long", 0, "chr10", 490, 60, "20M")], "no alignment counts .*'beyond_contig': 1"),
        ([READS[4], READS[8]], r"no alignment counts .*'secondary': 1.*quality of 10"),
        ([], "no alignment counts"),
    ],
)
def test_bad_alignments_are_named_and_leave_no_file(tmp_path, reads, message):
    bam = write_bam(tmp_path / "a.bam", reads)
    with pytest.raises(InputError, match=message):
        write_bam_coverage(bam, unstranded=tmp_path / "a.bw")
    assert [path.name for path in tmp_path.iterdir()] == ["a.bam"]


def test_alignments_beyond_their_contig_are_left_out(tmp_path, caplog):
    """Ends 2 bp beyond, begins at the end, and begins beyond; of a spliced one all of it."""
    reads = [
        ("in", 0, "chr10", 480, 60, "20M"),
        ("spliced", 0, "chr10", 480, 60, "5M10N7M"),
        ("ends", 0, "chr10", 490, 60, "12M"),
        ("begins", 0, "chr10", 500, 60, "9M"),
        ("beyond", 0, "chr10", 700, 60, "9M"),
        ("next", 0, "chr1", 5, 60, "9M"),
    ]
    counts = write_bam_coverage(write_bam(tmp_path / "a.bam", reads), unstranded=tmp_path / "a.bw")
    assert counts == {"counted": 2, "beyond_contig": 4}
    assert ranges(covered(tmp_path / "a.bw")["chr10"]) == [(480, 500, 1)]
    assert ranges(covered(tmp_path / "a.bw")["chr1"]) == [(5, 14, 1)]
    assert "4 alignments reach beyond the end of their contig" in caplog.text


def test_cram_without_its_reference_is_told_as_such(tmp_path):
    rng = np.random.default_rng(1)
    for name in ("right", "wrong"):
        sequence = "".join(rng.choice(list("ACGT"), 2000))
        (tmp_path / f"{name}.fa").write_text(f">chr1\n{sequence}\n")
        if name == "right":
            bases = sequence[100:150]
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "chr1", "LN": 2000}]}
    cram = tmp_path / "a.cram"
    with pysam.AlignmentFile(str(cram), "wc", header=header,
                             reference_filename=str(tmp_path / "right.fa")) as file:  # fmt: skip
        line = f"r\t0\tchr1\t101\t60\t50M\t*\t0\t0\t{bases}\t{'I' * 50}"
        file.write(pysam.AlignedSegment.fromstring(line, file.header))
    with Genome(tmp_path / "right.fa") as genome:
        counts = write_bam_coverage(cram, unstranded=tmp_path / "a.bw", genome=genome)
    assert counts == {"counted": 1}
    (tmp_path / "right.fa").rename(tmp_path / "gone.fa")
    with (
        Genome(tmp_path / "wrong.fa") as genome,
        pytest.raises(InputError, match=r"a\.cram is a CRAM file .*which .*wrong\.fa may not be"),
    ):
        write_bam_coverage(cram, unstranded=tmp_path / "b.bw", genome=genome)
    with pytest.raises(InputError, match=r"a\.cram is a CRAM file .*: none is given"):
        write_bam_coverage(cram, unstranded=tmp_path / "b.bw")
    assert not (tmp_path / "b.bw").exists()


def test_broken_files_are_named(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        write_bam_coverage(tmp_path / "none.bam", unstranded=tmp_path / "a.bw")
    whole = write_bam(tmp_path / "a.bam", random_reads(np.random.default_rng(4), 2000)).read_bytes()
    for content in (b"", b"no BAM\n" * 9, whole[: len(whole) // 2], whole[:-28]):
        (tmp_path / "b.bam").write_bytes(content)
        with pytest.raises(InputError, match=r"b\.bam cannot be read"):
            write_bam_coverage(tmp_path / "b.bam", unstranded=tmp_path / "a.bw")


@pytest.mark.parametrize(
    ("options", "outputs", "message"),
    [
        ({"library_type": "dutp"}, {}, "library type 'dutp'.*fr-firststrand"),
        ({"min_mapping_quality": 300}, {}, "quality 300"),
        ({}, {}, "no bigWig file"),
        ({}, {"plus": "p.bw", "minus": "m.bw"}, "minus and plus strand of an unstranded library"),
    ],
)
def test_impossible_options_are_refused(tmp_path, options, outputs, message):
    bam = write_bam(tmp_path / "a.bam")
    with pytest.raises(InputError, match=message):
        write_bam_coverage(bam, AlignmentOptions(**options),
                           **{name: tmp_path / file for name, file in outputs.items()})  # fmt: skip


def test_a_flipped_bit_is_told_where_it_is_read(tmp_path):
    """The file cannot be closed either, which says nothing of what is wrong."""
    path = write_bam(tmp_path / "a.bam")
    data = bytearray(path.read_bytes())
    data[len(data) - 60] ^= 1  # in the block of the reads
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.bam cannot be read"):
        write_bam_coverage(path, unstranded=tmp_path / "a.bw")
    assert not (tmp_path / "a.bw").exists()
