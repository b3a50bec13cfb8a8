"""Effects in a reporter assay from scores of oligos, with a constructed truth and golden files."""

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import array_column, read_table, read_tsv, write_table, write_tsv
from seqcast.evaluation.coverage.saluki import SalukiFiles, read_features
from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.oligos.evaluate_mpra import (
    REGRESSIONS,
    MpraFiles,
    MpraTables,
    evaluate_mpra,
    fit_half_lives,
    read_alleles,
    read_half_life_models,
    saluki_predictions,
    z_scores,
)
from seqcast.evaluation.oligos.mpra import (
    HALF_LIFE,
    HELD_OUT,
    IN_SAMPLE,
    Controls,
    Linear,
    from_controls,
    from_half_lives,
    judge,
    read_measurements,
)
from seqcast.evaluation.oligos.oligo_features import INCOMPLETE, oligo_features
from seqcast.evaluation.variants.method_scores import tables_by_model

ROOT = Path(__file__).parents[4]
TRACKS = pl.DataFrame({"identifier": ["t0", "t1", "t2"], "description": ["A one", "A two", "B"]})
FEATURES = "name\tpattern\na\t^A\nb\t^B$\n"
CONTEXTS = [("chr1", 100, 200, "G1"), ("chr2", 50, 60, "G2.3")]
SHIFTS, FOLDS = (0, -24), 2


def score_table(scores, contexts=CONTEXTS, seed=0, shuffle=True):
    """A table of `score_oligos`: its (contexts, tracks) scores, around which shifts spread."""
    rows, values = [], []
    rng = np.random.default_rng(seed)
    for c, (chrom, start, end, gene) in enumerate(contexts):
        for shift in SHIFTS:
            for oligo, score in scores.items():
                for name in (gene, "other.1"):
                    rows.append((oligo, f"{chrom}_{start}_{end}", shift, name, "scored"))
                    noise = (1 if shift else -1) * 0.5 + (9 if name == "other.1" else 0)
                    values.append(score[c] + noise)
    order = rng.permutation(len(rows)) if shuffle else np.arange(len(rows))
    names = ["oligo", "context", "shift_bp", "gene_id", "status"]
    table = pl.DataFrame(rows, schema=names, orient="row")
    column = array_column("logSED", np.array(values), np.ones(len(rows), bool))
    return table.with_columns(column)[order.tolist()]


