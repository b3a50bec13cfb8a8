"""Writing the synthetic genome with its annotation, variants and truth."""

import logging
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from seqcast.core.store import atomic
from seqcast.genome.bgzip import index_fasta
from seqcast.simulate.coverage import write_coverage
from seqcast.simulate.effects import true_effects
from seqcast.simulate.genome import SimulatedGenome, draw_genome
from seqcast.simulate.gtf import gtf_lines
from seqcast.simulate.half_lives import ceiling_table, half_life_table
from seqcast.simulate.mpra_oligos import oligo_table
from seqcast.simulate.nulls import draw_nulls
from seqcast.simulate.parameters import Parameters
from seqcast.simulate.planted import draw_planted
from seqcast.simulate.simulated_reads import write_reads
from seqcast.simulate.truth_tables import DECIMALS, element_table, gene_table, transcript_table
from seqcast.simulate.truth_vcf import NULL_KINDS, PLANTED_KINDS, vcf_lines
from seqcast.simulate.variants import Variant, draw_variants

logger = logging.getLogger(__name__)

FASTA_COLUMNS = 80


def simulate_genome(
    parameters: Parameters, seed: int, folder: str | Path, measured: bool = False
) -> SimulatedGenome:
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
    measured : bool
        Write what the genome's coverage is, and the test of predictions, too: see
        `write_measurements`. And ``null_variants.vcf`` (`nulls.draw_nulls`).

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
    planted = draw_planted(genome) if measured else []
    nulls = draw_nulls(genome) if measured else []
    half_lives = half_life_table(genome)
    write_fasta(genome.contigs, folder / "genome.fa")
    _write_lines(gtf_lines(genome), folder / "annotation.gtf")
    _write_lines(vcf_lines(genome, variants), folder / "variants.vcf")
    _write_tsv(gene_table(genome), folder / "genes.tsv")
    _write_tsv(transcript_table(genome), folder / "transcripts.tsv")
    _write_tsv(element_table(genome), folder / "elements.tsv")
    _write_tsv(half_lives, folder / "half_lives.tsv")
    _write_tsv(ceiling_table(half_lives), folder / "half_life_ceiling.tsv")
    if measured:
        write_measurements(genome, variants, planted, folder)
        _write_lines(vcf_lines(genome, nulls, NULL_KINDS), folder / "null_variants.vcf")
    logger.info("%d genes and %d variants in %s", len(genome.genes), len(variants), folder)
    return genome


def write_measurements(
    genome: SimulatedGenome, variants: list[Variant], planted: list[Variant], folder: str | Path
) -> None:
    """Write coverage tracks, and variants with their true effects on each.

    Parameters
    ----------
    genome : SimulatedGenome
    variants : list of Variant
        Of `draw_variants`.
    planted : list of Variant
        Of `draw_planted`.
    folder : path
        Gets ``coverage/<track>.bw`` and ``targets.tsv`` (`write_coverage`);
        ``planted_variants.vcf``, and its causal and matched controls apart as in the 3' UTR eQTL
        set, ``pos_merge.vcf`` and ``neg_merge.vcf``; ``variant_effects.tsv`` and
        ``planted_effects.tsv`` (`true_effects` of `variants` and of `planted`);
        ``mpra_oligos.tsv`` (`oligo_table`); ``reads.fastq`` and ``labelled_reads.tsv``
        (`write_reads`); ``held_out.bed``, the last contig.
    """
    folder = Path(folder)
    write_coverage(genome, folder)
    chrom, sequence = list(genome.contigs.items())[-1]
    _write_lines([f"{chrom}\t0\t{len(sequence)}"], folder / "held_out.bed")
    for name, rows in (
        ("planted_variants", planted),
        ("pos_merge", [variant for variant in planted if variant.kind == "causal"]),
        ("neg_merge", [variant for variant in planted if variant.kind == "matched"]),
    ):
        _write_lines(vcf_lines(genome, rows, PLANTED_KINDS), folder / f"{name}.vcf")
    _write_tsv(true_effects(genome, variants), folder / "variant_effects.tsv")
    _write_tsv(true_effects(genome, planted), folder / "planted_effects.tsv")
    _write_tsv(oligo_table(genome, planted), folder / "mpra_oligos.tsv")
    write_reads(genome, folder)


def write_fasta(contigs: dict[str, str], path: str | Path) -> None:
    """Write contigs (name -> sequence) as FASTA with its index ``<path>.fai``."""
    lines: list[str] = []
    for name, sequence in contigs.items():
        starts = range(0, len(sequence), FASTA_COLUMNS)
        lines += [f">{name}", *(sequence[i : i + FASTA_COLUMNS] for i in starts)]
    _write_lines(lines, path)
    index_fasta(path)


def _write_lines(lines: Iterable[str], path: str | Path) -> None:
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)


def _write_tsv(frame: pl.DataFrame, path: Path) -> None:
    with atomic(path) as temporary:
        frame.write_csv(temporary, separator="\t", float_precision=DECIMALS)
