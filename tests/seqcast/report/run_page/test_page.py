"""The page of scored variants: its rows are those of the scores, and names stay text."""

import base64
import gzip
import json
from typing import Any

import numpy as np
import polars as pl
import pytest

from seqcast.core.store import array_values, file_sha256, read_tsv
from seqcast.report.run_page.allele_rows import allele_rows, listed_rows, table_data
from seqcast.report.run_page.assets import ASSETS, inline_script, packed
from seqcast.report.run_page.chapters import page_of, read_chapters
from seqcast.report.run_page.gene_effects import MOST_GROUPS, gene_effects, track_groups
from seqcast.report.run_page.page import page_html
from seqcast.report.run_page.variant_details import AROUND_BP, Details, variant_details
from tests.seqcast.report.run_page.hostile import MARKUP, content_of, scores_of
from tests.seqcast.report.run_page.page_data import data_of


def test_rows_are_the_strongest_gene_of_each_allele() -> None:
    (one,) = content_of(60).sets
    chosen = [i for i, text in enumerate(one.tracks["description"]) if "xx" in text]
    values, scored = array_values(one.scores["logSED"])
    sizes = np.where(scored, np.abs(values[:, chosen]).mean(axis=1), -1)
    expected = []
    for row in range(60):
        (places,) = np.nonzero(one.scores["row"].to_numpy() == row)
        best = places[sizes[places].argmax()]
        expected.append((row, one.scores["gene_id"][int(best)], sizes[best],
                         values[best, chosen].mean()))  # fmt: skip
    expected.sort(key=lambda row: -row[2])
    found = allele_rows(one, "logSED", "xx")
    assert found["row"].to_list()[:54] == [row[0] for row in expected[:54]]
    assert found["gene_id"].to_list()[:54] == [row[1] for row in expected[:54]]
    np.testing.assert_allclose(
        found["size"].to_numpy()[:54], [row[2] for row in expected[:54]], rtol=1e-6
    )
    np.testing.assert_allclose(
        found["effect"].to_numpy()[:54], [row[3] for row in expected[:54]], rtol=1e-6
    )
    assert sorted(found["row"].to_list()[54:]) == [9, 19, 29, 39, 49, 59]
    assert found["size"].tail(6).null_count() == 6


def test_more_rows_than_a_page_holds_are_counted_and_none_is_lost() -> None:
    (one,) = content_of(200).sets
    rows = allele_rows(one, "logSED")
    assert listed_rows([rows], 200).equals(rows)
    found = listed_rows([rows], 199)
    assert found["alleles"].sum() == 200
    assert found.filter(pl.col("size").is_null())["alleles"].to_list() == [20]
    scored = rows.filter(pl.col("size").is_not_null())
    assert (
        found["gene_id"].drop_nulls().to_list()
        == scored["gene_id"].unique(maintain_order=True).to_list()
    )
    assert found["size"][0] == rows["size"][0]
    page = page_html(content_of(200), most_rows=199)
    assert "200 ALT alleles are more than a page holds" in page
    assert data_of(page)["table"]["length"] == len(found)


def test_table_data_gives_back_the_rows() -> None:
    (one,) = content_of(50).sets
    rows = allele_rows(one, "logSED")
    data = table_data(rows.with_columns(effect=pl.Series([np.nan, np.inf, *rows["effect"][2:]])))
    values, texts = data["values"], data["texts"]
    names = [texts["variant"][place] for place in values["variant"]]
    assert names == rows["variant"].to_list()
    assert values["effect"][:2] == [None, None]
    assert values["ref_level"][2] == pytest.approx(rows["ref_level"][2], rel=1e-3)
    assert "percentile" not in values  # no column without a value
    assert {column["field"] for column in data["columns"]} == set(values)


def test_names_stay_text() -> None:
    page = page_html(content_of(20))
    body = page.partition("<main")[2].partition("</main>")[0]
    assert MARKUP not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in body
    assert MARKUP in data_of(page)["table"]["texts"]["variant"]
    assert "&lt;/script" not in inline_script("</script>")
    assert inline_script('a = "</script><!--"') == r'a = "<\/script><\!--"'


def test_equal_data_make_equal_pages() -> None:
    assert page_html(content_of(20)) == page_html(content_of(20))
    assert json.loads(gzip.decompress(base64.b64decode(packed({"a": "</script>"})))) == {
        "a": "</script>"
    }


def test_pages_without_variants_have_their_chapters_alone() -> None:
    content = content_of(5)
    page = page_html(type(content)("Reads", [], [], chapters=content.chapters,
                                   further=content.further))  # fmt: skip
    assert 'id="variants"' not in page
    assert 'href="#page1"' in page


