"""From checked variants to scores: sequences of both alleles, their predictions, the tables."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, islice
from typing import Any

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
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.score_tables import AlleleCoverage, ScoreTables, TableBuilder
from seqcast.predict.variants.statistics import background_of
from seqcast.predict.variants.windows import Chunk, Placed, VariantWork

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

    def chunks(self, placed: Sequence[Placed]) -> list[Chunk]:
        """Which variants are predicted together, in order."""
        return chunks_of(self.model, placed, self.tracks, self.options, self.batch_size, self.reuse)

    def _predictions(self, chunks: Sequence[Chunk]) -> Iterator[PairCoverage]:
        return predict_alleles(
            self.model, chunks, self.genome, self.tracks, self.options, self.batch_size,
            self.workers, self.reuse,
        )  # fmt: skip

    def score_placed(self, variants: pl.DataFrame, placed: Sequence[Placed]) -> ScoreTables:
        """Scores of variants in some of their windows, in their order."""
        tables, chunks = _Tables(self, variants), self.chunks(placed)
        predictions = self._predictions(chunks)
        for chunk in chunks:
            tables.add(chunk.placed, list(islice(predictions, len(chunk.placed))))
        return tables.builder.tables()

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
            Checked variants, the whole set or a shard of it.
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
        chunks = self.chunks(placed)
        ends = list(accumulate(len(chunk.placed) for chunk in chunks))
        left = [chunk for chunk, end in zip(chunks, ends, strict=True) if end > begin]
        unit = "window" if self.options.has_gene_windows else "variant"
        tables, may_end = _Tables(self, variants), {*ends[:-1]}
        scored = progress(len(placed) - begin, unit)(self._predictions(left))
        done = begin
        for chunk in left:
            pairs = list(islice(scored, len(chunk.placed)))
            tables.add(chunk.placed, pairs)
            done += len(pairs)
            if done in may_end and due():
                yield done, tables.builder.tables()
                tables = _Tables(self, variants)
        in_own, in_genes = (
            {one.row for one in placed if one.is_of_genes == which} for which in (False, True)
        )
        for row in sorted(rows):
            tables.add_rest(row, work.edits[row], row in in_own, row in in_genes)
        yield len(placed), tables.builder.tables()


class _Tables:
    """The tables of a part under construction."""

    def __init__(self, scorer: VariantScorer, variants: pl.DataFrame) -> None:
        self.options, self.variants = scorer.options, variants
        self.builder = TableBuilder(scorer.tracks, scorer.options)

    def add(self, placed: Sequence[Placed], predicted: Sequence[PairCoverage]) -> None:
        """The rows of variants that were predicted together."""
        alike = groupby(zip(placed, predicted, strict=True), _scored_alike)
        for members in (list(group) for _, group in alike):
            found = [one for one, _ in members]
            first, identities = found[0], [self._identity(one.row) for one in found]
            coverage = in_terms_of_vcf(first.swapped, [pair for _, pair in members])
            if not first.is_of_genes:
                self.builder.add_window(identities, coverage)
            if first.is_of_genes or not self.options.has_gene_windows:
                anchors = [one.edit.anchor for one in found]
                self.builder.add_genes(identities, coverage, first.genes, anchors)

    def add_rest(self, row: int, edit: Edit | str, in_own: bool, in_genes: bool) -> None:
        """What a variant lacks that is not in a window of its own, or in none of genes."""
        if isinstance(edit, str):
            self.builder.add_unscored(self._identity(row), edit)
        elif not in_own and not in_genes:
            self.builder.add_unscored(self._identity(row), "no_gene_in_window")
        elif not in_own:
            self.builder.add_window([self._identity(row)], None)
        elif not in_genes and self.options.has_gene_windows:
            self.builder.add_genes([self._identity(row)], None, (), [edit.anchor])

    def _identity(self, row: int) -> dict[str, Any]:
        return {name: self.variants[name][row] for name in IDENTITY}


def _scored_alike(member: tuple[Placed, PairCoverage]) -> tuple[object, ...]:
    """The same for variants that have their reference, genes and replicates in common."""
    placed, predicted = member
    return id(predicted.ref), predicted.alt.shape, placed.swapped, [id(x) for x in placed.genes]


def in_terms_of_vcf(swapped: bool, predicted: Sequence[PairCoverage]) -> AlleleCoverage:
    """The coverage of the REF and ALT of the file, of variants with the same reference."""
    _, ref, _, background, bins = predicted[0]
    alt = torch.stack([pair.alt for pair in predicted])
    if swapped:
        ref, alt = alt, ref
        background = None if background is None else background_of(ref)
    return AlleleCoverage(ref, alt, background, bins)


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
