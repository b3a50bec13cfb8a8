rule plot_simulated_gene:
    input:
        multiext(
            "resources/simulated/",
            genes="genes.tsv",
            transcripts="transcripts.tsv",
            elements="elements.tsv",
            annotation="annotation.gtf",
            targets="targets.tsv",
        ),
        coverage=ancient("resources/simulated/coverage"),  # of one job with its genes
    output:
        report(
            "results/planted_truth/simulated_gene.png",
            caption="../report/simulated_gene.rst",
            category="Planted truth",
            labels={"what": "a simulated gene and its coverage"},
        ),
    log:
        "logs/plot_simulated_gene.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        given=given_content,
        code=code_of("plot_simulated_gene"),
    script:
        "../scripts/plot_simulated_gene.py"


rule evaluate_planted_truth:
    input:
        unpack(plan.planted_truth.predictions),
        unpack(plan.planted_truth.truth),
        unpack(with_dates(plan.planted_truth.learned)),
        half_lives=plan.planted_truth.half_lives,
    output:
        measures="results/planted_truth/{model}.tsv",
        variants="results/planted_truth/{model}.variants.parquet",
        genes="results/planted_truth/{model}.genes.parquet",
        bases="results/planted_truth/{model}.bases.parquet",
    log:
        "logs/evaluate_planted_truth/{model}.log",
    conda:
        "../../envs/torch.yaml"
    params:
        held_out=plan.planted_truth.held_out,
        simulation=config["simulation"],
        options=catalogue.part("variant_effects", "unscale"),
        report=plan.variant_effects.report_options,
        given=given_content,
        code=code_of("evaluate_planted_truth"),
    script:
        "../scripts/evaluate_planted_truth.py"


rule summarise_planted_truth:
    input:
        measures="results/planted_truth/{model}.tsv",
        variants="results/planted_truth/{model}.variants.parquet",
        genes="results/planted_truth/{model}.genes.parquet",
        bases="results/planted_truth/{model}.bases.parquet",
    output:
        page=report(
            "results/planted_truth/{model}.html",
            caption="../report/planted_truth.rst",
            category="Planted truth",
            subcategory="{model}",
            labels={"what": "predictions against truth"},
        ),
        figure=report(
            "results/planted_truth/{model}.png",
            caption="../report/planted_truth_figure.rst",
            category="Planted truth",
            subcategory="{model}",
            labels={"what": "predictions against truth, figure"},
        ),
    log:
        "logs/summarise_planted_truth/{model}.log",
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        descriptions=catalogue.description,
        templates=template_digest("planted_truth.html"),
        given=given_content,
        code=code_of("summarise_planted_truth"),
    script:
        "../scripts/summarise_planted_truth.py"
