"""HDF5 files as the original Borzoi programs write them, for notebooks that read those.

Layouts of ``borzoi_sed.py`` (borzoi 5c93582) and ``hound_snp.py`` (baskerville 544073b). Both keep
only what was scored, in half precision; nothing else is lost or renamed.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import polars as pl

from seqcast.core.store import array_column, array_values, atomic, read_provenance, read_table
from seqcast.predict.variants.exports.score_summary import check_tracks, score_names
from seqcast.predict.variants.ranking import select_tracks

logger = logging.getLogger(__name__)

# The quantiles that hound_snp.py tabulates: fine in both tails, coarse between.
PERCENTILES = np.concatenate(
    [np.arange(0.001, 0.1, 0.001), np.arange(0.1, 0.9, 0.01), np.arange(0.9, 1, 0.001)]
)


def write_sed_h5(
    scores: pl.DataFrame,
    tracks: pl.DataFrame,
    path: str | Path,
    provenance: Mapping[str, Any] | None = None,
    statuses: Sequence[str] = ("scored",),
) -> None:
    """Write a gene-level table in the layout of ``sed.h5``.

    As in the original, ALTs without a scored gene are left out; how many is logged. Unlike it, each
    ALT of a multi-allelic record and each duplicate is an entry of its own, and ``chr`` and ``snp``
    are as in the score table (the original prefixes ``chr``, and calls "." ``chr:pos``).

    Parameters
    ----------
    scores : DataFrame
        One fold or ensemble; ``<score>_sd`` columns are left out.
    tracks : DataFrame
        ``identifier`` and ``description`` of each track, in the order of the score lists.
    path : path
        The HDF5 file, written atomically.
    provenance : mapping, optional
        Facts about the run, kept as JSON in the file's attribute ``seqcast``.
    statuses : sequence of str
        Of the rows that are written; those without scores are NaN.

    Notes
    -----
    Datasets: ``si`` (int64, a row each: its index into ``snp``), ``gene``; ``snp``, ``chr``,
    ``pos`` (uint32, 1-based), ``ref_allele``, ``alt_allele``; ``target_ids``, ``target_labels``;
    and each score, (rows, tracks) float16, clipped to the range of float16. Text is fixed-length
    bytes.

    Raises
    ------
    InputError
        If ``tracks`` does not fit the scores.
    """
    check_tracks(scores, tracks, score_names(scores))
    kept, alts = _of_statuses(scores, statuses, path)
    index = kept.select(pl.col("row").rle_id().cast(pl.Int64)).to_series().to_numpy()
    with atomic(path) as temporary, h5py.File(temporary, "w") as file:
        _write_provenance(file, provenance)
        file["si"] = index
        file["gene"] = _bytes(kept["gene_id"])
        _write_alts(file, alts)
        _write_tracks(file, tracks)
        for name in score_names(scores):
            file.create_dataset(name, data=_half(kept[name]), compression="gzip")


def write_oligos_h5(
    scores: pl.DataFrame, tracks: pl.DataFrame, path: str | Path, shift_bp: int,
    provenance: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write the scores of oligos with one shift in the layout of borzoi_sed_replace.py.

    As `write_sed_h5`, of a table of `score_oligos`. Rows are ordered by oligo, then by context, as
    in the original. All oligos are named; contexts without a scored row are not, as there.

    Parameters
    ----------
    shift_bp : int
        Of the rows to write.

    Notes
    -----
    Datasets: ``si`` and ``ci`` (int64, indices of each row into ``seq_id`` and ``ctx_id``),
    ``gene``, ``seq_id``, ``ctx_id`` (``chrom_start_end``), ``target_ids``, ``target_labels``; and
    each score, (rows, tracks) float16, clipped.

    Raises
    ------
    InputError
        If ``tracks`` does not fit the scores.
    """
    check_tracks(scores, tracks, score_names(scores))
    shifted = scores.filter(shift_bp=shift_bp)
    kept = shifted.filter(status="scored")
    names = {
        "si": shifted["oligo"].unique(maintain_order=True),
        "ci": kept["context"].unique(maintain_order=True),
    }
    kept = kept.with_columns(
        pl.col(column).replace_strict(names[key], pl.int_range(len(names[key]), eager=True),
                                      return_dtype=pl.Int64).alias(key)
        for key, column in (("si", "oligo"), ("ci", "context"))
    ).sort("si", "ci", maintain_order=True)  # fmt: skip
    if left_out := shifted.filter(pl.col("status") != "scored").height:
        logger.info("%s leaves out %d rows that have no score", path, left_out)
    with atomic(path) as temporary, h5py.File(temporary, "w") as file:
        _write_provenance(file, provenance)
        for key in names:
            file[key] = kept[key].to_numpy()
        file["gene"] = _bytes(kept["gene_id"])
        file["seq_id"], file["ctx_id"] = (_bytes(column) for column in names.values())
        _write_tracks(file, tracks)
        for name in score_names(scores):
            file.create_dataset(name, data=_half(kept[name]), compression="gzip")


