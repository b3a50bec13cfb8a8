"""Which coverage models are tested on which coverage sets, to paths."""

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.target_windows import read_windows

ACCURACY_OPTIONS = config["coverage_accuracy"]
DECAY_COURSES = ACCURACY_OPTIONS["decay_courses"]
HALF_LIVES = ACCURACY_OPTIONS["half_lives"]
COMPARED = ACCURACY_OPTIONS["compared"]
PER_SET = ["decay_courses", "half_lives", "compared"]
for key, found, known in [
    *((k, ACCURACY_OPTIONS[k], COVERAGE_SETS.index) for k in PER_SET),
    ("compared", sum(COMPARED.values(), []), COVERAGE_MODELS),
]:
    if missing := [name for name in found if name not in known]:
        raise ConfigError(
            f"config: coverage_accuracy.{key} names {missing[0]!r}; expected one of "
            f"{', '.join(known) or 'none'}"
        )
if HALF_LIVES and not ACCURACY_OPTIONS["half_life_features"]:
    raise ConfigError(
        "config: coverage_accuracy.half_lives names tables, but half_life_features none; give "
        "the table of features that half-lives are predicted from"
    )
for name, pattern in DECAY_COURSES.items():
    checked(
        check_pattern,
        f"config: coverage_accuracy.decay_courses.{name}",
        pattern,
        located(COVERAGE_SETS.at[name, "targets"]),
    )
ACCURACY_PATH = "results/coverage_accuracy/{model}/{coverage_set}.fold{fold}"
ACCURACY_FIGURE = "results/report/{model}/{coverage_set}.fold{fold}"


def parts_of_set(name):
    """Parts of a set's windows, empty where its file of windows is still to be fetched."""
    row = COVERAGE_SETS.loc[name]
    if name in RECORD_SETS:
        path = f"{row['tfrecords']}/sequences.bed"
    elif named_windows(row):
        path = located(named_windows(row))
    else:
        return {f"fold{i}" for i in range(numbers_of(row)["folds"])}
    if not Path(path).exists():
        return set()
    try:
        return set(read_windows(path)["part"])
    except InputError as error:
        raise ConfigError(f"{config['tables']['coverage_sets']}: {name}: {error}")


def is_tested(name):
    """Whether a set has windows that no fold trains on, as far as is known."""
    parts = parts_of_set(name)
    return not parts or "test" in parts or not parts & {"train", "valid"}


# Coverage set -> the models and folds that are tested on it
TESTED = {name: [] for name in COVERAGE_SETS.index if is_tested(name)}
for (model, fold), training in COVERAGE_TRAINED.items():
    if (learned := set_of(model, training)) in TESTED:
        TESTED[learned].append((model, fold))
for name, models in COMPARED.items():
    if name not in TESTED:
        raise ConfigError(
            f"config: coverage_accuracy.compared names {name}, whose windows have no part test; "
            "give the set folds, or contigs as fixed test"
        )
    TESTED[name] += [
        (model, fold)
        for model in models
        for fold in folds_of(model)
        if (model, fold) not in TESTED[name]
    ]
ACCURACY = [
    path.format(model=model, coverage_set=name, fold=fold)
    for name, tested in TESTED.items()
    for model, fold in tested
    for path in [f"{ACCURACY_PATH}.half_lives.tsv", f"{ACCURACY_FIGURE}.genes.png"]
    + [f"{ACCURACY_FIGURE}.decays.png"] * (name in DECAY_COURSES)
]
ACCURACY += [
    f"results/report/{name}.accuracy_bins.png" for name in TESTED if TESTED[name]
]
ACCURACY += [
    f"results/coverage_accuracy/{model}/{name}.saluki.tsv"
    for name in HALF_LIVES
    for model in dict.fromkeys(model for model, _ in TESTED.get(name, []))
]
LEARNING_CURVES += ACCURACY


def stores_of_fold(wildcards):
    """Input function: the sets that a fold learned from, none where that was elsewhere."""
    return stores_of(sets_seen(wildcards.model, wildcards.fold), "learned", "digests")


def accuracy_files(*kinds, path=ACCURACY_PATH):
    """Input files of one evaluated fold, by kind."""
    suffixes = {
        "tracks": "tracks.tsv",
        "genes": "genes.tsv",
        "gene_preds": "gene_preds.parquet",
        "gene_targets": "gene_targets.parquet",
    }
    return {kind: f"{path}.{suffixes[kind]}" for kind in kinds}


def tested_tracks(wildcards):
    """Input function: tables of tracks of all that is tested on a set."""
    return [
        f"{ACCURACY_PATH}.tracks.tsv".format(
            model=model, coverage_set=wildcards.coverage_set, fold=fold
        )
        for model, fold in TESTED.get(wildcards.coverage_set, [])
    ]


def tested_names(wildcards):
    """Params function: what figures call those."""
    return [
        f"{model} fold {fold}" for model, fold in TESTED.get(wildcards.coverage_set, [])
    ]


def tested_folds(wildcards):
    """Folds of a model that are tested on a set: those of the plan, or else all it has."""
    planned = TESTED.get(wildcards.coverage_set, [])
    return [fold for model, fold in planned if model == wildcards.model] or folds_of(
        wildcards.model
    )


def saluki_files(wildcards):
    """Input function: predicted genes of a model's folds, and what their half-lives are."""
    names = {"model": wildcards.model, "coverage_set": wildcards.coverage_set}
    folds = tested_folds(wildcards)
    kinds = accuracy_files("gene_preds", "genes", "tracks").items()
    found = {k: [path.format(fold=f, **names) for f in folds] for k, path in kinds}
    return {
        **found,
        "half_lives": given_file(HALF_LIVES[wildcards.coverage_set]),
        "features": given_file(ACCURACY_OPTIONS["half_life_features"]),
    }


def accuracy_facts(wildcards):
    """What tables of accuracy say of the model that made them."""
    fold = FOLDS.loc[(wildcards.model, wildcards.fold)]
    return {
        "model": wildcards.model,
        "fold": wildcards.fold,
        "coverage_set": wildcards.coverage_set,
        "architecture": MODELS.at[wildcards.model, "architecture"],
        "origin": fold["origin"],
    }
