"""The tables of the benchmarks of mRNA properties agree with each other."""

import os
import re
from pathlib import Path
from types import SimpleNamespace as Job

import numpy as np
import polars as pl
import pytest
import yaml

from seqcast.core.sources import RESTRICTED
from seqcast.datasets.properties.labelled import PropertyFiles, read_property_data
from seqcast.evaluation.metrics.published import read_published
from seqcast.evaluation.properties.evaluate_property import PredictedFiles, evaluate_property
from seqcast.evaluation.properties.property_metrics import CEILING, METRICS
from seqcast.plan.run import plan_run
from seqcast.predict.properties import BASELINES
from seqcast.predict.properties.predict_baseline import predict_baseline
from seqcast.transcripts.prepare_transcripts import TranscriptSources, prepare_dataset

OWN = ("models", "folds", "datasets", "benchmarks", "trainings")


def read(path: Path) -> pl.DataFrame:
    table = pl.read_csv(path, separator="\t", infer_schema=False, comment_prefix="#")
    return table.fill_null("")


@pytest.fixture(scope="module")
def tables(root) -> dict[str, pl.DataFrame]:
    found = {name: read(root / f"config/mrna_benchmarks/{name}.tsv") for name in OWN}
    return {**found, "sources": read(root / "config/sources.tsv")}


def test_cells_name_rows_and_files_that_are_there(root, tables):
    named = {name: set(table[:, 0]) for name, table in tables.items()}
    assert set(tables["benchmarks"]["datasets"]) == named["datasets"]
    assert set(tables["trainings"]["train"]) == named["benchmarks"]
    assert set(tables["folds"]["model"]) == named["models"]
    trained = tables["folds"].filter(origin="train")
    assert set(trained["source"]) == named["trainings"]
    cells = [*tables["datasets"]["path"], *tables["models"]["hyperparameters"],
             *tables["trainings"]["initial"], *tables["trainings"]["recipe"],
             *tables["benchmarks"]["published"],
             *tables["folds"].filter(origin="source")["source"]]  # fmt: skip
    assert [v for v in cells if v not in named["sources"] and not (root / v).is_file()] == []


def test_a_kfold_has_a_model_for_each_round(tables):
    split = dict(tables["benchmarks"].select("benchmark", "split").iter_rows())
    trained = tables["folds"].filter(origin="train")
    for (name,), rows in trained.group_by("source"):
        rounds = int(re.sub(r"\D", "", split[name]) or 1)
        assert sorted(map(int, rows["fold"])) == list(range(rounds))


def test_what_is_restricted_says_so_and_is_in_no_other_run(root, tables):
    sources = tables["sources"]
    restricted = {
        row["source"] for row in sources.to_dicts() if re.search(RESTRICTED, row["licence"])
    }
    assert restricted == set(sources.filter(pl.col("path").str.contains("mrna"))["source"])
    assert len(restricted) == 11
    for config in ("config/published.yaml", "config/demo.yaml"):
        paths = yaml.safe_load((root / config).read_text())["tables"]
        used = {
            v
            for name, path in paths.items()
            if name != "sources"
            for row in read(root / path).iter_rows()
            for v in row
        }
        assert not used & restricted


def test_benchmark_files_are_pinned_to_a_commit_and_four_of_them_to_their_bytes(tables):
    found = tables["sources"].filter(pl.col("source").str.starts_with("codonbert_"))
    assert found["url"].str.contains("/Sanofi-Public/CodonBERT/9c31ecc/").all()
    assert found["sha256"].str.contains(r"^md5:[0-9a-f]{32}$").sum() == 4


def test_published_numbers_are_of_properties_and_metrics_that_exist(root, tables):
    path = root / "resources/published/mrna.tsv"
    published = pl.concat([read_published(path, name) for name in tables["benchmarks"][:, 0]])
    kinds = dict(tables["benchmarks"].select("benchmark", "protocol").iter_rows())
    rows = published.to_dicts()
    assert {row["benchmark"] for row in rows} == set(kinds) == set(read(path)["benchmark"])
    assert {row["benchmark"] for row in rows if not row["same_rows"]} == {"mlos"}
    assert [row for row in rows if row["metric"] not in METRICS[kinds[row["benchmark"]]]] == []
    assert CEILING not in published["method"]
    values = {(r["benchmark"], r["method"], r["metric"], r["part"]): r["value"] for r in rows}
    assert len(values) == len(rows) == 7 * 7 + 2
    # Genome Research 34:1027 (2024), Table 2, corners; and issue 233 of helicalAI/helical
    assert values["mlos", "CodonBERT", "spearman", "test"] == 0.81
    assert values["cov_degradation", "Codon2vec + TextCNN", "spearman", "test"] == 0.70
    assert values["ecoli_proteins", "CodonBERT", "accuracy", "test"] == 0.55
    assert values["cov_degradation", "Helix-mRNA", "spearman", "validation"] == 0.8330
    assert values["cov_degradation", "Helix-mRNA", "spearman", "test"] == 0.8256


