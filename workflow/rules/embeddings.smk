include: "mrna_common.smk"


rule prepare_transcripts:
    input:
        unpack(transcript_files),
    output:
        "results/transcripts/{dataset}.parquet",
    log:
        "logs/prepare_transcripts/{dataset}.log",
    wildcard_constraints:
        dataset=one_of(TRANSCRIPT_SETS),
    conda:
        "../../envs/tables.yaml"
    params:
        facts=lambda wildcards: {
            "dataset": wildcards.dataset,
            "assembly": DATASETS.at[wildcards.dataset, "assembly"],
        },
        options=transcript_options,
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
        nucleotides=NUCLEOTIDE_FEATURES,
    log:
        "logs/embed_sequences/{model}/{dataset}.fold{fold}.log",
    benchmark:
        "logs/embed_sequences/{model}/{dataset}.fold{fold}.benchmark.tsv"
    wildcard_constraints:
        model=one_of(EMBEDDING_MODELS),
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        gpu=1,
    params:
        facts=lambda wildcards: {
            **catalogue.facts(wildcards, "assembly"),
            "dataset": wildcards.dataset,
        },
        options={
            name: value
            for name, value in config["embeddings"].items()
            if name not in {"per_nucleotide", "batch_tokens"}
        },
        precision=config["inference"]["precision"],
        given=given_content,
        code=code_of("embed_sequences"),
    script:
        "../scripts/embed_sequences.py"


rule plot_embeddings:
    input:
        lambda wildcards: EMBEDDINGS[
            wildcards.model, wildcards.dataset, folds_of(wildcards.model)[0]
        ],
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
    conda:
        "../../envs/report.yaml"
    params:
        fold=lambda wildcards: folds_of(wildcards.model)[0],
        given=given_content,
        code=code_of("plot_embeddings"),
    script:
        "../scripts/plot_embeddings.py"


rule summarise_embeddings:
    input:
        tables=EMBEDDINGS.values(),
    output:
        report(
            "results/report/embeddings.html",
            caption="../report/embeddings_summary.rst",
            category="Embeddings",
            labels={"what": "summary"},
        ),
    log:
        "logs/summarise_embeddings.log",
    conda:
        "../../envs/report.yaml"
    params:
        templates=template_digest("embeddings.html"),
        given=given_content,
        code=code_of("summarise_embeddings"),
    script:
        "../scripts/summarise_embeddings.py"
