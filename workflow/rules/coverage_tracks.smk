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
