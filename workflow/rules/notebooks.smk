rule write_notebook_scores:
    input:
        unpack(plan.notebooks.scores),
    output:
        "results/notebooks/borzuki/{folder}/{run}/{set}/merge_{side}/sed.h5",
    log:
        "logs/write_notebook_scores/{folder}/{run}/{set}.{side}.log",
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        tracks_like=plan.notebooks.scored_tracks,
        given=given_content,
        code=code_of("write_notebook_scores"),
    script:
        "../scripts/write_notebook_scores.py"


rule write_notebook_tables:
    input:
        unpack(plan.notebooks.gene_files),
    output:
        multiext(
            "results/notebooks/borzuki/{folder}/{run}/{experiment}/",
            **plan.notebooks.tables,
        ),
    log:
        "logs/write_notebook_tables/{folder}/{run}/{experiment}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        tracks_like=plan.notebooks.pattern,
        compat=config["coverage_accuracy"]["compat"],
        given=given_content,
        code=code_of("write_notebook_tables"),
    script:
        "../scripts/write_notebook_tables.py"


rule copy_notebook_targets:
    input:
        targets=plan.notebooks.tracks,
    output:
        "results/notebooks/borzuki/{folder}/{table}.txt",
    log:
        "logs/copy_notebook_targets/{folder}/{table}.log",
    wildcard_constraints:
        table="targets_human|targets_human_rna|data/hg38/targets",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        tracks_like=plan.notebooks.copied_tracks,
        given=given_content,
        code=code_of("copy_notebook_targets"),
    script:
        "../scripts/copy_notebook_targets.py"


rule write_notebook_oligos:
    input:
        unpack(plan.notebooks.oligo_scores),
    output:
        "results/notebooks/borzuki/{folder}/{run}/mpra_siegel_beas2b_all_{place}/sed.h5",
    log:
        "logs/write_notebook_oligos/{folder}/{run}/{place}.log",
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        tracks_like=plan.notebooks.scored_tracks,
        shift_bp=plan.notebooks.shift_bp,
        given=given_content,
        code=code_of("write_notebook_oligos"),
    script:
        "../scripts/write_notebook_oligos.py"


rule copy_notebook_text:
    input:
        plan.notebooks.copied,
    output:
        "results/notebooks/{text}",
    log:
        "logs/copy_notebook_text/{text}.log",
    wildcard_constraints:
        text=r"data/.+_merge\.vcf|borzuki/[^/]+/contexts_\w+\.tsv",
    localrule: True
    conda:
        "../../envs/tables.yaml"
    params:
        given=given_content,
        code=code_of("copy_notebook_text"),
    script:
        "../scripts/copy_notebook_text.py"


rule notebooks:
    input:
        plan.notebooks.targets,
