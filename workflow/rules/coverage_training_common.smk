"""Trainings of coverage models: which head learns which set, and who takes it."""

# (model, fold) of coverage models -> its training
COVERAGE_TRAINED = TRAINED[TRAINED.index.isin(COVERAGE_MODELS, level="model")]


def heads_of(training):
    """Head -> the coverage set it learns; "" is the only head, which the training does not name."""
    cells = [name.rpartition("=") for name in named_sets(training, "train")]
    heads = {head.strip(): name.strip() for head, _, name in cells}
    if len(heads) < len(cells) or (len(cells) > 1 and "" in heads):
        raise ConfigError(
            f"{config['tables']['trainings']}: training {training}: train is "
            f"{TRAININGS.at[training, 'train']}; several sets each name a head of their own, "
            "such as human=hela,mouse=brain"
        )
    check_names("trainings", heads.values(), "coverage_sets", COVERAGE_SETS.index)
    return heads


HEADS = {training: heads_of(training) for training in COVERAGE_TRAINED}


def shape_of(model):
    """A model's hyperparameters; None where their file is still to be downloaded."""
    path = Path(located(MODELS.at[model, "hyperparameters"]))
    if not path.exists():
        return None
    try:
        return read_settings(
            path,
            "hyperparameters",
            partial(coverage_shape, MODELS.at[model, "architecture"]),
        )
    except InputError as error:
        raise ConfigError(str(error))


for model, row in MODELS.loc[COVERAGE_MODELS].iterrows():
    path = Path(located(row["hyperparameters"]))
    try:
        shape = path.exists() and read_settings(
            path, "hyperparameters", partial(coverage_shape, row["architecture"])
        )
    except InputError:  # the job that reads them says what is wrong
        continue
    if shape:
        checked(
            check_outputs,
            located(row["tracks"]),
            shape.heads.get(row["head"], max(shape.heads.values())),
            f"{config['tables']['models']}: {model}: {path}",
        )

for model in COVERAGE_TRAINED.index.unique("model"):
    shape = shape_of(model)
    known = shape.heads if shape else {}
    for training in COVERAGE_TRAINED[model]:
        named = [MODELS.at[model, "head"], *HEADS[training]]
        if lost := [head for head in named if head and shape and head not in known]:
            raise ConfigError(
                f"{config['tables']['models']}: model {model}, training {training}: head {lost[0]} "
                f"is not in {MODELS.at[model, 'hyperparameters']}, which has {', '.join(known)}"
            )
        if "" not in HEADS[training] and named[0] not in HEADS[training]:
            raise ConfigError(
                f"{config['tables']['models']}: head of model {model} is {named[0] or 'empty'}; "
                f"expected one that its training {training} has: {', '.join(HEADS[training])}"
            )
        for head, name in HEADS[training].items() if shape else []:
            units = known[head or named[0] or next(iter(known))]
            said = f"{MODELS.at[model, 'hyperparameters']}, which learns it,"
            table = located(COVERAGE_SETS.at[name, "targets"])
            checked(check_outputs, table, units, said, True)
            if int(COVERAGE_SETS.at[name, "window_bp"]) != shape.window_length_bp:
                raise ConfigError(
                    f"{config['tables']['coverage_sets']}: window_bp of {name} is "
                    f"{COVERAGE_SETS.at[name, 'window_bp']}, but seq_length of "
                    f"{MODELS.at[model, 'hyperparameters']}, which learns it, is "
                    f"{shape.window_length_bp}; give both the same"
                )


for training, heads in HEADS.items():
    path = Path(located(TRAININGS.at[training, "recipe"]))
    tables = [located(COVERAGE_SETS.at[name, "targets"]) for name in heads.values()]
    known = list(map(known_tracks, tables))
    if path.exists() and all(known):
        descriptions = [text for tracks in known for text in tracks.description]
        _, options = read_recipe(path, CoverageOptions)
        try:
            check_track_weights(options.track_weights, descriptions)
        except InputError as error:
            raise ConfigError(
                f"{config['tables']['trainings']}: training {training}: {path}: {error}"
            )


def starts_from(training):
    """(model, fold) whose weights a training starts from; None where they come from elsewhere."""
    path = re.fullmatch(
        r"results/training/(.+)\.fold(.+)\.safetensors",
        TRAININGS.at[training, "initial"],
    )
    return path.groups() if path and path.groups() in COVERAGE_TRAINED.index else None


