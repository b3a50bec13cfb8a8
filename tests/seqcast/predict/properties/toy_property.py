"""Files of a small property, and the jobs that learn and predict it."""

import json
from pathlib import Path
from types import SimpleNamespace

import polars as pl

from seqcast.core.job_files import named_files
from seqcast.models.prepare import convert_weights
from seqcast.predict.properties.fine_tuned import FineTunedFiles, predict_property
from seqcast.training.outputs import TrainingOutputs
from seqcast.training.properties import PropertyTrainingFiles, train_property
from tests.seqcast.datasets.properties.toys import HYPERPARAMETERS, definition, transcripts

RECIPE = {"learning_rate": 1e-2, "batch_size": 16, "epochs": 2, "warmup": 0.1, "seed": 3,
          "property": {"part_tokens": 2000}}  # fmt: skip
INFERENCE = {"device": "cpu", "precision": "fp32"}


def write_files(folder: Path) -> SimpleNamespace:
    """Table of transcripts, recipe and hyperparameters."""
    found = SimpleNamespace(
        transcripts=str(folder / "t.parquet"), recipe=str(folder / "recipe.json"),
        hyperparameters=str(folder / "shape.json"),
    )  # fmt: skip
    transcripts(80).write_parquet(found.transcripts)
    Path(found.recipe).write_text(json.dumps(RECIPE))
    Path(found.hyperparameters).write_text(json.dumps(HYPERPARAMETERS))
    return found


def run(
    files: SimpleNamespace, folder: Path, fold: str = "0", architecture: str = "mrna_property",
    **cells: str,
) -> tuple[Path, pl.DataFrame]:  # fmt: skip
    """Train a fold; its weights and history."""
    facts = {"architecture": architecture, "model": "tiny", "fold": fold, "training": "toy"}
    weights, history = folder / f"{fold}.safetensors", folder / f"{fold}.tsv"
    train_property(
        named_files(PropertyTrainingFiles, vars(files)),
        TrainingOutputs(weights, history, folder / "last.pt"),
        definition(**cells), 0, facts, "cpu", 1,
    )  # fmt: skip
    return weights, pl.read_csv(history, separator="\t")


def predict(files: SimpleNamespace, folder: Path, folds: list[str], **cells: str) -> pl.DataFrame:
    """Prepare the weights of some folds as the workflow does, and predict with them."""
    paths = []
    for fold in folds:
        path = folder / f"model.{fold}.safetensors"
        convert_weights(folder / f"{fold}.safetensors", path, "mrna_property",
                        files.hyperparameters, None, "train")  # fmt: skip
        paths.append(str(path))
    given = named_files(FineTunedFiles, vars(files) | {"weights": paths}, beside=("recipe",))
    facts = {"architecture": "mrna_property", "model": "tiny", "fold": folds}
    predict_property(given, folder / "p.parquet", definition(**cells), 0, facts, INFERENCE, 1)
    return pl.read_parquet(folder / "p.parquet")
