"""The report's pages say what happened, add up, and escape what users wrote."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from seqcast.core.store import file_sha256, write_table, write_tsv
from seqcast.evaluation.variants.variant_sets import SETS
from seqcast.genome.annotation import Annotation
from seqcast.report.pages.summary import count_statuses, ranked_table_html, run_summary_html

SHA = "ab12" * 16
IDENTITY: dict[str, Any] = {"chrom": "chr1", "pos": 5, "ref": "A", "alt": "G"}


class Cells(HTMLParser):
    """Text of the cells of each table row, and every tag that was seen."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.is_cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.is_cell = True

    def handle_endtag(self, tag: str) -> None:
        self.is_cell = self.is_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.is_cell:
            self.rows[-1][-1] += data.strip()


def variants(statuses: list[str]) -> pl.DataFrame:
    """Checked variants v0, v1 ..., one a status."""
    names = [f"v{i}" for i in range(len(statuses))]
    table = {"row": range(len(names)), "variant": names, "status": statuses, "swapped": False}
    return pl.DataFrame(table).with_columns(pl.lit(v).alias(k) for k, v in IDENTITY.items())


def outcome(rows: list[tuple[int, str]]) -> pl.DataFrame:
    """A score table of (input row, status), in that order."""
    table = pl.DataFrame(rows, schema={"row": pl.Int64, "status": pl.String}, orient="row")
    return table.with_columns(
        variant=pl.format("v{}", "row"), **{k: pl.lit(v) for k, v in IDENTITY.items()}
    )


CHECKED = variants(["valid", "valid", "ref_mismatch", "valid", "ref_mismatch"])
SCORED = outcome(
    [(0, "scored"), (0, "scored"), (1, "no_gene_in_window"), (2, "ref_mismatch"),
     (3, "scored"), (4, "ref_mismatch")]
)  # fmt: skip


def make_page(tmp_path: Path, origin: str = "source", **provenance: Any) -> str:
    facts = {"dataset": "eqtl", "file": "eqtl.vcf.gz", "sha256": SHA, "assembly": "hg38",
             "options": {"on_ref_mismatch": "exclude"}}  # fmt: skip
    write_table(CHECKED, tmp_path / "checked.parquet", facts)
    write_table(SCORED, tmp_path / "ensemble.parquet", {})
    for fold in "01":
        made = {"model": "tiny", "fold": fold, "origin": origin, **provenance}
        write_table(SCORED, tmp_path / f"fold{fold}.parquet", made)
    return run_summary_html(
        {"eqtl": tmp_path / "checked.parquet"},
        {("tiny", "eqtl"): tmp_path / "ensemble.parquet"},
        [tmp_path / "fold0.parquet", tmp_path / "fold1.parquet"],
        {"seqcast": "0.1.0", "python": "3.11.2"},
    )


