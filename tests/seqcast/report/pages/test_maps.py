"""The page of maps: a row for each, the figures of the strongest, and statuses."""

import re

import polars as pl

from seqcast.evaluation.variants.attribution_agreement import AGREEMENT, ALL
from seqcast.predict.maps.effect_maps import effect_maps
from seqcast.predict.maps.group_effects import group_effects
from seqcast.report.pages.maps import maps_html
from tests.seqcast.predict.maps.toy_regions import ANNOTATION, regions, scores, snvs

FACTS = {"dataset": "set <1>", "model": "m", "fold": ["0", "1"], "score": "logSED", "origin": ["source"] * 2,
         "track_groups": {"ActD": "^RNA:ActD"}}  # fmt: skip


def bases():
    given = scores(snvs("ACNG", 100) + snvs("TTG", 120) + snvs("AC", 300, None))
    effects = group_effects(given, "logSED", FACTS["track_groups"])
    places = regions(("a", 100, 104), ("chr1:121-123", 120, 123), ("c", 300, 302))
    return pl.concat([one.bases() for one in effect_maps(effects, places, ANNOTATION)])


def test_every_map_and_base_is_counted():
    html = re.sub(r"\s+", " ", maps_html(bases(), FACTS, []))
    assert "Mutagenesis maps: set &lt;1&gt;" in html
    rows = re.findall(r'<td class="name">(.*?)</td>', html)
    assert sorted(re.sub("<.*", "", row) for row in rows) == ["a", "c", "chr1:121-123"]
    assert rows[[row.startswith("chr1:121-123") for row in rows].index(True)] == "chr1:121-123"
    counts = dict(re.findall(r'<td class="code">(\w+)</td><td class="n">(\d+)</td>', html))
    assert counts == {"scored": "6", "no_gene_in_window": "2", "ref_ambiguous": "1"}
    assert "UNTRAINED" not in html
    assert "SAME WEIGHTS" not in html


def test_untrained_and_equal_weights_are_told():
    facts = FACTS | {"origin": ["random", "source"], "same_weights": ["m, folds 0 and 1"]}
    html = maps_html(bases(), facts, [])
    assert "UNTRAINED random weights" in html
    assert "SAME WEIGHTS: m, folds 0 and 1" in html


def test_the_agreement_of_gradients_is_told_where_it_is_known():
    row = {"name": ALL, "tracks": "ActD", "method": "first_order_effect", "level": "base x allele", "n": 1230,
           "spearman": 0.7281, "pearson": None, "strongest_found": 0.97}  # fmt: skip
    table = pl.DataFrame([row, row | {"name": "a", "spearman": 0.4444}], AGREEMENT)
    html = maps_html(bases(), FACTS, [], agreement=table)
    assert "<b>approximations</b>" in html
    assert '<td class="n">1,230</td>' in html
    assert "0.728" in html
    assert "0.444" not in html
    assert "Agreement of gradients" not in maps_html(bases(), FACTS, [])


def test_figures_are_in_the_page(tmp_path):
    for rank in (1, 2):
        (tmp_path / f"{rank}.svg").write_text(f"<?xml?><svg width='{rank}'></svg>")
    drawings = [tmp_path / f"{rank}.svg" for rank in (1, 2)]
    html = maps_html(bases(), FACTS, drawings, {"m": "a model"})
    assert "<svg width='1'></svg>" in html
    assert "<svg width='2'></svg>" in html
    assert "xml?" not in html
    assert "m: a model." in html