FAMILIES, MEMBERS, TASK = 20, 4, "mrnabench_rnahl_human"  # genes in a family


@pytest.fixture(scope="module")
def brought(root, tmp_path_factory):
    """The plan of the shipped rows without their #, in a folder that has small files of that data.

    Genes of a family have nearly the same sequence and the same label, that follows from GC.
    """
    folder = tmp_path_factory.mktemp("mrnabench")
    config = yaml.safe_load((root / "config/mrna_benchmarks.yaml").read_text())
    for path in [*root.glob("config/*"), root / "resources"]:
        (folder / path.relative_to(root)).parent.mkdir(exist_ok=True)
        (folder / path.relative_to(root)).symlink_to(path)
    for name in ("datasets", "benchmarks"):
        text = (root / config["tables"][name]).read_text()
        (folder / f"{name}.tsv").write_text(re.sub(r"^#(?! )", "", text, flags=re.M))
        config["tables"][name] = f"{name}.tsv"
    rng = np.random.default_rng(0)
    rows, families = [], []
    for family in range(FAMILIES):
        codons = rng.choice(["GCC", "AAA"], 40, p=[share := rng.uniform(0.1, 0.9), 1 - share])
        for member in range(MEMBERS):
            gene = f"G{family}_{member}"
            changed = [*codons[:member], "UGC", *codons[member + 1 :]]
            sequence = f"ACGA{'ATG' + ''.join(changed).replace('U', 'T') + 'TAA'}CCATT"
            track = [0] * 4 + [1, 0, 0] * 42 + [0] * 5
            families += [(gene, family)] * (family > 0)  # the first is not in HomoloGene
            rows.append((gene, "1", sequence, track, [0] * len(track), share))
    columns = ["gene", "chromosome", "sequence", "cds", "splice", "target"]
    rows.append(("G1_0", "1", "ACGN", None, None, None))  # not measured
    (folder / "own/mrnabench").mkdir(parents=True)
    for path in set(re.findall(r"own/[^\t\n]+", (folder / "datasets.tsv").read_text())):
        (folder / path).touch()
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    frame.write_parquet(folder / "own/mrnabench/rnahl-saluki-human.parquet")
    pl.DataFrame(families, schema=["gene_name", "gene_group"], orient="row").write_csv(
        folder / "own/mrnabench/human_homology_map.csv"
    )
    before = Path.cwd()
    os.chdir(folder)
    yield plan_run(config, root / "workflow/schemas")
    os.chdir(before)


def test_rows_of_data_that_users_bring_plan_their_benchmarks(brought):
    found = [name for name in brought.properties.rows if name.startswith("mrnabench")]
    assert len(found) == 7
    assert {f"results/benchmarks/{name}.tsv" for name in found} < set(brought.targets)
    job = Job(dataset=TASK)
    assert brought.transcripts.files(job) == {
        "sequences": "own/mrnabench/rnahl-saluki-human.parquet",
        "families": "own/mrnabench/human_homology_map.csv",
    }
    probes = ["helix_mrna.fold0.probe", "mamba2_mrna.fold0.probe"]
    assert brought.properties.methods(Job(property=TASK)) == [*BASELINES, *probes]


def test_a_task_of_mrnabench_from_its_file_to_metrics(brought, tmp_path):
    job = Job(property=TASK, dataset=TASK)
    table = tmp_path / "t.parquet"
    files = TranscriptSources(**brought.transcripts.files(job))
    prepare_dataset(files, brought.transcripts.options(job), str(table), {})
    definition = brought.properties.definition(job)
    data, made = read_property_data(table, None, definition, 0)
    assert set(made.head(-1).select("cds_start", "cds_end", "status").rows()) == {(4, 130, "valid")}
    assert data.status[-1] == "no_label"
    in_folds: dict[str, set[str]] = {}
    for gene, part in zip(made["gene_name"].head(-1), data.parts, strict=False):
        in_folds.setdefault(gene.split("_")[0], set()).add(part)
    assert {len(parts) for parts in in_folds.values()} == {1}
    groups = made["gene_group"].to_list()
    assert groups[:MEMBERS] == [f"gene G0_{i}" for i in range(MEMBERS)]
    assert groups[MEMBERS : 2 * MEMBERS] == ["1"] * MEMBERS
    paths = tuple(tmp_path / f"{method}.parquet" for method in BASELINES)
    for method, path in zip(BASELINES, paths, strict=True):
        predict_baseline(PropertyFiles(table), path, method, definition, 0, {})
    metrics, parts = tmp_path / "m.tsv", tmp_path / "p.tsv"
    evaluate_property(
        PredictedFiles(table, paths), metrics, parts, list(BASELINES), definition, 0, 20
    )
    found = pl.read_csv(metrics, separator="\t").filter(metric="spearman", part="out_of_fold")
    assert set(found["method"]) == set(BASELINES)
    assert found["n"].to_list() == [FAMILIES * MEMBERS] * len(found)
    assert found.filter(method="codon_usage")["value"].item() > 0.9
