"""Train `helix_tiny` to predict the next nucleotide of simulated transcripts.

    python -m recipes.helix_tiny.train FOLDER OUTPUT

FOLDER holds the tables of recipes.helix_tiny.simulate. OUTPUT is the safetensors file;
OUTPUT.history.tsv the course of the training; OUTPUT.checkpoint, while it runs, that from which an
interrupted training resumes. One thread.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from seqcast.core.errors import InputError
from seqcast.training.next_token import TextTrainingFiles, train_language_model
from seqcast.training.outputs import TrainingOutputs
from seqcast.transcripts.prepare_transcripts import TranscriptSources, prepare_dataset

ROOT = Path(__file__).parents[2]
HYPERPARAMETERS = ROOT / "config/hyperparameters/helix_tiny.json"
RECIPE = ROOT / "config/training/helix_tiny.json"
FACTS = {"architecture": "helix_mrna", "model": "helix_tiny", "training": "recipes/helix_tiny"}


def transcripts_of(folder: Path, name: str) -> Path:
    """The table of transcripts of a set of `recipes.helix_tiny.simulate`, as the workflow makes it.

    Raises
    ------
    InputError
        If the set does not exist.
    """
    given, made = folder / f"{name}.parquet", folder / f"{name}.transcripts.parquet"
    if not given.is_file():
        raise InputError(
            f"{given}: no such file; make it with 'python -m recipes.helix_tiny.simulate {folder}'"
        )
    prepare_dataset(TranscriptSources(sequences=given), {"cds": ""}, str(made), {"dataset": name})
    return made


def train_helix_tiny(folder: Path, output: Path, recipe: Path = RECIPE) -> None:
    """Train, and write the weights and the history.

    Parameters
    ----------
    folder : path
        Of `recipes.helix_tiny.simulate`.
    output : path
        The safetensors file.
    recipe : path
    """
    files = TextTrainingFiles(
        train=(transcripts_of(folder, "train"),),
        validation=(transcripts_of(folder, "validation"),),
        recipe=str(recipe),
        hyperparameters=str(HYPERPARAMETERS),
    )
    outputs = TrainingOutputs(output, f"{output}.history.tsv", f"{output}.checkpoint")
    train_language_model(files, outputs, FACTS, "cpu", threads=1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns
    -------
    int
        Exit status: 0, or 2 where the user can fix something.
    """
    parser = argparse.ArgumentParser(
        prog="python -m recipes.helix_tiny.train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="of recipes.helix_tiny.simulate"
    )
    parser.add_argument("output", type=Path, metavar="OUTPUT", help="safetensors file to write")
    parser.add_argument("--recipe", type=Path, default=RECIPE, help="settings of the training")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        train_helix_tiny(options.folder, options.output, options.recipe)
    except InputError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
