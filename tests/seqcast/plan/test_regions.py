"""What is made of datasets of regions, and where their regions are."""

from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from tests.seqcast.plan.coverage_tables import write_files

EFFECTS = "results/variant_effects/one/maps"
GENOME = "resources/assemblies/sim.fa.gz"
FILES = {"genome": GENOME, "index": [f"{GENOME}.fai", f"{GENOME}.gzi"]}


def tables(path="a.bed", **row):
    maps = {"dataset": "maps", "kind": "regions", "assembly": "sim", "path": path, **row}
    return {
        "assemblies": [("sim", "genome.fa", "genes.gtf", ""), ("other", "genome.fa", "genes.gtf")],
        "models": [("one", "borzuki", "coverage", "params.json", "human", "human.tsv", "")],
        "folds": [("one", "0", "random", "1"), ("one", "1", "random", "2")],
        "datasets": [maps, ("snvs", "variants", "sim", "a.vcf"), ("far", "variants", "other", "a.vcf")],
    }  # fmt: skip


@pytest.fixture
def plan(planned, tmp_path):
    def plan(*args, **row):
        write_files(tmp_path)
        for name in ("a.bed", "genes.txt", "genes.gtf"):
            (tmp_path / name).touch()
        return planned(tables(*args, **row))

    return plan


def test_regions_are_scored_as_variants_are(plan):
    whole = plan(shards=3)
    made = ["ensemble.parquet", "precomputed.tsv.gz", "precomputed.vcf.gz"]
    assert whole.regions.targets == [f"{EFFECTS}.{name}" for name in made]
    assert set(whole.regions.targets) <= set(whole.targets)
    assert whole.variant_effects.number_of_shards(Job(dataset="maps")) == 3
    assert whole.variant_effects.datasets == ["snvs", "far"]
    assert whole.warnings == []


def test_regions_have_few_scores_of_genes_and_none_of_windows(planned, tmp_path):
    write_files(tmp_path)
    found = planned(tables(), report={"score": "SED"}, variant_effects={"span": True})
    of_regions = found.variant_effects.score_options(Job(dataset="maps"))
    assert of_regions["gene_scores"] == ["SED", "logSED", "REF", "ALT"]
    assert (of_regions["window_scores"], of_regions["span"]) == ([], True)
    assert "JS" in found.variant_effects.score_options(Job(dataset="snvs"))["gene_scores"]


def test_scores_are_averaged_over_groups_of_tracks(planned, tmp_path):
    write_files(tmp_path)
    assert planned(tables()).regions.track_groups == {"": ""}
    groups = {"cage": "^CAGE"}
    (tmp_path / "human.tsv").write_text(
        "\tidentifier\tfile\tclip\tclip_soft\tscale\tsum_stat\tstrand_pair\tdescription\n"
        "0\ta\ta.bw\t9\t9\t1\tsum\t0\tCAGE:x\n"
    )
    assert planned(tables(), regions={"track_groups": groups}).regions.track_groups == groups
    with pytest.raises(InputError, match=r"regions\.track_groups\.rna.*matches none"):
        planned(tables(), regions={"track_groups": {"rna": "^RNA"}})


@pytest.mark.parametrize(
    ("row", "files", "options"),
    [
        ({}, {"bed": "a.bed"}, {}),
        ({"deletions_bp": 1, "insertions_bp": 2}, {"bed": "a.bed"},
         {"deletions_bp": 1, "insertions_bp": 2}),
        ({"path": "utr3"}, {"annotation": "genes.gtf"}, {"selection": "utr3", "genes": []}),
        ({"path": "utr3_all", "genes": "MYC, ENSG1.2,"}, {"annotation": "genes.gtf"},
         {"selection": "utr3_all", "genes": ["MYC", "ENSG1.2"]}),
        ({"path": "utr3", "genes": "genes.txt"}, {"annotation": "genes.gtf", "genes": "genes.txt"},
         {"selection": "utr3", "genes": []}),
        ({"path": "snvs", "flank_bp": 0},
         {"variants": "results/variants/snvs.parquet", "ranked": []}, {"flank_bp": 0}),
        ({"path": "snvs", "flank_bp": 50, "top": 2},
         {"variants": "results/variants/snvs.parquet",
          "ranked": ["results/report/one/snvs.ranked.parquet"]}, {"flank_bp": 50, "top": 2}),
    ],
)  # fmt: skip
def test_regions_come_from_a_file_an_annotation_or_variants(plan, row, files, options):
    found, job = plan(**row).regions, Job(dataset="maps")
    assert found.files(job) == FILES | files
    assert found.options(job) == {"deletions_bp": 0, "insertions_bp": 0} | options
    assert found.facts(job) == {"dataset": "maps", "assembly": "sim"}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"genes": "MYC"}, r"column genes: 'MYC'; only path utr3 or utr3_all"),
        ({"flank_bp": 3}, "column flank_bp: 3; only regions around variants"),
        ({"path": "utr3", "top": 3}, "column top: 3; only regions around variants"),
        ({"path": "snvs"}, "column flank_bp: the cell is empty"),
        ({"path": "far", "flank_bp": 3}, "the variants far are on other; expected sim"),
        ({"deletions_bp": 5}, "column deletions_bp: 5; expected at most 4"),
        ({"contexts": "c.tsv"}, "kind regions does not use this column"),
        ({"assembly": ""}, "column assembly: ''; expected a value"),
    ],
)
def test_settings_that_do_not_fit_are_told(plan, row, message):
    with pytest.raises(InputError, match=message):
        plan(**row)
