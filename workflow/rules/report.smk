include: "planted_truth.smk"


RANKED_ROWS = 100  # of the table in the report; the file has all


rule rank_variants:
    input:
        scores="results/variant_effects/{model}/{dataset}.ensemble.parquet",
        tracks="results/variant_effects/{model}/tracks.parquet",
    output:
        "results/report/{model}/{dataset}.ranked.parquet",
    log:
        "logs/rank_variants/{model}/{dataset}.log",
    conda:
        "../../envs/report.yaml"
    params:
        report=part_of("report", "score", "tracks"),
        given=given_content,
        code=code_of("rank_variants"),
    script:
        "../scripts/rank_variants.py"


# Pages are apart from tables: another template makes no table again, and no prediction after it.
rule summarise_ranking:
    input:
        "results/report/{model}/{dataset}.ranked.parquet",
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
    conda:
        "../../envs/report.yaml"
    params:
        rows=RANKED_ROWS,
        templates=template_digest("ranked.html"),
        given=given_content,
        code=code_of("summarise_ranking"),
    script:
        "../scripts/summarise_ranking.py"


rule predict_strongest:
    input:
        unpack(catalogue.model_files),
        weights=catalogue.fold_weights,
        variants="results/variants/{dataset}.parquet",
        ranked="results/report/{model}/{dataset}.ranked.parquet",
        annotation=assembly_file(".genes.parquet"),
        genome=assembly_file(".fa.gz"),
        index=assembly_file(".fa.gz.fai"),
    output:
        "results/report/{model}/{dataset}.strongest.npz",
    log:
        "logs/predict_strongest/{model}/{dataset}.log",
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        gpu=1,
    params:
        architecture=cell(MODELS, "model", "architecture"),
        head=cell(MODELS, "model", "head"),
        options=ALLELE_PREDICTION_OPTIONS,
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
        annotation=assembly_file(".genes.parquet"),
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
    params:
        report=part_of("report", "score", "tracks"),
        given=given_content,
        code=code_of("plot_distribution"),
    script:
        "../scripts/plot_distribution.py"


rule plot_agreement:
    input:
        folds=lambda wildcards: expand(
            "results/variant_effects/{{model}}/{{dataset}}.fold{fold}.parquet",
            fold=folds_of(wildcards.model),
        ),
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
    params:
        report=part_of("report", "score", "tracks"),
        folds=lambda wildcards: folds_of(wildcards.model),
        given=given_content,
        code=code_of("plot_agreement"),
    script:
        "../scripts/plot_agreement.py"


VARIANT_ASSEMBLIES = list(
    dict.fromkeys(DATASETS.at[dataset, "assembly"] for dataset in VARIANT_SETS)
)


rule summarise_run:
    input:
        checked=expand("results/variants/{dataset}.parquet", dataset=VARIANT_SETS),
        ensembles=effects("ensemble.parquet"),
        folds=[
            f"results/variant_effects/{model}/{dataset}.fold{fold}.parquet"
            for model, fold in FOLDS.index
            if model in COVERAGE_MODELS
            for dataset in VARIANT_SETS
        ],
        annotations=expand(
            "resources/assemblies/{assembly}.genes.parquet",
            assembly=VARIANT_ASSEMBLIES,
        ),
    output:
        report(
            "results/report/summary.html",
            caption="../report/summary.rst",
            category="Run",
            labels={"what": "summary"},
        ),
    log:
        "logs/summarise_run.log",
    conda:
        "../../envs/report.yaml"
    params:
        datasets=VARIANT_SETS,
        assemblies=VARIANT_ASSEMBLIES,
        pairs=[
            (model, dataset) for model in COVERAGE_MODELS for dataset in VARIANT_SETS
        ],
        snakemake_version=snakemake.__version__,
        templates=template_digest("run_summary.html"),
        given=given_content,
        code=code_of("summarise_run"),
    script:
        "../scripts/summarise_run.py"


rule compare_models:
    input:
        coverage=lambda wildcards: expand(
            "results/variant_effects/{model}/{{dataset}}.ensemble.parquet",
            model=COVERAGE_MODELS,
        ),
        tracks=expand(
            "results/variant_effects/{model}/tracks.parquet", model=COVERAGE_MODELS
        ),
        mrna=lambda wildcards: expand(
            "results/variant_effects/{model}/{{dataset}}.ensemble.parquet",
            model=EMBEDDING_MODELS,
        ),
    output:
        table="results/report/{dataset}.comparison.tsv",
        correlations="results/report/{dataset}.correlations.tsv",
        parquet="results/report/{dataset}.comparison.parquet",
    log:
        "logs/compare_models/{dataset}.log",
    conda:
        "../../envs/report.yaml"
    params:
        coverage=COVERAGE_MODELS,
        mrna=EMBEDDING_MODELS,
        report=part_of("report", "score", "tracks"),
        given=given_content,
        code=code_of("compare_models"),
    script:
        "../scripts/compare_models.py"


rule summarise_comparison:
    input:
        table="results/report/{dataset}.comparison.parquet",
        correlations="results/report/{dataset}.correlations.tsv",
        checked="results/variants/{dataset}.parquet",
        file=lambda wildcards: given_file(DATASETS.at[wildcards.dataset, "path"]),
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
    log:
        "logs/summarise_comparison/{dataset}.log",
    conda:
        "../../envs/report.yaml"
    params:
        templates=template_digest("comparison.html"),
        given=given_content,
        code=code_of("summarise_comparison"),
    script:
        "../scripts/summarise_comparison.py"
