rule prepare_transcripts:
    input:
        unpack(plan.transcripts.files),
    output:
        "results/transcripts/{dataset}.parquet",
    log:
        "logs/prepare_transcripts/{dataset}.log",
    wildcard_constraints:
        dataset=one_of(plan.transcripts.names),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        facts=plan.transcripts.facts,
        options=plan.transcripts.options,
        given=given_content,
        code=code_of("prepare_transcripts"),
    script:
        "../scripts/prepare_transcripts.py"


# Folds are never averaged: each has features of its own.
rule embed_sequences:
    input:
        unpack(catalogue.model_files),
        weights="resources/models/{model}.fold{fold}.safetensors",
        transcripts="results/transcripts/{dataset}.parquet",
    output:
        table="results/embeddings/{model}/{dataset}.fold{fold}.parquet",
        nucleotides=plan.transcripts.nucleotide_features,
    log:
        "logs/embed_sequences/{model}/{dataset}.fold{fold}.log",
    benchmark:
        "logs/embed_sequences/{model}/{dataset}.fold{fold}.benchmark.tsv"
    wildcard_constraints:
        model=one_of(catalogue.of_task("embedding")),
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        gpu=plan.gpus,
        mem_mb=memory_mb,
        runtime=runtime_min,
    params:
        facts=catalogue.dataset_facts,
        options=plan.transcripts.table_options,
        precision=config["inference"]["precision"],
        given=given_content,
        code=code_of("embed_sequences"),
    script:
        "../scripts/embed_sequences.py"


rule plot_embeddings:
    input:
        plan.transcripts.first_table,
    output:
        report(
            "results/report/{model}/{dataset}.embeddings.png",
            caption="../report/embeddings.rst",
            category="Embeddings",
            subcategory="{model}",
            labels={"dataset": "{dataset}", "what": "features"},
        ),
    log:
        "logs/plot_embeddings/{model}/{dataset}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        fold=plan.transcripts.first_fold,
        given=given_content,
        code=code_of("plot_embeddings"),
    script:
        "../scripts/plot_embeddings.py"


rule summarise_embeddings:
    input:
        tables=plan.transcripts.tables,
    output:
        report(
            "results/report/embeddings.html",
            caption="../report/embeddings_summary.rst",
            category="Embeddings",
            labels={"what": "summary"},
        ),
    log:
        "logs/summarise_embeddings.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        descriptions=catalogue.descriptions("embedding"),
        templates=template_digest("embeddings.html"),
        given=given_content,
        code=code_of("summarise_embeddings"),
    script:
        "../scripts/summarise_embeddings.py"