numbered = {}
for (model, fold), training in COVERAGE_TRAINED.items():
    where = f"{config['tables']['folds']}: fold {fold} of model {model}"
    try:
        numbers = fold_numbers(fold)
    except InputError as error:
        raise ConfigError(f"{where}: {error}")
    if numbered.setdefault((model, training, numbers), fold) != fold:
        raise ConfigError(
            f"{where} is the training that fold {numbered[model, training, numbers]} is; expected "
            "one name for each, such as f3c0 and f3c1 for two trainings on the same data"
        )
    first = starts_from(training)
    if first and fold_numbers(first[1])[0] != numbers[0]:
        raise ConfigError(
            f"{where} starts from fold {first[1]} of {first[0]}, which learned from windows that "
            f"are to judge it; expected weights of fold {numbers[0]}: give each fold a training "
            "of its own"
        )

takers = {}
for (model, fold), training in COVERAGE_TRAINED.items():
    if len(HEADS[training]) == 1:
        continue
    first, row = SHARED.setdefault(training, model), MODELS.loc[model]
    if row["hyperparameters"] != MODELS.at[first, "hyperparameters"]:
        raise ConfigError(
            f"{config['tables']['models']}: hyperparameters of {model} are not those of {first}, "
            f"and both are of training {training}, which trains one network; give {model} the "
            "same, or a training of its own"
        )
    if takers.setdefault((training, fold, row["head"]), model) != model:
        raise ConfigError(
            f"{config['tables']['folds']}: {takers[training, fold, row['head']]} and {model} both "
            f"take head {row['head']} of training {training}, fold {fold}; they would be the same"
        )


def folds_among(shared):
    """A wildcard constraint of `model`: the trained folds that do or do not share a training."""
    return (
        "|".join(
            rf"{re.escape(model)}(?=\.fold{re.escape(fold)}\.)"
            for (model, fold), training in COVERAGE_TRAINED.items()
            if (training in SHARED) == shared
        )
        or "none"
    )


def set_of(model, training):
    """The coverage set that a model learns."""
    heads = HEADS[training]
    return heads.get("") or heads[MODELS.at[model, "head"]]


# The tracks of a model's outputs, once its own table is known to say the same.
OUTPUTS = "results/training/{model}.fold{fold}.outputs.tsv"


def tracks_to_check(wildcards):
    """Input function: targets tables of the set that a fold learns and of its model."""
    learned = set_of(wildcards.model, TRAINED[wildcards.model, wildcards.fold])
    tables = [
        COVERAGE_SETS.at[learned, "targets"],
        MODELS.at[wildcards.model, "tracks"],
    ]
    return {"targets": [undated(given_file(table)) for table in tables]}


def sets_seen(model, fold):
    """Coverage sets that a fold learned from, those of the weights it started from included."""
    training = COVERAGE_TRAINED.get((model, fold))
    if training is None:
        return []
    first = starts_from(training)
    return sorted({*HEADS[training].values(), *(sets_seen(*first) if first else [])})


def coverage_files(wildcards):
    """Input function: stores that a coverage model learns from, one a head, and their tracks."""
    sets = HEADS[training_of(wildcards).name].values()
    files = {
        **stores_of(sets),
        "targets": [
            undated(given_file(COVERAGE_SETS.at[name, "targets"])) for name in sets
        ],
    }
    if hasattr(wildcards, "model"):  # a training of several heads is no model's
        # checked before it starts; ancient, as another table of tracks is no reason to train anew
        files["outputs"] = ancient(expand(OUTPUTS, **wildcards))
    return files


def track_weights(wildcards):
    """Params function: weights of tracks in the loss, the only number that descriptions decide."""
    training = training_of(wildcards).name
    paths = [
        located(COVERAGE_SETS.at[name, "targets"]) for name in HEADS[training].values()
    ]
    recipe, tables = located(TRAININGS.at[training, "recipe"]), map(known_tracks, paths)
    patterns = (
        Path(recipe).exists() and read_recipe(recipe, CoverageOptions)[1].track_weights
    )
    return [
        weights_of_tracks(patterns, tracks.description.tolist()).tolist()
        for tracks in tables
        if patterns and tracks
    ]


def coverage_training_facts(wildcards):
    """What weights of a coverage model say of their training."""
    heads = ",".join(HEADS[training_of(wildcards).name])
    head = heads or MODELS.at[wildcards.model, "head"]
    return {**training_facts(wildcards), "head": head or ""}


def shared_heads(wildcards):
    """Input function: the heads of the training that a fold takes its own from.

    A folder, which Snakemake knows by its date alone; the history beside it is made with it.
    """
    training = TRAINED[wildcards.model, wildcards.fold]
    path = f"results/training/{training}.fold{wildcards.fold}.heads"
    return {"heads": ancient(path), "history": f"{path}.history.tsv"}
