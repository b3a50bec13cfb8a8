"""Bases of maps of a simulated genome, with what was planted at each."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from seqcast.core.errors import InputError
from seqcast.core.store import write_tsv
from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.planted.measures import BARS, BASES
from seqcast.evaluation.planted.planted_maps import (
    COLUMNS,
    compare_bases,
    read_elements,
    recovered_elements,
)
from seqcast.simulate.truth_tables import element_table
from tests.seqcast.evaluation.planted import planted

HOW = Resampling(20)


def elements():
    return element_table(planted.genome())


def two_utrs():
    """Genes of chrS2 that have acting elements in their 3' UTR: id, first and last base."""
    acting = elements().filter(region="utr3", chrom="chrS2")
    spans = acting.group_by("gene_id", maintain_order=True).agg(
        pl.col("start").min() - 30, pl.col("end").max() + 30
    )
    return spans.head(2).rows()


def maps(noise=0.0, tracks="ActD"):
    """Maps of two 3' UTRs: bases of acting elements are important, and those of others by noise."""
    rng, rows = np.random.default_rng(1), []
    acting = elements().filter(pl.col("region") == "utr3", pl.col("element") != "DSE")
    for gene_id, start, end in two_utrs():
        own = acting.filter(gene_id=gene_id)
        for pos in range(start + 1, end + 1):
            is_inside = any(a < pos <= b for a, b in own.select("start", "end").iter_rows())
            sign = -1 if pos % 2 else 1
            rows.append((gene_id, tracks, "chrS2", pos, "A", "scored",
                         sign * (is_inside + noise * rng.exponential()), None))  # fmt: skip
    names = ["gene_id", "tracks", "chrom", "pos", "ref", "status", "importance", "importance_sd"]
    return pl.DataFrame(rows, schema=names, orient="row")


def measured(table):
    return {(m.measure, m.group): m for m in recovered_elements(table, HOW)}


def test_bases_know_what_was_planted_there():
    table = compare_bases(maps(), elements(), ["chrS2"])
    assert table.schema == COLUMNS
    assert table.height == maps().height
    sequences = {(r["gene_id"], r["start"]): r for r in elements().iter_rows(named=True)}
    for row in table.drop_nulls("planted").iter_rows(named=True):
        holding = [e for (gene, start), e in sequences.items()
                   if gene == row["gene_id"] and start < row["pos"] <= e["end"]]  # fmt: skip
        assert row["planted"] in {e["element"] for e in holding}
        is_acting = any(e["region"] == "utr3" and e["element"] != "DSE" for e in holding)
        assert row["kind"] == ("element" if is_acting else "other")
    assert set(table["kind"]) == {"element", "other"}


def test_perfect_maps_find_all_elements():
    found = measured(compare_bases(maps(), elements(), ["chrS2"]))
    area = found["map_auroc", BASES]
    assert area.value == 1
    assert area.n == maps().height
    assert BARS["map_auroc", BASES].verdict(area) == "met"


def test_the_area_is_that_of_scikit_learn():
    table = compare_bases(maps(noise=1.0), elements(), ["chrS2"])
    expected = roc_auc_score(table["kind"] == "element", table["importance"].abs())
    found = measured(table)
    assert found["map_auroc", BASES].value == pytest.approx(expected)
    names = set(table["planted"].drop_nulls())
    for name in names:
        both = table.filter((pl.col("planted") == name) | pl.col("planted").is_null())
        expected = roc_auc_score(both["planted"].is_not_null(), both["importance"].abs())
        assert found["map_auroc", f"bases of {name}"].value == pytest.approx(expected)
    note = "without an effect in the simulation; against bases of no feature"
    assert ("DSE" in names) == any(m.note == note for m in found.values())


def test_bases_that_do_not_count():
    given = maps()
    other = given.with_columns(tracks=pl.lit("other"), importance=pl.lit(0.0))
    table = compare_bases(pl.concat([given, other]), elements(), ["chrS2"])
    assert table["tracks"].unique().to_list() == ["ActD"]
    assert compare_bases(given, elements(), ["chrS1"]).is_empty()
    unscored = given.with_columns(
        status=pl.when(pl.col("pos") % 3 == 0).then(pl.lit("ref_ambiguous")).otherwise("status"),
        importance=pl.when(pl.col("pos") % 3 != 0).then("importance"),
    )
    area = measured(compare_bases(unscored, elements(), ["chrS2"]))["map_auroc", BASES]
    assert area.n == unscored.filter(status="scored").height


def test_a_single_gene_has_no_interval():
    table = compare_bases(maps(noise=1.0), elements(), ["chrS2"])
    both = measured(table)["map_auroc", BASES]
    assert both.ci_low < both.ci_high
    one = measured(table.filter(pl.col("gene_id") == table["gene_id"][0]))["map_auroc", BASES]
    assert one.value is not None
    assert (one.ci_low, one.ci_high) == (None, None)


def test_too_few_bases_have_no_value():
    table = compare_bases(maps(), elements(), ["chrS2"]).filter(kind="other")
    assert measured(table)["map_auroc", BASES].value is None


def test_other_tables_than_elements_are_refused(tmp_path):
    write_tsv(pl.DataFrame({"chrom": ["c"]}), tmp_path / "e.tsv")
    with pytest.raises(InputError, match=r"has no columns \['start', 'end'"):
        read_elements(tmp_path / "e.tsv")
    write_tsv(elements(), tmp_path / "e.tsv")
    assert read_elements(tmp_path / "e.tsv").height == elements().height
