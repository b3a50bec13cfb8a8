"""The workflow with ``compat: borzoi_sed`` against the original's files, sed.h5 included."""

import h5py
import numpy as np
import polars as pl
import pytest

from tests.seqcast.predict.variants.test_golden_scores import SOME, assert_close
from tests.workflow.conftest import HEADERS

pytestmark = pytest.mark.slow
N_EMPTY = HEADERS["datasets"].split().index("contexts") - 5  # cells between shards and contexts


@pytest.fixture(scope="module")
def run(workflow, shared):
    data = shared / "reference/borzuki/real_tiny/data"
    lines = (data / "synthetic_mpra.tsv").read_text().splitlines(keepends=True)
    oligos = workflow.folder / "oligos.tsv"
    oligos.write_text("".join([lines[0], *lines[2:4]]))
    lines = (data / "synthetic_indels.vcf").read_text().splitlines(keepends=True)
    some = [line for line in lines if line.startswith("#") or SOME.search(line)]
    (workflow.folder / "indels.vcf").write_text("".join(some))
    workflow.configure(
        {
            "assemblies": [("hg38", data / "hg38_1m.fa.gz", data / "synthetic_genes.gtf", "")],
            "models": [("tiny", "borzuki", "coverage", data / "params.json", "human",
                        data / "tiny_hg38/targets.txt", "")],
            "folds": [("tiny", "0", "source", data / "model.h5")],
            "datasets": [("eqtl", "variants", "hg38", data / "eqtl.vcf", 1),
                         ("indels", "variants", "hg38", "indels.vcf", 2),
                         ("mpra", "oligos", "hg38", oligos, 2, *[""] * N_EMPTY,
                          data / "synthetic_mpra_contexts.tsv")],
        },
        variant_effects={"compat": "borzoi_sed"},
        oligos={"shifts_bp": [0, 24]},
    )  # fmt: skip
    workflow.succeed(*[f"results/variant_effects/tiny/{d}.ensemble.{e}"
                       for d in ("eqtl", "indels") for e in ("parquet", "sed.h5")],
                     *[f"results/oligo_effects/tiny/mpra.ensemble.shift{shift}.sed.h5"
                       for shift in (0, 24)])  # fmt: skip
    return workflow


@pytest.mark.parametrize("name", ["eqtl", "indels"])
def test_scores_equal_the_original(run, shared, name):
    found = pl.read_parquet(run.folder / f"results/variant_effects/tiny/{name}.ensemble.parquet")
    found = found.filter(pl.col("status") == "scored")
    with h5py.File(
        shared / f"reference/borzuki/real_tiny/golden/borzoi_sed_{name}_rc_f32.h5"
    ) as file:
        snps = file["snp"][()][file["si"][()]].astype(str)
        order = {
            key: i for i, key in enumerate(zip(snps, file["gene"][()].astype(str), strict=True))
        }
        at = [order[key] for key in found.select("variant", "gene_id").iter_rows()]
        assert sorted(at) == [i for (v, _), i in order.items() if name == "eqtl" or SOME.search(v)]
        for score in ("SED", "logSED", "D1", "D2", "logD2", "nD2", "nDi", "JS", "REF", "ALT"):
            golden = file[score][()]
            spread = np.abs(golden).max()
            assert_close(found[score].to_numpy(), golden[at], score, spread=spread)


def test_sed_h5_reads_as_the_originals(run, shared):
    with (
        h5py.File(run.folder / "results/variant_effects/tiny/eqtl.ensemble.sed.h5") as ours,
        h5py.File(shared / "reference/borzuki/real_tiny/golden/borzoi_sed_eqtl_rc.h5") as golden,
    ):
        for name in (
            "snp",
            "chr",
            "pos",
            "ref_allele",
            "alt_allele",
            "target_ids",
            "target_labels",
        ):
            assert ours[name][()].tolist() == golden[name][()].tolist(), name
        assert ours["logSED"].dtype == golden["logSED"].dtype == np.float16
        key = lambda f: [*zip(f["si"][()].tolist(), f["gene"][()].tolist(), strict=True)]  # noqa: E731
        at = [key(golden).index(k) for k in key(ours)]
        assert sorted(at) == list(range(len(key(golden))))
        assert_close(
            ours["logSED"][()].astype(float), golden["logSED"][()][at].astype(float), "logSED"
        )


@pytest.mark.parametrize(("shift", "golden"), [(0, "_rc"), (24, "_shift24_rc")])
def test_sed_h5_of_oligos_reads_as_the_originals(run, shared, shift, golden):
    original = shared / f"reference/borzuki/real_tiny/golden/borzoi_sed_replace{golden}_f32.h5"
    path = run.folder / f"results/oligo_effects/tiny/mpra.ensemble.shift{shift}.sed.h5"
    with h5py.File(path) as ours, h5py.File(original) as file:
        rows = np.isin(file["si"][()], (1, 2))
        assert (ours["si"][()] + 1).tolist() == file["si"][()][rows].tolist()
        assert ours["seq_id"][()].tolist() == file["seq_id"][()][1:3].tolist()
        for name in ("ci", "gene"):
            assert ours[name][()].tolist() == file[name][()][rows].tolist(), name
        for name in ("ctx_id", "target_ids", "target_labels"):
            assert ours[name][()].tolist() == file[name][()].tolist(), name
        for name in ("SED", "logSED", "logD2"):
            assert ours[name].dtype == np.float16
            assert_close(ours[name][()].astype(float), file[name][()][rows], name)
    table = pl.read_parquet(run.folder / "results/oligo_effects/tiny/mpra.fold0.parquet")
    assert set(table["shift_bp"]) == {0, 24}
    assert table["row"].unique(maintain_order=True).to_list() == list(range(16))
