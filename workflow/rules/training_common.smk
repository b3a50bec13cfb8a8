"""Tables of trainings to paths; each task has a rule that trains its models."""

from functools import partial

from seqcast.core.errors import InputError
from seqcast.models.architectures import coverage_shape
from seqcast.models.settings import read_settings
from seqcast.datasets.coverage.fold_names import fold_numbers
from seqcast.training.recipe import read_recipe
from seqcast.training.task_options import (
    TASK_OPTIONS,
    CoverageOptions,
    check_track_weights,
    weights_of_tracks,
)

TRAININGS = read_table("trainings", ["training"])
# (model, fold) -> its training
TRAINED = FOLDS.loc[FOLDS["origin"] == "train", "source"].astype(str)
check_names("folds", TRAINED, "trainings", TRAININGS.index)
# Tasks whose data say themselves which part validates -> where they say it.
SPLIT_BY_DATA = {
    "coverage": "the parts of its windows say",
    "property": "the split of the property says",
}
LEARNING_CURVES = [
    f"results/training/{model}.fold{fold}.learning_curve.png"
    for model, fold in TRAINED.index
]


def training_of(wildcards):
    """The row of trainings.tsv that a path or a fold names."""
    named = getattr(wildcards, "training", None)
    return TRAININGS.loc[named or TRAINED[wildcards.model, wildcards.fold]]


def training_files(*columns):
    """Input function: files that these cells of a training name, and those of its network."""

    def files(wildcards):
        row = training_of(wildcards)
        named = {column: given_file(row[column]) for column in columns if row[column]}
        shape = given_file(MODELS.at[model_of(wildcards), "hyperparameters"])
        return {**named, "hyperparameters": shape}

    return files


def training_facts(wildcards):
    """What weights say of the training that made them."""
    return {
        **dict(wildcards.items()),
        "architecture": MODELS.at[model_of(wildcards), "architecture"],
        "training": training_of(wildcards).name,
    }


# Snakemake removes the outputs of a job before it starts: a mistake that is found here costs no
# finished weights. A recipe that is still to be downloaded is read by its job.
for (model, fold), training in TRAINED.items():
    row, task = TRAININGS.loc[training], MODELS.at[model, "task"]
    where = f"{config['tables']['trainings']}: training {training}"
    if task in SPLIT_BY_DATA and row["validation"]:
        raise ConfigError(
            f"{where}: validation is {row['validation']}; leave it empty: of {row['train']}, "
            f"{SPLIT_BY_DATA[task]} what validates"
        )
    if task not in SPLIT_BY_DATA and not row["validation"]:
        raise ConfigError(
            f"{where}: validation is empty; name the data that choose the weights"
        )
    if located(row["train"]) == located(row["validation"]):
        raise ConfigError(
            f"{where}: train and validation are both {row['train']}; give validation data that "
            "share no genome or gene with the training data"
        )
    if Path(located(row["recipe"])).exists():
        try:
            recipe, options = read_recipe(located(row["recipe"]), TASK_OPTIONS[task])
        except InputError as error:
            raise ConfigError(f"{where}: {error}")
        if getattr(options, "transfer", None) and not row["initial"]:
            raise ConfigError(
                f"{where}: recipe {row['recipe']} fine-tunes, but initial is empty; name the "
                "weights to start from"
            )
        if task == "coverage" and recipe.batch_size < config["training"]["processes"]:
            raise ConfigError(
                f"{where}: recipe {row['recipe']} has batches of {recipe.batch_size} windows for "
                f"{config['training']['processes']} processes; lower training.processes, or raise "
                "batch_size"
            )


def named_sets(training, column):
    """Datasets between the commas of a cell of trainings.tsv."""
    return [name.strip() for name in TRAININGS.at[training, column].split(",")]


for (model, _), training in TRAINED.items():
    if model not in EMBEDDING_MODELS:
        continue
    sets = {name: named_sets(training, name) for name in ["train", "validation"]}
    for names in sets.values():
        check_names("trainings", names, "datasets", plan.transcripts.names)
    if both := set(sets["train"]) & set(sets["validation"]):
        raise ConfigError(
            f"{config['tables']['trainings']}: training {training}: {min(both)} is in both train "
            "and validation; give validation data that share no gene with the training data"
        )


def text_files(wildcards):
    """Input function: tables of transcripts that a language model learns from and is tried on."""
    training = TRAINED[wildcards.model, wildcards.fold]
    return {
        column: expand(
            "results/transcripts/{dataset}.parquet",
            dataset=named_sets(training, column),
        )
        for column in ["train", "validation"]
    }
