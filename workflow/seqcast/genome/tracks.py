"""Tracks: the columns of a coverage model, their strands and their scales."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import write_tsv
from seqcast.core.text_files import read_cells

if TYPE_CHECKING:  # jobs that make tables and figures have no torch
    from torch import Tensor

SUM_STAT = re.compile(r"(sum|mean|max)(_sqrt|_exp75)?")
STRANDS = {"+": "-", "-": "+"}
ALIKE = ("sum_stat", "scale", "norm_factor", "clip", "clip_soft")  # for both strands of a pair
MADE = "results/"  # what the workflow makes
REQUIRED = ["identifier", "clip_soft", "scale", "sum_stat", "strand_pair", "description"]


@dataclass(frozen=True)
class Tracks:
    """A published targets table, or a subset of its rows.

    Attributes
    ----------
    channel : ndarray of int
        Output channel of the model, a track each.
    identifier, description, sum_stat : ndarray of str
    strand : ndarray of str
        "+", "-", or "." for an unstranded track.
    pair : ndarray of int
        Position in this table of the same assay on the other strand; itself if unstranded.
    clip_soft : ndarray of float
        Value above which the training data were compressed; NaN where they were not.
    scale : ndarray of float
        Factor that the training data were multiplied by, which says nothing of the sample: rates
        of decay are fitted without it.
    norm_factor : ndarray of float, optional
        Another factor of the training data, which makes samples comparable (spike-ins): it stays
        in all that is predicted and fitted. None where the table has no such column.
    """

    channel: np.ndarray
    identifier: np.ndarray
    description: np.ndarray
    sum_stat: np.ndarray
    strand: np.ndarray
    pair: np.ndarray
    clip_soft: np.ndarray
    scale: np.ndarray
    norm_factor: np.ndarray | None = None

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a targets.txt as published (tab-separated, the unnamed first column an index).

        A subset of rows keeps the index of the full table, which names the model's channels.

        Raises
        ------
        InputError
            If columns are missing, strand_pair names rows that are missing or name others, or the
            two of a pair are not the strands of one assay, treated alike.
        """
        table = read_cells(path, "a table of tracks", columns=REQUIRED)
        if table.is_empty():
            raise InputError(f"{path}: the table has no rows; expected one per track")
        index, pair = _index_and_pairs(table, path)
        identifiers = table["identifier"].fill_null("").to_list()
        strands = [
            "." if partner == own else name[-1:]
            for own, (partner, name) in enumerate(zip(pair, identifiers, strict=True))
        ]
        _check_pairs(table, pair, path)
        statistics = table["sum_stat"].fill_null("").to_list()
        if bad := sorted({s for s in statistics if not SUM_STAT.fullmatch(s)}):
            raise InputError(
                f"{path}: sum_stat {bad[:5]}; expected sum, mean or max, perhaps with _sqrt, _exp75"
            )
        return cls(
            channel=np.array(index),
            identifier=np.array(identifiers),
            description=np.array(table["description"].fill_null("").to_list()),
            sum_stat=np.array(statistics),
            strand=np.array(strands),
            pair=np.array(pair),
            clip_soft=_above_zero(table, "clip_soft", path, np.nan),
            scale=_above_zero(table, "scale", path),
            norm_factor=_norm_factors(table, path),
        )

    def __len__(self) -> int:
        return len(self.identifier)

    def check_outputs(self, learned: Sequence[str], where: str | Path) -> None:
        """Refuse a table whose tracks are not what a model learned in these channels.

        Parameters
        ----------
        learned : sequence of str
            Identifier of each output of the model.
        where : str or path
            What to call this table.

        Raises
        ------
        InputError
            Naming the first track that differs.
        """
        for channel, name in zip(self.channel.tolist(), self.identifier.tolist(), strict=True):
            expected = repr(learned[channel]) if channel < len(learned) else "no such output"
            if repr(name) != expected:
                raise InputError(
                    f"{where}: output {channel} is {name!r}; expected {expected}: output k of a "
                    "model trained here is row k, from 0, of the targets table of its training "
                    "dataset. Number the first column and strand_pair so, or give that table"
                )

    @property
    def collapsed(self) -> np.ndarray:
        """Positions of the tracks that stand for a strand pair: all but the minus ones."""
        return np.flatnonzero(self.strand != "-")

    def of_gene_strand(self, strand: str) -> np.ndarray:
        """Positions of the tracks that report on a gene of that strand, one a collapsed track."""
        return self.pair[self.collapsed] if strand == "-" else self.collapsed

    def subset(self, rows: np.ndarray) -> Self:
        """The tracks of some rows of `table`, both strands of each, in their order."""
        plus = self.collapsed[rows]
        kept = np.unique(np.concatenate([plus, self.pair[plus]]))
        columns = {name: values[kept] for name, values in vars(self).items() if values is not None}
        return replace(self, **{**columns, "pair": np.searchsorted(kept, self.pair[kept])})

    def table(self, collapse: bool = True) -> pl.DataFrame:
        """The tracks as files name them: track, identifier, description, units.

        Parameters
        ----------
        collapse : bool
            One row per strand pair, named as its plus member, as scores have them; otherwise one
            row per track, as coverage has them.
        """
        rows = self.collapsed if collapse else np.arange(len(self))
        factors = np.ones(len(self)) if self.norm_factor is None else self.norm_factor
        units = [f"{self.sum_stat[i].removesuffix('_sqrt')} of coverage x {self.scale[i]:g}"
                 + f" x {factors[i]:g}" * bool(factors[i] != 1) for i in rows]  # fmt: skip
        return pl.DataFrame(
            {
                "track": np.arange(len(rows)),
                "identifier": self.identifier[rows].tolist(),
                "description": self.description[rows].tolist(),
                "units": units,
            }
        )

    def untransform(
        self,
        predictions: "Tensor",
        unclip: bool = True,
        unscale: bool = False,
        old: bool = False,
        single: bool = False,
    ) -> "Tensor":
        """Invert the transform of the training data: from model output to coverage.

        Parameters
        ----------
        predictions : Tensor, shape=(..., tracks, bins)
        unclip : bool
            Invert the soft clip. Values above it grow as the square: the gene evaluation of the
            paper goes without, its variant scores with.
        unscale : bool
            Divide by the scale, not by `norm_factor`. The published scores do not.
        old : bool
            The transform of older training data (``untransform_preds1``): power 3/4 instead of
            a square root, and scaled last.
        single : bool
            Square in float32, as the original does without `unclip`: values below 1e-7 are lost.

        Returns
        -------
        Tensor, shape=(..., tracks, bins), float64

        Notes
        -----
        baskerville ``dataset.py`` at 544073b, ``untransform_preds`` and ``untransform_preds1``.
        Only statistics with "_sqrt" are squared; ``clip`` itself cannot be undone.
        """
        import torch

        x = predictions.float() if single else predictions.double()
        limit = self._column(np.where(np.isnan(self.clip_soft), np.inf, self.clip_soft), x)
        # finite: torch.where gives NaN as gradient where what it does not take is infinite
        clip_soft = self._column(np.nan_to_num(self.clip_soft), x)
        scale = self._column(self.scale, x)
        is_sqrt = self._column(np.char.endswith(self.sum_stat, "_sqrt"), x)
        if old:
            x = x / scale
            if unclip:
                x = torch.where(x > limit, clip_soft + (x - clip_soft) ** 2, x)
            x = torch.where(is_sqrt, x.clamp(min=0) ** (4 / 3), x)
            return x if unscale else x * scale
        if unclip:
            x = torch.where(x > limit, clip_soft - 1 + (x - clip_soft + 1) ** 2, x)
        x = torch.where(is_sqrt, (x + 1) ** 2 - 1, x).double()
        return x / scale if unscale else x

    def _column(self, values: np.ndarray, like: "Tensor") -> "Tensor":
        import torch

        return torch.tensor(np.asarray(values), device=like.device)[:, None]


