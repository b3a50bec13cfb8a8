rule classify_reads:
    input:
        unpack(plan.reads.files),
        unpack(catalogue.model_files),
        weights=catalogue.fold_weights,
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
        gpu=plan.gpus,
        mem_mb=memory_mb,
        runtime=runtime_min,
    params:
        labelled=lambda job: plan.reads.is_labelled(job.dataset),
        interleaved=plan.reads.interleaved,
        facts=catalogue.facts,
        options=catalogue.part("reads", "threshold", "both_strands", "compat"),
        precision=config["inference"]["precision"],
        given=given_content,
        code=code_of("classify_reads"),
    script:
        "../scripts/classify_reads.py"


rule split_reads:
    input:
        unpack(plan.reads.files),
        table="results/reads/{model}/{dataset}.parquet",
    output:
        directory("results/reads/{model}/{dataset}.split"),
    log:
        "logs/split_reads/{model}/{dataset}.log",
    conda:
        "../../envs/tables.yaml"
    params:
        rule=config["split_reads"],
        interleaved=plan.reads.interleaved,
        given=given_content,
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
        "../../envs/tables.yaml"
    params:
        given=given_content,
        code=code_of("export_predictions"),
    script:
        "../scripts/export_predictions.py"


rule plot_reads:
    input:
        "results/reads/{model}/{dataset}.parquet",
    output:
        report(
            "results/report/{model}/{dataset}.reads.png",
            caption="../report/reads.rst",
            category="Reads",
            subcategory="{model}",
            labels={"dataset": "{dataset}", "what": "probabilities"},
        ),
    log:
        "logs/plot_reads/{model}/{dataset}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        threshold=config["reads"]["threshold"],
        given=given_content,
        code=code_of("plot_reads"),
    script:
        "../scripts/plot_reads.py"


rule summarise_reads:
    input:
        tables=plan.reads.tables,
    output:
        report(
            "results/report/reads.html",
            caption="../report/reads_summary.rst",
            category="Reads",
            labels={"what": "summary"},
        ),
    log:
        "logs/summarise_reads.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        pairs=plan.reads.pairs,
        descriptions=catalogue.descriptions("reads"),
        templates=template_digest("reads.html"),
        given=given_content,
        code=code_of("summarise_reads"),
    script:
        "../scripts/summarise_reads.py"
