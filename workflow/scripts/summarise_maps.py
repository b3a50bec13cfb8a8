"""Draw the strongest mutagenesis maps, and write the page of all."""

from seqcast.core.job_files import named_files
from seqcast.core.logs import reporting
from seqcast.core.store import atomic, read_provenance, read_table
from seqcast.report.figures.map_views import DrawnFiles, read_agreement, read_views
from seqcast.report.figures.maps import write_figures
from seqcast.report.pages.maps import maps_html

with reporting(snakemake.log[0]):
    files, made = named_files(DrawnFiles, snakemake.input), snakemake.output
    views = read_views(files)
    with atomic(made.figures) as folder, atomic(made.page) as page:
        folder.mkdir()
        write_figures(views, folder)
        drawings = [folder / f"{rank}.svg" for rank in range(1, len(views) + 1)]
        bases, facts = read_table(files.bases), read_provenance(files.bases)
        descriptions, agreement = snakemake.params.descriptions, read_agreement(files)
        html = maps_html(bases, facts, drawings, descriptions, agreement)
        page.write_text(html, encoding="utf-8")
