"""Make the coverage of sequenced libraries from their aligned reads."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from seqcast.core.store import write_tsv
from seqcast.datasets.coverage.alignment_coverage import AlignmentOptions, write_bam_coverage
from seqcast.genome.fasta import Genome

logger = logging.getLogger(__name__)


def write_library_coverage(
    bam: str | Path, genome: str | Path, aliases: str | None, tracks: Mapping[str, str | Path],
    counts: str | Path, options: Mapping[str, Any],
) -> None:  # fmt: skip
    """Write the bigWig files of a library, and how many of its alignments count.

    Parameters
    ----------
    bam : path
        Sorted by coordinate; an index is not needed.
    genome : path
        FASTA of the assembly that the reads are aligned to.
    aliases : str or None
        Table of other contig names.
    tracks : mapping of str to path
        ``plus`` and ``minus``, or ``unstranded`` (see `write_bam_coverage`).
    counts : path
        TSV: ``alignments``, ``n``; first ``counted``, then the reasons why others are left out.
    options : mapping
        Of `AlignmentOptions`.

    Raises
    ------
    InputError
        See `AlignmentOptions` and `write_bam_coverage`.
    """
    with Genome(genome, aliases) as opened:
        found = write_bam_coverage(bam, AlignmentOptions(**options), **tracks, genome=opened)
    logger.info("%s: %s", bam, ", ".join(f"{n} {name}" for name, n in found.items()))
    table = pl.DataFrame({"alignments": list(found), "n": list(found.values())})
    write_tsv(table, counts)
