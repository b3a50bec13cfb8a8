rule rank_variants:
    input:
        unpack(catalogue.intervals),
        scores="results/variant_effects/{model}/{dataset}.ensemble.parquet",
        tracks="results/variant_effects/{model}/tracks.parquet",
        half_lives=plan.variant_effects.half_lives,
        percentiles=plan.nulls.percentiles,
    output:
        "results/report/{model}/{dataset}.ranked.parquet",
    log:
        "logs/rank_variants/{model}/{dataset}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        report=plan.variant_effects.report_options,
        given=given_content,
        code=code_of("rank_variants"),
    script:
        "../scripts/rank_variants.py"


# Pages are apart from tables: another template makes no table again, and no prediction after it.
rule summarise_ranking:
    input:
        ranked="results/report/{model}/{dataset}.ranked.parquet",
        sets=plan.variant_effects.ranked_sets,
        verdicts=plan.training_pages.verdicts,
    output:
        report(
            "results/report/{model}/{dataset}.ranked.html",
            caption="../report/ranked.rst",
            category="Variant effects",
            subcategory="{model}",
            labels={"dataset": "{dataset}", "what": "ranked variants"},
        ),
    log:
        "logs/summarise_ranking/{model}/{dataset}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        rows=100,  # the file has all
        descriptions=catalogue.description,
        templates=template_digest("ranked.html"),
        given=given_content,
        code=code_of("summarise_ranking"),
    script:
        "../scripts/summarise_ranking.py"


rule predict_strongest:
    input:
        unpack(catalogue.model_files),
        unpack(catalogue.genome),
        weights=catalogue.fold_weights,
        variants="results/variants/{dataset}.parquet",
        ranked="results/report/{model}/{dataset}.ranked.parquet",
        annotation=catalogue.genes,
    output:
        "results/report/{model}/{dataset}.strongest.npz",
    log:
        "logs/predict_strongest/{model}/{dataset}.log",
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        gpu=plan.gpus,
        mem_mb=memory_mb,
    params:
        architecture=catalogue.architecture,
        head=catalogue.head,
        options=plan.variant_effects.allele_options,
        precision=config["inference"]["precision"],
        top=config["report"]["top"],
        given=given_content,
        code=code_of("predict_strongest"),
    script:
        "../scripts/predict_strongest.py"


rule plot_strongest:
    input:
        predictions="results/report/{model}/{dataset}.strongest.npz",
        ranked="results/report/{model}/{dataset}.ranked.parquet",
        tracks="results/variant_effects/{model}/tracks.parquet",
        annotation=catalogue.genes,
    output:
        report(
            directory("results/report/{model}/{dataset}.tracks"),
            patterns=["{rank}.png"],
            caption="../report/tracks.rst",
            category="Variant effects",
            subcategory="{model}",
            labels={"dataset": "{dataset}", "what": "strongest variant {rank}"},
        ),
    log:
        "logs/plot_strongest/{model}/{dataset}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        given=given_content,
        code=code_of("plot_strongest"),
    script:
        "../scripts/plot_strongest.py"


rule plot_distribution:
    input:
        scores="results/variant_effects/{model}/{dataset}.ensemble.parquet",
        tracks="results/variant_effects/{model}/tracks.parquet",
    output:
        report(
            "results/report/{model}/{dataset}.distribution.png",
            caption="../report/distribution.rst",
            category="Variant effects",
            subcategory="{model}",
            labels={"dataset": "{dataset}", "what": "distribution of scores"},
        ),
    log:
        "logs/plot_distribution/{model}/{dataset}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        report=plan.variant_effects.report_options,
        given=given_content,
        code=code_of("plot_distribution"),
    script:
        "../scripts/plot_distribution.py"


