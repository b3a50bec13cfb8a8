"""Which files the target `notebooks` lays out, and from what."""

from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from tests.seqcast.plan.coverage_tables import write_files
from tests.workflow.conftest import HEADERS

TABLES = {
    "assemblies": [("sim", "genome.fa", "genes.gtf", "")],
    "models": [("borzuki_one", "borzuki", "coverage", "params.json", "human", "human.tsv", "")],
    "folds": [
        ("borzuki_one", fold, "random", seed)
        for fold, seed in (("0", "1"), ("f1c0", "2"), ("f0c2", "3"))
    ],
    "datasets": [(name, "variants", "sim", f"{name}.vcf", 1) for name in ("pos", "neg")]
    + [("regions", "windows", "sim", "a.bed", 1)],
}
N_EMPTY = HEADERS["datasets"].split().index("contexts") - 5  # cells between shards and contexts
OLIGOS = TABLES | {
    "datasets": [*TABLES["datasets"], *((f"minus_{allele}", "oligos", "sim", f"{allele}.tsv", 1,
                                         *[""] * N_EMPTY, "contexts.tsv") for allele in ("ref", "alt"))]
}  # fmt: skip
PLACE = "results/notebooks/borzuki/one"


@pytest.fixture
def plan(planned, tmp_path):
    write_files(tmp_path)
    for name in ("pos.vcf", "neg.vcf", "contexts.tsv"):
        (tmp_path / name).touch()

    def plan(tables=TABLES, shifts_bp=(0, -24), **notebooks):
        config = {"notebooks": notebooks, "oligos": {"shifts_bp": list(shifts_bp)}}
        return planned(tables, **config).notebooks

    return plan


def test_without_a_section_nothing_is_laid_out(plan):
    assert plan().targets == []


def test_folds_and_their_further_trainings_have_the_folders_of_the_notebooks(plan):
    found = plan(variants={"gtexg": ["pos", "neg"]})
    assert found.targets == [
        "results/notebooks/data/qtl_cat_2/eqtl3_pip70ea/pos_merge.vcf",
        "results/notebooks/data/qtl_cat_2/eqtl3_pip70ea/neg_merge.vcf",
        *(f"{PLACE}/{name}.txt"
          for name in ("targets_human", "targets_human_rna", "data/hg38/targets")),
        *(f"{PLACE}/{training}/gtexg/merge_{side}/sed.h5"
          for training in ("models/f0c0", "models/f1c0", "models_retry2/f0c0")
          for side in ("pos", "neg")),
    ]  # fmt: skip
    job = Job(folder="one", run="models_retry2/f0c0", set="gtexg", side="neg")
    assert found.scores(job) == {
        "scores": "results/variant_effects/borzuki_one/neg.foldf0c2.parquet",
        "tracks": "results/variant_effects/borzuki_one/tracks.parquet",
    }
    assert found.copied(Job(text="data/qtl_cat_2/eqtl3_pip70ea/neg_merge.vcf")) == "neg.vcf"
    assert found.tracks(Job(folder="one")) == "human.tsv"


@pytest.mark.parametrize(
    ("variants", "message"),
    [
        ({"gtex": ["pos", "neg"]}, "variants has gtex; expected gtexg, complex_3prime"),
        ({"gtexg": ["pos", "none"]}, "variants: 'none' has no row in"),
        ({"gtexg": ["pos", "regions"]}, "regions is of kind windows; expected variants"),
    ],
)
def test_what_is_not_there_is_told(plan, variants, message):
    with pytest.raises(InputError, match=message):
        plan(variants=variants)


@pytest.mark.parametrize(
    ("fold", "message"),
    [
        ("best", "has a fold 'best'"),
        ("f0", "folds 0 and f0 of model borzuki_one are both models/f0c0"),
    ],
)
def test_names_of_folds_must_tell_their_folder(plan, fold, message):
    tables = TABLES | {"folds": [*TABLES["folds"], ("borzuki_one", fold, "random", "4")]}
    assert plan(tables).targets == []
    with pytest.raises(InputError, match=message):
        plan(tables, variants={"gtexg": ["pos", "neg"]})


def test_genes_need_a_dataset_with_test_windows(plan):
    with pytest.raises(InputError, match=r"notebooks\.genes is sim; expected .* there is none"):
        plan(genes="sim")


def test_oligos_have_a_folder_per_context_shift_and_allele(plan):
    found = plan(OLIGOS, oligos={"CXCL2": ["minus_ref", "minus_alt"]})
    folders = [path.split("/")[-2] for path in found.targets if "/models/f1c0/" in path]
    assert folders == [
        *(f"mpra_siegel_beas2b_all_CXCL2{shift}_pad_{allele}"
          for shift in ("", "_shift_-24") for allele in ("ref", "alt")),
        "mpra_siegel_beas2b_all_CXCL2_ref",
    ]  # fmt: skip
    job = Job(folder="one", run="models/f1c0", place="CXCL2_shift_-24_pad_alt")
    assert found.oligo_scores(job) == {
        "scores": "results/oligo_effects/borzuki_one/minus_alt.foldf1c0.parquet",
        "tracks": "results/variant_effects/borzuki_one/tracks.parquet",
    }
    assert found.shift_bp(job) == -24
    assert found.shift_bp(Job(place="CXCL2_ref")) == 0
    for name in ("contexts_CXCL2.tsv", "contexts_CXCL2_with_gene.tsv"):
        assert f"{PLACE}/{name}" in found.targets
        assert found.copied(Job(text=f"borzuki/one/{name}")) == "contexts.tsv"


@pytest.mark.parametrize(
    ("oligos", "message"),
    [
        ({"CXCL3": ["minus_ref", "minus_alt"]}, "oligos has CXCL3; expected CXCL2, CXCL2_2"),
        ({"CXCL2": ["minus_ref", "pos"]}, "oligos: 'pos' has no row in"),
    ],
)
def test_oligos_that_are_not_there_are_told(plan, oligos, message):
    with pytest.raises(InputError, match=message):
        plan(OLIGOS, oligos=oligos)


def test_a_folder_that_no_notebook_reads_is_told(plan):
    with pytest.raises(InputError, match="CXCL2_shift_x_pad_alt is no folder of oligos"):
        plan().shift_bp(Job(place="CXCL2_shift_x_pad_alt"))


@pytest.mark.parametrize(
    ("model", "names"), [("borzuki_baseline_micro", 1), ("borzuki_hl_clip", 0)]
)
def test_notebooks_of_baselines_find_the_names_of_their_tracks(plan, model, names):
    tables = TABLES | {
        "models": [(model, *TABLES["models"][0][1:])],
        "folds": [(model, *row[1:]) for row in TABLES["folds"]],
    }
    found = plan(tables, variants={"gtexg": ["pos", "neg"]})
    path = "results/notebooks/borzuki/hl_clip_ft/targets_human.txt"
    assert found.targets.count(path) == names
    if names:
        assert found.tracks(Job(folder="hl_clip_ft")) == "human.tsv"
