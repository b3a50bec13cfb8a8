"""Predictions of fine-tuned models: texts of mRNAs, batches of them, the table of all folds."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import torch
from torch import Tensor

from seqcast.core.errors import InputError
from seqcast.core.progress import progress
from seqcast.core.provenance import merge_folds
from seqcast.core.store import write_table
from seqcast.datasets.properties.labelled import VALID, PropertyData, read_property_data
from seqcast.models.architectures import architecture_of
from seqcast.models.interface import PropertyModel, read_hyperparameters
from seqcast.predict.embeddings.token_batches import token_batches
from seqcast.predict.fold_model import FoldFiles, open_network
from seqcast.predict.properties.predictions import merged, predictions_table
from seqcast.transcripts.marks import text_of

TOO_LONG = "too_long"


def model_texts(table: pl.DataFrame, model: PropertyModel) -> tuple[list[str], list[str]]:
    """Sequences of a table as a model reads them, with codon-start tokens where it knows them.

    Parameters
    ----------
    table : DataFrame
        Of transcripts.
    model : PropertyModel

    Returns
    -------
    texts : list of str, length=rows
        Empty where the status is not "valid".
    status : list of str, length=rows
        That of the table, or ``too_long`` for more tokens than the model takes.
    """
    texts, statuses = [], []
    columns = table.select("sequence", "cds_start", "cds_end", "status")
    for sequence, cds_start, cds_end, status in columns.iter_rows():
        text = ""
        if status == VALID:
            marked = model.codon_mark is not None
            text = text_of(sequence, cds_start, cds_end, marked)
            if len(text) + 1 > model.max_tokens:  # the end token
                text, status = "", TOO_LONG
        texts.append(text)
        statuses.append(status or "unknown")
    return texts, statuses


def pooled_features(model: PropertyModel, texts: Sequence[str], rows: np.ndarray) -> Tensor:
    """Pooled features of some rows, without gradients, ``(len(rows), features)``.

    Parameters
    ----------
    model : PropertyModel
    texts : sequence of str, length=rows of the table
    rows : ndarray of int
    """
    # no tensors of inference mode: a training keeps these
    with torch.inference_mode(False), torch.no_grad():
        return in_batches(model, texts, rows, model.pooled)


def predict_labels(model: PropertyModel, texts: Sequence[str], rows: np.ndarray) -> np.ndarray:
    """Predictions of some rows.

    Parameters
    ----------
    model : PropertyModel
        In evaluation mode.
    texts : sequence of str, length=rows of the table
        See `model_texts`.
    rows : ndarray of int
        Which to predict.

    Returns
    -------
    ndarray of float64, shape=(len(rows), labels or classes)
        Labels of a regression in their unit; else the probability of each class.
    """
    if not len(rows):
        return np.empty((0, 2 if model.kind == "binary" else model.outputs))
    with torch.inference_mode():
        found = in_batches(
            model, texts, rows, lambda tokens: probabilities(model(tokens), model.kind).double(),
            report=True,
        )  # fmt: skip
    return found.cpu().numpy()


def in_batches(
    model: PropertyModel, texts: Sequence[str], rows: np.ndarray,
    compute: Callable[[Tensor], Tensor], report: bool = False,
) -> Tensor:  # fmt: skip
    """What a model computes of some rows, those of like length together.

    Parameters
    ----------
    model : PropertyModel
        Whose tokens, device and size of batches are taken.
    texts : sequence of str, length=rows of the table
    rows : ndarray of int
        One or more.
    compute : callable
        Tokens ``(batch, tokens)`` on the model's device to ``(batch, values)``.
    report : bool
        Whether to tell the progress.

    Returns
    -------
    Tensor, shape=(len(rows), values)
    """
    device = next(iter(model.parameters())).device
    chosen = [texts[row] for row in rows]
    together = list(token_batches([len(text) + 1 for text in chosen], model.batch_tokens))
    found: dict[int, Tensor] = {}
    for batch in progress(len(together), "batch")(together) if report else together:
        values = compute(model.tokenize([chosen[i] for i in batch]).to(device))
        found.update(zip(batch, values, strict=True))
    return torch.stack([found[i] for i in range(len(chosen))])


def probabilities(outputs: Tensor, kind: str) -> Tensor:
    """Outputs of a `PropertyModel` as predictions: those of a regression stay as they are.

    Returns
    -------
    Tensor, shape=(batch, labels or classes)
    """
    if kind == "binary":
        return torch.sigmoid(torch.cat([-outputs, outputs], dim=1))
    return outputs.softmax(dim=1) if kind == "multiclass" else outputs


def fold_number(fold: str) -> int:
    """The number that the name of a fold is.

    Raises
    ------
    InputError
        If it is none.
    """
    if not str(fold).isdecimal():
        raise InputError(
            f"fold {fold!r} of a model of task property; expected 0, 1, ...: the round of the "
            "property's k-fold, or the number of the replicate"
        )
    return int(fold)


def property_hyperparameters(
    architecture: str, path: str | Path, data: PropertyData
) -> dict[str, Any]:
    """Hyperparameters with the kind and the number of outputs that a property has.

    Raises
    ------
    InputError
        If the architecture does not predict properties, or the file says something else.
    """
    if architecture_of(architecture).task != "property":
        raise InputError(
            f"architecture {architecture!r} does not predict properties of mRNAs; give a model of "
            "task property the architecture mrna_property, and its body in the hyperparameters"
        )
    params = read_hyperparameters(path, architecture)
    outputs = len(data.classes) if data.definition.kind == "multiclass" else data.labels.shape[1]
    for key, wanted in (("kind", data.definition.kind), ("outputs", outputs)):
        if params.get(key) not in (None, wanted):
            raise InputError(
                f"{path}: {key} is {params[key]!r}, but property {data.definition.name} needs "
                f"{wanted!r}; leave the key out, it is taken from the property"
            )
        params[key] = wanted
    return params


class FineTunedFiles(NamedTuple):
    """Files that a property is predicted from: its data, and the folds of a fine-tuned model."""

    transcripts: str | Path
    weights: tuple[str | Path, ...]
    hyperparameters: str | Path
    clusters: str | Path | None = None


def predict_property(
    files: FineTunedFiles, output: str | Path, definition: tuple[str, Mapping[str, Any]], seed: int,
    facts: Mapping[str, Any], inference: Mapping[str, Any], threads: int,
) -> None:  # fmt: skip
    """Write the predictions of all folds of a model, for rows that none of them learned from.

    Parameters
    ----------
    files : FineTunedFiles
        Weights one per fold; clusters where the property's groups are clusters.
    output : path
        Parquet of `predictions_table`: the mean over the folds, of which each predicts its own
        rows where the property has a k-fold.
    definition : (str, mapping)
        Name of the property and its row of benchmarks.tsv.
    seed : int
        Of the folds of a k-fold, as in the training.
    facts : mapping
        Provenance; ``architecture``, and ``fold``, names in the order of the weights.
    inference : mapping
        The section of the config: device, precision.
    threads : int
        CPU threads.

    Raises
    ------
    InputError
        If weights do not fit the property, or a fold is none of its rounds.
    """
    data, table = read_property_data(files.transcripts, files.clusters, definition, seed)
    params = property_hyperparameters(facts["architecture"], files.hyperparameters, data)
    found, made = [], []
    for fold, path in zip(facts["fold"], files.weights, strict=True):
        one = FoldFiles(path, params)
        model, about = open_network(one, facts["architecture"], None, inference, threads)
        texts, status = model_texts(table, model)
        usable = data.restricted(status)
        rows = usable.round_of(fold_number(fold)).predicted
        found.append((rows, predict_labels(model, texts, rows)))
        made.append({**facts, **about, "fold": fold})
    about = merge_folds(made)
    write_table(
        predictions_table(merged(usable, found)), output,
        {**about, "property": definition[0], "split_seed": seed},
    )  # fmt: skip