@pytest.fixture
def made(tmp_path):
    """Files of an assay: 60 controls with two variants each, whose effects follow feature a."""
    rng = np.random.default_rng(4)
    oligos = [f"o{i}" for i in range(120)]
    levels = np.repeat(rng.normal(size=(60, 2, 3)), 2, axis=0)
    change = rng.normal(size=(120, 2, 3))
    ref = dict(zip(oligos, levels, strict=True))
    alt = dict(zip(oligos, levels + change, strict=True))
    for fold in range(FOLDS):
        for name, scores in (("ref", ref), ("alt", alt)):
            table = score_table({k: v + (0.25 if fold else -0.25) for k, v in scores.items()},
                                seed=fold)  # fmt: skip
            write_table(
                table, tmp_path / f"{name}{fold}.parquet", {"model": "tiny", "origin": "random"}
            )
    write_table(TRACKS, tmp_path / "tracks.parquet", {})
    (tmp_path / "features.tsv").write_text(FEATURES)
    lines = "".join("\t".join(map(str, context)) + "\n" for context in CONTEXTS)
    (tmp_path / "contexts.tsv").write_text(f"chrom\tstart\tend\tgene_id\n{lines}")
    stable = levels[:, :, :2].mean(axis=(1, 2)) + rng.normal(0, 0.3, 120)[np.arange(120) // 2]
    effect = change[:, :, :2].mean(axis=(1, 2)) + rng.normal(0, 0.3, 120)
    bases = ["".join(rng.choice(list("CGT"), 20)) for _ in range(120)]
    measured = pl.DataFrame({
        "seq_id": oligos, "seq": bases, "seq_ctrl": [bases[i // 2 * 2] for i in range(120)],
        "hap": [""] * 120, "ratios_T4T0_ctrl": 1 / (1 + 2.0**-stable),
        "effect_size_T0": effect, "effect_size_T4T0": effect,
    })  # fmt: skip
    measured.write_csv(tmp_path / "measured.tsv", separator="\t")
    noisy = measured.select("seq", Prediction=pl.Series(effect + rng.normal(size=120)))
    noisy.write_csv(tmp_path / "saluki.tsv", separator="\t")
    scores = [[tmp_path / f"{name}{fold}.parquet" for fold in range(FOLDS)]
              for name in ("ref", "alt")]  # fmt: skip
    files = MpraFiles(
        tmp_path / "measured.tsv", tmp_path / "features.tsv", [tmp_path / "contexts.tsv"] * 2,
        {"tiny": scores}, {"tiny": tmp_path / "tracks.parquet"}, tmp_path / "saluki.tsv",
    )  # fmt: skip
    return files, ref, alt


def test_features_are_means_by_key(made):
    files, ref, _ = made
    genes = {"chr1_100_200": "G1.7", "chr2_50_60": "G2"}
    names, patterns = dict(TRACKS.iter_rows()), read_features(files.features)
    found = oligo_features(files.scores["tiny"][0], names, patterns, genes)
    for c, context in enumerate(genes):
        expected = [[ref[o][c][:2].mean(), ref[o][c][2]] for o in ("o7", "o3")]
        assert np.allclose(found.of(["o7", "o3"], context), expected, atol=1e-6)
    assert np.isnan(found.of(["nobody"], "chr2_50_60")).all()
    with pytest.raises(InputError, match=r"has 8 scores of 4 folds and shifts; expected those of"):
        oligo_features(files.scores["tiny"][0], names, patterns, {})


def test_an_oligo_without_a_score_in_each_fold_has_a_status(made):
    files, *_ = made
    first, second = files.scores["tiny"][0]
    table = read_table(second).filter((pl.col("oligo") != "o3") | (pl.col("shift_bp") == 0))
    lost = (pl.col("oligo") == "o5") & (pl.col("context") == "chr2_50_60")
    table = table.with_columns(
        status=pl.when(lost).then(pl.lit("prediction_not_finite")).otherwise("status"),
        gene_id=pl.when(lost).then(None).otherwise("gene_id"),
    ).unique(["oligo", "context", "shift_bp", "gene_id"])
    write_table(table, second, {})
    genes = {"chr1_100_200": "G1", "chr2_50_60": "G2"}
    found = oligo_features(
        [first, second], dict(TRACKS.iter_rows()), read_features(files.features), genes
    )
    of = {(o, c): s for o, c, s in found.rows.iter_rows()}
    assert of["o3", "chr1_100_200"] == of["o3", "chr2_50_60"] == INCOMPLETE
    assert of["o5", "chr2_50_60"] == "prediction_not_finite"
    assert of["o5", "chr1_100_200"] == "scored"
    assert np.isnan(found.of(["o3"], "chr1_100_200")).all()


def test_each_measured_variant_has_its_reason(made, tmp_path):
    files, *_ = made
    lines = Path(files.measured).read_text().splitlines()
    head, row = lines[0], lines[1].split("\t")

    def variant(**cells):
        return "\t".join((dict(zip(head.split("\t"), row, strict=True)) | cells).values())

    changed = [
        variant(), variant(), variant(seq_id="o2", effect_size_T0=""),
        variant(seq_id="o3", effect_size_T0="-1", effect_size_T4T0="2"),
        variant(seq_id="o4", seq="CCaataaaG"), variant(seq_id="o5", hap="CDE|ARE"),
        variant(seq_id="o6", effect_size_T0="0", effect_size_T4T0="0"), variant(seq_id="gone"),
    ]  # fmt: skip
    (tmp_path / "odd.tsv").write_text("\n".join([head, *changed]) + "\n")
    measured, alleles = (
        read_measurements(tmp_path / "odd.tsv"),
        read_alleles(files, "tiny", "logSED", False),
    )
    found = judge(measured, alleles).select("seq_id", "status").sort("seq_id", maintain_order=True)
    assert found.rows() == [
        ("gone", "not_predicted"), ("o0", "scored"), ("o0", "repeated_id"),
        ("o2", "effect_missing"), ("o3", "signs_differ"), ("o4", "poly_a_signal"),
        ("o5", "mirna_or_cde"), ("o6", "scored")]  # fmt: skip
    published = judge(measured, alleles, compat=True).filter(status="scored")
    assert sorted(published["seq_id"]) == ["o0", "o0", "o4", "o6"]


def test_held_out_predictions_come_from_other_controls(made):
    files, *_ = made
    alleles = read_alleles(files, "tiny", "logSED", False)
    used = judge(read_measurements(files.measured), alleles)
    controls = Controls.of(used)
    assert len(controls.oligos) == 60
    fits = {c: controls.fit(alleles.levels(controls.oligos, c), 2.0) for c in alleles.contexts}
    found = from_controls(used, alleles, controls, fits)
    expected = np.zeros(120)
    for i, (oligo, control) in enumerate(used.select("seq_id", "seq_ctrl").iter_rows()):
        own = controls.part[controls.sequences.index(control)]
        for context in alleles.contexts:
            x, y = alleles.levels(controls.oligos, context), controls.stability
            rest = controls.part != own
            apart = x[rest] - x[rest].mean(axis=0)
            weights = np.linalg.solve(
                apart.T @ apart + 2 * np.eye(2), apart.T @ (y[rest] - y[rest].mean())
            )
            expected[i] += (alleles.differences([oligo], context) @ weights)[0] / 2
    assert np.allclose(found[HELD_OUT], expected)
    assert not np.allclose(found[HELD_OUT], found[IN_SAMPLE])
    shifted = from_controls(used, alleles, controls, fits, compat=True)[IN_SAMPLE]
    assert np.ptp(shifted - found[IN_SAMPLE]) < 1e-9  # the intercepts alone


def test_results_have_methods_parts_and_reasons(made, tmp_path):
    files, *_ = made
    out = MpraTables(tmp_path / "results.tsv", tmp_path / "variants.parquet")
    evaluate_mpra(files, out, "assay", Resampling(100, 1))
    table = read_tsv(out.results, {"value": pl.Float64, "n": pl.Int64, "ci_low": pl.Float64})
    assert table.columns[:5] == ["benchmark", "method", "origin", "part", "metric"]
    origins = dict(table.select("method", "origin").iter_rows())
    assert origins["tiny"] == origins["tiny+saluki"] == "UNTRAINED random weights"
    assert origins["tiny minus saluki"] == "difference"
    assert origins["saluki"] == origins["gc"] == "baseline"

    def value(method, part, metric="spearman"):
        return table.row(
            by_predicate=(pl.col("method") == method) & (pl.col("part") == part)
            & (pl.col("metric") == metric), named=True,
        )  # fmt: skip

    assert 0.5 < value("tiny", HELD_OUT)["ci_low"] < value("tiny", HELD_OUT)["value"]
    assert value("tiny", HELD_OUT)["n"] == 120
    assert abs(value("gc", HELD_OUT)["value"]) < 0.3
    together, alone = (value(m, IN_SAMPLE)["value"] for m in ("tiny+saluki", "saluki"))
    assert together > alone
    assert value("tiny", f"{HELD_OUT}.fit.chr1_100_200")["n"] == 60
    difference = value("tiny minus saluki", HELD_OUT, "pearson_difference")["value"]
    assert np.isclose(difference, value("tiny", HELD_OUT, "pearson")["value"]
                      - value("saluki", HELD_OUT, "pearson")["value"])  # fmt: skip
    assert value("tiny", HELD_OUT, "not_scored")["value"] == 0
    variants = read_table(out.variants)
    assert variants.height == 120
    assert {HELD_OUT, IN_SAMPLE, "saluki", "gc", "status"} <= set(variants.columns)


def test_the_script_finds_the_tables_of_each_fold(made, tmp_path):
    files, *_ = made
    tables = [path for dataset in files.scores["tiny"] for path in dataset]
    assert tables_by_model(tables, {"tiny": FOLDS}) == files.scores
    given = {"measured": files.measured, "features": files.features, "contexts": files.contexts,
             "scores": tables, "tracks": list(files.tracks.values()), "saluki": files.saluki, "half_lives": [],
             "published": ROOT / "resources/published/mpra.tsv"}  # fmt: skip
    options = {"resamples": 10, "seed": 0, "score": "logSED", "compat": None}
    outputs = {"results": tmp_path / "a.tsv", "variants": tmp_path / "a.parquet"}
    job = SimpleNamespace(
        input=Given(given), output=SimpleNamespace(**outputs), log=[str(tmp_path / "log")],
        params=SimpleNamespace(folds={"tiny": FOLDS}, options=options, half_lives={}),
        wildcards=SimpleNamespace(benchmark="mpra_siegel"),
    )  # fmt: skip
    runpy.run_path(str(ROOT / "workflow/scripts/evaluate_oligos.py"), {"snakemake": job})
    table = read_tsv(outputs["results"])
    assert set(table["benchmark"]) == {"mpra_siegel"}
    assert table.filter(origin="published")["value"].to_list()[:2] == ["0.574", "0.523"]


class Given(dict):
    """Named files, as Snakemake hands them to a script."""

    __getattr__ = dict.__getitem__


def test_saluki_of_a_sequence_that_is_there_twice(tmp_path):
    (tmp_path / "s.tsv").write_text("seq\tPrediction\nA\t1\nC\t2\nC\t3\nG\t4\nG\t4\n")
    found = saluki_predictions(tmp_path / "s.tsv", ["A", "C", "G", "T"])
    assert np.array_equal(found, [1, np.nan, 4, np.nan], equal_nan=True)
    assert saluki_predictions(tmp_path / "s.tsv", ["C"], compat=True) == [3]


def test_regressions_on_half_lives_are_per_fold(tmp_path):
    rng = np.random.default_rng(8)
    values = {fold: rng.normal(size=(30, 3)) for fold in ("f0c0", "f1c0")}
    genes = [f"G{i}.1" for i in range(30)]
    for fold, x in values.items():
        columns = {name: x[:, i] for i, name in enumerate(TRACKS["identifier"])}
        write_table(pl.DataFrame({"gene_id": genes, **columns}), tmp_path / f"{fold}.parquet", {})
    write_tsv(TRACKS, tmp_path / "tracks.tsv")
    (tmp_path / "features.tsv").write_text(FEATURES)
    truth = rng.normal(size=29)  # of all genes but one
    lines = [f"G{i}\t{value}" for i, value in enumerate(truth)]
    (tmp_path / "hl.tsv").write_text("\n".join(["gene\tpc", *lines]) + "\n")
    files = SalukiFiles(
        tmp_path / "hl.tsv", tmp_path / "features.tsv",
        tuple(tmp_path / f"{fold}.parquet" for fold in values), (), (tmp_path / "tracks.tsv",) * 2,
    )  # fmt: skip
    options = {"compat": None, "half_life_columns": ["gene", "pc"]}
    fit_half_lives(files, tmp_path / "models.tsv", list(values), options)
    models = read_half_life_models(tmp_path / "models.tsv", ["a", "b"])
    for model, x in zip(models, values.values(), strict=True):
        seen = np.stack([x[:29, :2].mean(axis=1), x[:29, 2]], axis=1)
        apart = seen - seen.mean(axis=0)
        weights = np.linalg.solve(
            apart.T @ apart + 0.1 * np.eye(2), apart.T @ (truth - truth.mean())
        )
        assert np.allclose(model.coefficients, weights)
        assert np.isclose(model.intercept, truth.mean() - seen.mean(axis=0) @ weights)
    with pytest.raises(InputError, match="expected the features of the benchmark"):
        read_half_life_models(tmp_path / "models.tsv", ["a"])


def test_datasets_that_are_no_pairs_are_refused(made):
    files, *_ = made
    one = files._replace(scores={"tiny": files.scores["tiny"][:1]})
    with pytest.raises(InputError, match="reference and alternative oligos take turns"):
        read_alleles(one, "tiny", "logSED", False)
    scores = files.scores["tiny"] * 2
    twice = files._replace(scores={"tiny": scores}, contexts=[*files.contexts] * 2)
    with pytest.raises(InputError, match="in two datasets; expected contexts of"):
        read_alleles(twice, "tiny", "logSED", False)


# ---- golden files of the notebooks ----


@pytest.fixture(scope="module")
def siegel(shared, tmp_path_factory):
    """The notebook's inputs as our tables: six models, six contexts, five shifts."""
    folder = tmp_path_factory.mktemp("siegel")
    inputs = shared / "reference/borzuki/notebooks/explore_mpra_siegel_beas2b/inputs"
    given = inputs / "borzuki/hl_clip"
    layout = json.loads((given / "scores_layout.json").read_text())
    packed = np.load(given / "scores_compact.npz")
    shifts = [int(name.rpartition("_")[2] or 0) for name in layout["shifts"]]
    rows: dict[tuple, list] = {}
    k = 0
    for context in layout["contexts"]:
        noise, n_genes = packed["noise"].astype(np.float32), len(context["genes"])
        for model in [(d, f) for d in layout["dirs"] for f in layout["folds"]]:
            for shift in shifts:
                for allele in ("ref", "alt"):  # as expand.py of the golden data does
                    base = packed[f"{context['ctx']}_{allele}"].astype(np.float32)
                    at = (np.arange(len(base)) * 7 + k) % len(noise)
                    found = base + np.float32(1 + (k % 5) * 0.125) * noise[at]
                    found = (found + np.float32((k % 11 - 5) / 256)).astype(np.float16)
                    table = pl.DataFrame({
                        "oligo": np.repeat(layout["seq_id"], n_genes).tolist(),
                        "context": [context["ctx_id"]] * len(base), "shift_bp": [shift] * len(base),
                        "gene_id": context["genes"] * len(layout["seq_id"]),
                        "status": ["scored"] * len(base),
                    })  # fmt: skip
                    column = array_column("logSED", found.astype(float), np.ones(len(base), bool))
                    rows.setdefault((allele, *model), []).append(table.with_columns(column))
                    k += 1
    for key, tables in rows.items():
        write_table(pl.concat(tables), folder / f"{'.'.join(map(str, key))}.parquet", {})
    contexts = [(given / f"contexts_{c['ctx']}_with_gene.tsv").read_text().splitlines()
                for c in layout["contexts"]]  # fmt: skip
    (folder / "contexts.tsv").write_text(
        "\n".join([contexts[0][0], *(c[1] for c in contexts)]) + "\n"
    )
    tracks = pl.read_csv(given / "targets_human_rna.txt", separator="\t", infer_schema=False)
    described = dict(tracks.select("identifier", "description").iter_rows())
    write_table(
        pl.DataFrame([(i, described[i]) for i in layout["target_ids"]],
                     schema=["identifier", "description"], orient="row"),
        folder / "tracks.parquet", {},
    )  # fmt: skip
    scores = [[folder / f"{'.'.join(map(str, key))}.parquet" for key in rows if key[0] == allele]
              for allele in ("ref", "alt")]  # fmt: skip
    files = MpraFiles(
        inputs / "data/mpra_siegel/mpra_siegel_beas2b_all.csv",
        ROOT / "resources/panels/borzuki_features.tsv", [folder / "contexts.tsv"] * 2,
        {"hl_clip": scores}, {"hl_clip": folder / "tracks.parquet"},
        given / "fastUTR_MPRA_predictions_Beas2B.txt",
    )  # fmt: skip
    names = {context["ctx_id"]: context["ctx"] for context in layout["contexts"]}
    return files, inputs.parent / "expected", given, names


@pytest.fixture(scope="module")
def published(siegel):
    files, *_ = siegel
    alleles = read_alleles(files, "hl_clip", "logSED", True)
    return alleles, judge(read_measurements(files.measured), alleles, compat=True)


def test_compat_has_the_features_of_the_notebook(siegel, published):
    _, expected, _, names = siegel
    alleles, judged = published
    golden = np.load(expected / "features_ref.npz")
    assert sorted(golden["seq_id"].tolist()) == sorted(judged["seq_id"].to_list())
    place = {name: i for i, name in enumerate(golden["columns"].tolist())}
    oligos, features = golden["seq_id"].tolist(), list(read_features(siegel[0].features))
    for context, name in names.items():
        for of, prefix in ((alleles.differences, ""), (alleles.levels, "ref_")):
            columns = [place[f"borzoi_{feature}_{prefix}{name}"] for feature in features]
            theirs = golden["values"][:, columns]
            assert np.allclose(of(oligos, context), theirs, rtol=1e-5, atol=1e-6)


def test_compat_equals_the_notebook_of_controls(siegel, tmp_path):
    files, expected, given, _ = siegel
    rows = [(str(fold), *item) for fold, model in enumerate(models_of(given))
            for item in (*zip(read_features(files.features), model.coefficients.tolist(), strict=True),
                         ("intercept", model.intercept))]  # fmt: skip
    write_tsv(pl.DataFrame(rows, schema=REGRESSIONS, orient="row"), tmp_path / "models.tsv")
    out = MpraTables(tmp_path / "results.tsv", tmp_path / "variants.parquet")
    with_half_lives = files._replace(half_lives={"hl_clip": tmp_path / "models.tsv"})
    evaluate_mpra(with_half_lives, out, "siegel", Resampling(20, 0), compat="borzuki")
    golden = json.loads((expected / "metrics.json").read_text())
    table = read_tsv(out.results, {"value": pl.Float64, "n": pl.Int64})
    of = {tuple(row[:3]): row[3:] for row in
          table.select("method", "part", "metric", "value", "n").iter_rows()}  # fmt: skip
    ours = {"borzuki": "hl_clip", "saluki": "saluki", "borzuki_saluki": "hl_clip+saluki"}
    for name, method in ours.items():
        for metric, tolerance in (("spearman", 1e-3), ("pearson", 1e-5)):
            value, n = of[method, IN_SAMPLE, metric]
            assert n == golden["ref"]["n"] == 96
            assert abs(value - golden["ref"][name][metric]) < tolerance, (name, metric)
    for metric, tolerance in (("spearman", 1e-3), ("pearson", 1e-5)):
        value, n = of["hl_clip", HALF_LIFE, metric]
        assert n == golden["saluki_pc1"]["n"]
        assert abs(value - golden["saluki_pc1"][metric]) < tolerance
    for context, name in siegel[3].items():
        value, n = of["hl_clip", f"{IN_SAMPLE}.fit.{context}", "pearson"]
        assert n == golden["ref"]["n_fit"]
        assert abs(value - golden["ref"]["fit"][name]["fit_pearson"]) < 1e-5
    theirs = read_tsv(expected / "oligos_ref.tsv")
    variants = read_table(out.variants).filter(status="scored")
    assert variants["seq_id"].to_list() == theirs["seq_id"].to_list()
    found = variants[IN_SAMPLE].to_numpy()
    assert np.allclose(found, theirs["borzuki"].cast(pl.Float64).to_numpy(), atol=1e-3)
    both = (z_scores(found) + z_scores(variants["saluki"].to_numpy())) / 2
    assert np.allclose(both, theirs["borzuki_saluki"].cast(pl.Float64).to_numpy(), atol=1e-3)


def models_of(given):
    """The half-life regressions that the notebook loads."""
    stored = [np.load(given / f"ridge_pc1_f{fold}.npz") for fold in (0, 1)]
    return [Linear(one["coef"].astype(float), float(one["intercept"])) for one in stored]


def test_compat_equals_the_notebook_of_half_lives(siegel, published):
    _, expected, given, _ = siegel
    alleles, judged = published
    theirs = read_tsv(expected / "oligos_saluki_pc1.tsv")
    used = judged.filter(status="scored")
    assert used["seq_id"].to_list() == theirs["seq_id"].to_list()
    found = from_half_lives(used, alleles, models_of(given), compat=True)
    assert np.allclose(found, theirs["borzuki"].cast(pl.Float64).to_numpy(), atol=1e-3)


def test_coefficients_are_those_of_the_notebook(siegel, published):
    _, expected, _, names = siegel
    alleles, judged = published
    golden = np.load(expected / "ridge_ref.npz")
    controls = Controls.of(judged.filter(status="scored"))
    for i, (context, name) in enumerate(names.items()):
        assert golden["contexts"][i] == name
        fit = controls.fit(alleles.levels(controls.oligos, context)).all
        assert np.allclose(fit.coefficients, golden["coef"][i], atol=1e-3)
        assert abs(fit.intercept - golden["intercept"][i]) < 1e-3


def test_cells_that_are_no_numbers_are_told(tmp_path):
    head = "seq_id\tseq\tseq_ctrl\thap\tratios_T4T0_ctrl\teffect_size_T0\teffect_size_T4T0\n"
    path = tmp_path / "m.tsv"
    path.write_text(f"{head}a\tA\tC\t\t0.5\tNA\tinf\nb\tA\tC\t\t0.5\t1\tnan\n")
    numbers = ["effect_size_T0", "effect_size_T4T0"]
    assert read_measurements(path).select(numbers).rows() == [(None, None), (1, None)]
    path.write_text(f"{head}a\tA\tC\t\t0,5\t1\t1\n")
    with pytest.raises(InputError, match="ratios_T4T0_ctrl is '0,5'; expected a number"):
        read_measurements(path)
