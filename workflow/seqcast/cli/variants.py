"""The command `seqcast score-variants`: variants in, what they do to genes out."""

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import polars as pl
from cyclopts import Parameter

from seqcast.cli.coverage_models import (
    NAMES,
    TRYING,
    GenesChoice,
    GivenModel,
    ModelChoice,
    given_model,
)
from seqcast.cli.options import PICTURES, check_outputs, check_regular, one_of
from seqcast.cli.work import DECLINED, WorkChoice, is_agreed, telling
from seqcast.core.contents import contents_of
from seqcast.core.errors import InputError
from seqcast.core.provenance import merge_folds
from seqcast.core.store import scratch_folder, write_table
from seqcast.genome.annotation import Annotation, read_annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.user_files import remedies_of_commands
from seqcast.genome.variant_tables import SCHEMA
from seqcast.genome.variant_texts import joined
from seqcast.genome.variants import check_variants, guard_build, read_variants
from seqcast.genome.vcf import check_indexable
from seqcast.predict.nulls.null_tables import Nulls
from seqcast.predict.nulls.percentiles import add_percentiles
from seqcast.predict.variants.answers import Scored, answer
from seqcast.predict.variants.ensemble import average_scores
from seqcast.predict.variants.exports import annotate_vcf, write_tsv
from seqcast.predict.variants.ranking import LEVELS
from seqcast.predict.variants.resumed_scores import ResumedScores
from seqcast.predict.variants.score_options import WINDOWS, ScoreOptions
from seqcast.predict.variants.statistics import GENE_SCORES
from seqcast.predict.variants.variant_effects import VariantScorer
from seqcast.transcripts.named_variants import named_variants

FORMATS = (".tsv", ".tsv.gz", ".parquet", ".vcf.gz")
SCORES = tuple(name for name in GENE_SCORES if name not in LEVELS.values())
FILES = (".vcf", ".vcf.gz", ".vcf.bgz", ".bcf", ".parquet")
MOST_AROUND_BP = 60  # what a page shows of a map
ANSWERED = 20  # variants that are answered in words


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ScoreCommand(WorkChoice, GenesChoice, ModelChoice):
    """How variants are scored, and where scores go.

    Attributes
    ----------
    rsids : Path, optional
        VCF or BCF with the records of rsIDs, such as dbSNP of this genome build.
    score : tuple of str
        One or more scores of genes; the first one answers.
    window : str
        Where the predicted window lies: variant, centred on each variant; or shared, one of a grid,
        which variants that are near each other share: faster, and slightly other numbers.
    nulls : Path, optional
        Table of null variants that a run made with this model
        (results/nulls/MODEL/DATASET.parquet): each effect gets its percentile among them.
    on_ref_mismatch : str
        What to do if REF differs from the genome: exclude gives no score; error stops; swap
        exchanges REF and ALT, for files of minor and major alleles.
    output : str, optional
        Scores: .tsv or .tsv.gz (means over tracks, spread over folds, strongest track); .parquet
        (one value per track); .vcf.gz (the VCF again, the strongest gene of each ALT in its INFO).
        An interrupted command resumes when it is given again.
    report : str, optional
        Page of the variants (.html), one file that opens without a network; of the 5 strongest ones
        the coverage of both alleles is predicted again and drawn. Or a picture of the strongest
        variant (.png, .svg).
    map_around : int
        Bases to each side of the strongest variant of which the report also shows which ones act:
        three further alleles per base. 0: none.
    """

    rsids: Path | None = None
    nulls: Path | None = None
    score: Annotated[tuple[str, ...], one_of(SCORES)] = ("logSED",)
    window: Annotated[str, one_of(WINDOWS)] = ScoreOptions.window
    on_ref_mismatch: Literal["exclude", "error", "swap"] = "exclude"
    output: Annotated[str | None, Parameter(name=("--out", "-o"))] = None
    report: str | None = None
    map_around: int = 0


class _Found(NamedTuple):
    """Scores over folds and of each, and what made them."""

    table: pl.DataFrame
    folds: list[pl.DataFrame]
    facts: dict[str, Any]
    kept: ResumedScores


