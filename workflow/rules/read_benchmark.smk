rule prepare_reference:
    input:
        unpack(plan.read_benchmarks.reference_files),
    output:
        multiext("resources/references/{reference}", fasta=".fa", coding=".coding.bed"),
    log:
        "logs/prepare_reference/{reference}.log",
    conda:
        "../../envs/align.yaml"
    params:
        compat=config["read_benchmark"]["compat"],
        given=given_content,
        code=code_of("prepare_reference"),
    script:
        "../scripts/prepare_reference.py"


rule index_reference:
    input:
        "resources/references/{reference}.fa",
    output:
        plan.read_benchmarks.index("{reference}"),
    log:
        "logs/index_reference/{reference}.log",
    conda:
        "../../envs/align.yaml"
    threads: config["read_benchmark"]["threads"]
    params:
        given=given_content,
        code=code_of("index_reference"),
    script:
        "../scripts/index_reference.py"


rule find_unclear:
    input:
        unpack(plan.read_benchmarks.unclear_file),
        genome="resources/references/{reference}.fa",
        coding="resources/references/{reference}.coding.bed",
    output:
        "resources/references/{reference}.unclear.bed",
    log:
        "logs/find_unclear/{reference}.log",
    conda:
        "../../envs/align.yaml"
    threads: config["read_benchmark"]["threads"]
    params:
        taxon=lambda job: plan.read_benchmarks.references[job.reference].taxon,
        compat=config["read_benchmark"]["compat"],
        given=given_content,
        code=code_of("find_unclear"),
    script:
        "../scripts/find_unclear.py"


rule map_reads:
    input:
        unpack(plan.read_benchmarks.sample_files),
    output:
        temp("results/read_benchmark/{sample}/mapped.bam"),
    log:
        "logs/map_reads/{sample}.log",
    conda:
        "../../envs/align.yaml"
    threads: config["read_benchmark"]["threads"]
    resources:
        mem_mb=memory_mb,
        runtime=runtime_min,
        disk_mb=disk_mb,
    params:
        first=lambda job: plan.read_benchmarks.samples[job.sample].first,
        given=given_content,
        code=code_of("map_reads"),
    script:
        "../scripts/map_reads.py"


rule select_reads:
    input:
        unpack(plan.read_benchmarks.sample_regions),
        bam="results/read_benchmark/{sample}/mapped.bam",
    output:
        multiext(
            "results/read_benchmark/{sample}/",
            table="dev.tsv",
            counts="counts.tsv",
        ),
    log:
        "logs/select_reads/{sample}.log",
    conda:
        "../../envs/align.yaml"
    params:
        reference=lambda job: plan.read_benchmarks.reference_of(job.sample),
        choice=plan.read_benchmarks.choice,
        compat=config["read_benchmark"]["compat"],
        given=given_content,
        code=code_of("select_reads"),
    script:
        "../scripts/select_reads.py"


rule run_comparator:
    input:
        plan.reads.labelled,
    output:
        multiext(
            "results/reads/{comparator}/{dataset}",
            scores=".parquet",
            genes=".genes",
            evaluation=".eval.tsv",
        ),
    log:
        "logs/run_comparator/{comparator}/{dataset}.log",
    conda:
        "../../envs/align.yaml"
    threads: config["read_benchmark"]["threads"]
    resources:
        mem_mb=memory_mb,
        runtime=runtime_min,
    params:
        reference=lambda job: plan.read_benchmarks.reference_of(job.dataset),
        compat=config["read_benchmark"]["compat"],
        given=given_content,
        code=code_of("run_comparator"),
    script:
        "../scripts/run_comparator.py"


rule evaluate_benchmark:
    input:
        tables=plan.read_benchmarks.labelled_reads,
        scores=plan.read_benchmarks.scores,
        published=plan.read_benchmarks.published,
    output:
        metrics="results/benchmarks/{benchmark}.tsv",
        times="results/benchmarks/{benchmark}.times.tsv",
        roc="results/benchmarks/{benchmark}.roc.parquet",
    log:
        "logs/evaluate_benchmark/{benchmark}.log",
    conda:
        "../../envs/report.yaml"
    params:
        datasets=lambda job: plan.read_benchmarks.benchmarks[job.benchmark].sets,
        references=plan.read_benchmarks.references_of,
        tools=plan.read_benchmarks.tools,
        resamples=config["read_benchmark"]["resamples"],
        given=given_content,
        code=code_of("evaluate_benchmark"),
    script:
        "../scripts/evaluate_benchmark.py"


rule summarise_benchmark:
    input:
        metrics="results/benchmarks/{benchmark}.tsv",
        times="results/benchmarks/{benchmark}.times.tsv",
        roc="results/benchmarks/{benchmark}.roc.parquet",
    output:
        page=report(
            "results/benchmarks/{benchmark}.html",
            caption="../report/benchmark.rst",
            category="Benchmarks",
            subcategory="{benchmark}",
            labels={"what": "metrics beside the published ones"},
        ),
        figure=report(
            "results/benchmarks/{benchmark}.roc.png",
            caption="../report/roc.rst",
            category="Benchmarks",
            subcategory="{benchmark}",
            labels={"what": "ROC curves"},
        ),
    log:
        "logs/summarise_benchmark/{benchmark}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        about=plan.read_benchmarks.about,
        descriptions=catalogue.descriptions("reads"),
        templates=template_digest("benchmark.html"),
        given=given_content,
        code=code_of("summarise_benchmark"),
    script:
        "../scripts/summarise_benchmark.py"
