"""Which numbers the figures of accuracy show, from the tables of evaluated models."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from seqcast.evaluation.coverage.track_kinds import track_kinds

MOST_PANELS = 6
CONTROLS = {"length alone": "gene_length_pearsonr", "rolled": "gene_rolled_pearsonr"}


def accuracy_boxes(
    tables: Mapping[str, pl.DataFrame], column: str, controls: Mapping[str, str] | None = None,
    count: str | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Rows of `plot_accuracy_boxes`: model, group, value, and one column per control.

    Parameters
    ----------
    tables : mapping
        Name of a model and fold to its table of tracks (identifier, description and metrics).
    column : str
        The metric.
    controls : mapping, optional
        Name to the column of a metric that needs no model.
    count : str, optional
        Column whose largest number the model's name tells, as "genes".
    """
    wanted = {"value": column, **(controls or {})}
    parts = []
    for name, table in tables.items():
        n = table[count].drop_nulls().to_list() if count else []
        parts.append(
            table.select(
                model=pl.lit(f"{name}, {max(n)} {count}" if n else name),
                group=pl.col("description").cast(pl.String).fill_null(""),
                **{new: pl.col(old).cast(pl.Float64) for new, old in wanted.items()},
            )
        )
    schema = {"model": pl.String, "group": pl.String, **dict.fromkeys(wanted, pl.Float64)}
    found = pl.concat([pl.DataFrame(schema=schema), *parts])
    return found.with_columns(pl.Series("group", track_kinds(found["group"].to_list()), pl.String))


def gene_boxes(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Panels of `plot_accuracy_boxes`: agreement over genes with their length, and without it."""
    return {
        "r over genes, log2(1 + coverage)": accuracy_boxes(
            tables, "gene_pearsonr", CONTROLS, count="genes"
        ),
        "r over genes, log2(1 + coverage per base)": accuracy_boxes(
            tables, "gene_density_pearsonr", count="genes"
        ),
    }


def typical_tracks(table: pl.DataFrame) -> dict[str, str]:
    """Title to identifier of one track a kind: the one whose genes correlate in the middle.

    Parameters
    ----------
    table : DataFrame
        Table of tracks, with ``gene_pearsonr``. Tracks without one are not chosen.

    Returns
    -------
    dict
        The `MOST_PANELS` commonest kinds, in order of their first track.
    """
    kinds = track_kinds(table["description"].fill_null("").to_list())
    scored = table.with_columns(kind=pl.Series(kinds, dtype=pl.String)).filter(
        pl.col("gene_pearsonr").cast(pl.Float64, strict=False).is_finite()
    )
    counts = scored.group_by("kind", maintain_order=True).len()
    wanted = counts.sort("len", descending=True, maintain_order=True)["kind"][:MOST_PANELS]
    chosen = {}
    for kind in counts["kind"]:
        if kind in set(wanted.to_list()):
            tracks = scored.filter(kind=kind).sort("gene_pearsonr", maintain_order=True)
            track = tracks.row((tracks.height - 1) // 2, named=True)
            chosen[f"{track['description']} ({track['identifier']})"] = track["identifier"]
    return chosen


def length_notes(table: pl.DataFrame, chosen: Mapping[str, str]) -> dict[str, str]:
    """What of the agreement over genes is length, for the panels of `typical_tracks`.

    Parameters
    ----------
    table : DataFrame
        Table of tracks.
    chosen : mapping
        Title to identifier.
    """
    lines = ({"per base: r =": "gene_density_pearsonr"}, CONTROLS)
    notes = {}
    for title, identifier in chosen.items():
        row = table.row(by_predicate=pl.col("identifier") == identifier, named=True)
        told = [", ".join(f"{name} {float(row[column]):.2f}" for name, column in names.items()
                          if row[column] is not None) for names in lines]  # fmt: skip
        notes[title] = "\n".join(line for line in told if line)
    return notes


def decay_panels(table: pl.DataFrame) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Panels of `plot_predicted_measured` from a table of decay rates.

    Parameters
    ----------
    table : DataFrame
        gene_id, status, predicted_log2_decay_rate, measured_log2_decay_rate (log2 of 1/h).

    Returns
    -------
    dict
        Genes whose rates are those of the courses ("valid"), and all that were fitted, with those
        at a bound, which the title counts.
    """
    names = ["predicted_log2_decay_rate", "measured_log2_decay_rate"]
    numbers = table.with_columns(pl.col(names).cast(pl.Float64, strict=False))
    fitted = numbers.drop_nulls(names)
    valid = fitted.filter(status="valid")
    at_bound = fitted.height - valid.height
    told = f"all fitted, {at_bound} at a bound" if at_bound else "all fitted, none at a bound"
    both = {"both rates within bounds": valid, told: fitted}
    return {
        title: (rows[names[0]].to_numpy(), rows[names[1]].to_numpy())
        for title, rows in both.items()
    }
