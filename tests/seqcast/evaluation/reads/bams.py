"""Hand-made alignments."""

from pathlib import Path

import pysam

CONTIGS = {"c": 1000, "d": 500}


def write_bam(path: Path, *reads: dict) -> Path:
    """Write alignments: name, start, sequence or length, mapq, and where needed flag, cigar, contig."""
    header = {"HD": {"VN": "1.6", "SO": "coordinate"},
              "SQ": [{"SN": name, "LN": length} for name, length in CONTIGS.items()]}  # fmt: skip
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for read in reads:
            sequence = read.get("sequence") or ("ACGTTGCA" * 100)[: read.get("length", 150)]
            record = pysam.AlignedSegment(file.header)
            record.query_name = read["name"]
            record.query_sequence = sequence
            record.flag = read.get("flag", 0x41)  # first mate
            record.reference_id = list(CONTIGS).index(read.get("contig", "c"))
            record.reference_start = read.get("start", 10)
            record.mapping_quality = read.get("mapq", 42)
            record.cigarstring = read.get("cigar", f"{len(sequence)}M")
            file.write(record)
    return path
