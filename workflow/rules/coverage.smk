rule predict_coverage:
    input:
        unpack(catalogue.model_files),
        weights="resources/models/{model}.fold{fold}.safetensors",
        regions=lambda wildcards: given_file(DATASETS.at[wildcards.dataset, "path"]),
        genome=assembly_file(".fa.gz"),
        index=assembly_file(".fa.gz.fai"),
    output:
        "results/coverage/{model}/{dataset}.fold{fold}.zarr",
    log:
        "logs/predict_coverage/{model}/{dataset}.fold{fold}.log",
    benchmark:
        "logs/predict_coverage/{model}/{dataset}.fold{fold}.benchmark.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        gpu=1,
    params:
        facts=lambda wildcards: catalogue.facts(wildcards, "assembly"),
        precision=config["inference"]["precision"],
        options=PREDICTION_OPTIONS,
        head=cell(MODELS, "model", "head"),
        given=given_content,
        code=code_of("predict_coverage"),
    script:
        "../scripts/predict_coverage.py"


rule ensemble_coverage:
    input:
        lambda wildcards: expand(
            "results/coverage/{{model}}/{{dataset}}.fold{fold}.zarr",
            fold=folds_of(wildcards.model),
        ),
    output:
        "results/coverage/{model}/{dataset}.ensemble.zarr",
    log:
        "logs/ensemble_coverage/{model}/{dataset}.log",
    conda:
        "../../envs/tables.yaml"
    params:
        given=given_content,
        code=code_of("ensemble_coverage"),
    script:
        "../scripts/ensemble_coverage.py"


rule export_bigwig:
    input:
        coverage="results/coverage/{model}/{dataset}.ensemble.zarr",
        genome=assembly_file(".fa.gz"),
        index=assembly_file(".fa.gz.fai"),
    output:
        directory("results/coverage/{model}/{dataset}.ensemble.bigwig"),
    log:
        "logs/export_bigwig/{model}/{dataset}.log",
    conda:
        "../../envs/tables.yaml"
    params:
        given=given_content,
        code=code_of("export_bigwig"),
    script:
        "../scripts/export_bigwig.py"
