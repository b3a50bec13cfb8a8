"""Write the page of all properties."""

from seqcast.logs import reporting
from seqcast.properties.data import Property
from seqcast.properties.duplicates import read_parts
from seqcast.properties.evaluation import read_evaluation
from seqcast.properties.report import PropertyResults, properties_html
from seqcast.store import atomic

with reporting(snakemake.log[0]):
    asked, files = snakemake.params, snakemake.input
    results = [
        PropertyResults(
            Property.from_row(*definition), about, read_evaluation(metrics), read_parts(parts)
        )
        for definition, about, metrics, parts in zip(
            asked.definitions, asked.about, files.metrics, files.parts, strict=True
        )
    ]
    with atomic(snakemake.output[0]) as temporary:
        temporary.write_text(properties_html(results), encoding="utf-8")
