"""Which contigs aligned reads and a genome share."""

import logging
from collections.abc import Mapping
from pathlib import Path

from seqcast.core.errors import InputError
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import CONTIGS_TOLD

logger = logging.getLogger(__name__)


def shared_contigs(
    contig_lengths: Mapping[str, int], genome: Genome, source: str | Path
) -> dict[str, str]:
    """Contigs of aligned reads that a genome has too, with the names that it gives them.

    Parameters
    ----------
    contig_lengths : mapping of str to int
        Of the alignments' header, in bp.
    genome : Genome
    source : path
        Of the alignments, for messages.

    Returns
    -------
    dict of str to str
        Name in the header -> name in the FASTA. What only one of the two has is logged.

    Raises
    ------
    InputError
        If they share no contig, one is of another length, or two are one in the genome.
    """
    resolved = {name: genome.resolve(name) for name in contig_lengths}
    names = {name: known for name, known in resolved.items() if known is not None}
    if not names:
        raise InputError(
            f"no contig of {source} ({', '.join(list(contig_lengths)[:CONTIGS_TOLD])}) is in "
            f"{genome.fasta} ({', '.join(list(genome.contigs)[:CONTIGS_TOLD])}); expected reads "
            "aligned to that assembly. Name the right assembly, or its contig_aliases."
        )
    taken: dict[str, str] = {}
    for name, known in names.items():
        if contig_lengths[name] != genome.contigs[known]:
            raise InputError(
                f"{source} has {contig_lengths[name]} bp of {name}, {genome.fasta} has "
                f"{genome.contigs[known]} bp of {known}; expected reads aligned to the same "
                "assembly. Name the assembly they were aligned to, or align them again."
            )
        if (other := taken.setdefault(known, name)) != name:
            raise InputError(
                f"{source} has contigs {other} and {name}, which are both {known} of "
                f"{genome.fasta}; expected one. Align the reads to one of them."
            )
    unknown = sorted(set(contig_lengths) - set(names))
    if unknown:
        logger.warning("%s: %d contigs are not in the genome, and their reads do not count: %s",
                       source, len(unknown), ", ".join(unknown[:CONTIGS_TOLD]))  # fmt: skip
    absent = [name for name in genome.contigs if name not in taken]
    if absent:
        logger.warning("%s: no read could be aligned to %d contigs of the genome, and coverage of "
                       "0 there says nothing: %s",
                       source, len(absent), ", ".join(absent[:CONTIGS_TOLD]))  # fmt: skip
    return names
