"""What a fine-tuned model is given and says: texts of mRNAs, batches of them, predictions."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import Tensor

from seqcast.embedding.batches import batches as token_batches
from seqcast.progress import progress
from seqcast.properties.data import VALID
from seqcast.transcripts.marks import mark_codons

TOO_LONG = "too_long"


def model_texts(table: pl.DataFrame, model: Any) -> tuple[list[str], list[str]]:
    """Sequences of a table as a model reads them, with codon marks where it knows them.

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
            text = mark_codons(sequence, cds_start, cds_end) if marked else sequence
            if len(text) + 1 > model.max_tokens:  # the end token
                text, status = "", TOO_LONG
        texts.append(text)
        statuses.append(status or "unknown")
    return texts, statuses


def pooled_features(model: Any, texts: Sequence[str], rows: np.ndarray) -> Tensor:
    """Pooled features of some rows, without gradients, ``(len(rows), features)``.

    Parameters
    ----------
    model : MrnaProperty
    texts : sequence of str, length=rows of the table
    rows : ndarray of int
    """
    device = next(iter(model.parameters())).device
    chosen = [texts[row] for row in rows]
    found: dict[int, Tensor] = {}
    # no tensors of inference mode: a training keeps these
    with torch.inference_mode(False), torch.no_grad():
        for batch in token_batches([len(text) + 1 for text in chosen], model.batch_tokens):
            pooled = model.pooled(model.tokenize([chosen[i] for i in batch]).to(device))
            found.update(zip(batch, pooled, strict=True))
        return torch.stack([found[i] for i in range(len(chosen))])


def predict_labels(model: Any, texts: Sequence[str], rows: np.ndarray) -> np.ndarray:
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
    device = next(iter(model.parameters())).device
    chosen = [texts[row] for row in rows]
    together = list(token_batches([len(text) + 1 for text in chosen], model.batch_tokens))
    width = 2 if model.kind == "binary" else model.outputs
    found = np.empty((len(chosen), width))
    with torch.inference_mode():
        for batch in progress(len(together), "batch")(together):
            tokens = model.tokenize([chosen[i] for i in batch]).to(device)
            found[batch] = probabilities(model(tokens), model.kind).double().cpu().numpy()
    return found


def probabilities(outputs: Any, kind: str) -> Any:
    """Outputs of a `PropertyModel` as predictions: those of a regression stay as they are.

    Returns
    -------
    Tensor, shape=(batch, labels or classes)
    """
    if kind == "binary":
        return torch.sigmoid(torch.cat([-outputs, outputs], dim=1))
    return outputs.softmax(dim=1) if kind == "multiclass" else outputs
