"""Write the page that says what the run did."""

from seqcast.core.logs import reporting
from seqcast.core.provenance import versions
from seqcast.core.store import atomic
from seqcast.report.pages.summary import run_summary_html

with reporting(snakemake.log[0]):
    page = run_summary_html(
        checked=dict(zip(snakemake.params.datasets, snakemake.input.checked, strict=True)),
        ensembles=dict(
            zip(map(tuple, snakemake.params.pairs), snakemake.input.ensembles, strict=True)
        ),
        folds=list(snakemake.input.folds),
        annotations=dict(
            zip(snakemake.params.assemblies, snakemake.input.annotations, strict=True)
        ),
        verification=snakemake.params.verification,
        descriptions=snakemake.params.descriptions,
        window_modes=list(snakemake.input.window_modes),
        versions={**versions(), "snakemake": snakemake.params.snakemake_version},
    )
    with atomic(snakemake.output[0]) as temporary:
        temporary.write_text(page, encoding="utf-8")
