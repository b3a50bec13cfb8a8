"""From checked variants to scores: sequences of both alleles, their predictions, the tables."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from torch import Tensor
from torch.utils.data import Dataset

from seqcast.core.contents import contents_of
from seqcast.core.errors import InputError
from seqcast.core.progress import progress
from seqcast.core.store import read_table, write_table
from seqcast.core.unfinished import UnfinishedTables
from seqcast.genome.annotation import Annotation, read_annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import Geometry
from seqcast.genome.polya_sites import with_polya_sites
from seqcast.genome.sequence import one_hot
from seqcast.genome.tracks import Tracks
from seqcast.models.interface import CoverageModel, evaluating
from seqcast.predict.fold_model import FoldFiles, open_model
from seqcast.predict.inference import (
    check_fit,
    geometry_of,
    grouped,
    predict_batch,
    prefetch,
)
from seqcast.predict.variants.alleles import AllelePair, Convention, Edit, assemble
from seqcast.predict.variants.gene_bins import (
    GeneWindow,
    gene_windows,
    genes_in_window,
    windows_around,
)
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.score_tables import AlleleCoverage, ScoreTables, TableBuilder
from seqcast.predict.variants.statistics import background_of

IDENTITY = ["row", "variant", "chrom", "pos", "ref", "alt"]


class _Alleles(Dataset):
    """The encoded sequences of each edit, for workers to prepare."""

    def __init__(
        self, genome: Genome, convention: Convention, edits: Sequence[tuple[Edit, int | None]]
    ) -> None:
        self.genome, self.convention, self.edits = genome, convention, edits

    def __len__(self) -> int:
        return len(self.edits)

    def __getitem__(self, i: int) -> tuple[AllelePair, np.ndarray]:
        edit, start = self.edits[i]
        pair = self.convention.pair(edit, self.genome, start)
        return pair, np.stack([one_hot(s, self.convention.unknown) for s in pair.sequences])


def edits_of(
    variants: pl.DataFrame, convention: Convention, geometry: Geometry
) -> list[Edit | str]:
    """An edit for each row that can be scored, the status for each that cannot."""
    edits: list[Edit | str] = []
    for row in variants.iter_rows(named=True):
        if row["status"] != "valid":
            edits.append(row["status"])
            continue
        ref, alt = (row["alt"], row["ref"]) if row["swapped"] else (row["ref"], row["alt"])
        edit = Edit(row["contig"], row["start"], row["end"], row["insert"], row["pos"],
                    ref.upper(), alt.upper())  # fmt: skip
        too_long = convention.reach_bp(edit) >= geometry.length_bp // 2 - geometry.crop_bp
        edits.append("indel_too_long" if too_long else edit)
    return edits


def predict_alleles(
    model: CoverageModel,
    edits: Sequence[tuple[Edit, int | None]],
    genome: Genome,
    tracks: Tracks,
    options: ScoreOptions,
    batch_size: int = 1,
    workers: int = 0,
) -> Iterator[tuple[AllelePair, Tensor, Tensor]]:
    """Coverage of both alleles of each edit, in genome orientation of REF and ALT.

    Yields
    ------
    pair : AllelePair
    ref, alt : Tensor, shape=(replicates, tracks, bins), float64
    """
    dataset = _Alleles(genome, options.convention(geometry_of(model)), edits)
    with evaluating(model) as device:
        for group in grouped(prefetch(dataset, workers), batch_size):
            pairs, sequences = zip(*group, strict=True)
            y = predict_batch(
                model, np.concatenate(sequences), tracks, device,
                options.reverse_complement, options.averaged_shifts_bp, batch_size,
            )  # fmt: skip
            parts = y.split([len(s) for s in sequences])
            for pair, part in zip(pairs, parts, strict=True):
                coverage = options.untransform(tracks, part)
                yield pair, assemble(coverage, pair.ref), assemble(coverage, pair.alt)


def score_variants(
    model: CoverageModel,
    variants: pl.DataFrame,
    genome: Genome,
    annotation: Annotation,
    tracks: Tracks,
    options: ScoreOptions,
    rows: range | None = None,
    batch_size: int = 1,
    workers: int = 0,
) -> ScoreTables:
    """Score variants against the genes and the window around them.

    Parameters
    ----------
    model : CoverageModel
        As `load_model` returns it.
    variants : DataFrame
        Checked variants (`variants.check_variants`), the whole set.
    genome : Genome
    annotation : Annotation
    tracks : Tracks
        Tracks to score; scores have one number a collapsed track (`Tracks.table`).
    options : ScoreOptions
    rows : range, optional
        Rows to score, such as a shard. Default: all.
    batch_size : int
        Sequences predicted at once.
    workers : int
        Processes that prepare sequences. Neither changes a number beyond float32 rounding.

    Returns
    -------
    ScoreTables
        Each input row leaves one row in the window table, and one row per gene (or one row with a
        status) in the gene table, in input order.
    """
    rows = range(len(variants)) if rows is None else rows
    parts = score_in_parts(
        model, variants, genome, annotation, tracks, options, rows, batch_size, workers
    )
    return next(parts)[1]


def score_in_parts(
    model: CoverageModel, variants: pl.DataFrame, genome: Genome, annotation: Annotation,
    tracks: Tracks, options: ScoreOptions, rows: range, batch_size: int, workers: int,
    due: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[int, ScoreTables]]:  # fmt: skip
    """`score_variants` of some rows after the other.

    A part ends with a batch, so that rows from there on, scored by another call, have the same
    neighbours in their batches, and the same numbers to the last bit.

    Parameters
    ----------
    due : callable
        Asked after each batch whether the part ends there.

    Yields
    ------
    stop : int
        The row that the part ends before.
    tables : ScoreTables
        Of the rows since the part before. The last part has at least no row.
    """
    geometry = geometry_of(model)
    _check_inputs(model, annotation, tracks, options)
    convention = options.convention(geometry)
    edits = edits_of(variants, convention, geometry)
    # windows are shared across the whole set, so that shards change no number
    starts = shared_windows(edits, geometry, options.cluster)
    scorable = {i: edit for i in rows if isinstance(edit := edits[i], Edit)}
    around = _gene_windows_of(scorable, annotation, geometry, options)
    wanted = [
        (edit, start)
        for i, edit in scorable.items()
        for start in (starts[i], *(window.start for window in around[i]))
    ]
    predictions = predict_alleles(model, wanted, genome, tracks, options, batch_size, workers)
    scored = progress(len(wanted), "window" if options.has_gene_windows else "variant")(predictions)
    builder, n_predicted = TableBuilder(tracks, options), 0
    for i, row in zip(rows, variants[rows.start : rows.stop].iter_rows(named=True), strict=True):
        identity = {name: row[name] for name in IDENTITY}
        if i not in scorable:
            builder.add_unscored(identity, str(edits[i]))
            continue
        edit, swapped = scorable[i], row["swapped"]
        start, coverage = _in_terms_of_vcf(next(scored), swapped)
        builder.add_window(identity, coverage)
        found = [(_in_terms_of_vcf(next(scored), swapped)[1], w.genes) for w in around[i]]
        if not options.has_gene_windows:
            offset_bp = convention.gene_offset_bp(edit)
            place = annotation, edit.contig, start, geometry, options.span, offset_bp
            found = [(coverage, genes_in_window(*place))]
        builder.add_genes(identity, found, edit.anchor)
        n_predicted += 1 + len(around[i])
        if n_predicted % batch_size == 0 and i + 1 < rows.stop and due():
            yield i + 1, builder.tables()
            builder = TableBuilder(tracks, options)
    yield rows.stop, builder.tables()


def _check_inputs(
    model: CoverageModel, annotation: Annotation, tracks: Tracks, options: ScoreOptions
) -> None:
    check_fit(model, tracks)
    if options.has_site_scores and not any(gene.polya_sites for gene in annotation.genes):
        raise InputError(
            "gene_scores has COVR or SCOVR, and no gene has poly(A) sites; give a BED file of them "
            "(polya_sites), or leave these scores out"
        )


def _gene_windows_of(
    edits: Mapping[int, Edit], annotation: Annotation, geometry: Geometry, options: ScoreOptions
) -> dict[int, Sequence[GeneWindow]]:
    """The windows centred on genes that hold a variant, if the options ask for them."""
    if not options.has_gene_windows:
        return dict.fromkeys(edits, ())
    windows = gene_windows(annotation, geometry, options.gene_cluster, options.span)
    return {
        i: windows_around(windows, edit.contig, edit.pos - 1, geometry) for i, edit in edits.items()
    }


def _in_terms_of_vcf(
    predicted: tuple[AllelePair, Tensor, Tensor], swapped: bool
) -> tuple[int, AlleleCoverage]:
    """The window's start, and the coverage in it of the REF and ALT of the file."""
    pair, ref, alt = predicted
    ref, alt = (alt, ref) if swapped else (ref, alt)
    return pair.start, AlleleCoverage(ref, alt, background_of(ref))


