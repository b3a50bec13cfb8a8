rule evaluate_coverage:
    input:
        unpack(catalogue.model_files),
        unpack(with_dates(plan.coverage_accuracy.learned)),
        weights="resources/models/{model}.fold{fold}.safetensors",
        store=ancient("results/coverage_sets/{coverage_set}.zarr"),
        digest="results/coverage_sets/{coverage_set}.digest",
        annotation=plan.coverage_sets.genes,
    output:
        **plan.coverage_accuracy.files("tracks", "genes", "gene_preds", "gene_targets"),
    log:
        "logs/evaluate_coverage/{model}/{coverage_set}.fold{fold}.log",
    benchmark:
        "logs/evaluate_coverage/{model}/{coverage_set}.fold{fold}.benchmark.tsv"
    wildcard_constraints:
        model=one_of(catalogue.of_task("coverage")),
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        gpu=plan.gpus,
        mem_mb=memory_mb,
        runtime=runtime_min,
    params:
        facts=plan.coverage_accuracy.facts,
        precision=config["inference"]["precision"],
        options=plan.coverage_accuracy.prediction_options,
        head=catalogue.head,
        given=given_content,
        code=code_of("evaluate_coverage"),
    script:
        "../scripts/evaluate_coverage.py"


rule evaluate_half_lives:
    input:
        **plan.coverage_accuracy.files("gene_preds", "gene_targets"),
        targets=plan.coverage_sets.targets,
    output:
        f"{plan.coverage_accuracy.tables}.half_lives.tsv",
    log:
        "logs/evaluate_half_lives/{model}/{coverage_set}.fold{fold}.log",
    conda:
        "../../envs/report.yaml"
    params:
        compat=config["coverage_accuracy"]["compat"],
        given=given_content,
        code=code_of("evaluate_half_lives"),
    script:
        "../scripts/evaluate_half_lives.py"


rule fit_decays:
    input:
        **plan.coverage_accuracy.files("tracks", "genes", "gene_preds", "gene_targets"),
        targets=plan.coverage_sets.targets,
    output:
        decay=f"{plan.coverage_accuracy.tables}.decay.tsv",
        metrics=f"{plan.coverage_accuracy.tables}.decay_metrics.tsv",
    log:
        "logs/fit_decays/{model}/{coverage_set}.fold{fold}.log",
    wildcard_constraints:
        coverage_set=one_of(plan.coverage_accuracy.decay_courses),
    conda:
        "../../envs/report.yaml"
    params:
        pattern=plan.coverage_accuracy.decay_course,
        options=plan.coverage_accuracy.decay_options,
        given=given_content,
        code=code_of("fit_decays"),
    script:
        "../scripts/fit_decays.py"


rule predict_saluki:
    input:
        unpack(plan.coverage_accuracy.half_life_files),
    output:
        predictions="results/coverage_accuracy/{model}/{coverage_set}.saluki.tsv",
        metrics="results/coverage_accuracy/{model}/{coverage_set}.saluki_metrics.tsv",
    log:
        "logs/predict_saluki/{model}/{coverage_set}.log",
    wildcard_constraints:
        model=one_of(catalogue.of_task("coverage")),
        coverage_set=one_of(plan.coverage_accuracy.half_lives),
    conda:
        "../../envs/report.yaml"
    params:
        folds=plan.coverage_accuracy.folds,
        options=plan.coverage_accuracy.half_life_options,
        given=given_content,
        code=code_of("predict_saluki"),
    script:
        "../scripts/predict_saluki.py"


rule plot_accuracy:
    input:
        plan.coverage_accuracy.tracks,
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
        coverage_set=one_of(plan.coverage_accuracy.compared),
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        names=plan.coverage_accuracy.names,
        given=given_content,
        code=code_of("plot_accuracy"),
    script:
        "../scripts/plot_accuracy.py"


rule plot_gene_accuracy:
    input:
        **plan.coverage_accuracy.files("tracks", "gene_preds", "gene_targets"),
    output:
        report(
            f"{plan.coverage_accuracy.figures}.genes.png",
            caption="../report/gene_accuracy.rst",
            category="Accuracy of coverage",
            labels={
                "set": "{coverage_set}",
                "what": "genes, {model} fold {fold}",
            },
        ),
    log:
        "logs/plot_gene_accuracy/{model}/{coverage_set}.fold{fold}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        given=given_content,
        code=code_of("plot_gene_accuracy"),
    script:
        "../scripts/plot_gene_accuracy.py"


rule plot_decays:
    input:
        f"{plan.coverage_accuracy.tables}.decay.tsv",
    output:
        report(
            f"{plan.coverage_accuracy.figures}.decays.png",
            caption="../report/decays.rst",
            category="Accuracy of coverage",
            labels={
                "set": "{coverage_set}",
                "what": "decay rates, {model} fold {fold}",
            },
        ),
    log:
        "logs/plot_decays/{model}/{coverage_set}.fold{fold}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        given=given_content,
        code=code_of("plot_decays"),
    script:
        "../scripts/plot_decays.py"


rule collect_peaks:
    input:
        unpack(catalogue.model_files),
        unpack(with_dates(plan.coverage_accuracy.learned)),
        weights="resources/models/{model}.fold{fold}.safetensors",
        store=ancient("results/coverage_sets/{coverage_set}.zarr"),
        digest="results/coverage_sets/{coverage_set}.digest",
        annotation=plan.coverage_sets.genes,
        peaks=plan.coverage_benchmarks.peaks,
    output:
        plan.coverage_benchmarks.collected,
    log:
        "logs/collect_peaks/{model}/{coverage_set}.fold{fold}.log",
    benchmark:
        "logs/collect_peaks/{model}/{coverage_set}.fold{fold}.benchmark.tsv"
    wildcard_constraints:
        model=one_of(catalogue.of_task("coverage")),
        coverage_set=one_of(plan.coverage_benchmarks.with_peaks),
    conda:
        "../../envs/torch.yaml"
    threads: config["inference"]["threads"]
    resources:
        gpu=plan.gpus,
        mem_mb=memory_mb,
        runtime=runtime_min,
    params:
        facts=plan.coverage_accuracy.facts,
        precision=config["inference"]["precision"],
        options=plan.coverage_accuracy.prediction_options,
        head=catalogue.head,
        given=given_content,
        code=code_of("collect_peaks"),
    script:
        "../scripts/collect_peaks.py"


rule evaluate_coverage_benchmark:
    input:
        unpack(plan.coverage_benchmarks.files),
        published=plan.coverage_benchmarks.published,
    output:
        metrics="results/benchmarks/{benchmark}.tsv",
        rows="results/benchmarks/{benchmark}.rows.tsv",
    log:
        "logs/evaluate_coverage_benchmark/{benchmark}.log",
    wildcard_constraints:
        benchmark=one_of(plan.coverage_benchmarks.rows),
    conda:
        "../../envs/report.yaml"
    params:
        protocol=lambda job: plan.coverage_benchmarks.rows[job.benchmark].protocol,
        folds=plan.coverage_benchmarks.folds,
        origins=plan.coverage_benchmarks.origins,
        options=plan.coverage_benchmarks.options,
        given=given_content,
        code=code_of("evaluate_coverage_benchmark"),
    script:
        "../scripts/evaluate_coverage_benchmark.py"
