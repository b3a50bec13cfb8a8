from snakemake.utils import min_version

min_version("9.14")


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/download.smk"
include: "workflow/rules/coverage_sets.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/coverage_accuracy.smk"
include: "workflow/rules/embeddings.smk"
include: "workflow/rules/coverage.smk"
include: "workflow/rules/variant_effects.smk"
include: "workflow/rules/attributions.smk"
include: "workflow/rules/oligos.smk"
include: "workflow/rules/reads.smk"
include: "workflow/rules/read_sets.smk"
include: "workflow/rules/properties.smk"
include: "workflow/rules/read_benchmark.smk"
include: "workflow/rules/planted_truth.smk"
include: "workflow/rules/notebooks.smk"
include: "workflow/rules/verification.smk"
include: "workflow/rules/report.smk"


localrules:
    all,
    download_source,


rule all:
    default_target: True
    input:
        plan.targets,