def shard_rows(variants: int, shard: int, shards: int) -> range:
    """Rows of one of `shards` contiguous parts of nearly equal size; `shard` counts from 0."""
    return range(variants * shard // shards, variants * (shard + 1) // shards)


class ShardFiles(NamedTuple):
    """Files that a shard is scored from: a fold, checked variants, genes and their genome."""

    weights: str | Path
    hyperparameters: str | Path
    tracks: str | Path
    variants: str | Path
    annotation: str | Path
    genome: str | Path
    polya_sites: str | Path | None = None


class ShardTables(NamedTuple):
    """Paths of the two tables of a shard (`score_tables`)."""

    gene: str | Path
    window: str | Path


def score_shard(
    files: ShardFiles, outputs: ShardTables, facts: Mapping[str, Any],
    head: str | None, options: Mapping[str, Any], inference: Mapping[str, Any], threads: int,
    shard: int, shards: int,
) -> None:  # fmt: skip
    """Score the rows of one shard.

    What is scored is kept meanwhile (`unfinished`); a job that was killed resumes from there, and
    its numbers are the same to the last bit.

    Parameters
    ----------
    files : ShardFiles
    outputs : ShardTables
    facts : mapping
        Provenance; ``architecture`` names the class of the model.
    options : mapping
        The fields of `ScoreOptions`.
    """
    fold = FoldFiles(files.weights, files.hyperparameters, files.tracks)
    model, tracks, made = open_model(fold, facts["architecture"], head, inference, threads)
    facts = {**made, "options": dict(options), **facts}
    batch_size, variants = inference["batch_size"], read_table(files.variants)
    rows = shard_rows(len(variants), shard, shards)
    given = {name: path for name, path in files._asdict().items() if path}
    identity = [facts, head, batch_size, rows.start, rows.stop, contents_of(given)]
    kept = UnfinishedTables(outputs.gene, outputs._fields, {"identity": identity})
    with Genome(files.genome) as genome:
        annotation = read_annotation(files.annotation)
        if files.polya_sites:
            annotation = with_polya_sites(annotation, files.polya_sites, genome)

        def score(start: int) -> Iterator[tuple[int, dict[str, pl.DataFrame]]]:
            for stop, tables in score_in_parts(
                model, variants, genome, annotation, tracks,
                ScoreOptions.of(options), range(start, rows.stop), batch_size, inference["workers"],
                kept.due,
            ):  # fmt: skip
                yield stop, vars(tables)

        found = kept.complete(rows, score)
    for level, path in outputs._asdict().items():
        write_table(found[level], path, facts)
    kept.remove()


def shared_windows(
    edits: Sequence[Edit | str], geometry: Geometry, cluster: float
) -> list[int | None]:
    """Start of the window each edit shares with its neighbours; None: a window of its own.

    Parameters
    ----------
    edits : sequence of Edit or str
        In file order; a str stands for a variant that cannot be scored.
    cluster : float
        A new window begins where a variant lies on another contig than the first of the current
        one, before it, or at least this fraction of the window's length behind it. 0: no sharing.

    Notes
    -----
    baskerville ``snps.py`` at 544073b (``cluster_snps``): greedy in file order, the window centred
    on the middle of first and last position.
    """
    reach = int(geometry.length_bp * cluster)
    groups: list[list[int]] = []
    head = None
    for i, edit in enumerate(edits):
        if isinstance(edit, str):
            continue
        if (
            head is None
            or edit.contig != head.contig
            or not head.pos <= edit.pos < head.pos + reach
        ):
            head = edit
            groups.append([])
        groups[-1].append(i)
    starts: list[int | None] = [None] * len(edits)
    for group in groups:
        positions = [edit.pos for i in group if isinstance(edit := edits[i], Edit)]
        if len(group) > 1:
            middle = (min(positions) + max(positions)) // 2
            for i in group:
                starts[i] = middle - geometry.length_bp // 2
    return starts