def score_variants(*variants: str, chosen: ScoreCommand) -> int | None:
    """Score what variants do to the expression of genes.

    Of variants as text, the answer is printed in words. A file has one row per ALT and gene, in
    input order; an ALT that cannot be scored keeps a row that says why. What the work takes is
    printed first.

    Parameters
    ----------
    variants : str
        A VCF (plain, gzip or bgzip), BCF or parquet table; or variants: chr1:826577:A:AT,
        'chr1:826577 A>AT' (in quotes), HGVS such as chr1:g.826577A>T or ENST00000361789.2:c.*5del
        of the annotation, or rsIDs.
    """
    file = _file_of(variants)
    _check_arguments(chosen)
    with telling(), remedies_of_commands():
        model = given_model(chosen)
        if written := [Path(path) for path in (chosen.output, chosen.report) if path]:
            read = [file, chosen.rsids, chosen.genome, chosen.annotation, *model.paths]
            check_outputs(written, read, "--out or --report")
        with Genome(chosen.genome, chosen.contig_aliases) as genome:
            checked = _checked(variants, file, genome, chosen)
            annotation = read_annotation(chosen.annotation, genome)
            found = _scores(model, genome, annotation, checked, variants, chosen)
            if found is None:
                return None if chosen.dry_run else DECLINED
            is_short = file is None or len(checked) <= ANSWERED
            answers = list(_answers(found, model, annotation, checked, chosen)) if is_short else []
            if chosen.report:
                # here, as it takes a second: what it draws with is loaded by no other option
                from seqcast.cli.variant_page import Answered, write_variant_page

                title = file.name if file else variants[0] if len(variants) == 1 else "Variants"
                answered = Answered(
                    title, *found[:3], checked, model, genome, annotation, chosen.score[0],
                    chosen.window, chosen.map_around, chosen, chosen,
                )  # fmt: skip
                write_variant_page(chosen.report, answered, answers)
        if chosen.output:
            _write(found, model, checked, file, chosen)
    if file is None or not written:
        sys.stdout.writelines(f"{line}\n" for line in answers)
    if written:
        sys.stderr.writelines(f"{line}\n" for line in [_summary(found.table), *written])
    return None


def _file_of(variants: Sequence[str]) -> Path | None:
    """The one file of variants; None where they are given as text.

    Raises
    ------
    InputError
        If there are none, or a file among others.
    """
    files = [one for one in variants if Path(one).is_file() or one.endswith(FILES)]
    if not variants or (files and len(variants) > 1):
        told = (
            f"{files[0]} is one of {len(variants)} arguments" if files else "no variants are given"
        )
        raise InputError(
            f"{told}; expected one file ({', '.join(FILES)}), or variants such as chr1:826577:A:AT"
        )
    return Path(files[0]) if files else None


def _check_arguments(chosen: ScoreCommand) -> None:
    """Stop at what cannot be, before anything is read."""
    if chosen.report is not None:
        if not chosen.report.endswith((".html", *PICTURES)):
            ends = f".html, {' or '.join(PICTURES)}"
            raise InputError(f"--report {chosen.report}: expected a name that ends in {ends}")
        check_regular("--report", chosen.report)
    if not 0 <= chosen.map_around <= MOST_AROUND_BP:
        raise InputError(f"--map-around {chosen.map_around}: expected 0 to {MOST_AROUND_BP}")
    if chosen.output is None:
        return
    if not chosen.output.endswith(FORMATS):
        raise InputError(f"--out {chosen.output}: expected a name in {' or '.join(FORMATS)}")
    if chosen.output.endswith(".vcf.gz") and len(chosen.score) > 1:
        raise InputError(
            f"--score {' '.join(chosen.score)}: a VCF has one score; name one, or write a table"
        )
    check_regular("--out", chosen.output)


def _checked(
    variants: Sequence[str], file: Path | None, genome: Genome, chosen: ScoreCommand
) -> pl.DataFrame:
    """The variants, checked as those of a run are."""
    if file:
        check_indexable(file)
        given = read_variants(file)
    else:
        given = named_variants(joined(list(variants)), genome, chosen.annotation, chosen.rsids)
    is_told = chosen.output is None and chosen.report is None
    if is_told and not chosen.dry_run and len(given) > ANSWERED:
        raise InputError(
            f"no --out, and {len(given):,} ALT alleles; expected a file for their scores. Up to "
            f"{ANSWERED} are answered without"
        )
    checked = check_variants(given, genome, chosen.on_ref_mismatch)
    guard_build(checked)
    return checked


