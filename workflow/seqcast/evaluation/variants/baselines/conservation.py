"""Conservation at variants, from a bigWig of phyloP, phastCons or the like."""

import logging
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.bigwig_reader import BigWigReader
from seqcast.evaluation.variants.baselines.registry import NamedFile
from seqcast.evaluation.variants.labelled_variants import SCORED
from seqcast.genome.fasta import Genome

logger = logging.getLogger(__name__)


def conservation(
    track: NamedFile, path: str | Path, edits: pl.DataFrame, genome: Genome
) -> tuple[np.ndarray, np.ndarray]:
    """Mean of a track over the bases that each edit changes.

    Parameters
    ----------
    track : NamedFile
    path : path
    edits : DataFrame
        ``contig`` of the genome, ``start`` and ``end`` (0-based half-open; equal for an insertion,
        of which the bases on both sides count); null without one.
    genome : Genome
        Of which the track is; its aliases serve for the contigs of the track.

    Returns
    -------
    values : ndarray of float64, shape=(rows,)
        NaN if there is none; bases without a value do not count.
    status : ndarray of str, shape=(rows,)
        "scored", ``contig_not_in_file`` or ``no_value``.

    Raises
    ------
    InputError
        If the file cannot be read, or has a contig of another length than the genome.
    """
    reader = BigWigReader(path)
    names = _names(reader, genome, path)
    values, status = np.full(len(edits), np.nan), np.full(len(edits), SCORED, dtype=object)
    for row, (contig, start, end) in enumerate(edits.select("contig", "start", "end").iter_rows()):
        if contig not in names:
            status[row] = "contig_not_in_file"
            continue
        if start is None:
            continue
        if start == end:
            start, end = max(0, start - 1), min(end + 1, genome.contigs[contig])
        found = reader.read(names[contig], start, end)
        if known := int((~np.isnan(found)).sum()):
            values[row] = float(np.nansum(found.astype(np.float64)) / known)
        else:
            status[row] = "no_value"
    counts = ", ".join(f"{n} {name}" for name, n in Counter(status.tolist()).most_common())
    logger.info("%s: %s: %s", path, track.name, counts)
    return values, status


def _names(reader: BigWigReader, genome: Genome, path: str | Path) -> Mapping[str, str]:
    """Contig of the genome to its name in the track."""
    names = {}
    for name, length_bp in reader.contigs.items():
        if (contig := genome.resolve(name)) is None:
            continue
        if length_bp != genome.contigs[contig]:
            raise InputError(
                f"{path} has {length_bp} bp of {name}, the genome has {genome.contigs[contig]} bp; "
                "expected a track of the same assembly. Use one of the assembly of the variants."
            )
        names[contig] = name
    return names
