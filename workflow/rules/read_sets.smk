rule select_assemblies:
    input:
        plan.read_sets.sources,
    output:
        "resources/read_sets/{collection}/assemblies.tsv",
    log:
        "logs/select_assemblies/{collection}.log",
    localrule: True
    conda:
        "../../envs/download.yaml"
    params:
        selection=lambda job: plan.read_sets.collections[job.collection].selection,
        seed=config["read_sampling"]["seed"],
        given=given_content,
        code=code_of("select_assemblies"),
    script:
        "../scripts/select_assemblies.py"


rule index_assemblies:
    input:
        plan.read_sets.sources,
        assemblies="resources/read_sets/{collection}/assemblies.tsv",
    output:
        sequences="resources/read_sets/{collection}/{shard}.2bit",
        regions="resources/read_sets/{collection}/{shard}.regions.parquet",
        report="resources/read_sets/{collection}/{shard}.report.tsv",
    log:
        "logs/index_assemblies/{collection}.{shard}.log",
    conda:
        "../../envs/download.yaml"
    resources:
        mem_mb=memory_mb,
        runtime=runtime_min,
        disk_mb=disk_mb,
    params:
        downloads="resources/read_sets/{collection}/{shard}.downloads",
        shards=lambda job: plan.read_sets.collections[job.collection].shards,
        min_length_nt=config["read_sampling"]["read_length_nt"],
        compat=config["read_sampling"]["compat"],
        max_failed_share=config["read_sampling"]["max_failed_share"],
        given=given_content,
        code=code_of("index_assemblies"),
    script:
        "../scripts/index_assemblies.py"


rule sample_reads:
    input:
        plan.read_sets.genomes,
    output:
        train="results/read_sets/{read_set}/train.tsv",
        dev="results/read_sets/{read_set}/dev.tsv",
        genomes="results/read_sets/{read_set}/genomes.tsv",
    log:
        "logs/sample_reads/{read_set}.log",
    benchmark:
        "logs/sample_reads/{read_set}.benchmark.tsv"
    conda:
        "../../envs/download.yaml"
    resources:
        mem_mb=memory_mb,
        disk_mb=disk_mb,
    params:
        portions=plan.read_sets.taken,
        options=catalogue.part(
            "read_sampling", "read_length_nt", "seed", "group", "dev_share", "compat"
        ),
        given=given_content,
        code=code_of("sample_reads"),
    script:
        "../scripts/sample_reads.py"
