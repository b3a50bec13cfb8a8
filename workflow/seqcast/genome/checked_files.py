"""A file of variants checked into a table, in memory that does not grow with the file.

Whether a row is what it seems is told by the whole file (`builds`). So the file is read twice: rows
are checked one by one, and what they tell of the file is counted; then it decides how to read them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from seqcast.core.store import read_frames, scratch_folder, write_chunks, write_table
from seqcast.genome.builds import (
    evidence_of,
    first_mismatch,
    guard_evidence,
    judge_file,
    judge_swaps,
)
from seqcast.genome.fasta import Genome, fetch_by_blocks
from seqcast.genome.haplotypes import check_file
from seqcast.genome.variant_tables import SCHEMA
from seqcast.genome.variants import (
    CHECKED,
    check_contigs,
    check_mode,
    check_rows,
    warn_of_contigs,
)
from seqcast.genome.vcf import PART_ROWS, check_indexable, variants_in_parts

COLUMNS = SCHEMA | CHECKED


def write_checked(
    path: str | Path, output: str | Path, genome: Genome, facts: Mapping[str, Any],
    on_ref_mismatch: str = "exclude", min_ref_match: float = 0.0,
    haplotype_span_bp: int | None = None,
) -> None:  # fmt: skip
    """Write the rows of `haplotypes.check_file` as a table.

    Memory does not grow with the file, unless haplotypes are asked for.

    Parameters
    ----------
    path : path
        As all that has no entry here, see `haplotypes.check_file`.
    output : path
        The table.
    facts : mapping
        Its provenance.
    """
    if haplotype_span_bp is not None:
        table = check_file(path, genome, on_ref_mismatch, min_ref_match, haplotype_span_bp)
        write_table(table, output, facts)
        return
    check_indexable(path)
    check_mode(on_ref_mismatch)
    with scratch_folder(output) as folder:
        rough, seen = folder / "rows.parquet", _Seen(genome, on_ref_mismatch)
        write_chunks(map(seen.check, variants_in_parts(path)), COLUMNS, rough, {})
        exchanged = seen.conclude(min_ref_match)
        frames = read_frames(rough, list(COLUMNS), PART_ROWS)
        if on_ref_mismatch == "swap":
            frames = (judge_swaps(frame, exchanged) for frame in frames)
        write_chunks(frames, COLUMNS, output, facts)


class _Seen:
    """What the rows of a file tell of it.

    Parameters
    ----------
    genome : Genome
    on_ref_mismatch : str
    """

    def __init__(self, genome: Genome, on_ref_mismatch: str) -> None:
        self.genome, self.mode = genome, on_ref_mismatch
        self._fetch = fetch_by_blocks(genome)
        self._contigs: dict[str, str | None] = {}
        self._first: dict[str, Any] | None = None
        self.evidence = evidence_of(pl.DataFrame(schema=COLUMNS))

    def check(self, variants: pl.DataFrame) -> pl.DataFrame:
        """Check some rows, and count what they tell."""
        for chrom in variants["chrom"].unique(maintain_order=True):
            self._contigs.setdefault(chrom, self.genome.resolve(chrom))
        checked = check_rows(variants, self._contigs, self.genome, self._fetch, self.mode)
        self._first = self._first or first_mismatch(checked)
        self.evidence = pl.concat([self.evidence, evidence_of(checked)])
        return checked

    def conclude(self, min_ref_match: float) -> bool:
        """Stop if the file is not of the genome; whether its columns REF and ALT look exchanged."""
        check_contigs(self._contigs, self.genome)
        warn_of_contigs(self._contigs)
        exchanged, judged = judge_file(self.evidence, self._first, self.genome, self.mode)
        guard_evidence(judged, min_ref_match)
        return exchanged
