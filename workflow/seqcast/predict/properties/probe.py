"""Probes: labels of mRNAs from the embeddings of a model that stays as it is."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.provenance import provenance
from seqcast.core.store import array_values, read_provenance, read_table, write_table
from seqcast.datasets.properties.labelled import VALID, PropertyData, read_property_data
from seqcast.predict.properties.linear import Predicted, linear_predictions
from seqcast.predict.properties.predictions import predictions_table

logger = logging.getLogger(__name__)

AUTO = "auto"
EMBEDDED = "embedded"  # status of `embedding_outcomes.STATUSES`
WHOLE = ("embedding_mean", "embedding_last")  # of every sequence that was embedded
REGIONS = ("embedding_mean_utr5", "embedding_mean_cds", "embedding_mean_utr3")


class ProbeFiles(NamedTuple):
    """Tables of the same rows: transcripts and their embeddings; and clusters of them."""

    transcripts: str | Path
    embeddings: str | Path
    clusters: str | Path | None = None


def probe_embeddings(
    files: ProbeFiles, output: str | Path, definition: tuple[str, Mapping[str, Any]],
    options: Mapping[str, Any], facts: Mapping[str, Any],
) -> None:  # fmt: skip
    """Predict a property from the embeddings of one fold of a model, by a linear model.

    Parameters
    ----------
    files : ProbeFiles
        Clusters where the property's groups are clusters.
    output : path
        Parquet of `predictions_table`; its provenance says which features were taken.
    definition : (str, mapping)
        Name of the property and its row of benchmarks.tsv.
    options : mapping
        ``probe_features`` (see `feature_sets`) and ``seed`` of the folds of a k-fold.
    facts : mapping
        Provenance of the model.

    Raises
    ------
    InputError
        If the tables are of different sequences, or the property or its data are unfit.
    """
    data, _ = read_property_data(files.transcripts, files.clusters, definition, options["seed"])
    embeddings = read_table(files.embeddings)
    if embeddings["id"].to_list() != list(data.ids):
        raise InputError(
            f"{files.embeddings} is not of the sequences of {files.transcripts}: their ids "
            "differ; make both again"
        )
    data = data.restricted(
        [VALID if status == EMBEDDED else status for status in embeddings["status"]]
    )
    candidates = feature_sets(embeddings, data.valid, options["probe_features"])
    predicted = best_predictions(embeddings, data, candidates)
    made = provenance(
        **facts, property=definition[0], seed=options["seed"],
        features=list(dict.fromkeys(name for names in candidates for name in names)),
        rounds=predicted.choices, embeddings=read_provenance(files.embeddings),
    )  # fmt: skip
    write_table(predictions_table(predicted), output, made)


def feature_sets(
    embeddings: pl.DataFrame, usable: np.ndarray, wanted: str | Sequence[str] = AUTO
) -> list[list[str]]:
    """Columns to try as features, each list side by side.

    Parameters
    ----------
    embeddings : DataFrame
    usable : ndarray of bool, shape=(rows,)
        Rows that will be learned from or predicted.
    wanted : "auto" or sequence of str
        Columns to take, side by side. "auto" tries each column alone and all side by side: the
        mean over all tokens, the last token, and the mean of each region that all usable rows
        have. A region that only some have is left out, as no number stands for "none".

    Raises
    ------
    InputError
        If a column that was named is missing, or is null in usable rows.
    """
    if wanted == AUTO:
        there = [name for name in (*WHOLE, *REGIONS) if name in embeddings.columns]
        short = [name for name in there if _lacking(embeddings, name, usable)]
        if short:
            logger.info("left out, as not every usable row has one: %s", ", ".join(short))
        names = [name for name in there if name not in short]
        if not names:
            raise InputError(
                "no embedding that all usable rows have; the table has "
                f"{', '.join(there) or 'none'}"
            )
        return [*([name] for name in names), *([names] if len(names) > 1 else [])]
    for name in wanted:
        if name not in embeddings.columns or not name.startswith("embedding_"):
            known = [n for n in embeddings.columns if n.startswith("embedding_")]
            raise InputError(
                f"properties.probe_features names {name!r}; the embeddings have {', '.join(known)}"
            )
        if lacking := _lacking(embeddings, name, usable):
            raise InputError(
                f"properties.probe_features names {name}, which is null in {lacking} of "
                f"{usable.sum()} usable rows; leave it out, or take auto"
            )
    return [list(wanted)]


def best_predictions(
    embeddings: pl.DataFrame, data: PropertyData, candidates: Sequence[Sequence[str]]
) -> Predicted:
    """Predictions from those columns that do best on the validation rows of each round.

    Parameters
    ----------
    embeddings : DataFrame
    data : PropertyData
    candidates : sequence of sequence of str
        See `feature_sets`. Best is the largest mean R2 of the labels, or the least log loss.
    """
    found = []
    for names in candidates:
        columns = [array_values(embeddings[name])[0] for name in names]
        found.append(linear_predictions(np.concatenate(columns, axis=1), data))
    values, choices = np.full_like(found[0].values, np.nan), []
    for number, one in enumerate(data.rounds()):
        reached = [_reached(predicted.choices[number]) for predicted in found]
        best = int(np.argmax(reached))
        values[one.predicted] = found[best].values[one.predicted]
        choices.append({**found[best].choices[number], "features": list(candidates[best])})
        logger.info("%s: features %s", one.name, ", ".join(candidates[best]))
    return Predicted(data, values, tuple(choices))


def _reached(choice: Mapping[str, Any]) -> float:
    """What a round reached on its validation rows; larger is better."""
    if "validation_r2" in choice:
        return float(np.mean(choice["validation_r2"]))
    return -float(choice["validation_log_loss"])


def _lacking(embeddings: pl.DataFrame, name: str, usable: np.ndarray) -> int:
    """Usable rows without this embedding."""
    return int((embeddings[name].is_null().to_numpy() & usable).sum())
