rule check_variants:
    input:
        unpack(catalogue.genome),
        unpack(catalogue.aliases),
        variants=catalogue.file,
    output:
        "results/variants/{dataset}.parquet",
    log:
        "logs/check_variants/{dataset}.log",
    conda:
        "../../envs/tables.yaml"
    params:
        assembly=catalogue.assembly,
        options=config["variants"],
        given=given_content,
        code=code_of("check_variants"),
    script:
        "../scripts/check_variants.py"
