"""A reporter assay from its tables to its results, with the small model that ships."""

import numpy as np
import polars as pl
import pytest

from tests.workflow.conftest import HEADERS

pytestmark = pytest.mark.slow

N_EMPTY = HEADERS["datasets"].split().index("contexts") - 5  # cells between shards and contexts
CONTROLS, VARIANTS = 6, 2


@pytest.fixture(scope="module")
def run(workflow, root):
    rng = np.random.default_rng(0)
    folder, letters = workflow.folder, list("ACG")  # no T: no poly(A) signal
    genome = "".join(rng.choice(letters, 9000))
    (folder / "genome.fa").write_text(f">chr1\n{genome}\n")
    (folder / "genes.gtf").write_text(
        'chr1\tx\texon\t4001\t5000\t.\t+\t.\tgene_id "G1.1"; transcript_id "T1";\n'
    )
    ref, alt = ["id\tseq"], ["id\tseq"]
    measured = ["seq_id\tseq\tseq_ctrl\thap\tratios_T4T0_ctrl\teffect_size_T0\teffect_size_T4T0"]
    for control in range(CONTROLS):
        before = "".join(rng.choice(letters, 100))
        for variant in range(VARIANTS):
            after = f"{before[: 50 + variant]}T{before[51 + variant :]}"
            name, effect = f"o{control}.{variant}", rng.normal()
            ref.append(f"{name}\t{before}")
            alt.append(f"{name}\t{after}")
            ratio = rng.uniform(0.2, 0.8)
            measured.append(f"{name}\t{after}\t{before}\t\t{ratio}\t{effect}\t{effect}")
    ref[1] = "o0.0\tAC-GT"
    tables = {"ref": ref, "alt": alt, "measured": measured, "groups": ["name\tpattern", "all\t."],
              "contexts": ["chrom\tstart\tend\tgene_id", "chr1\t4400\t4500\tG1"]}  # fmt: skip
    for name, lines in tables.items():
        (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n")
    benchmark = dict.fromkeys(HEADERS["benchmarks"].split(), "") | {
        "benchmark": "assay", "task": "oligos", "datasets": "ref,alt", "protocol": "mpra",
        "truth": "measured.tsv",
    }  # fmt: skip
    tiny = root / "resources/borzuki_tiny"
    workflow.configure(
        {
            "assemblies": [("sim", "genome.fa", "genes.gtf", "")],
            "models": [("tiny", "borzuki", "coverage", root / "config/hyperparameters/borzuki_tiny.json",
                        "human", tiny / "targets.tsv", "")],
            "folds": [("tiny", "0", "source", tiny / "fold0.safetensors")],
            "datasets": [(name, "oligos", "sim", f"{name}.tsv", 1, *[""] * N_EMPTY, "contexts.tsv")
                         for name in ("ref", "alt")],
            "benchmarks": [tuple(benchmark.values())],
        },
        oligos={"shifts_bp": [0], "track_groups": "groups.tsv", "resamples": 10},
    )  # fmt: skip
    workflow.succeed("results/benchmarks/assay.tsv")
    return workflow


def test_each_measured_variant_is_counted(run):
    results = pl.read_csv(run.folder / "results/benchmarks/assay.tsv", separator="\t")
    of = dict(results.filter(method="tiny", part="controls_held_out")
              .select("metric", "n").iter_rows())  # fmt: skip
    assert of == {"spearman": 11, "pearson": 11, "not_scored": 12}
    notes = results.filter(metric="not_scored", method="tiny")["note"].unique().to_list()
    assert notes == ["1 not_predicted"]
    variants = pl.read_parquet(run.folder / "results/benchmarks/assay.variants.parquet")
    lost = variants.filter(pl.col("status") != "scored")
    assert lost.select("seq_id", "status").rows() == [("o0.0", "not_predicted")]


def test_an_oligo_that_cannot_be_scored_has_a_row(run):
    scores = pl.read_parquet(run.folder / "results/oligo_effects/tiny/ref.fold0.parquet")
    assert scores.height == CONTROLS * VARIANTS
    lost = scores.filter(pl.col("status") != "scored")
    assert lost.select("oligo", "status").rows() == [("o0.0", "oligo_invalid")]
    assert lost["logSED"].null_count() == 1