def _index_and_pairs(table: pl.DataFrame, path: str | Path) -> tuple[list[int], list[int]]:
    """Channel of each row, and the position of the row that its strand_pair names."""
    index = _numbers(table, table.columns[0], pl.Int64, path).to_list()
    labels = _numbers(table, "strand_pair", pl.Int64, path).to_list()
    if min(index) < 0 or len(set(index)) < len(index):
        raise InputError(
            f"{path}: the index has negative or repeated numbers; it names the outputs"
        )
    position = {label: i for i, label in enumerate(index)}
    if lost := [label for label in labels if label not in position]:
        raise InputError(
            f"{path}: strand_pair names rows {lost[:5]} that the table does not have; "
            "keep both members of a stranded pair"
        )
    pair = [position[label] for label in labels]
    if loose := [index[i] for i, partner in enumerate(pair) if pair[partner] != i]:
        raise InputError(
            f"{path}: strand_pair of rows {loose[:5]} names rows that name others; the two of a "
            "pair name each other"
        )
    return index, pair


def _check_pairs(table: pl.DataFrame, pair: list[int], path: str | Path) -> None:
    """Refuse pairs that are not the two strands of one assay, and strands without their pair."""
    names = table["identifier"].fill_null("").to_list()
    alike = [name for name in ALIKE if name in table.columns]
    cells = [table[name].fill_null("").str.strip_chars() for name in alike]
    # 0.3 and 0.30 are the same; what is no number is compared as text
    values = [cell.cast(pl.Float64, strict=False).cast(pl.String).fill_null(cell) for cell in cells]
    for own, other in enumerate(pair):
        name, partner = names[own], names[other]
        stranded, opposite = name[-1:] in STRANDS, name[:-1] + STRANDS.get(name[-1:], "")
        if own == other and stranded and opposite in names:
            raise InputError(
                f"{path}: {name} has the strand_pair of its own index, as unstranded tracks have, "
                f"but {opposite} is there; the two name each other. Give each the other's index."
            )
        if own != other and not (stranded and partner == opposite):
            raise InputError(
                f"{path}: {name!r} has strand_pair {partner!r}, but the two identifiers of a pair "
                "do not end in + and -, or differ before that; expected the same assay on the "
                "other strand, or its own index for an unstranded track"
            )
        for column, value in zip(alike, values, strict=True):
            if value[own] != value[other]:
                raise InputError(
                    f"{path}: {column} is {value[own] or 'empty'} for {name} and "
                    f"{value[other] or 'empty'} for {partner}; expected the same for both strands, "
                    "which models exchange. Make them equal."
                )


