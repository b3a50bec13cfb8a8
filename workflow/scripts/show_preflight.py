"""Write the page of the tracks of a training dataset."""

import json
from pathlib import Path

from seqcast.core.logs import reporting
from seqcast.core.store import atomic, read_tsv
from seqcast.datasets.coverage.track_comparison import SCHEMA
from seqcast.report.pages.preflight import preflight_html

with reporting(snakemake.log[0]):
    page = preflight_html(
        snakemake.wildcards.coverage_set,
        read_tsv(snakemake.input.table, SCHEMA),
        json.loads(Path(snakemake.input.profiles).read_text(encoding="utf-8")),
    )
    with atomic(snakemake.output[0]) as temporary:
        temporary.write_text(page, encoding="utf-8")
