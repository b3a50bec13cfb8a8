rule score_oligos:
    input:
        unpack(catalogue.model_files),
        unpack(catalogue.genome),
        unpack(catalogue.aliases),
        weights="resources/models/{model}.fold{fold}.safetensors",
        oligos=catalogue.file,
        contexts=plan.oligos.contexts,
        annotation=catalogue.genes,
    output:
        temp(
            "results/oligo_effects/{model}/shards/{dataset}.fold{fold}.{shard}.parquet"
        ),
    log:
        "logs/score_oligos/{model}/{dataset}.fold{fold}.{shard}.log",
    benchmark:
        "logs/score_oligos/{model}/{dataset}.fold{fold}.{shard}.benchmark.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        gpu=plan.gpus,
        mem_mb=memory_mb,
        runtime=runtime_min,
    params:
        facts=catalogue.located_facts,
        precision=config["inference"]["precision"],
        options=plan.oligos.score_options,
        head=catalogue.head,
        shards=plan.oligos.number_of_shards,
        given=given_content,
        code=code_of("score_oligos"),
    script:
        "../scripts/score_oligos.py"


rule gather_oligo_shards:
    input:
        plan.oligos.shards,
    output:
        "results/oligo_effects/{model}/{dataset}.fold{fold}.parquet",
    log:
        "logs/gather_oligo_shards/{model}/{dataset}.fold{fold}.log",
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        given=given_content,
        code=code_of("gather_oligo_shards"),
    script:
        "../scripts/gather_oligo_shards.py"


rule ensemble_oligo_effects:
    input:
        plan.oligos.folds,
    output:
        "results/oligo_effects/{model}/{dataset}.ensemble.parquet",
    log:
        "logs/ensemble_oligo_effects/{model}/{dataset}.log",
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        given=given_content,
        code=code_of("ensemble_oligo_effects"),
    script:
        "../scripts/ensemble_oligo_effects.py"


rule export_oligos_h5:
    input:
        scores="results/oligo_effects/{model}/{dataset}.{folds}.parquet",
        tracks="results/variant_effects/{model}/tracks.parquet",
    output:
        "results/oligo_effects/{model}/{dataset}.{folds}.shift{shift_bp}.sed.h5",
    log:
        "logs/export_oligos_h5/{model}/{dataset}.{folds}.shift{shift_bp}.log",
    wildcard_constraints:
        folds=r"ensemble|fold[^.]+",
        shift_bp=r"-?\d+",
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        given=given_content,
        code=code_of("export_oligos_h5"),
    script:
        "../scripts/export_oligos_h5.py"


rule fit_half_lives:
    input:
        unpack(plan.coverage_accuracy.half_life_files),
    output:
        "results/coverage_accuracy/{model}/{coverage_set}.half_life_models.tsv",
    log:
        "logs/fit_half_lives/{model}/{coverage_set}.log",
    wildcard_constraints:
        model=one_of(catalogue.of_task("coverage")),
        coverage_set=one_of(plan.coverage_accuracy.half_lives),
    conda:
        "../../envs/torch.yaml"
    params:
        folds=plan.coverage_accuracy.folds,
        options=plan.coverage_accuracy.half_life_options,
        given=given_content,
        code=code_of("fit_half_lives"),
    script:
        "../scripts/fit_half_lives.py"


rule evaluate_oligos:
    input:
        unpack(plan.oligo_benchmarks.files),
    output:
        results="results/benchmarks/{benchmark}.tsv",
        variants="results/benchmarks/{benchmark}.variants.parquet",
    log:
        "logs/evaluate_oligos/{benchmark}.log",
    wildcard_constraints:
        benchmark=one_of(plan.oligo_benchmarks.rows),
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        folds=plan.oligo_benchmarks.folds,
        half_lives=plan.oligo_benchmarks.half_lives,
        options=plan.oligo_benchmarks.options,
        given=given_content,
        code=code_of("evaluate_oligos"),
    script:
        "../scripts/evaluate_oligos.py"
