rule cluster_sequences:
    input:
        "results/transcripts/{dataset}.parquet",
    output:
        "results/transcripts/{dataset}.clusters{identity}.tsv",
    log:
        "logs/cluster_sequences/{dataset}.{identity}.log",
    wildcard_constraints:
        dataset=one_of(plan.transcripts.names),
        identity=r"[01]\.\d+",
    conda:
        "../../envs/align.yaml"
    threads: config["inference"]["threads"]
    params:
        identity=lambda wildcards: float(wildcards.identity),
        given=given_content,
        code=code_of("cluster_sequences"),
    script:
        "../scripts/cluster_sequences.py"


rule probe_embeddings:
    input:
        unpack(plan.properties.probed),
    output:
        "results/properties/{property}/{model}.fold{fold}.probe.parquet",
    log:
        "logs/probe_embeddings/{property}/{model}.fold{fold}.log",
    wildcard_constraints:
        model=one_of(catalogue.of_task("embedding")),
    conda:
        "../../envs/report.yaml"
    threads: config["inference"]["threads"]
    params:
        definition=plan.properties.definition,
        options=catalogue.part("properties", "probe_features", "seed"),
        facts=catalogue.facts,
        given=given_content,
        code=code_of("probe_embeddings"),
    script:
        "../scripts/probe_embeddings.py"


rule predict_property:
    input:
        unpack(plan.properties.files),
        unpack(catalogue.model_files),
        weights=catalogue.fold_weights,
    output:
        "results/properties/{property}/{model}.parquet",
    log:
        "logs/predict_property/{property}/{model}.log",
    benchmark:
        "logs/predict_property/{property}/{model}.benchmark.tsv"
    wildcard_constraints:
        model=one_of(plan.properties.learned),
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        gpu=plan.gpus,
        mem_mb=memory_mb,
        runtime=runtime_min,
    params:
        definition=plan.properties.definition,
        seed=config["properties"]["seed"],
        facts=catalogue.facts,
        precision=config["inference"]["precision"],
        given=given_content,
        code=code_of("predict_property"),
    script:
        "../scripts/predict_property.py"


rule predict_baselines:
    input:
        unpack(plan.properties.files),
    output:
        **{
            baseline: f"results/properties/{{property}}/{baseline}.parquet"
            for baseline in plan.properties.baselines
        },
    log:
        "logs/predict_baselines/{property}.log",
    conda:
        "../../envs/report.yaml"
    params:
        definition=plan.properties.definition,
        seed=config["properties"]["seed"],
        given=given_content,
        code=code_of("predict_baselines"),
    script:
        "../scripts/predict_baselines.py"


rule evaluate_property:
    input:
        unpack(plan.properties.files),
        predictions=plan.properties.predictions,
        published=plan.properties.published,
    output:
        metrics="results/benchmarks/{property}.tsv",
        parts="results/benchmarks/{property}.parts.tsv",
    log:
        "logs/evaluate_property/{property}.log",
    conda:
        "../../envs/report.yaml"
    params:
        methods=plan.properties.methods,
        definition=plan.properties.definition,
        options=catalogue.part("properties", "seed", "resamples"),
        given=given_content,
        code=code_of("evaluate_property"),
    script:
        "../scripts/evaluate_property.py"


rule plot_properties:
    input:
        metrics="results/benchmarks/{property}.tsv",
        predictions=plan.properties.predictions,
    output:
        report(
            "results/report/{property}.properties.png",
            caption="../report/properties.rst",
            category="Properties of mRNAs",
            labels={"property": "{property}", "what": "methods compared"},
        ),
    log:
        "logs/plot_properties/{property}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        methods=plan.properties.methods,
        definition=plan.properties.definition,
        given=given_content,
        code=code_of("plot_properties"),
    script:
        "../scripts/plot_properties.py"


rule summarise_properties:
    input:
        metrics=plan.properties.metrics,
        parts=plan.properties.parts,
    output:
        report(
            "results/report/properties.html",
            caption="../report/properties_page.rst",
            category="Properties of mRNAs",
            labels={"property": "all", "what": "metrics beside published ones"},
        ),
    log:
        "logs/summarise_properties.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        definitions=plan.properties.described,
        about=plan.properties.about,
        descriptions=catalogue.descriptions("embedding", "property"),
        templates=template_digest("properties.html"),
        given=given_content,
        code=code_of("summarise_properties"),
    script:
        "../scripts/summarise_properties.py"
