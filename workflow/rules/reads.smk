rule classify_reads:
    input:
        unpack(read_files),
        unpack(model_files),
        weights=fold_weights,
    output:
        "results/reads/{model}/{dataset}.parquet",
    log:
        "logs/classify_reads/{model}/{dataset}.log",
    benchmark:
        "logs/classify_reads/{model}/{dataset}.benchmark.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        gpu=1,
    params:
        labelled=lambda wildcards: DATASETS.at[wildcards.dataset, "kind"]
        == "labelled_reads",
        facts=reads_facts,
        options=config["reads"],
        inference=config["inference"],
        code=code_of("classify_reads"),
    script:
        "../scripts/classify_reads.py"


rule split_reads:
    input:
        unpack(read_files),
        table="results/reads/{model}/{dataset}.parquet",
    output:
        directory("results/reads/{model}/{dataset}.split"),
    log:
        "logs/split_reads/{model}/{dataset}.log",
    conda:
        "../../envs/torch.yaml"
    params:
        rule=config["split_reads"],
        code=code_of("split_reads"),
    script:
        "../scripts/split_reads.py"


rule export_predictions:
    input:
        "results/reads/{model}/{dataset}.parquet",
    output:
        "results/reads/{model}/{dataset}.pred_results.npy",
    log:
        "logs/export_predictions/{model}/{dataset}.log",
    conda:
        "../../envs/torch.yaml"
    params:
        code=code_of("export_predictions"),
    script:
        "../scripts/export_predictions.py"
