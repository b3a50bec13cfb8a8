include: "coverage_tracks_common.smk"


wildcard_constraints:
    library=one_of(LIBRARIES.index),


rule write_stranded_coverage:
    input:
        bam=library_bam,
        genome=library_genome(".fa.gz"),
        index=library_genome(".fa.gz.fai"),
    output:
        plus="results/coverage_tracks/{library}.plus.bw",
        minus="results/coverage_tracks/{library}.minus.bw",
        counts="results/coverage_tracks/{library}.counts.tsv",
    log:
        "logs/write_stranded_coverage/{library}.log",
    wildcard_constraints:
        library=one_of(STRANDED),
    conda:
        "../../envs/tables.yaml"
    params:
        aliases=library_aliases,
        options=library_options,
        code=code_of("write_stranded_coverage"),
    script:
        "../scripts/write_stranded_coverage.py"


rule write_unstranded_coverage:
    input:
        bam=library_bam,
        genome=library_genome(".fa.gz"),
        index=library_genome(".fa.gz.fai"),
    output:
        unstranded="results/coverage_tracks/{library}.unstranded.bw",
        counts="results/coverage_tracks/{library}.counts.tsv",
    log:
        "logs/write_unstranded_coverage/{library}.log",
    wildcard_constraints:
        library=one_of(UNSTRANDED),
    conda:
        "../../envs/tables.yaml"
    params:
        aliases=library_aliases,
        options=library_options,
        code=code_of("write_unstranded_coverage"),
    script:
        "../scripts/write_unstranded_coverage.py"
