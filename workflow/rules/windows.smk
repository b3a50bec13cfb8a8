rule check_variants:
    input:
        variants=lambda wildcards: located(DATASETS.at[wildcards.dataset, "path"]),
        genome=assembly_file(".fa.gz"),
        index=assembly_file(".fa.gz.fai"),
    output:
        "results/variants/{dataset}.parquet",
    log:
        "logs/check_variants/{dataset}.log",
    conda:
        "../../envs/tables.yaml"
    params:
        aliases=contig_aliases(),
        assembly=cell(DATASETS, "dataset", "assembly"),
        options=config["variants"],
        code=code_of("check_variants"),
    script:
        "../scripts/check_variants.py"
