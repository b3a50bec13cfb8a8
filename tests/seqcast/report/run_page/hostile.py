"""Scores with the names that real files have: long, of other scripts, and full of markup."""

import numpy as np
import polars as pl

from seqcast.core.store import array_column
from seqcast.report.run_page.allele_rows import ScoredSet, allele_rows
from seqcast.report.run_page.chapters import Chapter
from seqcast.report.run_page.page import PageContent
from seqcast.report.run_page.variant_details import Details, with_details

MARKUP = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
LONG_ID = "chr1_11111111_" + "ACGT" * 12 + "_A"  # 64 characters
RIGHT_TO_LEFT = "\u0645\u062a\u063a\u064a\u0631 \u05d5\u05e8\u05d9\u05d0\u05e0\u05d8"
NAMES = ("rs12345", MARKUP, LONG_ID, RIGHT_TO_LEFT, "a & b 'c' \"d\"")


def tracks_of(number: int) -> pl.DataFrame:
    """A track table with descriptions of up to 200 characters."""
    described = [f"RNA:ActD:cell {'x' * (i % 3) * 90} {i % 4 * 2}h" for i in range(number)]
    return pl.DataFrame({
        "track": range(number), "identifier": [f"t{i}" for i in range(number)],
        "description": described, "units": [""] * number,
    })  # fmt: skip


def scores_of(alleles: int, tracks: int, genes: int = 2, seed: int = 1) -> pl.DataFrame:
    """One row per ALT allele and gene; each tenth allele has no score."""
    rng = np.random.default_rng(seed)
    row = np.repeat(np.arange(alleles), genes)
    scored = row % 10 != 9
    gene = np.tile(np.arange(genes), alleles) + row // 7
    names = [NAMES[i] if i < len(NAMES) else f"variant{i}" for i in row]
    values = {
        name: array_column(name, rng.normal(size=(len(row), tracks)) + shift, scored)
        for name, shift in (("logSED", 0), ("logSED_sd", 3), ("REF", 50), ("ALT", 50))
    }
    return pl.DataFrame({
        "row": row, "variant": names, "chrom": "chr1", "pos": 1000 + row, "ref": "A",
        "alt": ["ACGT" * 20 if i == 3 else "G" for i in row],
        "gene_id": [f"ENSG{g:011d}.{g % 9}" for g in gene],
        "gene_name": [None if g % 5 == 0 else MARKUP if g == 1 else f"GENE{g}" for g in gene],
        "status": np.where(scored, "scored", "ref_mismatch"),
        "distance_to_tss_bp": rng.integers(-5000, 5000, len(row)),
        "consequence": np.where(row % 2, "utr3", "intron"), **values,
    })  # fmt: skip


def details_of(scores: pl.DataFrame) -> Details:
    """Half-lives and the scores of a second model for each row, and a map of the first gene."""
    rows, gene = scores.select("row", "gene_id"), scores["gene_id"][0]
    lives = rows.with_columns(
        course=pl.lit(MARKUP), status=pl.when(pl.col("row") % 2 == 0).then(pl.lit("scored")).otherwise(pl.lit("rate_at_bound")),
        ref_half_life_h=2.0, alt_half_life_h=pl.col("row") * 0.5,
        delta_log2_half_life=pl.when(pl.col("row") % 2 == 0).then(-0.123456), delta_log2_half_life_sd=0.1,
    )  # fmt: skip
    models = rows.with_columns(
        **{"tiny.status": pl.lit("scored"), "tiny.logSED_mean": 1.5, "other.status": pl.lit("no_transcript"),
           "other.LLR": pl.lit(None, pl.Float64), "other.percentile": 0.5},
    )  # fmt: skip
    n = 200
    bases = pl.DataFrame({
        "region": [0] * n, "chrom": ["chr1"] * n, "gene_id": [gene] * n, "tracks": ["reported"] * n,
        "pos": range(950, 950 + n), "ref": list("ACGT" * (n // 4)), "importance": np.sin(np.arange(n)),
        **{base: np.cos(np.arange(n) + i) for i, base in enumerate("ACGT")},
    })  # fmt: skip
    return Details(lives, models, bases)


def content_of(alleles: int, tracks: int = 6) -> PageContent:
    """A page of such scores, with a chapter, and the first allele drawn."""
    scores = scores_of(alleles, tracks)
    one = ScoredSet("cohort", "tiny", with_details(scores, details_of(scores)), tracks_of(tracks))
    bins = 40
    view = {
        "subject": "cell", "bin_bp": 32, "domain": (800, 800 + 32 * bins), "position": 1003,
        "contig": "chr1", "labels": ["0 h", "2 h"],
        "ref": [[float(i) for i in range(bins)]] * 2, "alt": [[i * 0.8 for i in range(bins)]] * 2,
        "genes": [{"id": "g", "name": MARKUP, "strand": "-", "start": 900, "end": 1900,
                   "exons": [(900, 1100), (1500, 1900)], "coding": [(1000, 1100)], "main": True}],
        "decays": [{"course": "cell", "hours": [0, 2, 4],
                    "left": {"REF": [0, -1, -2], "ALT": [0, -0.5, None]}}],
    }  # fmt: skip
    chapter = Chapter("page1", f"Benchmarks {LONG_ID}", "<h1>Benchmarks</h1><div class=\"scroll\">"
                      "<table><tr><th>tool</th></tr><tr><td>one</td></tr></table></div>", "tiny/x.html")  # fmt: skip
    first = int(allele_rows(one, "logSED")["row"][0])
    return PageContent(
        "Cohort of RNA", [one], [{"origin": "source"}], views={("cohort", "tiny", first): view},
        details={("cohort", "tiny"): details_of(scores)},
        chapters=[chapter],
        further={"trainings": [
            {"model": "tiny", "fold": fold, "grade": grade, "note": "r of bins is 0.1 (0.3 is asked)",
             "href": "#page1"} for fold, grade in (("0", "weak"), ("1", "poor"))],
                 "command": "snakemake --cores all", "versions": {"seqcast": "0.1.0"},
                 "files": [{"dataset": "cohort", "model": "tiny", "path": "../s.parquet"}]},
    )  # fmt: skip