rule plot_agreement:
    input:
        folds=plan.variant_effects.folds,
        tracks="results/variant_effects/{model}/tracks.parquet",
    output:
        report(
            "results/report/{model}/{dataset}.agreement.png",
            caption="../report/agreement.rst",
            category="Variant effects",
            subcategory="{model}",
            labels={"dataset": "{dataset}", "what": "agreement of folds"},
        ),
    log:
        "logs/plot_agreement/{model}/{dataset}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        report=plan.variant_effects.report_options,
        folds=lambda wildcards: catalogue.folds_of(wildcards.model),
        given=given_content,
        code=code_of("plot_agreement"),
    script:
        "../scripts/plot_agreement.py"


rule predict_map_references:
    input:
        unpack(catalogue.model_files),
        unpack(catalogue.genome),
        weights=catalogue.fold_weights,
        bases="results/maps/{model}/{dataset}.bases.parquet",
        annotation=catalogue.genes,
    output:
        "results/report/{model}/{dataset}.map_references.npz",
    log:
        "logs/predict_map_references/{model}/{dataset}.log",
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        gpu=plan.gpus,
        mem_mb=memory_mb,
    params:
        architecture=catalogue.architecture,
        head=catalogue.head,
        options=plan.variant_effects.prediction_options,
        precision=config["inference"]["precision"],
        top=config["report"]["top"],
        given=given_content,
        code=code_of("predict_map_references"),
    script:
        "../scripts/predict_map_references.py"


rule summarise_maps:
    input:
        unpack(plan.attributions.of_maps),
        bases="results/maps/{model}/{dataset}.bases.parquet",
        references="results/report/{model}/{dataset}.map_references.npz",
        genes=catalogue.genes,
        annotation=plan.maps.annotation_file,
    output:
        page=report(
            "results/report/{model}/{dataset}.maps.html",
            caption="../report/maps_page.rst",
            category="Mutagenesis maps",
            subcategory="{model}",
            labels={"dataset": "{dataset}", "what": "all maps"},
        ),
        figures=report(
            directory("results/report/{model}/{dataset}.maps"),
            patterns=["{rank}.png"],
            caption="../report/maps.rst",
            category="Mutagenesis maps",
            subcategory="{model}",
            labels={"dataset": "{dataset}", "what": "map {rank}"},
        ),
    log:
        "logs/summarise_maps/{model}/{dataset}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        descriptions=catalogue.description,
        templates=template_digest("maps.html"),
        given=given_content,
        code=code_of("summarise_maps"),
    script:
        "../scripts/summarise_maps.py"


rule summarise_run:
    input:
        **plan.variant_effects.summarised,
    output:
        report(
            "results/report/summary.html",
            caption="../report/summary.rst",
            category="Run",
            labels={"what": "summary"},
        ),
    log:
        "logs/summarise_run.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        datasets=plan.variant_effects.datasets,
        assemblies=plan.variant_effects.assemblies,
        pairs=plan.variant_effects.pairs,
        verification=plan.verification.reported,
        snakemake_version=snakemake.__version__,
        descriptions=catalogue.descriptions("coverage"),
        templates=template_digest("run_summary.html"),
        given=given_content,
        code=code_of("summarise_run"),
    script:
        "../scripts/summarise_run.py"


rule compare_models:
    input:
        unpack(plan.variant_effects.compared),
    output:
        table="results/report/{dataset}.comparison.tsv",
        correlations="results/report/{dataset}.correlations.tsv",
        parquet="results/report/{dataset}.comparison.parquet",
    log:
        "logs/compare_models/{dataset}.log",
    conda:
        "../../envs/report.yaml"
    params:
        coverage=plan.variant_effects.models,
        mrna=catalogue.of_task("embedding"),
        report=plan.variant_effects.report_options,
        given=given_content,
        code=code_of("compare_models"),
    script:
        "../scripts/compare_models.py"


rule compare_across_models:
    input:
        table="results/report/{dataset}.comparison.parquet",
        correlations="results/report/{dataset}.correlations.tsv",
        file=catalogue.file,
        percentiles=plan.nulls.percentiles_of_models,
    output:
        table="results/report/{dataset}.cross_model.parquet",
        numbers="results/report/{dataset}.cross_model.tsv",
    log:
        "logs/compare_across_models/{dataset}.log",
    conda:
        "../../envs/report.yaml"
    params:
        given=given_content,
        code=code_of("compare_across_models"),
    script:
        "../scripts/compare_across_models.py"


