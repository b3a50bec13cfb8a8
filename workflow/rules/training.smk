from seqcast.errors import InputError
from seqcast.training.reads_recipe import read_reads_recipe

TRAININGS = read_table("trainings", ["training"])
# (model, fold) -> its training
TRAINED = FOLDS.loc[FOLDS["origin"] == "train", "source"].astype(str)
check_names("folds", TRAINED, "trainings", TRAININGS.index)
if others := [model for model, _ in TRAINED.index if model not in READ_MODELS]:
    raise WorkflowError(
        f"{config['tables']['folds']}: model {others[0]} has origin train, but its task in "
        f"{config['tables']['models']} is {MODELS.at[others[0], 'task']}; only models of task "
        "reads can be trained here. Give the weights (origin source), or drawn ones (random)."
    )
LEARNING_CURVES = [
    f"results/training/{model}.fold{fold}.learning_curve.png"
    for model, fold in TRAINED.index
]
# Files of each, without `initial` where weights are drawn.
TRAINING_FILES = {
    fold: {
        name: located(path) for name, path in TRAININGS.loc[training].items() if path
    }
    for fold, training in TRAINED.items()
}
# Snakemake removes the outputs of a job before it starts: a mistake that is found here costs no
# finished weights. A recipe that is still to be downloaded is read by its job.
for training in dict.fromkeys(TRAINED):
    row = TRAININGS.loc[training]
    where = f"{config['tables']['trainings']}: training {training}"
    if located(row["train"]) == located(row["validation"]):
        raise WorkflowError(
            f"{where}: train and validation are both {row['train']}; give validation reads of "
            "genomes that the training reads are not of"
        )
    if Path(located(row["recipe"])).exists():
        try:
            read_reads_recipe(located(row["recipe"]))
        except InputError as error:
            raise WorkflowError(f"{where}: {error}")


# A checkpoint is no output: Snakemake removes the outputs of a job that fails, and an interrupted
# training goes on from it. The job removes it at the end.
rule train_reads:
    input:
        unpack(lambda wildcards: TRAINING_FILES[wildcards.model, wildcards.fold]),
        hyperparameters=lambda wildcards: located(
            MODELS.at[wildcards.model, "hyperparameters"]
        ),
    output:
        weights="results/training/{model}.fold{fold}.safetensors",
        history="results/training/{model}.fold{fold}.history.tsv",
    log:
        "logs/train_reads/{model}.fold{fold}.log",
    benchmark:
        "logs/train_reads/{model}.fold{fold}.benchmark.tsv"
    wildcard_constraints:
        model=one_of(READ_MODELS),
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        gpu=1,
    params:
        checkpoint="results/training/checkpoints/{model}.fold{fold}.pt",
        facts=lambda wildcards: {
            "model": wildcards.model,
            "fold": wildcards.fold,
            "architecture": MODELS.at[wildcards.model, "architecture"],
            "training": TRAINED[wildcards.model, wildcards.fold],
        },
        device=config["inference"]["device"],
        code=code_of("train_reads"),
    script:
        "../scripts/train_reads.py"


rule plot_learning_curve:
    input:
        "results/training/{model}.fold{fold}.history.tsv",
    output:
        report(
            "results/training/{model}.fold{fold}.learning_curve.png",
            caption="../report/learning_curve.rst",
            category="Training",
            subcategory="{model}",
            labels={"fold": "{fold}", "what": "learning curve"},
        ),
    log:
        "logs/plot_learning_curve/{model}.fold{fold}.log",
    conda:
        "../../envs/report.yaml"
    params:
        code=code_of("plot_learning_curve"),
    script:
        "../scripts/plot_learning_curve.py"
