"""Scores of variants by methods: models that this workflow runs, their originals, and baselines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import array_column, array_values, read_table
from seqcast.core.text_files import read_cells
from seqcast.evaluation.variants.labelled_variants import SCORED, TOO_FEW_SITES
from seqcast.predict.variants import SCORES_OF_SITES
from seqcast.predict.variants.ranking import MRNA_TRACKS, VARIANT, reduce_score, select_tracks

ROWS = [*VARIANT, "gene_id", "status"]
SALUKI = ("variant", "SSD0")  # columns of ssd.tsv


def read_folds(
    paths: Sequence[str | Path], score: str = "logSED", tracks: str | Path | None = None,
    tracks_like: str | None = None, half: bool = False,
) -> pl.DataFrame:  # fmt: skip
    """Mean over folds of the mean over tracks of the magnitude of a score.

    Parameters
    ----------
    paths : sequence of path
        Score tables of the folds of a model on one set of variants (parquet), or what the original
        program wrote of them (sed.h5).
    score : str
        The score; of several, comma-separated, the first that the tables have.
    tracks : path, optional
        Track table of the model; sed.h5 brings its own.
    tracks_like : str, optional
        Regular expression on track descriptions. Default: all tracks.
    half : bool
        Arithmetic of the published notebooks: each mean and each sum is rounded to float16.

    Returns
    -------
    DataFrame
        `ROWS` and ``score``, NaN if there is none.

    Raises
    ------
    InputError
        If a table lacks the score, `tracks_like` matches no track, or the folds have other rows.
    """

    def measure(table: pl.DataFrame, name: str, found: pl.DataFrame | None) -> np.ndarray:
        selected = None if found is None else select_tracks(found, tracks_like)
        return _half_mean(table, name, selected) if half else _mean(table, name, selected)

    rows, total, _ = _sum_of_folds(paths, score, tracks, measure)
    mean = total / total.dtype.type(len(paths))
    return rows.with_columns(score=pl.Series(mean.astype(np.float64)))


@dataclass(frozen=True)
class TrackScores:
    """Scores of a model, track by track.

    Attributes
    ----------
    method : str
    rows : DataFrame
        `ROWS`.
    values : ndarray, shape=(rows, tracks)
        Means over folds, NaN if there is none. In float32 means over tracks are float32 too.
    tracks : DataFrame
        ``identifier`` and ``description``.
    is_model : bool
        See `discrimination.Scores`.
    """

    method: str
    rows: pl.DataFrame
    values: np.ndarray
    tracks: pl.DataFrame
    is_model: bool = True


def read_tracks(
    method: str, paths: Sequence[str | Path], score: str = "logSED",
    tracks: str | Path | None = None, half: bool = False,
) -> TrackScores:  # fmt: skip
    """Mean over folds of a score, signed, for each track; parameters as of `read_folds`.

    With `half`, as ``borzoi_bench_gtex_folds_sed`` stores it: float16, of sums in float32.
    """

    def measure(table: pl.DataFrame, name: str, _: pl.DataFrame | None) -> np.ndarray:
        reduce_score(table.head(0), name)  # which says what there is, if the score is not
        values, known = array_values(table[name])
        values = values.astype(np.float32 if half else np.float64)
        values[~known] = np.nan
        return values

    rows, total, described = _sum_of_folds(paths, score, tracks, measure)
    mean = total / total.dtype.type(len(paths))
    if half:
        mean = mean.astype(np.float16).astype(np.float32)
    return TrackScores(method, rows, mean, MRNA_TRACKS if described is None else described)


def random_tracks(method: str, like: TrackScores, seed: int) -> TrackScores:
    """Normal numbers for the rows of a model, the same in all tracks."""
    numbers = np.random.default_rng(seed).normal(size=(len(like.rows), 1))
    values = np.repeat(numbers, len(like.tracks), axis=1)
    return TrackScores(method, like.rows, values, like.tracks, is_model=False)


def _sum_of_folds(
    paths: Sequence[str | Path], score: str, tracks: str | Path | None,
    measure: Callable[[pl.DataFrame, str, pl.DataFrame | None], np.ndarray],
) -> tuple[pl.DataFrame, np.ndarray, pl.DataFrame | None]:  # fmt: skip
    """`ROWS`, the sum over folds of a measure of the score, and the table of its tracks."""
    sums: list[np.ndarray] = []
    identity, described = pl.DataFrame(), None
    for path in paths:
        table, described = _read_fold(path, tracks)
        name = next(
            (one for one in map(str.strip, score.split(",")) if one in table.columns), score
        )
        found, rows = measure(table, name, described), _rows_of(table, name)
        if not sums:
            sums, identity = [found], rows
            continue
        if not rows.drop("status").equals(identity.drop("status")):
            raise InputError(
                f"{path} has other rows than {paths[0]}; expected all folds of a model on the same "
                "variants and genes. Delete the older one and run again."
            )
        by_row = np.atleast_2d(found.T).T  # (rows, tracks), or (rows, 1)
        lacks = pl.Series(np.isnan(by_row).any(axis=1))
        identity = identity.with_columns(
            status=pl.select(
                pl.when(lacks).then(rows["status"]).otherwise(identity["status"])
            ).to_series()
        )
        sums = [sums[0] + found]
    return identity, sums[0], described


def _rows_of(table: pl.DataFrame, score: str) -> pl.DataFrame:
    """`ROWS` of a score table; a row that is scored, but not by this score, says why not."""
    lacks = (pl.col("status") == SCORED) & pl.col(score).is_null()
    status = pl.when(lacks).then(pl.lit(TOO_FEW_SITES)).otherwise("status")
    return table.with_columns(status=status if score in SCORES_OF_SITES else "status").select(ROWS)


def tables_by_model(
    tables: Sequence[str | Path], folds: Mapping[str, int]
) -> dict[str, list[list[str | Path]]]:
    """Score tables of each model, for each dataset those of its folds, from one list of all.

    Parameters
    ----------
    tables : sequence of path
        All folds of the first dataset of the first model, then those of its next dataset.
    folds : mapping
        Models in order, and how many folds each has.
    """
    datasets, left = len(tables) // max(1, sum(folds.values())), iter(tables)
    return {
        model: [[next(left) for _ in range(count)] for _ in range(datasets)]
        for model, count in folds.items()
    }


def read_saluki(paths: Sequence[str | Path], original: bool = False) -> pl.DataFrame:
    """Mean over Saluki models of the magnitude of the effect on half-life.

    Parameters
    ----------
    paths : sequence of path
        ssd.tsv of each model (columns ``variant``, ``SSD0``), of the same rows.
    original : bool
        The weights of the published notebooks: 1 for the first model, 1 / models for the others.

    Returns
    -------
    DataFrame
        ``variant`` and ``score``: of its rows, which are transcripts, the largest; rows without a
        number do not count.

    Raises
    ------
    InputError
        If a file lacks a column or its rows are not those of the first.
    """
    names, total = None, np.empty(0)
    for path in paths:
        table = read_cells(path, "a table of Saluki's scores", columns=SALUKI)
        if names is not None and not table["variant"].equals(names):
            raise InputError(
                f"{path} has other variants than {paths[0]}; expected the same rows in the files "
                "of all models. Make them of one file of variants."
            )
        size = np.abs(table["SSD0"].cast(pl.Float64, strict=False).to_numpy())
        first = names is None
        names = table["variant"]
        share = size if original and first else size / len(paths)
        total = share if first else total + share
    of_rows = pl.DataFrame({"variant": names, "score": total}).fill_nan(None)
    return of_rows.group_by("variant", maintain_order=True).agg(pl.col("score").max())


def distance_scores(labelled: pl.DataFrame) -> np.ndarray:
    """The nearer, the higher: the negative of ``distance_bp``, NaN where it is not known."""
    return -labelled["distance_bp"].cast(pl.Float64).fill_null(np.nan).to_numpy()


def random_scores(labelled: pl.DataFrame, seed: int) -> np.ndarray:
    """Uniform numbers."""
    return np.random.default_rng(seed).random(len(labelled))


def _read_fold(
    path: str | Path, tracks: str | Path | None
) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """A score table and the descriptions of its tracks; None if they are not known."""
    if str(path).endswith(".h5"):
        return read_sed_h5(path)
    return read_table(path), None if tracks is None else read_table(tracks)


def read_sed_h5(path: str | Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A sed.h5 as a score table (all it has is scored), and its tracks.

    Parameters
    ----------
    path : path
        As ``borzoi_sed.py`` or `exports.write_sed_h5` wrote it.

    Returns
    -------
    table : DataFrame
        variant, chrom, pos, ref, alt, gene_id, status, and each score as lists of one number a
        track, float32.
    tracks : DataFrame
        ``identifier`` and ``description``.

    Raises
    ------
    InputError
        If it is no such file.
    """
    try:
        return _read_sed_h5(path)
    except (OSError, KeyError) as error:
        raise InputError(
            f"{path} cannot be read as a sed.h5 ({error}); expected the scores of borzoi_sed.py"
        ) from error


