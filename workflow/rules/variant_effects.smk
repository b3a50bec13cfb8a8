rule check_variants:
    input:
        unpack(catalogue.genome),
        unpack(catalogue.aliases),
        variants=catalogue.file,
    output:
        "results/variants/{dataset}.parquet",
    log:
        "logs/check_variants/{dataset}.log",
    wildcard_constraints:
        dataset=one_of(catalogue.of_kind("variants", "nulls")),
    conda:
        "../../envs/tables.yaml"
    params:
        assembly=catalogue.assembly,
        options=plan.variant_effects.check_options,
        given=given_content,
        code=code_of("check_variants"),
    script:
        "../scripts/check_variants.py"


rule enumerate_regions:
    input:
        unpack(plan.regions.files),
    output:
        variants="results/variants/{dataset}.parquet",
        regions="results/variants/{dataset}.regions.parquet",
    log:
        "logs/enumerate_regions/{dataset}.log",
    wildcard_constraints:
        dataset=one_of(plan.regions.rows),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        facts=plan.regions.facts,
        options=plan.regions.options,
        given=given_content,
        code=code_of("enumerate_regions"),
    script:
        "../scripts/enumerate_regions.py"


rule score_variants:
    input:
        unpack(catalogue.model_files),
        unpack(catalogue.genome),
        weights="resources/models/{model}.fold{fold}.safetensors",
        variants="results/variants/{dataset}.parquet",
        annotation=catalogue.genes,
        polya_sites=plan.variant_effects.polya_sites,
    output:
        gene=temp(
            "results/variant_effects/{model}/shards/{dataset}.fold{fold}.{shard}.gene.parquet"
        ),
        window=temp(
            "results/variant_effects/{model}/shards/{dataset}.fold{fold}.{shard}.window.parquet"
        ),
    log:
        "logs/score_variants/{model}/{dataset}.fold{fold}.{shard}.log",
    benchmark:
        "logs/score_variants/{model}/{dataset}.fold{fold}.{shard}.benchmark.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        gpu=plan.gpus,
        mem_mb=memory_mb,
        runtime=runtime_min,
    params:
        facts=catalogue.located_facts,
        precision=config["inference"]["precision"],
        options=plan.variant_effects.score_options,
        head=catalogue.head,
        shards=plan.variant_effects.number_of_shards,
        given=given_content,
        code=code_of("score_variants"),
    script:
        "../scripts/score_variants.py"


rule plan_variants:
    input:
        unpack(catalogue.model_files),
        unpack(catalogue.genome),
        weights=plan.variant_effects.first_weights,
        variants="results/variants/{dataset}.parquet",
        annotation=catalogue.genes,
        polya_sites=plan.variant_effects.polya_sites,
    output:
        "results/variant_effects/{model}/{dataset}.plan.tsv",
    log:
        "logs/plan_variants/{model}/{dataset}.log",
    wildcard_constraints:
        model=one_of(catalogue.of_task("coverage")),
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        gpu=plan.gpus,
        mem_mb=memory_mb,
    params:
        architecture=catalogue.architecture,
        precision=config["inference"]["precision"],
        options=plan.variant_effects.score_options,
        head=catalogue.head,
        folds=plan.variant_effects.number_of_folds,
        given=given_content,
        code=code_of("plan_variants"),
    script:
        "../scripts/plan_variants.py"


rule compare_window_modes:
    input:
        unpack(catalogue.model_files),
        unpack(catalogue.genome),
        weights=plan.variant_effects.first_weights,
        variants="results/variants/{dataset}.parquet",
        annotation=catalogue.genes,
        polya_sites=plan.variant_effects.polya_sites,
        scores=plan.variant_effects.first_scores,
    output:
        "results/variant_effects/{model}/{dataset}.window_modes.tsv",
    log:
        "logs/compare_window_modes/{model}/{dataset}.log",
    wildcard_constraints:
        dataset=one_of(config["report"]["window_modes"]),
        model=one_of(catalogue.of_task("coverage")),
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        gpu=plan.gpus,
        mem_mb=memory_mb,
    params:
        architecture=catalogue.architecture,
        precision=config["inference"]["precision"],
        options=plan.variant_effects.score_options,
        head=catalogue.head,
        compared=plan.variant_effects.compared_variants,
        report=plan.variant_effects.report_options,
        given=given_content,
        code=code_of("compare_window_modes"),
    script:
        "../scripts/compare_window_modes.py"


rule gather_shards:
    input:
        unpack(plan.variant_effects.shards),
    output:
        gene="results/variant_effects/{model}/{dataset}.fold{fold}.parquet",
        window="results/variant_effects/{model}/{dataset}.window.fold{fold}.parquet",
    log:
        "logs/gather_shards/{model}/{dataset}.fold{fold}.log",
    wildcard_constraints:
        model=one_of(catalogue.of_task("coverage")),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        given=given_content,
        code=code_of("gather_shards"),
    script:
        "../scripts/gather_shards.py"


