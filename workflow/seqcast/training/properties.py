"""Fine-tuning on a property: labels of mRNAs, learned by a body and a head."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from seqcast.core.store import file_sha256
from seqcast.datasets.properties.labelled import PropertyData, read_property_data
from seqcast.datasets.properties.splits import Round
from seqcast.evaluation.metrics.binary import classification_metrics
from seqcast.evaluation.metrics.correlations import spearman
from seqcast.evaluation.metrics.table import row_of
from seqcast.models.devices import choose_device
from seqcast.predict.embeddings.token_batches import token_batches
from seqcast.predict.properties.fine_tuned import (
    fold_number,
    in_batches,
    model_texts,
    pooled_features,
    probabilities,
    property_hyperparameters,
)
from seqcast.training.batching import length_bucketed
from seqcast.training.initial import starting_model
from seqcast.training.outputs import TrainingOutputs, made_with, train_and_write
from seqcast.training.recipe import Recipe, read_recipe
from seqcast.training.steps import Batch, Task
from seqcast.training.task_options import PropertyOptions

# Sorted by length together: few, as these sets are small, and batches should differ between epochs.
BATCHES_A_POOL = 8


class Part(NamedTuple):
    """mRNAs that go through the model at once."""

    rows: np.ndarray
    labels: Tensor  # (batch, labels)


class PropertyTask(Task):
    """Labels of mRNAs by a model of the protocol `PropertyModel`; a `training.steps.Task`.

    The loss of a regression is the mean squared error, all labels alike, in standard deviations of
    the training labels; of classes it is the cross entropy. Validation gives ``loss``, and
    ``spearman`` (the mean over the labels), or ``accuracy`` and, of two classes, ``auc``.

    Parameters
    ----------
    data : PropertyData
    texts : sequence of str, length=rows
        See `properties.fine_tuned.model_texts`.
    one : Round
        Whose training rows are learned from and whose validation rows validate.
    options : PropertyOptions
    """

    def __init__(
        self, data: PropertyData, texts: Sequence[str], one: Round, options: PropertyOptions
    ) -> None:
        self.data, self.texts, self.round, self.options = data, texts, one, options
        self.kind = data.definition.kind
        self.lengths = np.array([len(text) + 1 for text in texts])  # the end token
        self.digest = self._digest()
        # A body that is not trained says the same of a sequence in each epoch.
        self.frozen = options.blocks == 0 and not options.train_norm
        self._kept: Tensor | None = None
        self._places = np.empty(0, dtype=int)

    def steps_an_epoch(self, recipe: Recipe) -> int:
        """Batches of an epoch; the last one may be smaller."""
        return -(-len(self.round.train) // recipe.batch_size)

    def batches(self, recipe: Recipe, epoch: int, start: int) -> Iterator[Batch]:
        """Batches of an epoch from number `start` on; each mRNA comes once.

        Those of a batch are of similar length; its parts are no larger than the recipe allows.
        """
        for number, rows in enumerate(self._order(recipe, epoch)):
            if number >= start:
                parts = self._parts(rows, recipe)
                yield [(float(len(part)), self._part(part)) for part in parts]

    def loss(self, model: Any, part: Part) -> Tensor:
        """Mean loss of the mRNAs of a part."""
        outputs = model.standardised(self._pooled(model, part.rows))
        return self._loss(model, outputs, part.labels.to(outputs.device))

    def describe(self, batch: Batch) -> str:
        """The mRNAs of a batch, by their ids."""
        rows = np.concatenate([part.rows for _, part in batch])
        ids = ", ".join(self.data.ids[row] for row in rows[:20])
        return f"mRNAs {ids}{' ...' if len(rows) > 20 else ''}"

    def validate(self, model: Any, recipe: Recipe) -> dict[str, float]:
        """Loss and agreement on the validation rows."""
        rows = self.round.validation
        if self.frozen:
            outputs = model.standardised(self._pooled(model, rows)).cpu()
        else:
            outputs = in_batches(
                model, self.texts, rows, lambda tokens: model.standardised(model.pooled(tokens))
            ).cpu()
        labels = self._part(rows).labels
        loss = self._loss(model, outputs, labels).item()
        return {"loss": loss, **self._agreement(outputs, labels.numpy(), loss)}

    def _agreement(self, outputs: Tensor, labels: np.ndarray, loss: float) -> dict[str, float]:
        """Values in addition to the loss; NaN where the loss is not finite."""
        finite = np.isfinite(loss)
        if self.kind == "regression":
            return {"spearman": _mean_spearman(labels, outputs.numpy()) if finite else np.nan}
        scores = probabilities(outputs, self.kind).double().numpy()
        truth = labels[:, 0].astype(int)
        found = {"accuracy": float((scores.argmax(axis=1) == truth).mean()) if finite else np.nan}
        if self.kind == "binary":
            found["auc"] = _auc(truth, scores[:, 1]) if finite else np.nan
        return found

    def _loss(self, model: Any, outputs: Tensor, labels: Tensor) -> Tensor:
        if self.kind == "regression":
            mean, deviation = (x.to(outputs.device) for x in (model.label_mean, model.label_sd))
            wanted = (labels - mean) / deviation
            # equal shapes: (n,) against (n, 1) would compare each label with every output
            assert outputs.shape == wanted.shape
            return F.mse_loss(outputs, wanted)
        if self.kind == "binary":
            return F.binary_cross_entropy_with_logits(outputs, labels)
        return F.cross_entropy(outputs, labels[:, 0].long())

    def _pooled(self, model: Any, rows: np.ndarray) -> Tensor:
        """Pooled features of rows, ``(rows, features)``; kept if no training changes them."""
        if not self.frozen:
            return self._features(model, rows)
        if self._kept is None:
            # computed at once and in one order, so that a resumed training has the same bits
            self._places = np.sort(np.concatenate([self.round.train, self.round.validation]))
            self._kept = pooled_features(model, self.texts, self._places)
        return self._kept[np.searchsorted(self._places, rows)]

    def _features(self, model: Any, rows: np.ndarray) -> Tensor:
        device = next(model.parameters()).device
        tokens = model.tokenize([self.texts[row] for row in rows]).to(device)
        return model.pooled(tokens)

    def _order(self, recipe: Recipe, epoch: int) -> Iterator[np.ndarray]:
        """Rows of each batch of an epoch: shuffled, sorted by length in pools, shuffled again."""
        rng = np.random.default_rng([recipe.seed, epoch])
        rows = self.round.train
        together = length_bucketed(self.lengths[rows], recipe.batch_size, rng, BATCHES_A_POOL)
        return (rows[batch] for batch in together)

    def _parts(self, rows: np.ndarray, recipe: Recipe) -> Iterator[np.ndarray]:
        """Rows of a batch in parts that the recipe's limits allow."""
        size = recipe.micro_batch_size or len(rows)
        for i in range(0, len(rows), size):
            part = rows[i : i + size]
            if self.options.part_tokens is None:
                yield part
            else:
                lengths = self.lengths[part].tolist()
                for together in token_batches(lengths, self.options.part_tokens):
                    yield part[together]

    def _part(self, rows: np.ndarray) -> Part:
        return Part(rows, torch.from_numpy(self.data.labels[rows].astype(np.float32)))

    def _digest(self) -> str:
        digest = hashlib.sha256(repr(sorted(asdict(self.options).items())).encode())
        for name, rows in self.round.parts().items():
            if name != "test":
                texts = [self.texts[row] for row in rows]
                digest.update(repr((name, rows.tolist(), texts)).encode())
                digest.update(np.ascontiguousarray(self.data.labels[rows]).data)
        return digest.hexdigest()