def _norm_factors(table: pl.DataFrame, path: str | Path) -> np.ndarray | None:
    """What makes samples comparable, 1 where a cell is empty; None without such a column."""
    if "norm_factor" not in table.columns:
        return None
    return _above_zero(table, "norm_factor", path, 1.0)


def _above_zero(
    table: pl.DataFrame, name: str, path: str | Path, empty: float | None = None
) -> np.ndarray:
    """A column of factors or limits of coverage, which are finite numbers above 0, or `empty`."""
    values = _numbers(table, name, pl.Float64, path, empty).to_numpy()
    is_empty = np.isnan(values) & (empty is not None and np.isnan(empty))
    if (bad := ~(np.isfinite(values) & (values > 0) | is_empty)).any():
        row = int(bad.argmax())
        advice = "" if empty is None else f" Leave the cell empty for {'none' * (empty != 1) or 1}."
        raise InputError(
            f"{path}: {name} {values[row]:g} of {table['identifier'][row]}; expected a finite "
            f"number above 0.{advice}"
        )
    return values


def _numbers(
    table: pl.DataFrame,
    name: str,
    dtype: type[pl.DataType],
    path: str | Path,
    empty: float | None = None,
) -> pl.Series:
    """A column of numbers; an empty cell is `empty`, or an error like any other text."""
    cells = table[name].str.strip_chars()
    values = cells.cast(dtype, strict=False)
    bad = values.is_null() & ((cells.fill_null("") != "") | (empty is None))
    if bad.any():
        row = bad.arg_true()[0]
        raise InputError(
            f"{path}: {cells[row]!r} in column {name!r} of row {row + 1}; expected a number"
        )
    return values.fill_null(empty) if empty is not None else values


def check_tracks(targets: str | Path, tracks: str | Path, path: str | Path) -> None:
    """Write which output of a model will be which track, if its own table says the same.

    Parameters
    ----------
    targets : path
        Targets table of the training dataset: output k learns row k, from 0.
    tracks : path
        The model's own, all of its tracks or some.
    path : path
        TSV with columns output and identifier.

    Raises
    ------
    InputError
        If the model's table names another track for an output.
    """
    learned = Tracks.read(targets).identifier.tolist()
    Tracks.read(tracks).check_outputs(learned, tracks)
    write_tsv(pl.DataFrame({"output": range(len(learned)), "identifier": learned}), path)


def compiled(pattern: str, what: str = "") -> re.Pattern[str]:
    """A regular expression on descriptions of tracks, as a user gave it.

    Parameters
    ----------
    pattern : str
    what : str
        What it is, in front of it in the message.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        return re.compile(pattern)
    except re.error as error:
        raise InputError(
            f"{what}{pattern!r} is not a regular expression ({error}); expected one that matches "
            "track descriptions, such as '^RNA:ActD:'"
        ) from error


def track_path(targets: str | Path, file: str) -> Path:
    """Path of the bigWig file that a row of a targets table names.

    Parameters
    ----------
    targets : path
        The table.
    file : str
        Cell of the column ``file``. A name that begins with ``results/`` is a file that the
        workflow makes, in the folder where it runs; any other lies next to the table, or is
        absolute.
    """
    return Path(file) if file.startswith(MADE) else Path(targets).parent / file