rule summarise_comparison:
    input:
        unpack(plan.variant_effects.of_coverage),
        table="results/report/{dataset}.comparison.parquet",
        correlations="results/report/{dataset}.correlations.tsv",
        across="results/report/{dataset}.cross_model.parquet",
        numbers="results/report/{dataset}.cross_model.tsv",
        file=catalogue.file,
    output:
        page=report(
            "results/report/{dataset}.comparison.html",
            caption="../report/comparison.rst",
            category="Variant effects",
            subcategory="all models",
            labels={"dataset": "{dataset}", "what": "models beside each other"},
        ),
        figure=report(
            "results/report/{dataset}.comparison.png",
            caption="../report/comparison_figure.rst",
            category="Variant effects",
            subcategory="all models",
            labels={
                "dataset": "{dataset}",
                "what": "models beside each other, figure",
            },
        ),
        differing=report(
            "results/report/{dataset}.disagreement.png",
            caption="../report/disagreement_figure.rst",
            category="Variant effects",
            subcategory="all models",
            labels={"dataset": "{dataset}", "what": "where models differ most"},
        ),
    log:
        "logs/summarise_comparison/{dataset}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        coverage=plan.variant_effects.models,
        report=plan.variant_effects.report_options,
        descriptions=catalogue.descriptions("coverage", "embedding"),
        templates=template_digest("comparison.html"),
        given=given_content,
        code=code_of("summarise_comparison"),
    script:
        "../scripts/summarise_comparison.py"


rule summarise_benchmarks:
    input:
        plan.benchmarks.results,
    output:
        page=report(
            "results/report/benchmarks.html",
            caption="../report/benchmarks.rst",
            category="Benchmarks",
            labels={"what": "all benchmarks"},
        ),
        table="results/report/benchmarks.tsv",
        figures=plan.benchmarks.figures,
    log:
        "logs/summarise_benchmarks.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        about=plan.benchmarks.about,
        templates=template_digest("benchmarks.html"),
        citations=template_digest("citations.bib"),
        given=given_content,
        code=code_of("summarise_benchmarks"),
    script:
        "../scripts/summarise_benchmarks.py"


rule assemble_page:
    input:
        **plan.run_page.files,
    output:
        page="results/report/index.html",
        tables=directory("results/report/tables"),
        costs="results/report/costs.tsv",
        multiqc="results/report/seqcast_mqc.json",
        crate="results/ro-crate-metadata.json",
    log:
        "logs/assemble_page.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=memory_mb,
    params:
        about=plan.run_page.about,
        command=plan.run_page.command(workflow.overwrite_configfiles),
        snakemake_version=snakemake.__version__,
        templates=template_digest("run_page.html"),
        assets=plan.run_page.assets,
        given=given_content,
        code=code_of("assemble_page"),
    script:
        "../scripts/assemble_page.py"


rule summarise_nulls:
    input:
        table="results/nulls/{model}/{dataset}.parquet",
        calibration="results/nulls/{model}/{dataset}.calibration.tsv",
    output:
        page=report(
            "results/report/{model}/{dataset}.nulls.html",
            caption="../report/nulls.rst",
            category="Variant effects",
            subcategory="{model}",
            labels={"dataset": "{dataset}", "what": "null variants"},
        ),
        figure=report(
            "results/report/{model}/{dataset}.nulls.png",
            caption="../report/nulls_figure.rst",
            category="Variant effects",
            subcategory="{model}",
            labels={"dataset": "{dataset}", "what": "null variants, figure"},
        ),
    log:
        "logs/summarise_nulls/{model}/{dataset}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        descriptions=catalogue.description,
        templates=template_digest("nulls.html"),
        given=given_content,
        code=code_of("summarise_nulls"),
    script:
        "../scripts/summarise_nulls.py"
