"""What the planted truth of the simulated genome is compared with."""

PLANTED = config["planted_truth"]
if PLANTED["variants"]:
    for key, names in [("variants", VARIANT_SETS), ("coverage", WINDOW_SETS)]:
        if PLANTED[key] not in names:
            raise ConfigError(
                f"config: planted_truth.{key} is {PLANTED[key]!r}, which is no dataset of that "
                f"kind in {catalogue.path_of('datasets')}"
            )
    if not PLANTED["held_out"]:
        raise ConfigError(
            "config: planted_truth.held_out is empty; name the contigs that no fold learned from"
        )
    REPORT.append("results/planted_truth/simulated_gene.png")
    REPORT += expand(
        "results/planted_truth/{model}.{kind}",
        model=COVERAGE_MODELS, kind=["png", "html"],
    )  # fmt: skip


def of_folds(folder, key, suffix):
    """Input function: what each fold of a model gives for a set of the planted truth."""
    return lambda wildcards: expand(
        f"results/{folder}/{{model}}/{PLANTED[key]}.fold{{fold}}.{suffix}",
        model=wildcards.model,
        fold=folds_of(wildcards.model),
    )


def sets_learned(wildcards):
    """Input function: stores on the simulated genome that folds of a model were trained with."""
    folds = folds_of(wildcards.model)
    sets = {
        name
        for fold in folds
        for name in plan.coverage_trainings.seen_by(wildcards.model, fold)
    }
    assembly = DATASETS.at[PLANTED["variants"], "assembly"]
    on_it = [
        name
        for name in sorted(sets)
        if plan.coverage_sets.rows[name].assembly == assembly
    ]
    return plan.coverage_sets.stores(on_it)
