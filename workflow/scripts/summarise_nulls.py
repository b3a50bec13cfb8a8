"""Write the page of null variants, and the figure of their calibration."""

from seqcast.core.logs import reporting
from seqcast.core.provenance import model_in_words
from seqcast.core.store import atomic, read_tsv
from seqcast.evaluation.variants.null_calibration import CALIBRATION
from seqcast.predict.nulls.null_tables import Nulls
from seqcast.report.figures.nulls import plot_calibration
from seqcast.report.figures.style import head, save
from seqcast.report.pages.nulls import nulls_html

with reporting(snakemake.log[0]):
    nulls = Nulls.read(snakemake.input.table)
    calibration = read_tsv(snakemake.input.calibration, CALIBRATION)
    with atomic(snakemake.output.page) as temporary:
        page = nulls_html(nulls, calibration, snakemake.params.descriptions)
        temporary.write_text(page, encoding="utf-8")
    figure = head(plot_calibration(nulls), nulls.name, model_in_words(nulls.definition))
    save(figure, snakemake.output.figure)
