# A checkpoint is no output: Snakemake removes the outputs of a job that fails, and an interrupted
# training goes on from it. The job removes it at the end.
rule train:
    input:
        unpack(with_dates(plan.training_jobs.files)),
    output:
        weights="results/training/{model}.fold{fold}.safetensors",
        history="results/training/{model}.fold{fold}.history.tsv",
    log:
        "logs/train/{model}.fold{fold}.log",
    benchmark:
        "logs/train/{model}.fold{fold}.benchmark.tsv"
    wildcard_constraints:
        model=one_of(plan.training_jobs.models),
    conda:
        "../../envs/torch.yaml"
    threads: plan.training_jobs.threads
    resources:
        gpu=plan.training_jobs.gpus,
        mem_mb=plan.training_jobs.memory_mb,
        runtime=plan.training_jobs.runtime_min,
    params:
        checkpoint="results/training/checkpoints/{model}.fold{fold}.pt",
        task=plan.training_jobs.task,
        facts=plan.training_jobs.facts,
        options=plan.training_jobs.options,
        track_weights=plan.training_jobs.track_weights,
        given=given_numbers,
        code=code_of("train"),
    script:
        "../scripts/train.py"


# A job of its own: were the model's table an input of the training, a subset of its tracks to be
# predicted would train the model anew.
rule check_tracks:
    input:
        unpack(with_dates(plan.coverage_trainings.tables)),
    output:
        "results/training/{model}.fold{fold}.outputs.tsv",
    log:
        "logs/check_tracks/{model}.fold{fold}.log",
    wildcard_constraints:
        model=one_of(plan.training_jobs.models),
    conda:
        "../../envs/torch.yaml"
    params:
        given=given_numbers,
        code=code_of("check_tracks"),
    script:
        "../scripts/check_tracks.py"


# Several sets: one training, which no model owns, so that a model can be added without another.
use rule train as train_heads with:
    output:
        weights=directory("results/training/{training}.fold{fold}.heads"),
        history="results/training/{training}.fold{fold}.heads.history.tsv",
    log:
        "logs/train_heads/{training}.fold{fold}.log",
    benchmark:
        "logs/train_heads/{training}.fold{fold}.benchmark.tsv"
    wildcard_constraints:
        training=one_of(plan.coverage_trainings.shared),
    params:
        checkpoint="results/training/checkpoints/{training}.fold{fold}.heads.pt",


rule take_head:
    input:
        unpack(with_dates(plan.coverage_trainings.shared_heads)),
        tracks=catalogue.tracks,
    output:
        weights="results/training/{model}.fold{fold}.head.safetensors",
        history="results/training/{model}.fold{fold}.head.history.tsv",
    log:
        "logs/take_head/{model}.fold{fold}.log",
    wildcard_constraints:
        model=one_of(plan.coverage_trainings.takers),
    conda:
        "../../envs/torch.yaml"
    params:
        head=catalogue.head,
        given=given_content,
        code=code_of("take_head"),
    script:
        "../scripts/take_head.py"


rule plot_learning_curve:
    input:
        plan.trainings.history,
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
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        given=given_content,
        code=code_of("plot_learning_curve"),
    script:
        "../scripts/plot_learning_curve.py"


rule grade_training:
    input:
        unpack(plan.training_pages.graded),
    output:
        "results/training/{model}.fold{fold}.verdict.tsv",
    log:
        "logs/grade_training/{model}.fold{fold}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        given=given_content,
        code=code_of("grade_training"),
    script:
        "../scripts/grade_training.py"


rule summarise_training:
    input:
        unpack(plan.training_pages.shown),
    output:
        report(
            "results/training/{model}.fold{fold}.html",
            caption="../report/training.rst",
            category="Training",
            subcategory="{model}",
            labels={"fold": "{fold}", "what": "training and verdict"},
        ),
    log:
        "logs/summarise_training/{model}.fold{fold}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        about=plan.training_pages.about,
        descriptions=catalogue.description,
        templates=template_digest("training.html"),
        given=given_content,
        code=code_of("summarise_training"),
    script:
        "../scripts/summarise_training.py"


rule plot_windows:
    input:
        plan.training_pages.windows,
    output:
        "results/training/{model}.fold{fold}.windows.png",
    log:
        "logs/plot_windows/{model}.fold{fold}.log",
    wildcard_constraints:
        model=one_of(catalogue.of_task("coverage")),
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        given=given_content,
        code=code_of("plot_windows"),
    script:
        "../scripts/plot_windows.py"
