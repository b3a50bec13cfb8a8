"""The command `seqcast score-variants`: a VCF in, a table of its effects on genes out."""

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from seqcast.cli.coverage_models import GivenModel, add_genome, add_model, given_model
from seqcast.cli.options import check_outputs, check_regular
from seqcast.cli.work import DECLINED, add_work, is_agreed, telling
from seqcast.core.errors import InputError
from seqcast.core.provenance import merge_folds
from seqcast.core.store import file_sha256, write_table
from seqcast.genome.annotation import read_annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.user_files import remedies_of_commands
from seqcast.genome.variants import check_variants, guard_build, read_variants
from seqcast.genome.vcf import check_indexable
from seqcast.predict.variants.ensemble import average_scores
from seqcast.predict.variants.exports import annotate_vcf, write_tsv
from seqcast.predict.variants.ranking import LEVELS
from seqcast.predict.variants.score_options import WINDOWS, ScoreOptions
from seqcast.predict.variants.statistics import GENE_SCORES
from seqcast.predict.variants.variant_effects import VariantScorer, in_input_order

FORMATS = (".tsv", ".tsv.gz", ".parquet", ".vcf.gz")
SCORES = tuple(name for name in GENE_SCORES if name not in LEVELS.values())


def score_variants(chosen: argparse.Namespace) -> int | None:
    """Score the variants of a file: one row per ALT and gene, in order.

    Parameters
    ----------
    chosen : namespace
        Arguments of ``seqcast score-variants``.
    """
    _check_arguments(chosen)
    with telling(), remedies_of_commands():
        model = given_model(chosen)
        read = [chosen.vcf, chosen.genome, chosen.annotation, *model.paths]
        check_outputs([Path(chosen.output)], read, "--out")
        found = _scores(model, chosen)
        if found is None:
            return None if chosen.dry_run else DECLINED
        _write(*found, model, chosen)
    sys.stderr.write(f"{_summary(found[0])}\n{chosen.output}\n")
    return None


def _scores(
    model: GivenModel, chosen: argparse.Namespace
) -> tuple[pl.DataFrame, dict[str, Any]] | None:
    """Scores of all folds of a model, and what made them; None where they are not to be made."""
    options = ScoreOptions(
        window=chosen.window, gene_scores=(*chosen.score, *LEVELS.values()), window_scores=()
    )
    folds: list[pl.DataFrame] = []
    facts = []
    with Genome(chosen.genome, chosen.contig_aliases) as genome:
        variants = _checked(chosen, genome)
        annotation = read_annotation(chosen.annotation, genome)
        for network, made in model.loaded(chosen.device, chosen.precision):
            scorer = VariantScorer(
                network, genome, annotation, model.tracks, options, chosen.batch_size
            )
            if not folds and not is_agreed(scorer, variants, model.folds, chosen):
                return None
            rows = range(len(variants))
            _, tables = next(scorer.in_parts(variants, scorer.work(variants), rows))
            folds.append(in_input_order(tables.gene))
            facts.append(made)
    about = merge_folds(facts)
    table = average_scores(folds, about.get("same_weights", ()))
    return table, {
        **about, "variants": str(chosen.vcf), "variants_sha256": file_sha256(chosen.vcf),
        "genome": str(chosen.genome), "annotation": str(chosen.annotation),
        "window": chosen.window, "tracks": chosen.tracks or "all",
    }  # fmt: skip


def _check_arguments(chosen: argparse.Namespace) -> None:
    """Stop at what cannot be, before anything is read."""
    if not chosen.output.endswith(FORMATS):
        raise InputError(f"--out {chosen.output}: expected a name in {' or '.join(FORMATS)}")
    if chosen.output.endswith(".vcf.gz") and len(chosen.score) > 1:
        raise InputError(
            f"--score {' '.join(chosen.score)}: a VCF has one score; name one, or write a table"
        )
    check_regular("--out", chosen.output)


def _checked(chosen: argparse.Namespace, genome: Genome) -> pl.DataFrame:
    """The variants of the file, checked as those of a run are."""
    check_indexable(chosen.vcf)
    variants = check_variants(read_variants(chosen.vcf), genome, chosen.on_ref_mismatch)
    guard_build(variants)
    return variants


def _write(
    table: pl.DataFrame, facts: Mapping[str, Any], model: GivenModel, chosen: argparse.Namespace
) -> None:
    """Write scores in the format that the name of the output asks for."""
    tracks, output = model.tracks.table(), chosen.output
    if output.endswith(".parquet"):
        write_table(table, output, {**facts, "track_table": tracks.to_dicts()})
    elif output.endswith(".vcf.gz"):
        annotate_vcf(chosen.vcf, table, tracks, output, chosen.score[0], facts, chosen.tracks)
    else:
        made_by = {"model": model.name, "folds": str(model.folds)}
        scores = [*chosen.score, *LEVELS.values()]
        write_tsv(table, tracks, output, scores, chosen.tracks, made_by)


def _summary(table: pl.DataFrame) -> str:
    """How many variants were scored, and why others were not."""
    once = table.unique("row", keep="first", maintain_order=True)
    n = dict(once.group_by("status").agg(pl.len()).iter_rows())
    scored = n.pop("scored", 0)
    genes = table.filter(pl.col("status") == "scored").height
    told: Iterable[str] = (f"; {count:,} {status}" for status, count in sorted(n.items()))
    return f"{len(once):,} variants, {scored:,} scored in {genes:,} rows of genes{''.join(told)}"


def add_command(commands: Any) -> None:
    """Add ``score-variants`` to the parser's commands."""
    command = commands.add_parser(
        "score-variants",
        help="score what variants do to the expression of genes",
        description="Effects of variants on genes: one row per ALT and gene in input order; an ALT "
        "that cannot be scored keeps a row that says why. What the work takes is told first.",
        epilog="example: seqcast score-variants my.vcf.gz --model FOLDER --genome genome.fa "
        "--annotation genes.gtf --tracks ^RNA --out scores.tsv.gz",
    )
    command.set_defaults(run=score_variants)
    add = command.add_argument
    add("vcf", metavar="VCF", type=Path, help="variants: VCF (plain, gzip or bgzip) or BCF")
    add_model(command)
    add_genome(command)
    add("--score", nargs="+", choices=SCORES, default=["logSED"], help="default logSED")
    add("--window", choices=WINDOWS, default=ScoreOptions.window, help="where the predicted window "
        "lies: centred on each variant (default), or one of a grid, which variants that are near "
        "each other share: faster, and slightly other numbers")  # fmt: skip
    add("--on-ref-mismatch", choices=["exclude", "error", "swap"], default="exclude",
        help="where REF differs from the genome: exclude (default) gives no score; error stops; "
        "swap exchanges REF and ALT, for files of minor and major alleles")  # fmt: skip
    add("--out", "-o", dest="output", required=True, metavar="FILE", help="scores: .tsv or .tsv.gz "
        "(means over tracks, spread over folds, strongest track); .parquet (one value per track); "
        ".vcf.gz (the VCF again, the strongest gene of each ALT in its INFO)")  # fmt: skip
    add_work(command)
