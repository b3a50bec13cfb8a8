"""Scores of oligos: how the predicted coverage of genes differs from that of the native context.

As borzoi_sed_replace.py (borzoi 5c93582), one number per oligo, context, gene and track. Scores
are oligo minus native context. A shift moves the window, and each shift is scored for itself.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import torch
from torch.utils.data import Dataset

from seqcast.core.contents import contents_of
from seqcast.core.progress import progress
from seqcast.core.store import write_table
from seqcast.core.unfinished import UnfinishedTables
from seqcast.genome.annotation import Annotation, gene_key, read_annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import Geometry
from seqcast.genome.sequence import one_hot
from seqcast.genome.tracks import Tracks
from seqcast.models.interface import CoverageModel, evaluating
from seqcast.predict.fold_model import FoldFiles, open_model
from seqcast.predict.inference import (
    Averaged,
    Known,
    check_fit,
    geometry_of,
    grouped,
    prefetch,
)
from seqcast.predict.oligos.placements import (
    VALID,
    Placement,
    Placements,
    read_contexts,
    read_oligos,
)
from seqcast.predict.variants.gene_bins import GeneBins, genes_in_window
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.score_tables import AlleleCoverage, TableBuilder
from seqcast.predict.variants.statistics import background_of

# What names a row: an oligo in a context (chrom_start_end), and the bases that it replaces.
OLIGO = {
    "row": pl.Int64, "oligo": pl.String, "context": pl.String, "chrom": pl.String,
    "start": pl.Int64, "end": pl.Int64, "shift_bp": pl.Int64,
}  # fmt: skip
COMPAT = "borzoi_sed"
TABLE = "gene"


class OligoFiles(NamedTuple):
    """Files that oligos are scored from: a fold, oligos, contexts, genes and their genome."""

    weights: str | Path
    hyperparameters: str | Path
    tracks: str | Path
    oligos: str | Path
    contexts: str | Path
    annotation: str | Path
    genome: str | Path
    aliases: str | Path | None = None


class _Windows(Dataset):
    """Encoded windows with the oligo in them, for workers to prepare."""

    def __init__(self, genome: Genome, geometry: Geometry, placed: Sequence[Placement]) -> None:
        self.genome, self.placed, self.length_bp = genome, placed, geometry.length_bp
        self._native: tuple[tuple[str, int], str] | None = None

    def __len__(self) -> int:
        return len(self.placed)

    def __getitem__(self, i: int) -> tuple[Placement, np.ndarray]:
        placed = self.placed[i]
        native, at = self.native(placed), placed.start - placed.window
        bases = native[:at] + placed.sequence + native[at + len(placed.sequence) :]
        return placed, one_hot(bases)[None]

    def native(self, placed: Placement) -> str:
        """The bases of the genome in a window; those of the last one are kept."""
        place = placed.contig, placed.window
        if self._native is None or self._native[0] != place:
            bases = self.genome.fetch(*place, placed.window + self.length_bp)
            self._native = place, bases
        return self._native[1]


def predict_oligos(
    model: CoverageModel, placed: Sequence[Placement], genome: Genome, tracks: Tracks,
    options: ScoreOptions, batch_size: int = 1, workers: int = 0,
) -> Iterator[AlleleCoverage]:  # fmt: skip
    """Coverage of the native context (ref) and with the oligo in it (alt), of each placement.

    The native context is predicted once for the placements that share its window and come one
    after the other, and of these only what the oligo reaches (`known_windows`).
    """
    geometry = geometry_of(model)
    dataset = _Windows(genome, geometry, placed)
    with evaluating(model) as device:
        averaged = Averaged(model, tracks, options.reverse_complement, (0,), device)

        def know(one: Placement) -> tuple[Known, torch.Tensor, torch.Tensor]:
            x = torch.from_numpy(one_hot(dataset.native(one))[None]).to(device)
            known = next(averaged.know(x, [one.window]))
            ref = options.untransform(tracks, averaged.of_known(known))
            return known, ref, background_of(ref)

        @torch.inference_mode()
        def edited(encoded: Sequence[np.ndarray], known: Known) -> torch.Tensor:
            x = torch.from_numpy(np.concatenate(encoded)).to(device)
            return options.untransform(tracks, averaged.of_edited(x, known, known))

        place = None
        for group in grouped(prefetch(dataset, workers), batch_size):
            for window, members in groupby(group, lambda item: (item[0].contig, item[0].window)):
                alike = list(members)
                if place != window:
                    with torch.inference_mode():
                        place, (known, ref, background) = window, know(alike[0][0])
                for alt in edited([encoded for _, encoded in alike], known):
                    yield AlleleCoverage(ref, alt[None], background)


def score_oligos(
    model: CoverageModel, placements: Placements, annotation: Annotation, tracks: Tracks,
    options: ScoreOptions, rows: range | None = None, batch_size: int = 1, workers: int = 0,
) -> pl.DataFrame:  # fmt: skip
    """Score oligos against the genes around their contexts.

    Parameters
    ----------
    model : CoverageModel
    placements : Placements
        Of the genome that `annotation` is of.
    annotation : Annotation
    tracks : Tracks
    options : ScoreOptions
        With ``compat: borzoi_sed``, genes have the bins of borzoi_sed_replace.py: those of the
        window that is not moved and, with shift 0, all that an exon has a base in.
    rows : range, optional
        Of the placements. Default: all.
    batch_size, workers : int
        As of `score_variants`.

    Returns
    -------
    DataFrame
        `OLIGO`, gene_id, gene_name, status, distance_to_tss_bp (of the context's middle), and one
        column per gene score, (tracks,) float32. One row per placement and gene, or one row with
        a status, in the order of `Placements`.
    """
    rows = range(len(placements)) if rows is None else rows
    parts = score_in_parts(
        model, placements, annotation, tracks, options, rows, batch_size, workers
    )
    return next(parts)[1]


def score_in_parts(
    model: CoverageModel, placements: Placements, annotation: Annotation, tracks: Tracks,
    options: ScoreOptions, rows: range, batch_size: int, workers: int,
    due: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[int, pl.DataFrame]]:  # fmt: skip
    """`score_oligos` of some rows after the other; a part ends with a batch."""
    check_fit(model, tracks)
    genes = cache(partial(_genes_of, placements, annotation, options))
    placed = [(row, one, genes(*_place(one)) if one.status == VALID else [])
              for row, one in placements.rows(rows)]  # fmt: skip
    valid = [one for _, one, found in placed if found]
    predictions = predict_oligos(
        model, valid, placements.genome, tracks, options, batch_size, workers
    )
    scored = progress(len(valid), "oligo")(predictions)
    builder, n_predicted = TableBuilder(tracks, options, OLIGO), 0
    for row, one, found in placed:
        context = placements.contexts[one.context]
        identity = dict(zip(OLIGO, (row, one.oligo, context.name, context.chrom, one.start, one.end,
                                    one.shift_bp), strict=True))  # fmt: skip
        if not found:
            without = "gene_not_in_window" if context.gene_id else "no_gene_in_window"
            builder.add_unscored(identity, without if one.status == VALID else one.status)
            continue
        builder.add_genes([identity], next(scored), found, [context.middle])
        n_predicted += 1
        if n_predicted % batch_size == 0 and row + 1 < rows.stop and due():
            yield row + 1, builder.tables().gene
            builder = TableBuilder(tracks, options, OLIGO)
    yield rows.stop, builder.tables().gene


def _place(one: Placement) -> tuple[int, str, int, int]:
    return one.context, one.contig, one.window, one.shift_bp


def _genes_of(
    placements: Placements, annotation: Annotation, options: ScoreOptions,
    context: int, contig: str, window: int, shift_bp: int,
) -> list[GeneBins]:  # fmt: skip
    """Genes that are scored in a window, all or the one that the context names."""
    original = options.compat == COMPAT
    start, majority = (window - shift_bp, shift_bp != 0) if original else (window, True)
    found = genes_in_window(
        annotation, contig, start, placements.geometry, options.span, majority=majority
    )
    wanted = placements.contexts[context].gene_id
    return [one for one in found if not wanted or gene_key(one.gene.gene_id) == gene_key(wanted)]


def shard_rows(rows: int, shard: int, shards: int) -> range:
    """One of `shards` contiguous parts of nearly equal size; `shard` counts from 0."""
    return range(rows * shard // shards, rows * (shard + 1) // shards)


def score_oligo_shard(
    files: OligoFiles, output: str | Path, facts: Mapping[str, Any], head: str | None,
    options: Mapping[str, Any], inference: Mapping[str, Any], threads: int, shard: int, shards: int,
) -> None:  # fmt: skip
    """Score one shard of the placements of oligos; a job that was killed resumes.

    Parameters
    ----------
    files : OligoFiles
    output : path
        Table of `score_oligos`.
    facts : mapping
        Provenance; ``architecture`` names the class of the model.
    options : mapping
        Fields of `ScoreOptions`; ``shifts_bp`` are those of the windows.
    """
    fold = FoldFiles(files.weights, files.hyperparameters, files.tracks)
    model, tracks, made = open_model(fold, facts["architecture"], head, inference, threads)
    facts = {**made, "options": dict(options), **facts}
    wanted = ScoreOptions.of({**options, "window_scores": []})
    oligos, contexts = read_oligos(files.oligos), read_contexts(files.contexts)
    batch_size, annotation = inference["batch_size"], read_annotation(files.annotation)
    given = {name: path for name, path in files._asdict().items() if path}
    with Genome(files.genome, files.aliases) as genome:
        placements = Placements(oligos, contexts, wanted.shifts_bp, genome, geometry_of(model),
                                any_character=wanted.compat == COMPAT)  # fmt: skip
        rows = shard_rows(len(placements), shard, shards)
        identity = [facts, head, batch_size, rows.start, rows.stop, contents_of(given)]
        kept = UnfinishedTables(output, [TABLE], {"identity": identity})

        def score(start: int) -> Iterator[tuple[int, dict[str, pl.DataFrame]]]:
            for stop, table in score_in_parts(
                model, placements, annotation, tracks, wanted, range(start, rows.stop), batch_size,
                inference["workers"], kept.due,
            ):  # fmt: skip
                yield stop, {TABLE: table}

        found = kept.complete(rows, score)
    write_table(found[TABLE], output, facts)
    kept.remove()
