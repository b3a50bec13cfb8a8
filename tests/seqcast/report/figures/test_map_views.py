"""What figures of maps are read from, and the files that they are."""

import numpy as np
import polars as pl
import pytest

from seqcast.core.seals import seal_zip
from seqcast.core.store import read_tsv, write_table
from seqcast.evaluation.variants.attribution_agreement import MAP
from seqcast.report.figures.map_views import DrawnFiles, read_agreement, read_views
from seqcast.report.figures.maps import plot_map, write_figures
from tests.seqcast.predict.maps.toy_regions import ANNOTATION
from tests.seqcast.report.pages.test_maps import FACTS, bases

GTF = [("exon", 91, 140), ("CDS", 96, 120), ("stop_codon", 93, 95)]


@pytest.fixture
def files(tmp_path):
    write_table(bases(), tmp_path / "bases.parquet", FACTS)
    np.savez(tmp_path / "references.npz", coverage=np.ones((2, 8), np.float32), start=np.array([0, 0]),
             bin_size_bp=np.array(32))  # fmt: skip
    seal_zip(tmp_path / "references.npz")
    ANNOTATION.write(tmp_path / "genes.parquet")
    lines = [
        f'chr1\tx\t{feature}\t{start}\t{end}\t.\t-\t0\tgene_id "G1"; transcript_id "T1";\n'
        for feature, start, end in GTF
    ]
    (tmp_path / "genes.gtf").write_text("".join(lines))
    return DrawnFiles(*(tmp_path / name for name in
                        ("bases.parquet", "references.npz", "genes.parquet", "genes.gtf")))  # fmt: skip


def test_the_strongest_maps_are_drawn_with_their_gene(files):
    views = read_views(files)
    assert len(views) == 2
    sizes = [view.bases["importance"].abs().max() for view in views]
    assert sizes[0] >= sizes[1]
    assert {view.coding for view in views} == {((95, 120),)}
    assert views[0].made_by == "set <1>; m, mean of folds 0 and 1"
    assert views[0].tracks == "ActD (^RNA:ActD)"
    assert (views[0].score, views[0].bin_size_bp) == ("logSED", 32)


def test_attributions_are_those_of_the_bases_of_each_map(files, tmp_path):
    assert read_agreement(files).is_empty()
    known = bases().drop_nulls("importance")
    halves = known.select(*MAP, "chrom", "pos", gradient_x_input=pl.col("importance") / 2)
    write_table(halves.reverse(), tmp_path / "attributions.parquet", {})
    views = read_views(files._replace(attributions=tmp_path / "attributions.parquet"))
    assert len(views) == 2
    for view in views:
        halved, whole = (view.bases[n].to_numpy() for n in ("gradient_x_input", "importance"))
        np.testing.assert_allclose(halved, whole / 2)
        rows = {ax.get_ylabel(): ax for ax in plot_map(view).axes}
        found = [bar.get_height() for bar in rows["gradient\nx input"].patches]
        np.testing.assert_allclose(found, np.nan_to_num(halved[::-1]))  # of the minus strand


def test_figures_are_written_with_the_numbers_that_they_show(files, tmp_path):
    views = read_views(files)
    write_figures(views, tmp_path)
    found = sorted(path.name for path in tmp_path.iterdir() if path.stem in "12")
    assert found == [f"{rank}.{suffix}" for rank in (1, 2) for suffix in ("png", "svg", "tsv")]
    table = read_tsv(tmp_path / "1.tsv", {"importance": pl.Float64})
    np.testing.assert_allclose(table["importance"], views[0].bases["importance"])
