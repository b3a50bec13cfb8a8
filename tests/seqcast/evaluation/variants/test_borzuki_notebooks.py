"""Numbers of Borzuki's notebooks, from golden files of their own cells, and from a plain replay."""

import json

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from seqcast.evaluation.variants.borzuki_notebooks import eqtl_draws, notebook_rows, traitgym_draws
from seqcast.evaluation.variants.definition import Definition
from seqcast.evaluation.variants.discrimination import rates_of
from seqcast.evaluation.variants.labelled_variants import join_scores, read_labelled
from seqcast.evaluation.variants.method_scores import read_folds, read_saluki

EQTL = Definition.of({"groups": "PI", "genes": "MT", "strata": "PD<=10000,2000,500,300,200,100,50"})
TRAITGYM = Definition.of({"groups": "MG", "strata": "DI"})
SIDES = {"pos": 1, "neg": 0}
MODELS = {"2_folds": ("models",), "6_folds": ("models", "models_retry1", "models_retry2")}
EXPECTED = {"variant": "snp", "group": "matched_snp", "score": "delta_score_borzoi",
            "saluki": "SSD0"}  # fmt: skip


def read_golden_saluki(golden, name, folder, original=True):
    """`read_saluki` of both sides, from the tables of all 50 models that the set has."""
    found = []
    for side in SIDES:
        wide = pl.read_csv(golden / f"inputs/saluki/{name}/{side}_wide.tsv.gz", separator="\t",
                           infer_schema_length=None)  # fmt: skip
        paths = [folder / f"{name}_{side}_{model}.tsv" for model in wide.columns[1:]]
        for path, model in zip(paths, wide.columns[1:], strict=True):
            wide.select("variant", SSD0=model).write_csv(path, separator="\t")
        found.append(read_saluki(paths, original))
    return pl.concat(found)


def read_sides(golden, paths, half):
    """`read_folds` of both sides; `paths` with {side}."""
    inputs = golden / "inputs/borzuki/hl_clip"
    return pl.concat(
        read_folds([inputs / path.format(side=side) for path in paths], half=half).with_columns(
            file=pl.lit(1 - label, pl.Int64)
        )
        for side, label in SIDES.items()
    )


@pytest.fixture(scope="module")
def eqtl(shared, tmp_path_factory):
    """The golden set, its labelled variants, and Saluki's scores."""
    golden = shared / "reference/borzuki/notebooks/explore_eqtls_gtex"
    if not golden.is_dir():
        pytest.skip(f"no golden files at {golden}")
    vcfs = golden / "inputs/data/qtl_cat_2/eqtl3_pip70ea"
    labelled = read_labelled([vcfs / f"{side}_merge.vcf" for side in SIDES], EQTL)
    return golden, labelled, read_golden_saluki(golden, "gtex", tmp_path_factory.mktemp("ssd"))


def eqtl_scores(golden, models, half=True):
    paths = [
        f"{d}/f{fold}c0/gtexg/merge_{{side}}/sed.h5" for d in MODELS[models] for fold in (0, 1)
    ]
    return read_sides(golden, paths, half)


def expected_rows(golden, name):
    """The notebook's final tables, positives first, in its own order."""
    tables = [
        pl.read_csv(golden / f"expected/rows_{name}_{side}.tsv", separator="\t").select(
            distance_bp=pl.col("min_dist").cast(float), label=pl.lit(label), **EXPECTED
        )
        for side, label in SIDES.items()
    ]
    return pl.concat(tables)


@pytest.mark.parametrize("models", MODELS)
def test_eqtl_rows_are_those_of_the_notebook(eqtl, models):
    golden, labelled, saluki = eqtl
    rows = notebook_rows(labelled, eqtl_scores(golden, models), saluki, "MT")
    for label in (1, 0):
        columns = ["variant", "group", "distance_bp", "score", "saluki"]
        found, expected = (
            table.filter(label=label).select(columns).sort(columns)
            for table in (rows, expected_rows(golden, models))
        )
        assert found.drop("saluki").equals(expected.drop("saluki"))  # to the last bit of a float16
        assert found["saluki"].to_list() == pytest.approx(expected["saluki"].to_list(), abs=1e-15)


@pytest.mark.parametrize("models", MODELS)
@pytest.mark.parametrize(("column", "name"), [("score", ""), ("saluki", "_saluki")])
def test_eqtl_draws_are_those_of_the_notebook(eqtl, models, column, name):
    golden = eqtl[0]
    with np.load(golden / f"expected/resampled{name}_{models}.npz") as expected:
        assert tuple(expected["min_distances"]) == EQTL.bounds
        found = eqtl_draws(expected_rows(golden, models), column, EQTL.bounds, seed=11)
        for metric, key in (("roc_auc", "auroc"), ("average_precision", "ap")):
            values = np.array([found[bound].values[metric] for bound in EQTL.bounds])
            assert values.shape == expected[key].shape == (7, 100)
            assert np.abs(values - expected[key]).max() < 1e-12
    printed = (golden / f"expected/printed_{models}.txt").read_text().partition("### cell 7")[2]
    sampled = [int(line.split()[-1]) for line in printed.splitlines() if "n sample" in line]
    assert [found[bound].n for bound in EQTL.bounds] == sampled[:7]


@pytest.mark.parametrize("models", MODELS)
def test_what_half_precision_changes(eqtl, models):
    golden, labelled, _ = eqtl
    half, right = (
        join_scores(labelled, eqtl_scores(golden, models, half), "MT") for half in (True, False)
    )
    assert half["status"].equals(right["status"])
    a, b = (t["score"].drop_nulls().to_numpy() for t in (half, right))
    relative = np.abs(a - b)[b > 1e-3] / b[b > 1e-3]
    assert 1e-5 < relative.max() < 2e-3