def test_each_alt_is_counted_once() -> None:
    # two genes of row 0 are one ALT; most frequent first, "scored" before all
    assert count_statuses(CHECKED, SCORED) == {
        "scored": 2, "ref_mismatch": 2, "no_gene_in_window": 1,
    }  # fmt: skip
    by_name = count_statuses(CHECKED, SCORED.drop("row"))
    assert by_name == count_statuses(CHECKED, SCORED)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (SCORED.filter(pl.col("row") != 3), "5 input ALTs, of which 1 are not in the score table"),
        (pl.concat([SCORED, outcome([(9, "scored")])]), "has 1 that are not in the input"),
        (pl.concat([SCORED, outcome([(2, "scored")])]), "do not add up"),
    ],
)
def test_counts_that_do_not_add_up_are_refused(rows: pl.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        count_statuses(CHECKED, rows)


def test_summary_shows_where_cds_stand_in_for_exons(tmp_path: Path) -> None:
    Annotation((), {"genes": 1074, "cds_for_exons": 73, "no_parts": 0}).write(tmp_path / "genes")
    page = run_summary_html({}, {}, [], {}, {"phage": tmp_path / "genes"})
    assert [row for row in Cells(page).rows if "phage" in row] == [
        ["phage", "1,074", "genes"],
        ["phage", "73", "genes without exon lines: their CDS stand in for exons"],
    ]


def test_summary_shows_how_much_modes_of_windows_differ(tmp_path: Path) -> None:
    assert "Modes of windows" not in run_summary_html({}, {}, [], {})
    row = {"model": "tiny", "dataset": "eqtl", "window": "variant", "other_window": "shared",
           "n": 1234, "pearson": -0.984, "spearman": None, "rmse": 0.0123, "sd": 0.3}  # fmt: skip
    write_tsv(pl.DataFrame(row | {"score": "logSED"}), tmp_path / "modes.tsv")
    page = run_summary_html({}, {}, [], {}, window_modes=[tmp_path / "modes.tsv"])
    assert [
        "tiny", "eqtl", "variant", "shared", "logSED", "1,234", "−0.98", "", "0.0123", "0.300"
    ] in Cells(page).rows  # fmt: skip


def test_summary_shows_inputs_counts_and_their_sum(tmp_path: Path) -> None:
    rows = Cells(make_page(tmp_path)).rows
    assert ["eqtl", "eqtl.vcf.gz", SHA, "hg38", "5", "0"] in rows
    assert ["scored", "", "2"] in rows
    assert ["ref_mismatch", "REF is not what the genome carries at POS", "2"] in rows
    assert ["sum", "of 5 input ALT alleles", "5"] in rows


def test_summary_shows_options_and_versions(tmp_path: Path) -> None:
    options = {"compat": None, "reverse_complement": True, "shifts_bp": [0, 3]}
    rows = Cells(make_page(tmp_path, options=options, seqcast_version="0.0.9")).rows
    for expected in (
        ["on_ref_mismatch", "exclude"],
        ["compat", "none"],
        ["reverse_complement", "yes"],
        ["shifts_bp", "0, 3"],
        ["precision", "not recorded"],
        ["seqcast", "0.1.0", "0.0.9"],
        ["python", "3.11.2", ""],
    ):
        assert expected in rows


def test_what_is_not_recorded_is_said(tmp_path: Path) -> None:
    rows = Cells(make_page(tmp_path)).rows
    missing = "not recorded"
    assert ["tiny", missing, "0", "given weights", missing, missing] in rows


def test_untrained_weights_are_shown_in_red(tmp_path: Path) -> None:
    page = make_page(tmp_path, origin="random")
    assert '<p class="warning">UNTRAINED random weights: tiny.' in page
    assert page.count('<td class="untrained">UNTRAINED random weights</td>') == 2  # two folds
    assert ".untrained { color: #b00020;" in page


def test_folds_of_the_same_weights_are_shown_in_red(tmp_path: Path) -> None:
    page = make_page(tmp_path, tensors_sha256="abc")
    assert '<p class="warning">SAME WEIGHTS: tiny, folds 0 and 1.' in page
    assert "SAME WEIGHTS" not in make_page(tmp_path)


def test_trained_weights_are_not(tmp_path: Path) -> None:
    assert "UNTRAINED" not in make_page(tmp_path)


def test_pages_need_nothing_from_outside(tmp_path: Path) -> None:
    page = make_page(tmp_path)
    assert Cells(page).tags.isdisjoint({"script", "link", "img", "iframe"})
    assert "http" not in page


def ranked(**changes: Any) -> pl.DataFrame:
    row = {
        "rank": 1, "variant": "rs1", **IDENTITY, "pos": 1_234_567, "gene_id": "ENSG1",
        "gene_name": "TP53", "distance_to_tss_bp": -1200, "mean_abs": 0.31, "mean": -0.25,
        "strongest_track": "RNA:a", "strongest_value": -2345.6, "fold_sd": 0.0125,
        "fold_sign": "agreed", "low": None, "high": None, "ref_level": 812.3, "alt_level": None,
    }  # fmt: skip
    return pl.DataFrame([row | changes])


RANKED = {"dataset": "eqtl", "model": "tiny", "fold": ["0", "1"], "score": "logSED",
          "tracks": "4 of 11 tracks (^RNA:)"}  # fmt: skip


def test_ranked_row_reads_as_people_write_it() -> None:
    page = ranked_table_html(ranked(), RANKED)
    assert Cells(page).rows[1] == [
        "1", "rs1chr1:1,234,567", "A > G", "TP53ENSG1", "−1,200", "0.310", "−0.250", "0.0125",
        "812", "", "RNA:a", "−2,346",
    ]  # fmt: skip
    assert "ALT minus REF" in page
    assert "Means are over 4 of 11 tracks (^RNA:);" in page


def test_ranked_page_has_half_lives_where_they_are_known() -> None:
    rows = ranked().with_columns(
        ref_half_life_h=pl.lit(4.0), alt_half_life_h=pl.lit(2.0),
        delta_log2_half_life=pl.lit(-1.0), delta_log2_half_life_sd=pl.lit(0.25),
    )  # fmt: skip
    page = ranked_table_html(rows, RANKED)
    assert '<td class="n">4</td><td class="n">2</td>\n<td class="n">−1<br>' in page.replace(
        ".00", ""
    )
    assert "± 0.250" in page
    assert "half-life" not in ranked_table_html(ranked(), RANKED)


def test_ranked_page_warns_of_a_poor_model() -> None:
    told = {"model": "m", "fold": "f0", "grade": "poor", "note": "r is 0.16", "href": "../a.html"}
    page = ranked_table_html(ranked(), RANKED, trainings=[told])
    assert (
        'class="warning">POOR MODEL: poor, <a href="../a.html">m, fold f0</a>; r is 0.16.' in page
    )
    good = ranked_table_html(ranked(), RANKED, trainings=[{**told, "grade": "good"}])
    assert "POOR" not in good


def test_ranked_page_says_what_it_is_of_and_how_much_of_it() -> None:
    rows = pl.concat([ranked(rank=i) for i in range(1, 1201)])
    page = " ".join(ranked_table_html(rows, RANKED).split())
    assert "<h1>Strongest variants by logSED: eqtl</h1>" in page
    assert "tiny, mean of folds 0 and 1. 100 of 1,200 scored variants" in page
    assert len(Cells(page).rows) == 101
    assert "1 of 1 scored" in " ".join(ranked_table_html(ranked(), RANKED).split())


@pytest.mark.parametrize("percentile", [None, 97.5])
def test_sets_are_listed_by_how_much_their_strongest_stands_out(tmp_path, percentile) -> None:
    row = dict.fromkeys(SETS) | {"variants": 3, "scored": 3, "mean_abs": 0.5, "mean": -0.5}
    rows = [
        row | {"set": "close", "variant": "rs2", "second": "rs3", "lead": 0.1},
        row | {"set": "<far>", "variant": "rs1", "lead": 0.3, "percentile": percentile},
        row | {"set": "empty", "mean_abs": None, "mean": None, "scored": 0},
    ]
    write_tsv(pl.DataFrame(rows, schema=SETS), tmp_path / "sets.tsv")
    page = ranked_table_html(ranked(), RANKED, sets=[tmp_path / "sets.tsv"])
    found = [cells for cells in Cells(page).rows if cells[0] in ("<far>", "close", "empty")]
    shown = [] if percentile is None else [["97.5"], [""], [""]]
    expected = [
        ["<far>", "3", "3", "rs1", "", "0.500", "−0.500", "", "0.300", ""],
        ["close", "3", "3", "rs2", "", "0.500", "−0.500", "rs3", "0.100", ""],
        ["empty", "3", "0", "none scored", "", "", "", "", "", ""],
    ]
    assert found == [[*r[:7], *p, *r[7:]] for r, p in zip(expected, shown or [[]] * 3, strict=True)]
    assert "3 of 3 sets" in page
    assert "Sets of variants" not in ranked_table_html(ranked(), RANKED)


def test_pages_say_what_the_table_says_of_their_models() -> None:
    told = {"tiny": "trained on <simulated> data", "other": ""}
    said = '<p class="muted">tiny: trained on &lt;simulated&gt; data.</p>'
    for page in (
        ranked_table_html(ranked(), RANKED, descriptions=told),
        run_summary_html({}, {}, [], {}, descriptions=told),
    ):
        assert said in page
        assert "other:" not in page


def test_ranked_page_without_a_spread() -> None:
    same = {**RANKED, "same_weights": ["tiny, folds 0 and 1"]}
    page = ranked_table_html(ranked(fold_sd=None), same)
    assert "SAME WEIGHTS: tiny, folds 0 and 1." in page
    assert "Fold SD" not in page
    heading, row = Cells(page).rows
    assert len(heading) == len(row) == 11
    assert "SAME WEIGHTS" not in ranked_table_html(ranked(), RANKED)


@pytest.mark.parametrize(("below", "percentile", "shown"), [
    (412, 95.59, "95.6"), (430, 99.77, "> 430 of 430"), (None, None, "")])  # fmt: skip
def test_ranked_page_says_among_how_many_nulls(below, percentile, shown) -> None:
    n = None if below is None else 430
    row = ranked(consequence="utr3", percentile=percentile, exceedance=0.01, nulls=n, nulls_below=below,
                 null_class="coding, utr3")  # fmt: skip
    page = ranked_table_html(row, {**RANKED, "nulls": "common.3fa29c41"})
    assert "common.3fa29c41" in page
    heading, cells = Cells(page).rows
    at = heading.index("Percentile")
    assert cells[at] == shown
    assert cells[at + 1] == ("" if n is None else "430 nullscoding, utr3")
    assert "Percentile" not in ranked_table_html(ranked(), RANKED)


def test_ranked_page_says_how_certain_an_effect_is() -> None:
    plain = ranked_table_html(ranked(), RANKED)
    assert "folds disagree" not in plain
    assert "90 % interval" not in plain
    page = ranked_table_html(ranked(fold_sign="open", low=-0.41, high=0.02), RANKED)
    assert "90 % interval of the true effect" in page
    cells = Cells(page).rows[1]
    assert cells[6] == "−0.250−0.410 to +0.0200"
    assert cells[7] == "0.0125folds disagree about the sign"


def test_long_alleles_are_cut_with_their_length() -> None:
    page = ranked_table_html(ranked(alt="ACGTACGTACGTA"), RANKED)
    assert Cells(page).rows[1][2] == "A > ACGTACGT... (13 bp)"
    assert 'title="A &gt; ACGTACGTACGTA"' in page


@pytest.mark.parametrize("column", ["variant", "chrom", "ref", "gene_name", "strongest_track"])
def test_what_users_wrote_is_escaped(column: str) -> None:
    page = ranked_table_html(ranked(**{column: '"><script>x</script>'}), RANKED)
    assert "script" not in Cells(page).tags
    assert "&lt;script&gt;" in page or "&#34;&gt;&lt;scr" in page


def test_no_scored_variant_is_said() -> None:
    assert "No variant was scored." in ranked_table_html(ranked().clear(), RANKED)


def test_each_fold_says_whether_it_was_verified(tmp_path):
    prepared, verdict = tmp_path / "w.safetensors", tmp_path / "v.json"
    prepared.write_bytes(b"weights")
    found = {
        "verdict": "verified", "prepared_sha256": file_sha256(prepared), "sequences": 4,
        "original": {"name": "TensorFlow", "package": "tensorflow"}, "kind": "windows",
        "original_versions": {"tensorflow": "2.15.1"}, "tolerance": 5e-5,
        "largest_relative_difference": 3.2e-6,
    }  # fmt: skip
    verdict.write_text(json.dumps(found))
    folds = [("tiny", "0", prepared, verdict, ""), ("tiny", "1", prepared, tmp_path / "none", "")]
    rows = Cells(run_summary_html({}, {}, [], {}, verification=folds)).rows
    assert ["tiny", "0", "verified against TensorFlow 2.15.1 on 4 windows: 3e-6"] in rows
    assert ["tiny", "1", "not verified here"] in rows
    found |= {"verdict": "differs", "largest_relative_difference": 0.2}
    verdict.write_text(json.dumps(found))
    rows = Cells(run_summary_html({}, {}, [], {}, verification=folds)).rows
    said = "DIFFERS from TensorFlow 2.15.1 on 4 windows: relative difference 2e-01, above 5e-05"
    assert ["tiny", "0", said] in rows
