rule check_variants:
    input:
        unpack(contig_aliases()),
        variants=lambda wildcards: given_file(DATASETS.at[wildcards.dataset, "path"]),
        genome=assembly_file(".fa.gz"),
        index=assembly_file(".fa.gz.fai"),
    output:
        "results/variants/{dataset}.parquet",
    log:
        "logs/check_variants/{dataset}.log",
    conda:
        "../../envs/tables.yaml"
    params:
        assembly=cell(DATASETS, "dataset", "assembly"),
        options=config["variants"],
        given=given_content,
        code=code_of("check_variants"),
    script:
        "../scripts/check_variants.py"
