"""Writing the synthetic genome with its annotation, variants and truth."""

import logging
from collections.abc import Iterable
from pathlib import Path
from textwrap import wrap

import polars as pl

from seqcast.bgzip import index_fasta
from seqcast.simulate.genome import SimulatedGenome, draw_genome
from seqcast.simulate.gtf import gtf_lines
from seqcast.simulate.half_lives import ceiling_table, half_life_table
from seqcast.simulate.parameters import Parameters
from seqcast.simulate.tables import DECIMALS, element_table, gene_table, transcript_table
from seqcast.simulate.variants import draw_variants
from seqcast.simulate.vcf import vcf_lines
from seqcast.store import atomic

logger = logging.getLogger(__name__)

FASTA_COLUMNS = 80


def simulate_genome(parameters: Parameters, seed: int, folder: str | Path) -> SimulatedGenome:
    """Draw a genome and write its files; the same parameters and seed give the same bytes.

    Parameters
    ----------
    parameters : Parameters
        What the genome is made of.
    seed : int
        Seed of all that is random, 0 or more.
    folder : path
        Gets ``genome.fa`` with its index ``genome.fa.fai``, ``annotation.gtf``, ``variants.vcf``
        and the truth: ``genes.tsv``, ``transcripts.tsv``, ``elements.tsv``; also measured
        half-lives, ``half_lives.tsv``, and how well they can be predicted at best,
        ``half_life_ceiling.tsv``.

    Returns
    -------
    SimulatedGenome
        The genome that was written.

    Raises
    ------
    InputError
        If the genome is too small for the variants asked for; nothing is written then.
    """
    folder = Path(folder)
    genome = draw_genome(parameters, seed)
    variants = draw_variants(genome)
    half_lives = half_life_table(genome)
    write_fasta(genome.contigs, folder / "genome.fa")
    _write_lines(gtf_lines(genome), folder / "annotation.gtf")
    _write_lines(vcf_lines(genome, variants), folder / "variants.vcf")
    _write_tsv(gene_table(genome), folder / "genes.tsv")
    _write_tsv(transcript_table(genome), folder / "transcripts.tsv")
    _write_tsv(element_table(genome), folder / "elements.tsv")
    _write_tsv(half_lives, folder / "half_lives.tsv")
    _write_tsv(ceiling_table(half_lives), folder / "half_life_ceiling.tsv")
    logger.info("%d genes and %d variants in %s", len(genome.genes), len(variants), folder)
    return genome


def write_fasta(contigs: dict[str, str], path: str | Path) -> None:
    """Write contigs (name -> sequence) as FASTA with its index ``<path>.fai``."""
    lines: list[str] = []
    for name, sequence in contigs.items():
        lines += [f">{name}", *wrap(sequence, FASTA_COLUMNS)]
    _write_lines(lines, path)
    index_fasta(path)


def _write_lines(lines: Iterable[str], path: str | Path) -> None:
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)


def _write_tsv(frame: pl.DataFrame, path: Path) -> None:
    with atomic(path) as temporary:
        frame.write_csv(temporary, separator="\t", float_precision=DECIMALS)
