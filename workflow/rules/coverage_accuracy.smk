include: "coverage_accuracy_common.smk"


rule evaluate_coverage:
    input:
        unpack(catalogue.model_files),
        unpack(stores_of_fold),
        weights="resources/models/{model}.fold{fold}.safetensors",
        store=ancient(STORE),
        digest=STORE_DIGEST,
        annotation=set_genome(".genes.parquet"),
    output:
        **accuracy_files("tracks", "genes", "gene_preds", "gene_targets"),
    log:
        "logs/evaluate_coverage/{model}/{coverage_set}.fold{fold}.log",
    benchmark:
        "logs/evaluate_coverage/{model}/{coverage_set}.fold{fold}.benchmark.tsv"
    wildcard_constraints:
        model=one_of(COVERAGE_MODELS),
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        gpu=1,
    params:
        facts=accuracy_facts,
        precision=config["inference"]["precision"],
        options=part_of(
            "coverage_accuracy",
            "compat",
            "reverse_complement",
            "shifts_bp",
            "span",
            "unclip",
        ),
        head=cell(MODELS, "model", "head"),
        given=given_content,
        code=code_of("evaluate_coverage"),
    script:
        "../scripts/evaluate_coverage.py"


rule evaluate_half_lives:
    input:
        unpack(set_files("targets")),
        **accuracy_files("gene_preds", "gene_targets"),
    output:
        f"{ACCURACY_PATH}.half_lives.tsv",
    log:
        "logs/evaluate_half_lives/{model}/{coverage_set}.fold{fold}.log",
    conda:
        "../../envs/report.yaml"
    params:
        compat=ACCURACY_OPTIONS["compat"],
        given=given_content,
        code=code_of("evaluate_half_lives"),
    script:
        "../scripts/evaluate_half_lives.py"


rule fit_decays:
    input:
        unpack(set_files("targets")),
        **accuracy_files("tracks", "genes", "gene_preds", "gene_targets"),
    output:
        decay=f"{ACCURACY_PATH}.decay.tsv",
        metrics=f"{ACCURACY_PATH}.decay_metrics.tsv",
    log:
        "logs/fit_decays/{model}/{coverage_set}.fold{fold}.log",
    wildcard_constraints:
        coverage_set=one_of(DECAY_COURSES),
    conda:
        "../../envs/report.yaml"
    params:
        pattern=lambda wildcards: DECAY_COURSES[wildcards.coverage_set],
        options={
            name: ACCURACY_OPTIONS[name]
            for name in [
                "compat",
                "decay_shape",
                "decay_reference",
                "decay_half_life_h",
            ]
        },
        given=given_content,
        code=code_of("fit_decays"),
    script:
        "../scripts/fit_decays.py"


rule predict_saluki:
    input:
        unpack(saluki_files),
    output:
        predictions="results/coverage_accuracy/{model}/{coverage_set}.saluki.tsv",
        metrics="results/coverage_accuracy/{model}/{coverage_set}.saluki_metrics.tsv",
    log:
        "logs/predict_saluki/{model}/{coverage_set}.log",
    wildcard_constraints:
        model=one_of(COVERAGE_MODELS),
        coverage_set=one_of(HALF_LIVES),
    conda:
        "../../envs/report.yaml"
    params:
        folds=tested_folds,
        options={
            name: ACCURACY_OPTIONS[name] for name in ["compat", "half_life_columns"]
        },
        given=given_content,
        code=code_of("predict_saluki"),
    script:
        "../scripts/predict_saluki.py"


rule plot_accuracy:
    input:
        tested_tracks,
    output:
        bins=report(
            "results/report/{coverage_set}.accuracy_bins.png",
            caption="../report/accuracy.rst",
            category="Accuracy of coverage",
            labels={"set": "{coverage_set}", "what": "models compared, bins"},
        ),
        genes=report(
            "results/report/{coverage_set}.accuracy_genes.png",
            caption="../report/accuracy.rst",
            category="Accuracy of coverage",
            labels={"set": "{coverage_set}", "what": "models compared, genes"},
        ),
    log:
        "logs/plot_accuracy/{coverage_set}.log",
    wildcard_constraints:
        coverage_set=one_of(name for name in TESTED if TESTED[name]),
    conda:
        "../../envs/report.yaml"
    params:
        names=tested_names,
        given=given_content,
        code=code_of("plot_accuracy"),
    script:
        "../scripts/plot_accuracy.py"


rule plot_gene_accuracy:
    input:
        **accuracy_files("tracks", "gene_preds", "gene_targets"),
    output:
        report(
            f"{ACCURACY_FIGURE}.genes.png",
            caption="../report/gene_accuracy.rst",
            category="Accuracy of coverage",
            labels={
                "set": "{coverage_set}",
                "what": "genes, {model} fold {fold}",
            },
        ),
    log:
        "logs/plot_gene_accuracy/{model}/{coverage_set}.fold{fold}.log",
    conda:
        "../../envs/report.yaml"
    params:
        given=given_content,
        code=code_of("plot_gene_accuracy"),
    script:
        "../scripts/plot_gene_accuracy.py"


rule plot_decays:
    input:
        f"{ACCURACY_PATH}.decay.tsv",
    output:
        report(
            f"{ACCURACY_FIGURE}.decays.png",
            caption="../report/decays.rst",
            category="Accuracy of coverage",
            labels={
                "set": "{coverage_set}",
                "what": "decay rates, {model} fold {fold}",
            },
        ),
    log:
        "logs/plot_decays/{model}/{coverage_set}.fold{fold}.log",
    conda:
        "../../envs/report.yaml"
    params:
        given=given_content,
        code=code_of("plot_decays"),
    script:
        "../scripts/plot_decays.py"
