# Not part of a run: `snakemake results/verification/summary.tsv` verifies every fold.
rule predict_verified:
    input:
        unpack(plan.verification.files),
    output:
        temp(directory("results/verification/{model}.fold{fold}.job")),
    log:
        "logs/predict_verified/{model}.fold{fold}.log",
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        mem_mb=memory_mb,
    params:
        facts=catalogue.facts,
        head=catalogue.head,
        options=plan.verification.options,
        given=given_content,
        code=code_of("predict_verified"),
    script:
        "../scripts/predict_verified.py"


# The environment of the originals: numpy 1, as TensorFlow 2.15 wants it, so not that of seqcast.
rule predict_original:
    input:
        unpack(plan.verification.files),
        job="results/verification/{model}.fold{fold}.job",
    output:
        temp("results/verification/{model}.fold{fold}.original"),
    log:
        "logs/predict_original/{model}.fold{fold}.log",
    conda:
        "../../envs/tensorflow.yaml"
    threads: config["inference"]["threads"]
    resources:
        mem_mb=memory_mb,
    params:
        given=given_content,
        code=code_of("predict_original"),
    script:
        "../scripts/predict_original.py"


rule verify_weights:
    input:
        job="results/verification/{model}.fold{fold}.job",
        original="results/verification/{model}.fold{fold}.original",
    output:
        "results/verification/{model}.fold{fold}.json",
    log:
        "logs/verify_weights/{model}.fold{fold}.log",
    conda:
        "../../envs/tables.yaml"
    params:
        given=given_content,
        code=code_of("verify_weights"),
    script:
        "../scripts/verify_weights.py"


rule summarise_verification:
    input:
        plan.verification.verdicts,
    output:
        "results/verification/summary.tsv",
    log:
        "logs/summarise_verification.log",
    localrule: True
    conda:
        "../../envs/tables.yaml"
    params:
        given=given_content,
        code=code_of("summarise_verification"),
    script:
        "../scripts/summarise_verification.py"