rule ensemble_variant_effects:
    input:
        plan.variant_effects.folds,
    output:
        "results/variant_effects/{model}/{dataset}.{kind}ensemble.parquet",
    log:
        "logs/ensemble_variant_effects/{model}/{dataset}.{kind}log",
    wildcard_constraints:
        kind=r"(window\.)?",
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        given=given_content,
        code=code_of("ensemble_variant_effects"),
    script:
        "../scripts/ensemble_variant_effects.py"


rule compare_haplotypes:
    input:
        variants="results/variants/{dataset}.parquet",
        scores="results/variant_effects/{model}/{dataset}.ensemble.parquet",
        tracks="results/variant_effects/{model}/tracks.parquet",
    output:
        "results/variant_effects/{model}/{dataset}.haplotypes.tsv",
    log:
        "logs/compare_haplotypes/{model}/{dataset}.log",
    wildcard_constraints:
        dataset=one_of(plan.variant_effects.phased),
        model=one_of(catalogue.of_task("coverage")),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        report=plan.variant_effects.report_options,
        given=given_content,
        code=code_of("compare_haplotypes"),
    script:
        "../scripts/compare_haplotypes.py"


rule compare_half_lives:
    input:
        folds=plan.variant_effects.folds,
        tracks="results/variant_effects/{model}/tracks.parquet",
    output:
        table="results/variant_effects/{model}/{dataset}.half_lives.parquet",
        text="results/variant_effects/{model}/{dataset}.half_lives.tsv.gz",
    log:
        "logs/compare_half_lives/{model}/{dataset}.log",
    wildcard_constraints:
        dataset=one_of(plan.variant_effects.datasets),
        model=one_of(plan.variant_effects.models_of_decay),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        given=given_content,
        code=code_of("compare_half_lives"),
    script:
        "../scripts/compare_half_lives.py"


rule map_effects:
    input:
        unpack(plan.maps.scores),
        unpack(catalogue.genome),
        regions="results/variants/{dataset}.regions.parquet",
        annotation=catalogue.genes,
    output:
        variants="results/maps/{model}/{dataset}.parquet",
        text="results/maps/{model}/{dataset}.tsv.gz",
        bases="results/maps/{model}/{dataset}.bases.parquet",
        bigwig=directory("results/maps/{model}/{dataset}.bigwig"),
    log:
        "logs/map_effects/{model}/{dataset}.log",
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        score=plan.maps.score,
        groups=plan.maps.groups,
        given=given_content,
        code=code_of("map_effects"),
    script:
        "../scripts/map_effects.py"


rule describe_tracks:
    input:
        plan.variant_effects.track_table,
    output:
        "results/variant_effects/{model}/tracks.parquet",
    log:
        "logs/describe_tracks/{model}.log",
    localrule: True
    conda:
        "../../envs/torch.yaml"
    params:
        given=given_content,
        code=code_of("describe_tracks"),
    script:
        "../scripts/describe_tracks.py"


rule export_sed_h5:
    input:
        scores="results/variant_effects/{model}/{dataset}.ensemble.parquet",
        tracks="results/variant_effects/{model}/tracks.parquet",
    output:
        "results/variant_effects/{model}/{dataset}.ensemble.sed.h5",
    log:
        "logs/export_sed_h5/{model}/{dataset}.log",
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        given=given_content,
        code=code_of("export_sed_h5"),
    script:
        "../scripts/export_sed_h5.py"


rule export_scores_h5:
    input:
        scores="results/variant_effects/{model}/{dataset}.window.ensemble.parquet",
        tracks="results/variant_effects/{model}/tracks.parquet",
    output:
        "results/variant_effects/{model}/{dataset}.ensemble.scores.h5",
    log:
        "logs/export_scores_h5/{model}/{dataset}.log",
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        given=given_content,
        code=code_of("export_scores_h5"),
    script:
        "../scripts/export_scores_h5.py"


rule export_tsv:
    input:
        unpack(catalogue.intervals),
        scores="results/variant_effects/{model}/{dataset}.ensemble.parquet",
        tracks="results/variant_effects/{model}/tracks.parquet",
        percentiles=plan.nulls.percentiles,
    output:
        "results/variant_effects/{model}/{dataset}.ensemble.tsv.gz",
    log:
        "logs/export_tsv/{model}/{dataset}.log",
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        tracks=plan.variant_effects.exported_tracks,
        given=given_content,
        code=code_of("export_tsv"),
    script:
        "../scripts/export_tsv.py"