def _scores(
    model: GivenModel, genome: Genome, annotation: Annotation, checked: pl.DataFrame,
    variants: Sequence[str], chosen: ScoreCommand,
) -> _Found | None:  # fmt: skip
    """Scores of all folds of a model; None where they are not to be made."""
    options = ScoreOptions(
        window=chosen.window, gene_scores=(*chosen.score, *LEVELS.values()), window_scores=()
    )
    about = {
        "variants": " ".join(variants), "genome": str(chosen.genome),
        "annotation": str(chosen.annotation), "window": chosen.window,
        "tracks": chosen.tracks or "all",
    }  # fmt: skip
    files = {"genome": str(chosen.genome), "annotation": str(chosen.annotation)}
    kept = ResumedScores(
        chosen.output, {**about, **vars(options), **contents_of(files), "rows": _digest(checked)}
    )
    folds: list[pl.DataFrame] = []
    facts = []
    for network, made in model.loaded(chosen.device, chosen.precision):
        scorer = VariantScorer(
            network, genome, annotation, model.tracks, options, chosen.batch_size
        )
        if not folds and not is_agreed(scorer, checked, model.folds, chosen, chosen.threads):
            return None
        folds.append(kept.of_fold(scorer, checked, made))
        facts.append(made)
    merged = {**merge_folds(facts), **about, "options": json.loads(json.dumps(vars(options)))}
    table = average_scores(folds, merged.get("same_weights", ()))
    if chosen.nulls:
        tracks, nulls = model.tracks.table(), Nulls.read(chosen.nulls)
        table = add_percentiles(table, merged, tracks, annotation, genome.contigs, nulls)
    return _Found(table, folds, merged, kept)


def _write(
    found: _Found, model: GivenModel, checked: pl.DataFrame, file: Path | None,
    chosen: ScoreCommand,
) -> None:  # fmt: skip
    """Write scores in the format that the name of the output asks for."""
    tracks, output, (table, _, facts, kept) = model.tracks.table(), chosen.output or "", found
    if output.endswith(".parquet"):
        write_table(table, output, {**facts, "track_table": tracks.to_dicts()})
    elif output.endswith(".vcf.gz"):
        with _as_file(checked, file, output) as path:
            annotate_vcf(path, table, tracks, output, chosen.score[0], facts, chosen.tracks)
    else:
        made_by = {"model": model.name, "folds": str(model.folds)}
        scores = [*chosen.score, *LEVELS.values()]
        write_tsv(table, tracks, output, scores, chosen.tracks, made_by)
    kept.remove()


@contextmanager
def _as_file(checked: pl.DataFrame, file: Path | None, output: str) -> Iterator[Path]:
    """The file of the variants; of those given as text, a table next to the output."""
    if file:
        yield file
        return
    with scratch_folder(output) as folder:
        write_table(checked.select(*SCHEMA), folder / "variants.parquet", {})
        yield folder / "variants.parquet"


def _answers(
    found: _Found, model: GivenModel, annotation: Annotation, checked: pl.DataFrame,
    chosen: ScoreCommand,
) -> Iterator[str]:  # fmt: skip
    """Lines that answer each variant, a blank one between two."""
    tracks = model.tracks.table()
    words = (
        f"{len(tracks)} tracks ({chosen.tracks})" if chosen.tracks else f"all {len(tracks)} tracks"
    )
    scored = Scored(
        found.table, found.folds, tracks, words, chosen.score[0], checked,
        {(gene.chrom, gene.gene_id): gene for gene in annotation.genes}, chosen.tracks,
        model.certainty,
    )  # fmt: skip
    notes = [TRYING % model.name] if model.name in NAMES else []
    for row in checked["row"]:
        if row:
            yield ""
        yield from answer(scored, row, notes)


def _digest(checked: pl.DataFrame) -> str:
    """Of the edits and the alleles of all rows."""
    text = checked.select("chrom", "pos", "ref", "alt", "status").write_csv()
    return hashlib.sha256(text.encode()).hexdigest()


def _summary(table: pl.DataFrame) -> str:
    """How many variants were scored, and why others were not."""
    once = table.unique("row", keep="first", maintain_order=True)
    n = dict(once.group_by("status").agg(pl.len()).iter_rows())
    scored = n.pop("scored", 0)
    genes = table.filter(pl.col("status") == "scored").height
    told: Iterable[str] = (f"; {count:,} {status}" for status, count in sorted(n.items()))
    return f"{len(once):,} variants, {scored:,} scored in {genes:,} rows of genes{''.join(told)}"
