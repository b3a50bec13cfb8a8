rule write_stranded_coverage:
    input:
        unpack(plan.libraries.files),
    output:
        plus="results/coverage_tracks/{library}.plus.bw",
        minus="results/coverage_tracks/{library}.minus.bw",
        counts="results/coverage_tracks/{library}.counts.tsv",
    log:
        "logs/write_stranded_coverage/{library}.log",
    wildcard_constraints:
        library=one_of(plan.libraries.stranded),
    conda:
        "../../envs/tables.yaml"
    params:
        options=plan.libraries.options,
        given=given_content,
        code=code_of("write_stranded_coverage"),
    script:
        "../scripts/write_stranded_coverage.py"


use rule write_stranded_coverage as write_unstranded_coverage with:
    output:
        unstranded="results/coverage_tracks/{library}.unstranded.bw",
        counts="results/coverage_tracks/{library}.counts.tsv",
    log:
        "logs/write_unstranded_coverage/{library}.log",
    wildcard_constraints:
        library=one_of(plan.libraries.unstranded),


rule prepare_windows:
    input:
        unpack(plan.coverage_sets.named_genome),
        unpack(plan.coverage_sets.given_windows),
    output:
        "results/coverage_sets/{coverage_set}.windows.bed",
    log:
        "logs/prepare_windows/{coverage_set}.log",
    conda:
        "../../envs/tables.yaml"
    params:
        options=plan.coverage_sets.options,
        given=given_content,
        code=code_of("prepare_windows"),
    script:
        "../scripts/prepare_windows.py"


rule check_targets:
    input:
        unpack(plan.coverage_sets.genome),
        targets=undated(plan.coverage_sets.targets),
        tracks=plan.coverage_sets.tracks,
        windows="results/coverage_sets/{coverage_set}.windows.bed",
        # ancient, as another annotation is no reason to make targets anew
        annotation=ancient(plan.coverage_sets.genes),
    output:
        table="results/coverage_sets/{coverage_set}.preflight.tsv",
        profiles="results/coverage_sets/{coverage_set}.preflight.json",
    log:
        "logs/check_targets/{coverage_set}.log",
    wildcard_constraints:
        coverage_set=one_of(plan.coverage_sets.of_tracks),
    conda:
        "../../envs/tables.yaml"
    threads: config["coverage_sets"]["threads"]
    resources:
        mem_mb=memory_mb,
        runtime=runtime_min,
    params:
        options=plan.coverage_sets.options,
        refuse=config["coverage_sets"]["preflight"] == "refuse",
        given=given_numbers,
        code=code_of("check_targets"),
    script:
        "../scripts/check_targets.py"


rule show_preflight:
    input:
        table="results/coverage_sets/{coverage_set}.preflight.tsv",
        profiles="results/coverage_sets/{coverage_set}.preflight.json",
    output:
        report(
            "results/coverage_sets/{coverage_set}.preflight.html",
            caption="../report/preflight.rst",
            category="Training",
            subcategory="{coverage_set}",
            labels={"fold": "all", "what": "tracks before the training"},
        ),
    log:
        "logs/show_preflight/{coverage_set}.log",
    wildcard_constraints:
        coverage_set=one_of(plan.coverage_sets.of_tracks),
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        templates=template_digest("preflight.html"),
        given=given_content,
        code=code_of("show_preflight"),
    script:
        "../scripts/show_preflight.py"


rule store_targets:
    input:
        unpack(plan.coverage_sets.named_genome),
        unpack(plan.coverage_sets.blacklist),
        targets=undated(plan.coverage_sets.targets),
        # not ancient: Snakemake looks for no other reason to run a job below one that runs
        preflight="results/coverage_sets/{coverage_set}.preflight.tsv",
        tracks=plan.coverage_sets.tracks,
        windows="results/coverage_sets/{coverage_set}.windows.bed",
    output:
        # A store is a folder, which Snakemake knows by its date alone: what it holds is in a file.
        store=directory("results/coverage_sets/{coverage_set}.zarr"),
        digest="results/coverage_sets/{coverage_set}.digest",
    log:
        "logs/store_targets/{coverage_set}.log",
    benchmark:
        "logs/store_targets/{coverage_set}.benchmark.tsv"
    wildcard_constraints:
        coverage_set=one_of(plan.coverage_sets.of_tracks),
    conda:
        "../../envs/tables.yaml"
    threads: config["coverage_sets"]["threads"]
    resources:
        mem_mb=memory_mb,
        runtime=runtime_min,
        disk_mb=disk_mb,
    params:
        assembly=plan.coverage_sets.assembly,
        options=plan.coverage_sets.options,
        facts=lambda wildcards: {"coverage_set": wildcards.coverage_set},
        given=given_numbers,
        code=code_of("store_targets"),
    script:
        "../scripts/store_targets.py"


rule store_tfrecords:
    input:
        unpack(plan.coverage_sets.genome),
        targets=undated(plan.coverage_sets.targets),
        records=plan.coverage_sets.records,
    output:
        store=directory("results/coverage_sets/{coverage_set}.zarr"),
        digest="results/coverage_sets/{coverage_set}.digest",
    log:
        "logs/store_tfrecords/{coverage_set}.log",
    wildcard_constraints:
        coverage_set=one_of(plan.coverage_sets.of_records),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
        runtime=runtime_min,
        disk_mb=disk_mb,
    params:
        folder=plan.coverage_sets.folder,
        assembly=plan.coverage_sets.assembly,
        facts=lambda wildcards: {"coverage_set": wildcards.coverage_set},
        given=given_numbers,
        code=code_of("store_tfrecords"),
    script:
        "../scripts/store_tfrecords.py"
