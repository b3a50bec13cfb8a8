rule approximate_effects:
    input:
        unpack(catalogue.model_files),
        unpack(catalogue.genome),
        weights=catalogue.fold_weights,
        variants="results/variants/{dataset}.parquet",
        annotation=catalogue.genes,
    output:
        temp("results/attributions/{model}/shards/{dataset}.{shard}.parquet"),
    log:
        "logs/approximate_effects/{model}/{dataset}.{shard}.log",
    benchmark:
        "logs/approximate_effects/{model}/{dataset}.{shard}.benchmark.tsv"
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
        options=plan.attributions.options,
        head=catalogue.head,
        shards=plan.attributions.number_of_shards,
        given=given_content,
        code=code_of("approximate_effects"),
    script:
        "../scripts/approximate_effects.py"


rule compare_attributions:
    input:
        maps="results/maps/{model}/{dataset}.parquet",
        attributions=plan.attributions.shards,
    output:
        bases="results/maps/{model}/{dataset}.attributions.parquet",
        agreement="results/maps/{model}/{dataset}.agreement.tsv",
    log:
        "logs/compare_attributions/{model}/{dataset}.log",
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        given=given_content,
        code=code_of("compare_attributions"),
    script:
        "../scripts/compare_attributions.py"


rule screen_variants:
    input:
        plan.attributions.shards,
    output:
        table="results/screens/{model}/{dataset}.tsv.gz",
        selected="results/screens/{model}/{dataset}.selected.vcf",
    log:
        "logs/screen_variants/{model}/{dataset}.log",
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        threshold=plan.attributions.threshold,
        given=given_content,
        code=code_of("screen_variants"),
    script:
        "../scripts/screen_variants.py"
