rule download_source:
    output:
        "resources/{path}",
    log:
        "logs/download_source/{path}.log",
    wildcard_constraints:
        path=one_of(SOURCES["path"]),
    conda:
        "../../envs/download.yaml"
    params:
        source=lambda wildcards: catalogue.downloads[wildcards.path],
        lock="resources/locks/{path}.sha256",
        given=given_content,
        code=code_of("download_source"),
    script:
        "../scripts/download_source.py"


rule simulate_genome:
    output:
        multiext(
            "resources/simulated/",
            genome="genome.fa",
            index="genome.fa.fai",
            annotation="annotation.gtf",
            variants="variants.vcf",
            genes="genes.tsv",
            transcripts="transcripts.tsv",
            elements="elements.tsv",
            half_lives="half_lives.tsv",
            ceiling="half_life_ceiling.tsv",
            targets="targets.tsv",
            planted="planted_variants.vcf",
            positives="pos_merge.vcf",
            negatives="neg_merge.vcf",
            effects="variant_effects.tsv",
            planted_effects="planted_effects.tsv",
            oligos="mpra_oligos.tsv",
            reads="reads.fastq",
            labelled_reads="labelled_reads.tsv",
            held_out="held_out.bed",
        ),
        coverage=directory("resources/simulated/coverage"),
    log:
        "logs/simulate_genome.log",
    conda:
        "../../envs/tables.yaml"
    params:
        simulation=config["simulation"],
        given=given_content,
        code=code_of("simulate_genome"),
    script:
        "../scripts/simulate_genome.py"


rule prepare_genome:
    input:
        lambda wildcards: given_file(ASSEMBLIES.at[wildcards.assembly, "genome"]),
    output:
        multiext("resources/assemblies/{assembly}.fa.gz", "", ".fai", ".gzi"),
    log:
        "logs/prepare_genome/{assembly}.log",
    conda:
        "../../envs/download.yaml"
    params:
        given=given_content,
        code=code_of("prepare_genome"),
    script:
        "../scripts/prepare_genome.py"


rule prepare_annotation:
    input:
        unpack(lambda wildcards: catalogue.aliases_of(wildcards.assembly)),
        annotation=lambda wildcards: given_file(
            ASSEMBLIES.at[wildcards.assembly, "annotation"]
        ),
        genome=multiext("resources/assemblies/{assembly}.fa.gz", "", ".fai", ".gzi"),
    output:
        "resources/assemblies/{assembly}.genes.parquet",
    log:
        "logs/prepare_annotation/{assembly}.log",
    conda:
        "../../envs/tables.yaml"
    params:
        given=given_content,
        code=code_of("prepare_annotation"),
    script:
        "../scripts/prepare_annotation.py"


rule prepare_weights:
    input:
        unpack(catalogue.model_files),
        weights=catalogue.given_weights,
    output:
        "resources/models/{model}.fold{fold}.safetensors",
    log:
        "logs/prepare_weights/{model}.fold{fold}.log",
    conda:
        "../../envs/torch.yaml"
    params:
        architecture=cell(MODELS, "model", "architecture"),
        head=cell(MODELS, "model", "head"),
        fold=lambda wildcards: FOLDS.loc[(wildcards.model, wildcards.fold)].to_dict(),
        given=given_content,
        code=code_of("prepare_weights"),
    script:
        "../scripts/prepare_weights.py"
