"""Train `six_frame` on the genomes that `fetch` made.

    python -m recipes.six_frame.train FOLDER OUTPUT

Takes the genomes of genomes.tsv with use "train" from FOLDER, and writes the weights OUTPUT
(safetensors) and next to it OUTPUT.history.tsv. An interrupted run resumes from OUTPUT.checkpoint.
Needs the program pyrodigal. One thread computes.
"""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from recipes.six_frame.fetch import describe
from recipes.six_frame.regions import Source
from recipes.six_frame.table import Genome, read_genomes
from recipes.six_frame.task import GenomeTask, ReadOptions
from recipes.six_frame.unclear import is_curated, unclear_regions
from seqcast.core.errors import InputError
from seqcast.core.store import write_tsv
from seqcast.genome.genbank import read_genbank
from seqcast.models.convert import write_safetensors
from seqcast.training.initial import starting_model
from seqcast.training.loop import train
from seqcast.training.recipe import read_recipe

logger = logging.getLogger(__name__)

RECIPE = Path(__file__).with_name("recipe.json")
HYPERPARAMETERS = Path(__file__).parents[2] / "config/hyperparameters/six_frame.json"


def read_source(genome: Genome, folder: Path) -> Source:
    """A genome with what is unclear in it.

    Raises
    ------
    InputError
        If its file is missing or damaged, or Pyrodigal is missing.
    """
    path = folder / f"{genome.name}.gb.gz"
    if not path.is_file():
        raise InputError(
            f"{path} is missing; expected the genome {genome.name}. Make it with "
            f"python -m recipes.six_frame.fetch {folder} --only {genome.name}"
        )
    records = list(read_genbank(path))
    unclear = [np.empty((0, 2), dtype=np.int64) for _ in records]
    if is_curated(genome.labels, genome.genetic_code):
        unclear = unclear_regions(records)
    found = sum(map(len, unclear))
    logger.info("%s: %d record(s), %d unclear genes", genome.name, len(records), found)
    return Source(genome.name, records, unclear)


def train_six_frame(
    genomes: Sequence[Genome], folder: Path, output: Path, recipe_file: Path = RECIPE
) -> None:
    """Train and write the weights, and the course of the training.

    Parameters
    ----------
    genomes : sequence of Genome
        Rows of the table; those with another use than "train" are left out.
    folder : path
        Of `fetch`.
    output : path
        The safetensors file.
    recipe_file : path

    Raises
    ------
    InputError
        If a genome is missing or is not what the table says, or the recipe is not valid.
    """
    torch.set_num_threads(1)
    recipe, options = read_recipe(recipe_file, ReadOptions)
    rows = [facts for facts in describe(genomes, folder) if facts.use == "train"]
    digests = {facts.name: facts.content_sha256 for facts in rows}
    sources = [read_source(genome, folder) for genome in genomes if genome.use == "train"]
    task = GenomeTask(sources, options)
    model = starting_model("six_frame", HYPERPARAMETERS, recipe.seed)
    checkpoint = output.with_name(output.name + ".checkpoint")
    table = train(model, task, recipe, checkpoint)
    facts = {
        "architecture": "six_frame", "origin": "recipes/six_frame", "task": "reads",
        "recipe": json.dumps(json.loads(recipe_file.read_text())), "seed": str(recipe.seed),
        "hyperparameters": json.dumps(json.loads(HYPERPARAMETERS.read_text())),
        "genome_content_sha256": json.dumps(digests), "data_sha256": task.digest,
        "step": str(table.filter("best")["step"][-1]), "torch": torch.__version__,
    }  # fmt: skip
    write_tsv(table, output.with_name(output.name + ".history.tsv"))
    write_safetensors(model.state_dict(), output, facts)
    checkpoint.unlink(missing_ok=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns
    -------
    int
        Exit status: 0, or 2 where the user can fix something.
    """
    parser = argparse.ArgumentParser(
        prog="python -m recipes.six_frame.train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="of recipes.six_frame.fetch")
    parser.add_argument("output", type=Path, metavar="OUTPUT", help="safetensors file to write")
    parser.add_argument("--recipe", type=Path, default=RECIPE, help="settings of the training")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        train_six_frame(read_genomes(), options.folder, options.output, options.recipe)
    except InputError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