def test_effects_are_of_each_gene_and_group_of_tracks() -> None:
    tracks = pl.DataFrame({"description": ["RNA:ActD:x 0h", "RNA:ActD:x 2h", "CAGE:y", "alone"]})
    assert track_groups(tracks) == {"RNA:ActD": [0, 1], "CAGE": [2], "others": [3]}
    many = pl.DataFrame({"description": [f"CHIP:H{i}:cell" for i in range(3000)] + ["ATAC:a:b"]})
    assert track_groups(many) == {"CHIP": list(range(3000)), "ATAC": [3000]}
    kinds = pl.DataFrame({"description": [f"A{i}:cell" for i in range(20)]})
    assert len(track_groups(kinds)) == MOST_GROUPS
    assert sorted(i for group in track_groups(kinds).values() for i in group) == list(range(20))
    scores = scores_of(10, 4)
    found = gene_effects(scores, "logSED", {"all": [0, 1, 2, 3], "one": [2]})
    assert len(found) == len(scores)
    assert found[0][3:] == pytest.approx(
        [np.mean(scores["logSED"][0].to_list()), scores["logSED"][0][2]], rel=1e-3
    )
    assert found[-1][1:2] + found[-1][3:] == ["ref_mismatch", None, None]


def test_chapters_keep_their_links_and_anchors(tmp_path: Any) -> None:
    folder = tmp_path / "results/planted_truth"
    folder.mkdir(parents=True)
    (folder / "tiny.html").write_text(
        "<title>Truth &amp; more</title><body>\n<nav><a href=\"../report/index.html\">All</a></nav><h2 id=\"a\">A</h2><a href=\"#a\">a</a>"
        "<a href=\"../x/y.tsv\">t</a><a href=\"https://a.org/b\">w</a><svg clip-path=\"url(#p)\"/></body>"
    )  # fmt: skip
    (folder / "tiny.png").write_bytes(b"png")
    (folder / "alone.png").write_bytes(b"png")
    at = tmp_path / "results/report/index.html"
    one, others = read_chapters(
        [folder / "tiny.html"], [folder / "tiny.png", folder / "alone.png"], at
    )
    assert one.title == "Truth & more"
    assert one.body == (
        "<h2 id=\"page1-a\">A</h2><a href=\"#page1-a\">a</a><a href=\"../x/y.tsv\">t</a>"
        "<a href=\"https://a.org/b\">w</a><svg clip-path=\"url(#page1-p)\"/>"
    )  # fmt: skip
    assert [drawing.path for drawing in one.figures] == ["../planted_truth/tiny.png"]
    assert [drawing.path for drawing in others.figures] == ["../planted_truth/alone.png"]


@pytest.mark.parametrize(("figure", "page"), [
    ("p/tiny.png", "p/tiny.html"),
    ("r/m/set.reads.png", "r/reads.html"),
    ("b/plasmid.roc.png", "b/plasmid.html"),
    ("r/x.distribution.png", None),
])  # fmt: skip
def test_figures_go_to_the_page_that_they_are_of(figure: str, page: str | None) -> None:
    assert page_of(figure, ["p/tiny.html", "r/reads.html", "b/plasmid.html", "r/a.html"]) == page


def test_libraries_are_those_of_their_table() -> None:
    folder = ASSETS / "vendor"
    table = read_tsv(folder / "vendor.tsv")
    found = {name: file_sha256(folder / name) for name in table["name"]}
    assert found == dict(table.select("name", "sha256").iter_rows())
    assert {path.name for path in folder.iterdir()} == {*table["name"], "vendor.tsv"}


def test_details_are_of_the_variant_and_its_gene() -> None:
    content = content_of(40)
    data = data_of(page_html(content))
    (rows,) = content.tables
    details = content.details["cohort", "tiny"]
    assert details.half_lives is not None
    place = rows["row"].to_list().index(4)
    life = details.half_lives.filter(row=4, gene_id=rows["gene_id"][place]).row(0, named=True)
    found = data["details"][str(place)]
    assert found["half_lives"] == [[MARKUP, "scored", 2.0, life["alt_half_life_h"], -0.1235, 0.1]]
    assert found["models"] == [
        {"model": "tiny", "status": "scored", "percentile": None, "scores": {"logSED_mean": 1.5}},
        {"model": "other", "status": "no_transcript", "percentile": 0.5, "scores": {}},
    ]
    assert data["table"]["values"]["alt_half_life_h"][place] == life["alt_half_life_h"]
    assert data["poor"] == {
        "tiny": [["POOR MODEL: tiny, fold 1; r of bins is 0.1 (0.3 is asked).", "#page1"]]
    }
    assert data["links"] == {"cohort": [], "tiny": [["page1", content.chapters[0].title]]}


def test_a_map_is_shown_around_the_variants_that_lie_in_it() -> None:
    bases = pl.DataFrame({
        "region": [0] * 300, "chrom": ["c"] * 300, "gene_id": ["g"] * 300, "tracks": ["all"] * 300,
        "pos": range(1001, 1301), "ref": ["A", "C", "G"] * 100, "importance": [i / 7 for i in range(300)],
        **{base: [float(i)] * 300 for i, base in enumerate("ACGT")},
    })  # fmt: skip
    rows = pl.DataFrame({
        "place_in_page": [0, 1, 2, 3], "row": [0, 1, 2, 3], "chrom": ["c", "c", "d", "c"],
        "pos": [1010, 1000, 1010, 1200], "gene_id": ["g", "g", "g", "other"],
    })  # fmt: skip
    found = variant_details(rows, ["row"], Details(bases=bases))
    assert set(found) == {"0"}
    drawn = found["0"]["map"]
    assert drawn["start"] == 1000
    assert len(drawn["ref"]) == 10 + AROUND_BP == len(drawn["effects"]["T"])
    assert drawn["importance"][2] == 0.2857
