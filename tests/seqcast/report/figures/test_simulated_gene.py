"""The figure of a gene shows its elements where they lie, and each track's values."""

from dataclasses import replace

import numpy as np
import polars as pl
from matplotlib.colors import to_hex

from seqcast.report.figures.simulated_gene import COLOUR, simulated_gene
from seqcast.report.figures.style import save
from seqcast.simulate.gene_view import GeneView

ELEMENTS = pl.DataFrame(
    [("TATA", 1170, 1178, "promoter"), ("ARE", 1700, 1709, "utr3"), ("PAS", 1770, 1776, "utr3"),
     ("ARE", 1420, 1429, "intron")],
    schema=["element", "start", "end", "region"], orient="row",
)  # fmt: skip
NAMES = ("RNA:ActD:sim 0h", "RNA:4sU:sim 1h", "RNA:ActD:sim 8h", "CLIP:sim ARE")
VIEW = GeneView(
    "SIMG1.1", "SIM1", "chrS1", "+", 1000, 2000, ((1200, 1400), (1500, 1800)),
    ((1250, 1400), (1500, 1600)), {"distal": 1799}, ELEMENTS,
    {name: np.full(1000, 10.0 * i) for i, name in enumerate(NAMES, start=1)},
)  # fmt: skip


def test_elements_lie_at_their_places() -> None:
    model = simulated_gene(VIEW).axes[0]
    found = []
    for collection in model.collections[2:]:  # after exons and coding parts
        (path,) = collection.get_paths()
        low, high = path.vertices[:, 0].min(), path.vertices[:, 0].max()
        found.append((low, high, to_hex(collection.get_edgecolor()[0])))
    # the hexamer has 6 bp and is drawn 8 wide, around its middle
    places = [(1170, 1178, "TATA"), (1700, 1709, "ARE"), (1769, 1777, "PAS"), (1420, 1429, "ARE")]
    assert found == [(low, high, to_hex(COLOUR[name])) for low, high, name in places]
    hatched = [bool(c.get_hatch()) for c in model.collections[2:]]
    assert hatched == [False, False, False, True]  # the decoy
    labels = [text.get_text() for text in model.get_legend().get_texts()]
    assert labels == ["TATA box", "AU-rich element", "poly(A) signal"]


def test_tracks_are_drawn_by_time_course() -> None:
    axes = simulated_gene(VIEW).axes[1:]
    labels = [ax.texts[0].get_text() for ax in axes]
    assert labels == ["ActD 0h", "ActD 8h", "4sU 1h", "CLIP ARE"]
    values = [ax.patches[0].get_data()[0][0] for ax in axes]
    assert values == [10, 30, 20, 40]
    tops = [ax.get_ylim()[1] / 1.05 for ax in axes]
    np.testing.assert_allclose(tops, [30, 30, 20, 40])
    assert axes[0].patches[0].get_data().edges[[0, -1]].tolist() == [1000, 2000]
    assert axes[-1].get_xlim() == (1000, 2000)


def test_minus_strand_and_empty_track(tmp_path) -> None:
    quiet = {name: np.zeros(1000) for name in NAMES}
    fig = simulated_gene(replace(VIEW, strand="-", cleavage={"distal": 1200}, tracks=quiet))
    texts = {text.get_text(): text.get_position()[0] for text in fig.axes[0].texts}
    assert texts["TSS"] == 1800
    assert texts["distal end"] == 1200
    save(fig, tmp_path / "gene.png")
    save(fig, tmp_path / "gene.svg")
