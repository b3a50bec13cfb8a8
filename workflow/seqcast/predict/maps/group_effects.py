"""Effects of the variants of regions: the mean of a score over the tracks of a group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from seqcast.core.store import array_values
from seqcast.predict.variants.ranking import select_tracks

IDENTITY = ["variant", "chrom", "pos", "ref", "alt", "gene_id", "gene_name", "status"]
FOLD = "effect_fold"  # prefix of the columns of folds


@dataclass(frozen=True)
class RegionScores:
    """Scores of the variants of regions: one row per ALT and gene.

    Attributes
    ----------
    ensemble : DataFrame
        Mean over folds, as `ensemble.average_scores` returns it.
    folds : mapping of str to DataFrame
        The same rows, by the name of the fold.
    tracks : DataFrame
        ``description`` of the numbers of a score.
    same_weights : sequence of str
        Folds that have the same weights (`provenance.same_weights`): no spread is given.
    """

    ensemble: pl.DataFrame
    folds: Mapping[str, pl.DataFrame]
    tracks: pl.DataFrame
    same_weights: Sequence[str] = ()

    @property
    def has_spread(self) -> bool:
        """Whether the folds differ, so that their spread means something."""
        return len(self.folds) > 1 and not self.same_weights


def group_effects(
    scores: RegionScores, score: str, groups: Mapping[str, str | None]
) -> pl.DataFrame:
    """One effect per variant, gene and group of tracks.

    Parameters
    ----------
    scores : RegionScores
    score : str
        Column of one number per track.
    groups : mapping of str to str
        Name of a group -> regular expression on track descriptions; nothing for all tracks.

    Returns
    -------
    DataFrame
        `IDENTITY`, then ``tracks`` (the group), ``effect``, ``effect_sd`` (null without a spread)
        and ``effect_fold<name>`` of each fold; the rows of the ensemble, group by group.

    Raises
    ------
    InputError
        If a pattern fits no track.
    """
    frames = []
    for name, pattern in groups.items():
        selected = select_tracks(scores.tracks, pattern or None)
        of_folds = [_mean_over(fold[score], selected) for fold in scores.folds.values()]
        spread = np.std(of_folds, axis=0, ddof=1) if scores.has_spread else None
        columns = {
            "effect": _mean_over(scores.ensemble[score], selected),
            "effect_sd": np.full(len(scores.ensemble), np.nan) if spread is None else spread,
            **{FOLD + name: of_fold for name, of_fold in zip(scores.folds, of_folds, strict=True)},
        }
        numbers = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Float64)).fill_nan(None)
        frames.append(
            scores.ensemble.select(*IDENTITY, tracks=pl.lit(name)).hstack(numbers.get_columns())
        )
    return pl.concat(frames)


def _mean_over(column: pl.Series, selected: np.ndarray) -> np.ndarray:
    """Mean over tracks of a score, (rows,), NaN where it is null."""
    values, known = array_values(column)
    means: np.ndarray = np.where(known, values[:, selected].mean(axis=1), np.nan)
    return means
