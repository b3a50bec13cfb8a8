"""Write the page of all properties."""

from seqcast.core.logs import reporting
from seqcast.core.store import atomic
from seqcast.datasets.properties.duplicates import read_parts
from seqcast.datasets.properties.labelled import Property
from seqcast.evaluation.properties.evaluate_property import read_evaluation
from seqcast.report.pages.properties import PropertyResults, properties_html

with reporting(snakemake.log[0]):
    asked, files = snakemake.params, snakemake.input
    results = [
        PropertyResults(wanted, about, read_evaluation(metrics, wanted.labels), read_parts(parts))
        for wanted, about, metrics, parts in zip(
            [Property.from_row(*definition) for definition in asked.definitions],
            asked.about,
            files.metrics,
            files.parts,
            strict=True,
        )
    ]
    with atomic(snakemake.output[0]) as temporary:
        html = properties_html(results, asked.descriptions)
        temporary.write_text(html, encoding="utf-8")
