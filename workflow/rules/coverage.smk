rule predict_coverage:
    input:
        unpack(catalogue.model_files),
        unpack(catalogue.genome),
        weights="resources/models/{model}.fold{fold}.safetensors",
        regions=catalogue.file,
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
        gpu=plan.gpus,
        mem_mb=memory_mb,
        runtime=runtime_min,
        disk_mb=disk_mb,
    params:
        facts=catalogue.located_facts,
        precision=config["inference"]["precision"],
        options=plan.variant_effects.prediction_options,
        head=catalogue.head,
        given=given_content,
        code=code_of("predict_coverage"),
    script:
        "../scripts/predict_coverage.py"


rule ensemble_coverage:
    input:
        plan.coverage.folds,
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
        unpack(catalogue.genome),
        coverage="results/coverage/{model}/{dataset}.ensemble.zarr",
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
