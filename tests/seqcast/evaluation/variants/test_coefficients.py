"""Coefficients of eQTLs by tissue: golden files of the original program, and a plain oracle."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import roc_auc_score

from seqcast.core.errors import InputError
from seqcast.core.store import read_tsv
from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.metrics.table import VALUES
from seqcast.evaluation.variants.coefficients import KEYWORDS, coefficients, tissue_tracks
from seqcast.evaluation.variants.evaluate_variants import (
    VariantFiles,
    VariantTables,
    evaluate_variants,
)
from seqcast.evaluation.variants.method_scores import TrackScores

BENCHMARK = {"benchmark": "gtex", "protocol": "coefficients", "truth": "BETA/A1", "groups": "TI",
             "genes": "MT"}  # fmt: skip
GOLDEN = {"auroc_sign": "sign_roc_auc", "spearmanr": "spearman", "pearsonr": "pearson",
          "auroc_class": "class_roc_auc"}  # fmt: skip
KEYS = ["method", "metric"]


def gtex_vcfs(golden, tissue, folder):
    """The VCFs of a tissue with the effects of its SuSiE table, one line per gene."""
    susie = pl.read_csv(golden / f"susie/{tissue}.tsv", separator="\t").filter(pl.col("pip") > 0.9)
    effects = {}
    for variant, gene, beta, allele in susie.select(
        "variant", "gene", "beta_posterior", "allele1"
    ).iter_rows():
        effects.setdefault(variant, []).append((gene, beta, allele))
    paths = []
    for side in ("pos", "neg"):
        given = (golden / f"susie_pip90e/{tissue}_{side}.vcf").read_text().splitlines()[1:]
        lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
        for line in given:
            chrom, pos, name, ref, alt = line.split("\t")[:5]
            for gene, beta, allele in effects.get(name, [("", "", "")]):
                info = f"TI={tissue};MT={gene};BETA={beta};A1={allele}"
                lines.append("\t".join((chrom, pos, name, ref, alt, ".", ".", info)))
        paths.append(folder / f"{tissue}_{side}.vcf")
        paths[-1].write_text("\n".join(lines) + "\n")
    return paths


@pytest.mark.parametrize("tissue", ["Artery_Aorta", "Muscle_Skeletal", "Whole_Blood"])
@pytest.mark.parametrize("score", ["logSED", "logD2"])
def test_the_original_program(shared, tmp_path, tissue, score):
    golden = shared / "reference/borzuki/metrics/gtex_coef"
    if not golden.is_dir():
        pytest.skip(f"no golden files at {golden}")
    scores = [[golden / f"scores/{tissue}_{side}/sed.h5"] for side in ("pos", "neg")]
    files = VariantFiles(gtex_vcfs(golden, tissue, tmp_path), {"m": scores})
    made = VariantTables(tmp_path / "r.tsv", tmp_path / "v.parquet")
    row = {**BENCHMARK, "score": score}
    evaluate_variants(files, made, row, {}, Resampling(0), compat="borzuki")
    found = read_tsv(made.results, VALUES).filter(method="m")
    metrics = pl.read_csv(golden / f"golden_coef_{score}/metrics.tsv", separator="\t")
    expected = metrics.filter(tissue=tissue).row(0, named=True)
    for name, metric in GOLDEN.items():
        value = found.filter(metric=metric)["value"][0]
        assert value == pytest.approx(expected[name], abs=5.1e-5)  # four digits are written
    assert found.filter(metric="spearman")["n"][0] == expected["n"]
    table = pl.read_csv(golden / f"golden_coef_{score}/{tissue}.tsv", separator="\t")
    rows = pl.read_parquet(made.variants).filter(pl.col("effect").is_not_null())
    both = rows.join(table, on=["variant", "gene"])
    assert len(both) == len(table)
    assert both["effect"].equals(both["coef"].rename("effect"))
    assert both["m.score"].to_list() == pytest.approx(both["score"].to_list(), abs=1e-7)
    # by default what has no score for its gene is left out, and counted
    evaluate_variants(files, made, row, {}, Resampling(20))
    right = read_tsv(made.results, VALUES).filter(method="m")
    told = right.filter(metric="not_scored").row(0, named=True)
    n = right.filter(metric="spearman")["n"][0]
    assert told["n"] == told["value"] + n
    if n < expected["n"]:
        assert "gene_not_scored" in told["note"] or "not_in_scores" in told["note"]


def made_up(n=60, tissues=("Whole_Blood", "Liver"), seed=0):
    """Positives with effects in two tissues and negatives, with two genes each."""
    rng = np.random.default_rng(seed)
    rows, scores, values = [], [], []
    for i in range(2 * n):
        label, tissue = int(i < n), tissues[i % 2]
        effect = rng.normal() if label else None
        rows.append((f"v{i}", "chr1", i, "A", "C", label, tissue, f"G{i}", effect, "scored"))
        for gene in (f"G{i}.1", "OTHER"):
            scores.append(("chr1", i, "A", "C", gene, "scored"))
            values.append((effect or 0) * (gene != "OTHER") + rng.normal(0, 0.5, 4))
    labelled = pl.DataFrame(rows, orient="row", schema={
        "variant": pl.String, "chrom": pl.String, "pos": pl.Int64, "ref": pl.String,
        "alt": pl.String, "label": pl.Int8, "group": pl.String, "gene": pl.String,
        "effect": pl.Float64, "usable": pl.String,
    }).with_columns(turned=False, file=pl.lit(0, pl.Int64))  # fmt: skip
    names = ["chrom", "pos", "ref", "alt", "gene_id", "status"]
    tracks = pl.DataFrame({
        "identifier": ["GTEX-1", "GTEX-2", "GTEX-3", "ENC"],
        "description": ["RNA:blood", "RNA:blood_vessel", "RNA:liver", "RNA:blood"],
    })  # fmt: skip
    model = TrackScores(
        "m",
        pl.DataFrame(scores, names, orient="row").with_columns(file=pl.lit(0, pl.Int64)),
        np.array(values),
        tracks,
    )
    return labelled, model


def test_each_tissue_by_its_tracks():
    labelled, model = made_up()
    table, (signed,) = coefficients(labelled, [model], "MT", {}, Resampling(50), least=20)
    for tissue, track in (("Whole_Blood", 0), ("Liver", 2)):
        here = [i for i, row in enumerate(labelled.rows(named=True)) if row["group"] == tissue]
        score = np.arcsinh(model.values[::2, track])
        effects = labelled["effect"].to_numpy()
        positives = [i for i in here if labelled["label"][i]]
        found = {row["metric"]: row for row in table.filter(part=tissue).rows(named=True)}
        x, y = effects[positives], score[positives]
        assert np.abs(signed.values[here] - score[here]).max() < 1e-12
        assert found["spearman"]["value"] == pytest.approx(spearmanr(x, y).statistic)
        assert found["pearson"]["value"] == pytest.approx(pearsonr(x, y).statistic)
        assert found["sign_roc_auc"]["value"] == pytest.approx(roc_auc_score(x > 0, y))
        largest = np.abs(np.arcsinh(model.values[:, track])).reshape(-1, 2).max(axis=1)
        expected = roc_auc_score(labelled["label"].to_numpy()[here], largest[here])
        assert found["class_roc_auc"]["value"] == pytest.approx(expected)
        assert found["spearman"]["n"] == 30
        assert found["spearman"]["ci_low"] < found["spearman"]["value"]
    means = table.filter(part="mean of tissues", metric="spearman").row(0, named=True)
    of_tissues = table.filter(metric="spearman")["value"].to_list()[:2]
    assert (means["value"], means["n"]) == (pytest.approx(np.mean(of_tissues)), 2)


def test_what_has_no_number_is_said():
    labelled, model = made_up(tissues=("Whole_Blood", "Lung"))
    table, (signed,) = coefficients(labelled, [model], "MT", {}, Resampling(5))
    assert "30 variants have an effect and a score; more than 32" in table["note"][0]
    lung = table.filter(part="Lung")
    assert lung.filter(metric="not_scored")["note"][0] == "30 no_track"
    assert lung.filter(metric="class_roc_auc")["note"][0].startswith("0 positives and 0 negatives")
    assert set(signed.status) == {"scored", "no_track"}
    with pytest.raises(InputError, match="'Tongue' is no tissue of GTEx"):
        tissue_tracks(model.tracks, "Tongue")
    assert len(KEYWORDS) == 49


def test_differences_and_no_tissue():
    labelled, model = made_up()
    other = TrackScores("o", model.rows, -model.values, model.tracks)
    at = {"m": np.arange(4), "o": np.arange(4)}
    no_tissue = labelled.with_columns(group=pl.lit(None, pl.String))
    table, _ = coefficients(no_tissue, [model, other], "MT", at, Resampling(20))
    found = {(r["method"], r["metric"]): r["value"] for r in table.rows(named=True)}
    difference = found["m minus o", "spearman_difference"]
    assert difference == pytest.approx(2 * found["m", "spearman"])
    assert set(table["part"]) == {"all"}