def _mean_spearman(labels: np.ndarray, outputs: np.ndarray) -> float:
    """Mean rank correlation; that of a label is 0 where all values are equal: they say nothing."""
    return float(np.nan_to_num(spearman(labels, outputs)).mean())


def _auc(truth: np.ndarray, scores: np.ndarray) -> float:
    """NaN where a class has no row."""
    found = classification_metrics(truth, scores, resamples=0, least_of_a_class=1)
    value = row_of(found, "roc_auc")["value"]
    return np.nan if value is None else value


class PropertyTrainingFiles(NamedTuple):
    """What a model is fine-tuned from.

    Attributes
    ----------
    transcripts : path
        Table with the labels.
    recipe, hyperparameters : path
    clusters : path, optional
        Where the property's groups are clusters.
    initial : path, optional
        Weights of the body or of a whole model to start from; without it all are drawn.
    """

    transcripts: str | Path
    recipe: str | Path
    hyperparameters: str | Path
    clusters: str | Path | None = None
    initial: str | Path | None = None


def train_property(
    files: PropertyTrainingFiles, outputs: TrainingOutputs,
    definition: tuple[str, Mapping[str, Any]], seed: int, facts: Mapping[str, str], device: str,
    threads: int,
) -> None:  # fmt: skip
    """Train on the training rows of a property; write the best weights, and the course of it.

    Parameters
    ----------
    files : PropertyTrainingFiles
    outputs : TrainingOutputs
        In the metadata of the weights, labels and classes are lists in JSON.
    definition : (str, mapping)
        Name of the property and its row of benchmarks.tsv.
    seed : int
        Of the folds of a k-fold.
    facts : mapping
        Provenance; ``architecture`` names the class of networks. ``fold`` is the round of a
        k-fold; of a column of parts all folds learn from the same rows. The fold's number is added
        to the recipe's seed.
    device : str
        See `choose_device`.
    threads : int
        CPU threads.

    Raises
    ------
    InputError
        If the recipe, the property, its data or the weights to start from are unfit, the
        architecture is not of properties, there is no such fold, or the checkpoint is of another
        training.
    """
    torch.set_num_threads(threads)
    recipe, options = read_recipe(files.recipe, PropertyOptions, definition[1]["kind"])
    data, transcripts = read_property_data(files.transcripts, files.clusters, definition, seed)
    number = fold_number(facts["fold"])
    recipe = replace(recipe, seed=recipe.seed + number)
    params = property_hyperparameters(facts["architecture"], files.hyperparameters, data)
    model = starting_model(facts["architecture"], params, recipe.seed, files.initial)
    model.freeze(options.blocks, options.train_norm)
    texts, status = model_texts(transcripts, model)
    data = data.restricted(status)
    one = data.round_of(number)
    if not data.classes:
        model.scale_labels(torch.from_numpy(data.labels[one.train].astype(np.float32)))
    model = model.to(choose_device(device))
    if model.config.head.standardise:
        model.scale_features(pooled_features(model, texts, one.train))
    task = PropertyTask(data, texts, one, options)
    made = {
        **made_with(facts, files.recipe, files.initial), "seed": recipe.seed,
        "property": definition[0], "labels": json.dumps(data.definition.labels),
        "classes": json.dumps(data.classes), "round": one.name, "split_seed": seed,
        "train_rows": len(one.train), "validation_rows": len(one.validation),
        "train_rows_with_cds": transcripts["cds_start"][one.train.tolist()].count(),
        "transcripts_sha256": file_sha256(files.transcripts),
    }  # fmt: skip
    train_and_write(model, task, recipe, params, made, outputs)
