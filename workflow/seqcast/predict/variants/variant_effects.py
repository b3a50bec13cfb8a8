"""From checked variants to scores: sequences of both alleles, their predictions, the tables."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import polars as pl
import torch

from seqcast.core.errors import InputError
from seqcast.core.progress import progress
from seqcast.genome.annotation import Annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.tracks import Tracks
from seqcast.models.interface import CoverageModel
from seqcast.predict.inference import check_fit, geometry_of
from seqcast.predict.variants.allele_coverage import PairCoverage, chunks_of, predict_alleles
from seqcast.predict.variants.alleles import Edit
from seqcast.predict.variants.gene_bins import GeneBins, genes_in_window
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.score_tables import AlleleCoverage, ScoreTables, TableBuilder
from seqcast.predict.variants.statistics import background_of
from seqcast.predict.variants.windows import Placed, VariantWork

IDENTITY = ["row", "variant", "chrom", "pos", "ref", "alt"]


@dataclass(frozen=True)
class VariantScorer:
    """What scores variants: a model, and what its predictions are read with.

    Attributes
    ----------
    model : CoverageModel
        As `load_model` returns it.
    genome : Genome
    annotation : Annotation
    tracks : Tracks
        Tracks to score; scores have one number a collapsed track (`Tracks.table`).
    options : ScoreOptions
    batch_size : int
        Alleles predicted at once; on a CPU more, where they are small.
    workers : int
        Processes that prepare sequences.
    reuse : bool
        Compute what alleles of a window have in common once (`allele_coverage`). Neither of the
        three changes a number beyond float32 rounding.

    Raises
    ------
    InputError
        If the tracks are not those of the model, or scores need poly(A) sites and no gene has any.
    """

    model: CoverageModel
    genome: Genome
    annotation: Annotation
    tracks: Tracks
    options: ScoreOptions
    batch_size: int = 1
    workers: int = 0
    reuse: bool = True

    def __post_init__(self) -> None:
        check_fit(self.model, self.tracks)
        has_sites = any(gene.polya_sites for gene in self.annotation.genes)
        if self.options.has_site_scores and not has_sites:
            raise InputError(
                "gene_scores has COVR or SCOVR, and no gene has poly(A) sites; give a BED file of "
                "them (polya_sites), or leave these scores out"
            )

    def work(self, variants: pl.DataFrame) -> VariantWork:
        """Where checked variants, the whole set, are scored."""
        return VariantWork.of(variants, geometry_of(self.model), self.options)

    def in_parts(
        self, variants: pl.DataFrame, work: VariantWork, rows: Collection[int], begin: int = 0,
        due: Callable[[], bool] = lambda: False,
    ) -> Iterator[tuple[int, ScoreTables]]:  # fmt: skip
        """Scores of some rows, in order of work.

        A part ends where variants are not predicted together, so that those behind it, scored by
        another call, have the same numbers to the last bit.

        Parameters
        ----------
        variants : DataFrame
            Checked variants, the whole set.
        work : VariantWork
            That of `variants`.
        rows : collection of int
        begin : int
            How many of ``work.placed(rows)`` were scored before.
        due : callable
            Asked wherever a part may end whether it does.

        Yields
        ------
        stop : int
            How many are scored after this part.
        tables : ScoreTables
            Rows are not in input order (`in_input_order`). The last part has those that cannot be
            scored.
        """
        placed = work.placed(rows, self.annotation)
        chunks = chunks_of(
            self.model, placed, self.tracks, self.options, self.batch_size, self.reuse
        )
        ends = list(accumulate(len(chunk.placed) for chunk in chunks))
        left = [chunk for chunk, end in zip(chunks, ends, strict=True) if end > begin]
        predictions = predict_alleles(
            self.model, left, self.genome, self.tracks, self.options, self.batch_size, self.workers,
            self.reuse,
        )  # fmt: skip
        unit = "window" if self.options.has_gene_windows else "variant"
        tables, may_end = _Tables(self, variants), {*ends[:-1]}
        scored = progress(len(placed) - begin, unit)(predictions)
        for done, (one, pair) in enumerate(zip(placed[begin:], scored, strict=True), begin + 1):
            tables.add(one, pair)
            if done in may_end and due():
                yield done, tables.builder.tables()
                tables = _Tables(self, variants)
        of_genes = {one.row for one in placed if one.genes is not None}
        for row in sorted(rows):
            tables.add_rest(row, work.edits[row], row in of_genes)
        yield len(placed), tables.builder.tables()


class _Tables:
    """The tables of a part under construction.

    What consecutive variants of a window have in common is made once: the background of their
    reference, and the genes that are scored there.
    """

    def __init__(self, scorer: VariantScorer, variants: pl.DataFrame) -> None:
        self.scorer, self.variants = scorer, variants
        self.geometry = geometry_of(scorer.model)
        self.convention = scorer.options.convention(self.geometry)
        self.builder = TableBuilder(scorer.tracks, scorer.options)
        self.genes: tuple[object, Sequence[GeneBins]] = None, ()
        self.ref, self.background = torch.empty(0), torch.empty(0)

    def add(self, placed: Placed, predicted: PairCoverage) -> None:
        """The rows of a variant in one of its windows."""
        row = self.variants.row(placed.row, named=True)
        coverage, edit = self._in_terms_of_vcf(predicted, row["swapped"]), placed.edit
        identity = {name: row[name] for name in IDENTITY}
        if placed.genes is None:
            self.builder.add_window(identity, coverage)
        if placed.genes is not None or not self.scorer.options.has_gene_windows:
            genes = self._genes(placed, predicted.pair.start)
            self.builder.add_genes(identity, [(coverage, genes)], edit.anchor)

    def add_rest(self, row: int, edit: Edit | str, in_gene_windows: bool) -> None:
        """The rows of a variant that is scored nowhere, or in no window of a gene."""
        identity = {name: self.variants[name][row] for name in IDENTITY}
        if isinstance(edit, str):
            self.builder.add_unscored(identity, edit)
        elif self.scorer.options.has_gene_windows and not in_gene_windows:
            self.builder.add_genes(identity, [], edit.anchor)

    def _in_terms_of_vcf(self, predicted: PairCoverage, swapped: bool) -> AlleleCoverage:
        """The coverage of the REF and ALT of the file."""
        ref, alt = (predicted.alt, predicted.ref) if swapped else (predicted.ref, predicted.alt)
        if self.ref is not ref:
            self.ref, self.background = ref, background_of(ref)
        return AlleleCoverage(ref, alt, self.background)

    def _genes(self, placed: Placed, start: int) -> Sequence[GeneBins]:
        """Those that are scored in a window that begins at `start`."""
        if placed.genes is not None:
            return placed.genes
        offset_bp = self.convention.gene_offset_bp(placed.edit)
        place = placed.edit.contig, start, self.geometry, self.scorer.options.span, offset_bp
        if self.genes[0] != place:
            self.genes = place, genes_in_window(self.scorer.annotation, *place)
        return self.genes[1]


def score_variants(
    model: CoverageModel, variants: pl.DataFrame, genome: Genome, annotation: Annotation,
    tracks: Tracks, options: ScoreOptions, rows: Collection[int] | None = None,
    batch_size: int = 1, workers: int = 0, reuse: bool = True,
) -> ScoreTables:  # fmt: skip
    """Score variants against the genes and the window around them.

    Parameters
    ----------
    model : CoverageModel
        As all that has no entry here, see `VariantScorer`.
    variants : DataFrame
        Checked variants (`variants.check_variants`), the whole set.
    rows : collection of int, optional
        Rows to score, such as a shard. Default: all.

    Returns
    -------
    ScoreTables
        Each input row leaves one row in the window table, and one row per gene (or one row with a
        status) in the gene table, in input order.
    """
    scorer = VariantScorer(model, genome, annotation, tracks, options, batch_size, workers, reuse)
    rows = range(len(variants)) if rows is None else rows
    _, tables = next(scorer.in_parts(variants, scorer.work(variants), rows))
    return ScoreTables(in_input_order(tables.gene), in_input_order(tables.window))


def in_input_order(table: pl.DataFrame) -> pl.DataFrame:
    """Rows of a table of scores in the order of their variants; those of one stay as they are."""
    return table.sort("row", maintain_order=True)
