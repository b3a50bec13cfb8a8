include: "coverage_tracks.smk"
include: "coverage_sets_common.smk"


wildcard_constraints:
    coverage_set=one_of(COVERAGE_SETS.index),


rule prepare_windows:
    input:
        unpack(contig_aliases(COVERAGE_SETS, "coverage_set")),
        unpack(set_windows),
        unpack(set_files("unmappable")),
        genome=set_genome(".fa.gz"),
        index=set_genome(".fa.gz.fai"),
    output:
        "results/coverage_sets/{coverage_set}.windows.bed",
    log:
        "logs/prepare_windows/{coverage_set}.log",
    conda:
        "../../envs/tables.yaml"
    params:
        options=set_options,
        given=given_content,
        code=code_of("prepare_windows"),
    script:
        "../scripts/prepare_windows.py"


rule check_targets:
    input:
        targets=set_targets,
        tracks=set_tracks,
        windows="results/coverage_sets/{coverage_set}.windows.bed",
        genome=set_genome(".fa.gz"),
        index=set_genome(".fa.gz.fai"),
        # ancient, as another annotation is no reason to make targets anew
        annotation=ancient(set_genome(".genes.parquet")),
    output:
        PREFLIGHT,
    log:
        "logs/check_targets/{coverage_set}.log",
    wildcard_constraints:
        coverage_set=one_of(TRACK_SETS),
    conda:
        "../../envs/tables.yaml"
    threads: config["coverage_sets"]["threads"]
    params:
        options=set_options,
        refuse=config["coverage_sets"]["preflight"] == "refuse",
        given=given_numbers,
        code=code_of("check_targets"),
    script:
        "../scripts/check_targets.py"


rule store_targets:
    input:
        unpack(contig_aliases(COVERAGE_SETS, "coverage_set")),
        unpack(set_files("blacklist")),
        targets=set_targets,
        # not ancient: Snakemake looks for no other reason to run a job below one that runs
        preflight=PREFLIGHT,
        tracks=set_tracks,
        windows="results/coverage_sets/{coverage_set}.windows.bed",
        genome=set_genome(".fa.gz"),
        index=set_genome(".fa.gz.fai"),
    output:
        store=directory(STORE),
        digest=STORE_DIGEST,
    log:
        "logs/store_targets/{coverage_set}.log",
    benchmark:
        "logs/store_targets/{coverage_set}.benchmark.tsv"
    wildcard_constraints:
        coverage_set=one_of(TRACK_SETS),
    conda:
        "../../envs/tables.yaml"
    threads: config["coverage_sets"]["threads"]
    params:
        assembly=set_cell("assembly"),
        options=set_options,
        facts=lambda wildcards: {"coverage_set": wildcards.coverage_set},
        given=given_numbers,
        code=code_of("store_targets"),
    script:
        "../scripts/store_targets.py"


rule store_tfrecords:
    input:
        targets=set_targets,
        records=records_of,
        genome=set_genome(".fa.gz"),
        index=set_genome(".fa.gz.fai"),
    output:
        store=directory(STORE),
        digest=STORE_DIGEST,
    log:
        "logs/store_tfrecords/{coverage_set}.log",
    wildcard_constraints:
        coverage_set=one_of(RECORD_SETS),
    conda:
        "../../envs/tables.yaml"
    params:
        folder=set_cell("tfrecords"),
        assembly=set_cell("assembly"),
        facts=lambda wildcards: {"coverage_set": wildcards.coverage_set},
        given=given_numbers,
        code=code_of("store_tfrecords"),
    script:
        "../scripts/store_tfrecords.py"
