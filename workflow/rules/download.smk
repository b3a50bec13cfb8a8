rule download_source:
    output:
        "resources/{path}",
    log:
        "logs/download_source/{path}.log",
    wildcard_constraints:
        path=one_of(row.path for row in catalogue.sources.values()),
    conda:
        "../../envs/download.yaml"
    params:
        source=catalogue.download,
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
            nulls="null_variants.vcf",
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
        catalogue.fasta,
    output:
        multiext("resources/assemblies/{assembly}.fa.gz", "", ".fai", ".gzi"),
    log:
        "logs/prepare_genome/{assembly}.log",
    conda:
        "../../envs/download.yaml"
    resources:
        mem_mb=memory_mb,
        disk_mb=disk_mb,
    params:
        given=given_content,
        code=code_of("prepare_genome"),
    script:
        "../scripts/prepare_genome.py"


rule prepare_annotation:
    input:
        unpack(catalogue.annotation_files),
        genome=multiext("resources/assemblies/{assembly}.fa.gz", "", ".fai", ".gzi"),
    output:
        "resources/assemblies/{assembly}.genes.parquet",
    log:
        "logs/prepare_annotation/{assembly}.log",
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        given=given_content,
        code=code_of("prepare_annotation"),
    script:
        "../scripts/prepare_annotation.py"


rule prepare_weights:
    input:
        unpack(catalogue.model_files),
        weights=plan.trainings.weights,
    output:
        "resources/models/{model}.fold{fold}.safetensors",
    log:
        "logs/prepare_weights/{model}.fold{fold}.log",
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        architecture=catalogue.architecture,
        head=catalogue.head,
        fold=catalogue.origin,
        given=given_content,
        code=code_of("prepare_weights"),
    script:
        "../scripts/prepare_weights.py"
