"""Expression over a time course, against the original's tables and a constructed truth."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pysam
import pytest
from scipy.stats import pearsonr, spearmanr

from seqcast.core.errors import InputError
from seqcast.core.store import write_table
from seqcast.core.text_files import read_cells
from seqcast.evaluation.coverage.expression_course import (
    ExpressionFiles,
    Fold,
    course_genes,
    course_metrics,
    evaluate_expression,
    find_steady,
    mean_fold,
)
from seqcast.evaluation.coverage.gene_matrices import GeneMatrix
from seqcast.evaluation.coverage.panels import FoldName
from seqcast.genome.annotation import Annotation, Gene
from tests.seqcast.evaluation.coverage.courses import RATES, TIMES_H

GOLDEN = "reference/borzuki/notebooks/eval_gene_expr_hek293_4su"
MODELS = ("models", "models_retry1", "models_retry2")
NO_PREDICTION = {"ENSG00000154257.11", "ENSG00000933546.11"}  # at 2 h, of one replicate
COMPAT = {
    "compat": "borzuki", "decay_shape": "decay", "decay_reference": "HEK293_GAPDH",
    "decay_half_life_h": None,
}  # fmt: skip
OPTIONS = {**COMPAT, "compat": None, "decay_reference": ""}
PARTS = ["1h", "2h", "4h", "8h", "12h", "24h", "steady_state"]
FOLDS = {"f0": "f0c0", "f1": "f1c0"}


@pytest.fixture(scope="module")
def golden(shared: Path) -> SimpleNamespace:
    """What the notebook read and wrote, and our genes, with and without `NO_PREDICTION`."""
    folder = shared / GOLDEN
    models = folder / "inputs/borzuki/hl_clip"
    acc = read_cells(models / "models/f0c0/testg-0/acc.txt.gz", "acc")
    described = dict(acc.select("identifier", "description").iter_rows())
    bed = read_cells(models / "models/f0c0/testg-0/genes.bed.gz", "genes", header=False)
    known = set(bed[:, 3])

    def genes(left_out: set[str]) -> pl.DataFrame:
        def read(path: Path) -> GeneMatrix:
            table = read_cells(path, "genes").fill_null("1")  # the prediction that is lacking
            names = table[:, 0].is_in(list(known - left_out))
            return GeneMatrix.of_table(table.filter(names), path)

        folds = {}
        for fold, name in FOLDS.items():
            paths = [models / f"{model}/{name}/testg-0" for model in MODELS]
            folds[fold] = mean_fold([
                Fold(*(read(path / f"gene_{kind}.tsv.gz") for kind in ("preds", "targets")))
                for path in paths
            ])  # fmt: skip
        names = folds["f0"].targets.identifiers.tolist()
        course = find_steady(names, described, "RNA:4sU:HEK293_.*_R1", "RNA:4sU:HEK293_SS_R1")
        assert course.times == PARTS
        return course_genes(folds, course, COMPAT)

    expected = json.loads((folder / "expected/metrics.json").read_text())
    return SimpleNamespace(
        folder=folder, all=genes(set()), complete=genes(NO_PREDICTION), metrics=expected
    )


def metrics_of(genes: pl.DataFrame, compat: bool = True) -> dict[str, dict[str, float]]:
    """Value of each metric by part."""
    found: dict[str, dict[str, float]] = {}
    for row in course_metrics(genes, PARTS, compat=compat, resamples=0).iter_rows(named=True):
        found.setdefault(row["part"], {})[row["metric"]] = row["value"]
    return found


def test_coverage_of_genes_equals_the_notebook(golden: SimpleNamespace) -> None:
    theirs = read_cells(golden.folder / "expected/genes.tsv", "genes").drop_nulls("test_fold")
    assert golden.all.height == theirs.height == 238
    both = golden.all.join(theirs, on="gene_id", how="inner")
    assert both.height == 238
    assert both["fold"].to_list() == both["test_fold"].to_list()
    for part in PARTS:
        track = f"RNA:4sU:HEK293_{part if part != 'steady_state' else 'SS'}_R1"
        for kind, suffix in (("predicted", "pred"), ("measured", "true")):
            column = both[f"{track}_{suffix}"].cast(pl.Float64).fill_nan(None)
            rows = column.is_not_null()
            assert (~rows).sum() == (2 if (part, kind) == ("2h", "predicted") else 0)
            ours = both[f"{kind}_{part}"].filter(rows).to_numpy()
            np.testing.assert_allclose(ours, column.filter(rows).to_numpy(), rtol=1e-9, atol=1e-9)


def test_agreement_equals_the_notebook(golden: SimpleNamespace) -> None:
    """At 2 h its numbers are without the genes that lack a prediction."""
    found = {name: metrics_of(getattr(golden, name)) for name in ("all", "complete")}
    for i, part in enumerate(PARTS):
        ours = found["complete" if part == "2h" else "all"]
        for j, fold in enumerate(FOLDS):
            expected = golden.metrics["spearman_per_tissue_fold"][i][j]
            assert ours[f"{fold}/{part}"]["spearman"] == pytest.approx(expected, abs=1e-6)
            if part != "steady_state":
                expected = golden.metrics["spearman_fold_change"][i][j]
                change = ours[f"{fold}/{part}/steady_state"]["spearman"]
                assert change == pytest.approx(expected, abs=1e-6)
    printed = (golden.folder / "expected/printed.txt").read_text().split("### cell 12")[1]
    pearson = [
        float(line.split("= ")[1][:-1]) for line in printed.splitlines() if "(pearson" in line
    ]
    parts = [f"{fold}/{part}" for fold in FOLDS for part in PARTS]
    parts += [f"{fold}/{part}/steady_state" for fold in FOLDS for part in PARTS[:-1]]
    ours = [found["complete" if "/2h" in part else "all"][part]["pearson"] for part in parts]
    assert ours == pytest.approx(pearson, abs=6e-4)  # printed to three digits


def test_decay_rates_equal_the_notebook(golden: SimpleNamespace) -> None:
    """To 0.01 in log2 K, the distance of its optimiser from the optimum."""
    theirs = read_cells(golden.folder / "expected/decay_f0.tsv", "rates")
    ours = golden.complete.filter(fold="f0").drop_nulls("measured_log2_decay_rate")
    lacking = set(theirs["gene_id"]) - set(ours["gene_id"])
    assert lacking == NO_PREDICTION & set(theirs["gene_id"])
    assert len(lacking) == 1
    both = ours.join(theirs, on="gene_id", how="inner")
    assert both.height == ours.height == golden.metrics["n"]["test_f0"] - 1
    for kind, column in (("predicted", "hl_pred"), ("measured", "hl_true")):
        np.testing.assert_allclose(
            both[f"{kind}_log2_decay_rate"], both[column].cast(pl.Float64), atol=0.01
        )
    # its correlations are over the rows joined with PC1, in which a repeated gene repeats
    pc1 = read_cells(golden.folder / "expected/decay_f0_saluki.tsv", "rows")
    base = both.with_columns(gene_base=pl.col("gene_id").str.extract(r"^([^.]+)"))
    joined = pc1.join(base, on="gene_base", how="left", maintain_order="left")
    assert joined.height == golden.metrics["n"]["with_pc1"]
    assert joined["gene_id"].null_count() == 1  # which the notebook keeps, with log2 K = 0
    ours = joined.select(
        pl.coalesce(name, pl.col(column).cast(pl.Float64)).alias(column)
        for column, name in (
            ("hl_pred", "predicted_log2_decay_rate"),
            ("hl_true", "measured_log2_decay_rate"),
        )
    ).with_columns(pc1["human_PC1"].cast(pl.Float64))
    for a, b in (("hl_pred", "hl_true"), ("hl_pred", "human_PC1"), ("hl_true", "human_PC1")):
        rho = spearmanr(ours[a], ours[b])[0]
        key = f"{a}_vs_{b}".replace("human_PC1", "pc1")
        assert rho == pytest.approx(golden.metrics[key], abs=3e-3)


def two_folds() -> tuple[dict[str, Fold], list[str]]:
    """Genes that decay at `RATES`, predicted 1.5 times faster, in two folds that share one gene."""
    names = np.array([f"G{i:02}" for i in range(len(RATES))])
    tracks = [*(f"t{hours}" for hours in TIMES_H), "ss"]
    level = np.geomspace(20, 500, len(RATES))[::-1, None]
    matrices = []
    for factor in (1.5, 1.0):
        values = np.exp(-factor * RATES[:, None] * TIMES_H)
        values = level * np.column_stack([values, np.ones(len(RATES))])
        matrices.append(GeneMatrix(names, np.array(tracks), np.log2(1 + values)))
    halves = (slice(0, 21), slice(20, None))
    return {
        name: Fold(*(GeneMatrix(m.genes[rows], m.identifiers, m.values[rows]) for m in matrices))
        for name, rows in zip(("f0", "f1"), halves, strict=True)
    }, tracks


def course_of(tracks: list[str]):
    described = {name: f"RNA:cell {name[1:]}h" for name in tracks[:-1]} | {"ss": "RNA:cell steady"}
    return find_steady(tracks, described, "RNA:cell", "steady")


def test_a_gene_of_two_folds_is_added_up_under_compat_only() -> None:
    folds, tracks = two_folds()
    ours = course_genes(folds, course_of(tracks), OPTIONS)
    theirs = course_genes(folds, course_of(tracks), {**COMPAT, "decay_reference": ""})
    assert (ours.height, theirs.height) == (41, 40)
    once, twice = ours.filter(gene_id="G20"), theirs.filter(gene_id="G20")
    assert once["fold"].to_list() == ["f0", "f1"]
    assert twice["fold"].to_list() == ["f0"]
    assert twice["measured_1h"][0] == pytest.approx(2 * once["measured_1h"][0])


def test_parts_equal_plain_computations() -> None:
    folds, tracks = two_folds()
    genes = course_genes(folds, course_of(tracks), OPTIONS)
    zero = genes.with_columns(
        measured_24h=pl.when(gene_id="G39").then(0.0).otherwise("measured_24h")
    )
    found = course_metrics(zero, PARTS, {f"G{i:02}": -float(i) for i in range(39)}, resamples=50)
    rows = {(r["part"], r["metric"]): r for r in found.iter_rows(named=True)}
    level = rows["f1/8h", "pearson"]
    of_f1 = zero.filter(fold="f1")
    logs = [np.log2(1 + of_f1[f"{kind}_8h"].to_numpy()) for kind in ("predicted", "measured")]
    assert level["value"] == pytest.approx(pearsonr(*logs)[0], abs=1e-12)
    # exponents of the two are proportional, and so the log ratios to the steady state
    change = rows["all/24h/steady_state", "pearson"]
    assert change["value"] == pytest.approx(1, abs=1e-9)
    assert change["n"] == 40
    assert rows["all/24h/steady_state", "not_scored"]["value"] == 1
    assert rows["all/decay_rate", "spearman"]["value"] > 0.99
    half_life = rows["all/half_life", "spearman"]
    assert half_life["value"] == pytest.approx(-1, abs=1e-3)
    assert half_life["n"] == 40  # G20 in both folds, G39 without a half-life
    few = course_metrics(genes.head(2), PARTS)
    assert few["value"].drop_nulls().to_list() == [0.0] * 14
    assert set(few.filter(metric="spearman")["note"]) == {"fewer than 3 genes"}


def assembly(folder: Path) -> tuple[Path, Path]:
    """A genome in which the GC content of gene i follows RATES[i], and its genes."""
    sequences, genes = {f"chr{i}": "" for i in range(3)}, []
    for i, rate in enumerate(RATES):
        chrom = f"chr{i % 3}"
        start, bound = len(sequences[chrom]), round(100 * rate / RATES[-1])
        sequences[chrom] += "G" * bound + "A" * (100 - bound)
        genes.append(Gene(f"G{i:02}", f"G{i:02}", chrom, "+", ((start, start + 100),)))
    fasta, annotation = folder / "genome.fa", folder / "genes.parquet"
    fasta.write_text("".join(f">{name}\n{bases}\n" for name, bases in sequences.items()))
    pysam.faidx(str(fasta))
    Annotation(tuple(genes)).write(annotation)
    return fasta, annotation


def test_tables_of_a_run(files: SimpleNamespace, tmp_path: Path) -> None:
    """Two trainings of fold f0 are averaged as coverage; the scale of tracks is taken away."""
    matrix = GeneMatrix.read(files.gene_preds)
    other = str(tmp_path / "other.parquet")
    more = GeneMatrix(matrix.genes, matrix.identifiers, np.log2(1 + 3 * (2**matrix.values - 1)))
    write_table(more.table(), other, {})
    half_lives = tmp_path / "half_lives.tsv"
    rows = "".join(f"G{i:02}\t{-rate}\n" for i, rate in enumerate(RATES))
    half_lives.write_text("gene\tvalue\n" + rows)
    given = ExpressionFiles(
        (files.gene_preds, other), (files.gene_targets,) * 2, (files.genes,) * 2,
        (files.tracks,) * 2, files.targets, *assembly(tmp_path), (half_lives,),
    )  # fmt: skip
    options = {
        **OPTIONS, "course": "RNA:ActD", "steady_state": " 1h",
        "half_life_columns": ["gene", "value"],
    }  # fmt: skip
    folds = [FoldName("m", "f0c0"), FoldName("m", "f0c1")]
    found, genes = evaluate_expression(given, folds, options)
    assert set(found["method"]) == {"m", "length_gc", "measured"}
    assert found.columns[:3] == ["method", "part", "metric"]
    first = 2 * (2 ** matrix.values[:, 0] - 1)
    ours = genes["predicted_1h"].to_numpy()
    np.testing.assert_allclose(ours, first, rtol=1e-9)
    # GC content is the rate of a gene here, on which its coverage at 24 h depends
    known = found.filter(method="length_gc", part="f0/decay_rate", metric="spearman")
    assert known["value"][0] > 0.9
    with pytest.raises(InputError, match="steady state, 'late', matches the description of none"):
        find_steady(["a"], {"a": "RNA 1h"}, "RNA", "late")


def test_default_differs_from_the_notebook_as_documented(golden: SimpleNamespace) -> None:
    """Zeros are -20 with its pseudocount: they decide the Pearson correlation; ranks stay."""
    theirs, ours = (metrics_of(golden.complete, compat)["f0/1h"] for compat in (True, False))
    assert ours["spearman"] == pytest.approx(theirs["spearman"], abs=1e-12)
    assert (theirs["pearson"], ours["pearson"]) == pytest.approx((0.303, 0.688), abs=1e-3)
