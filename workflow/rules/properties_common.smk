"""Table of properties to paths: what is compared on each, and which files that takes."""

from seqcast.core.errors import InputError
from seqcast.predict.properties.baselines import BASELINES
from seqcast.datasets.properties.labelled import Property

# What says how a property's rows are labelled and split.
DEFINING = ["labels", "kind", "split", "groups"]
PROPERTIES = read_table("properties", ["property"])
check_names("properties", PROPERTIES["dataset"], "datasets", DATASETS.index)


def split_of(property):
    """How a property is split; its row and the kind of its dataset are checked on the way."""
    where = f"{config['tables']['properties']}: property {property}"
    row = PROPERTIES.loc[property]
    if row["dataset"] not in plan.transcripts.names:
        raise ConfigError(
            f"{where}: dataset {row['dataset']} is of kind "
            f"{DATASETS.at[row['dataset'], 'kind']}; expected transcripts or mrna"
        )
    try:
        return Property.from_row(property, row).split
    except InputError as error:
        raise ConfigError(f"{config['tables']['properties']}: {error}")


SPLITS = {name: split_of(name) for name in PROPERTIES.index}
if taken := [model for model in MODELS.index if model in BASELINES]:
    raise ConfigError(
        f"{config['tables']['models']}: {taken[0]} is the name of a baseline; rename the model"
    )
for model in PROPERTY_MODELS:
    if others := [
        f for f in folds_of(model) if (model, f) not in plan.trainings.trained
    ]:
        raise ConfigError(
            f"{config['tables']['folds']}: fold {others[0]} of model {model} has origin "
            f"{FOLDS.at[(model, others[0]), 'origin']}; models of task property have origin train: "
            "their training says which property they learn. Weights that exist predict from Python, "
            "by load_model"
        )
# Fine-tuned model -> the property that its folds learn.
FINE_TUNED = {}
for (model, fold), training in plan.trainings.trained.items():
    learned = plan.trainings.rows[training].train
    if model not in PROPERTY_MODELS:
        continue
    check_names("trainings", [learned], "properties", PROPERTIES.index)
    if FINE_TUNED.setdefault(model, learned) != learned:
        raise ConfigError(
            f"{config['tables']['folds']}: folds of model {model} learn {FINE_TUNED[model]} and "
            f"{learned}; make a model of each property"
        )


def methods_of(property):
    """Everything that predicts a property: baselines, probes of embeddings, fine-tuned models."""
    probes = [
        f"{model}.fold{fold}.probe"
        for model in EMBEDDING_MODELS
        for fold in folds_of(model)
    ]
    tuned = [model for model, learned in FINE_TUNED.items() if learned == property]
    return [*BASELINES, *probes, *tuned]


METHODS = {name: methods_of(name) for name in PROPERTIES.index}
PROPERTY_RESULTS = [
    f"results/properties/{name}.{file}"
    for name in PROPERTIES.index
    for file in ["tsv", "parts.tsv"]
] + [f"results/report/{name}.properties.png" for name in PROPERTIES.index]
PROPERTY_RESULTS += ["results/report/properties.html"] * bool(len(PROPERTIES))


wildcard_constraints:
    property=one_of(PROPERTIES.index),


def labelled_files(property):
    """The table of transcripts with a property's labels, and its clusters where folds need them."""
    dataset, identity = PROPERTIES.at[property, "dataset"], SPLITS[property].identity
    files = {"transcripts": f"results/transcripts/{dataset}.parquet"}
    if identity is not None:
        files["clusters"] = f"results/transcripts/{dataset}.clusters{identity}.tsv"
    return files


def property_files(wildcards):
    """Input function: `labelled_files` of the job's property."""
    return labelled_files(wildcards.property)


def property_definition(wildcards):
    """Params function: the property's name and what its row says of labels, kind and split."""
    row = PROPERTIES.loc[wildcards.property, DEFINING]
    return wildcards.property, row.to_dict()


def predictions_of(wildcards):
    """Input function: the predictions of all methods."""
    return expand(
        "results/properties/{{property}}/{method}.parquet",
        method=METHODS[wildcards.property],
    )


def about_property(property):
    """What the page tells of a property: its row, and the terms of its file if it is a source."""
    row = PROPERTIES.loc[property]
    about = row[["meaning", "protocol", "citation", "dataset"]].to_dict()
    dataset = DATASETS.loc[row["dataset"]]
    named = [dataset.get("labels"), dataset["path"]]
    sources = [SOURCES.loc[name] for name in named if name in SOURCES.index]
    licence, url = sources[0][["licence", "url"]] if sources else ("", "")
    return {**about, "licence": licence, "url": public_url(url)}


def probed(wildcards):
    """Input function: what a probe of one fold reads."""
    dataset = PROPERTIES.at[wildcards.property, "dataset"]
    embeddings = (
        f"results/embeddings/{wildcards.model}/{dataset}.fold{wildcards.fold}.parquet"
    )
    return {**property_files(wildcards), "embeddings": embeddings}


def probe_facts(wildcards):
    """What probes say of the model whose embeddings they read."""
    return {
        "model": wildcards.model,
        "fold": wildcards.fold,
        "architecture": MODELS.at[wildcards.model, "architecture"],
        "origin": FOLDS.at[(wildcards.model, wildcards.fold), "origin"],
    }


def learned_files(wildcards):
    """Input function: the table of transcripts that a model learns a property from."""
    return labelled_files(FINE_TUNED[wildcards.model])


def learned_definition(wildcards):
    """Params function: `property_definition` of the property that a model learns."""
    name = FINE_TUNED[wildcards.model]
    return name, PROPERTIES.loc[name, DEFINING].to_dict()


for model, name in FINE_TUNED.items():
    rounds = SPLITS[name].folds
    wrong = [
        fold
        for fold in folds_of(model)
        if not fold.isdecimal() or rounds and int(fold) >= rounds
    ]
    if wrong:
        raise ConfigError(
            f"{config['tables']['folds']}: model {model} has a fold {wrong[0]!r}, but its property "
            f"{name} has split {PROPERTIES.at[name, 'split']}; expected "
            + (f"folds 0 to {rounds - 1}" if rounds else "whole numbers")
        )
