"""Predict both alleles of the variants that a report shows."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from seqcast.core.store import read_table
from seqcast.genome.annotation import read_annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.time_courses import tracks_to_show
from seqcast.genome.tracks import Tracks
from seqcast.predict.coverage.inference import check_fit
from seqcast.predict.fold_model import open_model, read_options
from seqcast.predict.variants.strongest import predict_top


def predict_strongest(
    files: Any,
    weights: Sequence[str],
    architecture: str,
    head: str | None,
    options: Mapping[str, Any],
    inference: Mapping[str, Any],
    threads: int,
    top: int,
) -> dict[str, np.ndarray]:
    """Coverage of both alleles of the highest-ranked variants, for plots (`scoring.top`).

    Parameters
    ----------
    files : namespace
        Those of `open_model` less its weights, and ``variants``, ``ranked``, ``annotation``,
        ``genome``.
    weights : sequence of path
        Safetensors of the folds.
    """
    models, tracks = [], Tracks.read(files.tracks)
    for fold in weights:
        paths = SimpleNamespace(
            weights=fold, hyperparameters=files.hyperparameters, tracks=files.tracks
        )
        models.append(open_model(paths, architecture, head, inference, threads)[0])
        check_fit(models[-1], tracks)
    ranked = read_table(files.ranked).head(top)
    with Genome(files.genome) as genome:
        return predict_top(
            models, read_table(files.variants), ranked, genome,
            read_annotation(files.annotation), tracks, tracks_to_show(tracks.table()),
            read_options(options),
        )  # fmt: skip