def write_scores_h5(
    scores: pl.DataFrame,
    tracks: pl.DataFrame,
    path: str | Path,
    provenance: Mapping[str, Any] | None = None,
) -> None:
    """Write a window-level table in the layout of hound_snp's ``scores.h5``.

    Takes and leaves out what `write_sed_h5` does (the original stops at a variant it cannot score).

    Notes
    -----
    Datasets: ``snp``, ``chr``, ``pos`` (uint32, 1-based), ``ref_allele``, ``alt_allele``;
    ``target_ids``, ``target_labels``; each score, (ALTs, tracks) float16, clipped; ``percentiles``
    (279 quantiles, float64) and ``<score>_pct`` (tracks, 279) float16, each track's quantiles over
    the ALTs of this file, interpolated in half precision as by the original. A file without ALTs
    has no quantiles.

    Raises
    ------
    InputError
        If ``tracks`` does not fit the scores.
    """
    check_tracks(scores, tracks, score_names(scores))
    kept, alts = _of_statuses(scores, ["scored"], path)
    with atomic(path) as temporary, h5py.File(temporary, "w") as file:
        _write_provenance(file, provenance)
        _write_alts(file, alts)
        _write_tracks(file, tracks)
        if not kept.is_empty():
            file.create_dataset("percentiles", data=PERCENTILES, compression="gzip")
        for name in score_names(scores):
            values = _half(kept[name])
            file.create_dataset(name, data=values, compression="gzip")
            if not kept.is_empty():
                quantiles = np.percentile(values, 100 * PERCENTILES, axis=0).T
                file.create_dataset(
                    f"{name}_pct", data=quantiles.astype(np.float16), compression="gzip"
                )


def write_notebook_scores(
    scores: str | Path, tracks: str | Path, output: str | Path, tracks_like: str,
    shift_bp: int | None = None,
) -> None:  # fmt: skip
    """Write the scores of one fold as Borzuki's notebooks read them, by the position of rows.

    Rows of variants without a number in this fold are written as NaN, so that all folds have the
    same rows.

    Parameters
    ----------
    scores, tracks : path
        The score table of a fold, of variants or of oligos, and its tracks.
    output : path
    tracks_like : str
        Regular expression on descriptions: the tracks that are written.
    shift_bp : int, optional
        Of oligos: the rows that are written.

    Raises
    ------
    InputError
        If no track matches.
    """
    table, described = read_table(scores), read_table(tracks)
    selected, made = select_tracks(described, tracks_like), read_provenance(scores)
    chosen = {}
    for name in score_names(table):
        values, valid = array_values(table[name])
        chosen[name] = array_column(name, values[:, selected], valid)
    shown = table.with_columns(**chosen)
    if shift_bp is not None:
        write_oligos_h5(shown, described[selected], output, shift_bp, made)
        return
    statuses = ("scored", "prediction_not_finite")
    write_sed_h5(shown, described[selected], output, made, statuses)


def _of_statuses(
    scores: pl.DataFrame, statuses: Sequence[str], path: str | Path
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of a table by status, and the ALTs among them, one row each."""
    kept = scores.filter(pl.col("status").is_in(statuses))
    alts = kept.unique("row", keep="first", maintain_order=True)
    n_alts = scores["row"].n_unique()
    if left_out := n_alts - alts.height:
        logger.info("%s leaves out %d of %d ALTs that have no score", path, left_out, n_alts)
    return kept, alts


def _write_alts(file: h5py.File, alts: pl.DataFrame) -> None:
    file["snp"] = _bytes(alts["variant"])
    file["chr"] = _bytes(alts["chrom"])
    file["pos"] = alts["pos"].to_numpy().astype(np.uint32)
    file["ref_allele"] = _bytes(alts["ref"])
    file["alt_allele"] = _bytes(alts["alt"])


def _write_tracks(file: h5py.File, tracks: pl.DataFrame) -> None:
    file["target_ids"] = _bytes(tracks["identifier"])
    file["target_labels"] = _bytes(tracks["description"])


def _write_provenance(file: h5py.File, provenance: Mapping[str, Any] | None) -> None:
    if provenance is not None:
        file.attrs["seqcast"] = json.dumps(dict(provenance))


def _bytes(text: pl.Series) -> np.ndarray:
    """UTF-8 of fixed length, that of the longest."""
    return np.array([value.encode() for value in text.fill_null("")], dtype=np.bytes_)


def _half(score: pl.Series) -> np.ndarray:
    """(rows, tracks) float16, clipped as in the original so that none becomes infinite."""
    limit = np.finfo(np.float16)
    return np.clip(score.to_numpy(), limit.min, limit.max).astype(np.float16)