rule export_vcf:
    input:
        variants=catalogue.file,
        scores="results/variant_effects/{model}/{dataset}.ensemble.parquet",
        tracks="results/variant_effects/{model}/tracks.parquet",
        half_lives=plan.variant_effects.half_lives,
        percentiles=plan.nulls.percentiles,
    output:
        "results/variant_effects/{model}/{dataset}.ensemble.vcf.gz",
        "results/variant_effects/{model}/{dataset}.ensemble.vcf.gz.csi",
    log:
        "logs/export_vcf/{model}/{dataset}.log",
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        report=plan.variant_effects.report_options,
        given=given_content,
        code=code_of("export_vcf"),
    script:
        "../scripts/export_vcf.py"


rule export_regions:
    input:
        scores="results/variant_effects/{model}/{dataset}.ensemble.parquet",
        tracks="results/variant_effects/{model}/tracks.parquet",
        regions="results/variants/{dataset}.regions.parquet",
        contigs=plan.regions.genome_index,
    output:
        table="results/variant_effects/{model}/{dataset}.precomputed.tsv.gz",
        vcf="results/variant_effects/{model}/{dataset}.precomputed.vcf.gz",
        indexes=multiext(
            "results/variant_effects/{model}/{dataset}.precomputed",
            ".tsv.gz.csi",
            ".vcf.gz.csi",
        ),
    log:
        "logs/export_regions/{model}/{dataset}.log",
    wildcard_constraints:
        dataset=one_of(plan.regions.rows),
    conda:
        "../../envs/tables.yaml"
    params:
        groups=plan.regions.track_groups,
        given=given_content,
        code=code_of("export_regions"),
    script:
        "../scripts/export_regions.py"


rule score_transcript_variants:
    input:
        unpack(catalogue.model_files),
        unpack(catalogue.genome),
        weights="resources/models/{model}.fold{fold}.safetensors",
        variants="results/variants/{dataset}.parquet",
        transcripts=plan.transcripts.scored_transcripts,
    output:
        "results/variant_effects/{model}/{dataset}.fold{fold}.parquet",
    log:
        "logs/score_transcript_variants/{model}/{dataset}.fold{fold}.log",
    benchmark:
        "logs/score_transcript_variants/{model}/{dataset}.fold{fold}.benchmark.tsv"
    wildcard_constraints:
        model=one_of(catalogue.of_task("embedding")),
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        gpu=plan.gpus,
        mem_mb=memory_mb,
        runtime=runtime_min,
    params:
        facts=catalogue.located_facts,
        precision=config["inference"]["precision"],
        options=plan.transcripts.allele_options,
        given=given_content,
        code=code_of("score_transcript_variants"),
    script:
        "../scripts/score_transcript_variants.py"


rule group_variants:
    input:
        unpack(plan.variant_effects.set_files),
        checked="results/variants/{dataset}.parquet",
        scores="results/variant_effects/{model}/{dataset}.ensemble.parquet",
        ranked="results/report/{model}/{dataset}.ranked.parquet",
    output:
        sets="results/variant_effects/{model}/{dataset}.sets.tsv",
        variants="results/variant_effects/{model}/{dataset}.set_variants.tsv",
    log:
        "logs/group_variants/{model}/{dataset}.log",
    wildcard_constraints:
        dataset=one_of(plan.variant_effects.with_sets),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        key=plan.variant_effects.set_key,
        given=given_content,
        code=code_of("group_variants"),
    script:
        "../scripts/group_variants.py"


rule evaluate_variants:
    input:
        unpack(plan.variant_benchmarks.files),
    output:
        results="results/benchmarks/{benchmark}.tsv",
        variants="results/benchmarks/{benchmark}.variants.parquet",
    log:
        "logs/evaluate_variants/{benchmark}.log",
    wildcard_constraints:
        benchmark=one_of(plan.variant_benchmarks.rows),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        folds=plan.variant_benchmarks.folds,
        definition=plan.variant_benchmarks.definition,
        options=plan.variant_benchmarks.options,
        given=given_content,
        code=code_of("evaluate_variants"),
    script:
        "../scripts/evaluate_variants.py"


rule build_nulls:
    input:
        unpack(plan.nulls.files),
    output:
        table="results/nulls/{model}/{dataset}.parquet",
        calibration="results/nulls/{model}/{dataset}.calibration.tsv",
    log:
        "logs/build_nulls/{model}/{dataset}.log",
    wildcard_constraints:
        dataset=one_of(plan.nulls.datasets),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        mixture=plan.nulls.mixture,
        given=given_content,
        code=code_of("build_nulls"),
    script:
        "../scripts/build_nulls.py"


rule compare_with_nulls:
    input:
        unpack(plan.nulls.of_scores),
    output:
        "results/variant_effects/{model}/{dataset}.percentiles.parquet",
    log:
        "logs/compare_with_nulls/{model}/{dataset}.log",
    wildcard_constraints:
        dataset=one_of(plan.nulls.compared),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        given=given_content,
        code=code_of("compare_with_nulls"),
    script:
        "../scripts/compare_with_nulls.py"


# `snakemake nulls` makes the tables of nulls, and nothing else.
rule nulls:
    input:
        plan.nulls.tables,