@pytest.mark.parametrize("name", ["complex_3prime", "mendelian_3prime"])
def test_traitgym_is_that_of_the_notebook(shared, tmp_path, name):
    golden = shared / "reference/borzuki/notebooks/explore_traitgym"
    if not golden.is_dir():
        pytest.skip(f"no golden files at {golden}")
    expected = json.loads((golden / "expected/metrics.json").read_text())[name]
    vcfs = [golden / f"inputs/data/traitgym/{name}/{side}_merge.vcf" for side in SIDES]
    labelled = read_labelled(vcfs, TRAITGYM)
    paths = [f"models/f{fold}c0/{name}/merge_{{side}}/sed.h5" for fold in (0, 1)]
    saluki = read_golden_saluki(golden, name, tmp_path)
    rows = notebook_rows(labelled, read_sides(golden, paths, half=True), saluki, "max")
    assert rows["label"].value_counts(sort=True)["count"].to_list() == [
        expected["n_neg"], expected["n_pos"]]  # fmt: skip
    for label, side in ((1, "pos"), (0, "neg")):
        table = pl.read_csv(golden / f"expected/rows_{name}_{side}.tsv", separator="\t")
        wanted = table.select(**EXPECTED)
        found = rows.filter(label=label).select(wanted.columns)
        assert found.drop("saluki").equals(wanted.drop("saluki"))
    once = np.ones((1, len(rows)), dtype=int)
    for column, method in (("score", "borzoi"), ("saluki", "saluki")):
        whole = rates_of(rows["label"].to_numpy(), rows[column].to_numpy(), once)
        drawn = traitgym_draws(rows, column, seed=12)
        for metric, key in (("average_precision", "ap"), ("roc_auc", "auc")):
            assert whole[metric][0] == pytest.approx(expected[f"{key}_{method}"], abs=1e-12)
            values = drawn.values[metric]
            summary = [np.quantile(values, 0.1), values.mean(), np.quantile(values, 0.9)]
            assert summary == pytest.approx(expected[f"{key}_{method}_q10_mean_q90"], abs=1e-12)


def synthetic_rows(seed=4, n=25):
    """Repeated variants, several negatives of a positive, positives without, ties."""
    rng = np.random.default_rng(seed)
    rows = [(f"p{i}", 1, f"p{i}", float(10 * i)) for i in range(n)]
    rows.append(("p3", 1, "p3", 5.0))
    for i in range(0, 2 * n, 2):
        rows.append((f"n{i}", 0, f"p{i // 3}", float(7 * i)))
    frame = pl.DataFrame(rows, schema=["variant", "label", "group", "distance_bp"], orient="row")
    return frame.with_columns(score=np.round(rng.random(len(rows)), 1))


def test_eqtl_draws_by_the_legacy_generator():
    """The notebook's steps in lists and sets, with NumPy's global generator."""
    rows, bounds = synthetic_rows(), (1000, 100)
    found = eqtl_draws(rows, "score", bounds, seed=7, rounds=6)
    np.random.seed(7)  # noqa: NPY002 - whose stream it is
    for bound in bounds:
        sides = [
            rows.filter(pl.col("label") == label, pl.col("distance_bp") <= bound).rows()
            for label in (1, 0)
        ]
        orders = [np.arange(len(side)) for side in sides]
        for i in range(6):
            for order in orders:
                np.random.shuffle(order)  # noqa: NPY002
            shuffled = [[side[j] for j in order] for side, order in zip(sides, orders, strict=True)]
            positives = list({row[0]: row for row in reversed(shuffled[0])}.values())[::-1]
            negatives = list({row[2]: row for row in reversed(shuffled[1])}.values())[::-1]
            positives = [
                r for r in shuffled[0] if r in positives and r[0] in {n[2] for n in negatives}
            ]
            negatives = [
                r for r in shuffled[1] if r in negatives and r[2] in {p[0] for p in positives}
            ]
            n = int(0.8 * min(len(positives), len(negatives)))
            scores = [r[4] for r in positives[:n] + negatives[:n]]
            labels = [1] * n + [0] * n
            values = found[bound].values
            assert values["roc_auc"][i] == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
            expected = average_precision_score(labels, scores)
            assert values["average_precision"][i] == pytest.approx(expected, abs=1e-12)
        assert found[bound].n == n


def test_what_the_notebooks_do_with_rows():
    labelled = pl.DataFrame(
        [(0, "a", 1, "g1", "G1", 1.0), (1, "b", 0, "g1", "G1", 2.0), (1, "c", 0, "g2", "G2", 3.0)],
        schema=["file", "variant", "label", "group", "gene", "distance_bp"], orient="row",
    )  # fmt: skip
    scores = pl.DataFrame(
        [(0, "a", "G1.1", 0.5), (0, "a", "G2.1", 0.7), (1, "b", "G1.1", float("nan")), (1, "c", "G2.2", 0.1)],
        schema=["file", "variant", "gene_id", "score"], orient="row",
    )  # fmt: skip
    named = notebook_rows(labelled, scores, None, "MT")
    assert named.select("variant", "score").rows() == [("a", 0.5), ("b", 0.0), ("c", 0.1)]
    largest = notebook_rows(labelled, scores, None, "max")
    assert largest.select("variant", "score").rows() == [("a", 0.7), ("b", 0.0)]
    saluki = pl.DataFrame({"variant": ["b"], "score": [1.0]})
    assert notebook_rows(labelled, scores, saluki, "MT")["variant"].to_list() == ["b"]
