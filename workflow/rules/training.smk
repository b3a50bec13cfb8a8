include: "coverage_sets.smk"
include: "training_common.smk"


# A checkpoint is no output: Snakemake removes the outputs of a job that fails, and an interrupted
# training goes on from it. The job removes it at the end.
rule train_reads:
    input:
        unpack(training_files("train", "validation", "initial", "recipe")),
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
        facts=training_facts,
        device=config["inference"]["device"],
        code=code_of("train_reads"),
    script:
        "../scripts/train_reads.py"


rule train_language_model:
    input:
        unpack(text_files),
        unpack(training_files("initial", "recipe")),
    output:
        weights="results/training/{model}.fold{fold}.safetensors",
        history="results/training/{model}.fold{fold}.history.tsv",
    log:
        "logs/train_language_model/{model}.fold{fold}.log",
    benchmark:
        "logs/train_language_model/{model}.fold{fold}.benchmark.tsv"
    wildcard_constraints:
        model=one_of(EMBEDDING_MODELS),
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        gpu=1,
    params:
        checkpoint="results/training/checkpoints/{model}.fold{fold}.pt",
        facts=training_facts,
        device=config["inference"]["device"],
        code=code_of("train_language_model"),
    script:
        "../scripts/train_language_model.py"


rule train_coverage:
    input:
        unpack(coverage_files),
        unpack(training_files("initial", "recipe")),
    output:
        weights="results/training/{model}.fold{fold}.safetensors",
        history="results/training/{model}.fold{fold}.history.tsv",
    log:
        "logs/train_coverage/{model}.fold{fold}.log",
    benchmark:
        "logs/train_coverage/{model}.fold{fold}.benchmark.tsv"
    wildcard_constraints:
        model=one_of(COVERAGE_MODELS),
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        gpu=1,
    params:
        checkpoint="results/training/checkpoints/{model}.fold{fold}.pt",
        facts=coverage_training_facts,
        device=config["inference"]["device"],
        code=code_of("train_coverage"),
    script:
        "../scripts/train_coverage.py"


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


include: "coverage_accuracy.smk"