def _read_sed_h5(path: str | Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    with h5py.File(path) as file:
        at = file["si"][:]
        text = {
            name: file[name].asstr()[:]
            for name in (
                "snp",
                "chr",
                "ref_allele",
                "alt_allele",
                "gene",
                "target_ids",
                "target_labels",
            )
        }
        columns = {
            "variant": text["snp"][at], "chrom": text["chr"][at],
            "pos": file["pos"][:][at].astype(np.int64),
            "ref": text["ref_allele"][at], "alt": text["alt_allele"][at], "gene_id": text["gene"],
            "status": np.full(len(at), SCORED),
        }  # fmt: skip
        table = pl.DataFrame({name: pl.Series(values.tolist()) for name, values in columns.items()})
        shape = (len(at), len(text["target_ids"]))
        scores = [
            array_column(name, file[name][:].astype(np.float32), np.ones(len(at), dtype=bool))
            for name in file if file[name].shape == shape
        ]  # fmt: skip
    tracks = {"identifier": text["target_ids"], "description": text["target_labels"]}
    return table.with_columns(scores), pl.DataFrame(
        {name: values.tolist() for name, values in tracks.items()}
    )


def _mean(table: pl.DataFrame, score: str, selected: np.ndarray | None) -> np.ndarray:
    """Mean over tracks of the magnitude, float64."""
    return reduce_score(table, score, selected)["mean_abs"].fill_null(np.nan).to_numpy()


def _half_mean(table: pl.DataFrame, score: str, selected: np.ndarray | None) -> np.ndarray:
    """The same of scores in half precision, rounded to it."""
    reduce_score(table.head(0), score)  # which says what there is, if the score is not
    scored = table[score].is_not_null().to_numpy()
    values = table[score].drop_nulls().to_numpy()
    values = (values if selected is None else values[:, selected]).astype(np.float16)
    found = np.full(len(table), np.nan, dtype=np.float16)
    found[scored] = np.abs(values).mean(axis=1)
    return found
