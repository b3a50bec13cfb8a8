"""What is made of datasets of variants, and of windows whose coverage is predicted."""

from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from tests.seqcast.plan.coverage_tables import write_files

TABLES = {
    "assemblies": [("sim", "genome.fa", "genes.gtf", "")],
    "models": [(name, "borzuki", "coverage", "params.json", "human", "human.tsv", "")
               for name in ("one", "two")]
    + [("helix", "helix_mrna", "embedding", "params.json", "", "", "")],
    "folds": [("one", "0", "random", "1"), ("two", "0", "random", "1"), ("two", "1", "random", "2"),
              ("helix", "0", "random", "1")],
    "datasets": [("snvs", "variants", "sim", "snvs.vcf", 3), ("regions", "windows", "sim", "a.bed", 1)],
}  # fmt: skip
JOB = Job(model="one", dataset="snvs", fold="0")
EFFECTS, REPORT = "results/variant_effects", "results/report"


@pytest.fixture
def plan(planned, tmp_path):
    write_files(tmp_path)
    return lambda **config: planned(TABLES, **config)


def test_folds_agree_where_there_are_several(plan):
    targets = plan().variant_effects.targets
    assert targets.count(f"{REPORT}/summary.html") == 1
    assert [path for path in targets if "agreement" in path] == [f"{REPORT}/two/snvs.agreement.png"]
    assert {f"{EFFECTS}/one/snvs.ensemble.{x}" for x in ("parquet", "sed.h5", "vcf.gz", "tsv.gz")} <= {
        *targets}  # fmt: skip
    assert f"{EFFECTS}/two/snvs.window.ensemble.parquet" in targets


def test_exports_are_those_that_are_asked_for(plan):
    targets = plan(exports=["scores_h5"]).variant_effects.targets
    assert {path for path in targets if "ensemble" in path} == {
        f"{EFFECTS}/{model}/snvs.{file}" for model in ("one", "two")
        for file in ("ensemble.parquet", "window.ensemble.parquet", "ensemble.scores.h5")}  # fmt: skip


def test_a_file_of_window_scores_needs_window_scores(plan):
    without = {"variant_effects": {"window_scores": []}}
    assert plan(**without).variant_effects.targets
    with pytest.raises(InputError, match="scores_h5, a file of window scores"):
        plan(exports=["scores_h5"], **without)


def test_haplotypes_are_compared_where_they_are_asked_for(planned, plan):
    unphased = plan().variant_effects
    assert not [path for path in unphased.targets if "haplotypes" in path]
    assert unphased.check_options(JOB) == {"on_ref_mismatch": "exclude", "min_ref_match": 0.7}
    row = {"dataset": "snvs", "kind": "variants", "assembly": "sim", "path": "snvs.vcf"}
    rows = [row | {"haplotypes": "phased"}, row | {"dataset": "others"}]
    tables = TABLES | {"datasets": rows}
    found = planned(tables).variant_effects
    assert [path for path in found.targets if "haplotypes" in path] == [
        f"{EFFECTS}/{model}/snvs.haplotypes.tsv" for model in ("one", "two")]  # fmt: skip
    assert found.check_options(JOB)["haplotype_span_bp"] == 2000
    assert "haplotype_span_bp" not in found.check_options(Job(dataset="others"))
    assert any("haplotypes of snvs and" in warning for warning in planned(tables).warnings)
    shared = planned(tables, variant_effects={"window": "shared"})
    assert not any("haplotypes" in warning for warning in [*shared.warnings, *plan().warnings])


@pytest.mark.parametrize(
    ("times", "config", "made"),
    [
        ((0, 2, 4), {}, ["one", "two"]),
        ((0, 4), {}, []),
        (None, {}, ["one", "two"]),  # the table is not there yet
        ((0, 2, 4), {"variant_effects": {"gene_scores": ["logSED", "REF"]}}, []),
    ],
)
def test_half_lives_are_made_of_models_whose_tracks_may_be_a_time_course(
    planned, tmp_path, times, config, made
):
    write_files(tmp_path)
    table = tmp_path / "human.tsv"
    table.unlink()
    if times:
        head = "\tidentifier\tfile\tclip\tclip_soft\tscale\tsum_stat\tstrand_pair\tdescription\n"
        rows = [f"{i}\tt{i}\tt{i}.bw\t384\t384\t0.3\tsum_sqrt\t{i}\tRNA:ActD:K562 {hours}h\n"
                for i, hours in enumerate(times)]  # fmt: skip
        table.write_text(head + "".join(rows))
    effects = planned(TABLES, **config).variant_effects
    assert [path for path in effects.targets if "half_lives" in path] == [
        f"{EFFECTS}/{model}/snvs.half_lives.parquet" for model in made
    ]
    of_one = effects.half_lives(Job(model="one", dataset="snvs"))
    assert of_one == (f"{EFFECTS}/one/snvs.half_lives.parquet" if made else [])


def test_sets_are_told_where_variants_belong_to_any(planned, plan, tmp_path):
    (tmp_path / "snvs.vcf").touch()
    assert not [path for path in plan().variant_effects.targets if ".sets." in path]
    row = {
        "dataset": "snvs",
        "kind": "variants",
        "assembly": "sim",
        "path": "snvs.vcf",
        "sets": "CS",
    }
    found = planned(
        TABLES | {"datasets": [row, row | {"dataset": "others", "sets": ""}]}
    ).variant_effects
    assert [path for path in found.targets if ".sets." in path] == [
        f"{EFFECTS}/{model}/snvs.sets.tsv" for model in ("one", "two")]  # fmt: skip
    assert (found.set_key(JOB), found.set_files(JOB)) == ("CS", {"variants": "snvs.vcf"})
    assert found.ranked_sets(Job(model="one", dataset="snvs")) == [f"{EFFECTS}/one/snvs.sets.tsv"]
    assert found.ranked_sets(Job(model="one", dataset="others")) == []


def test_modes_of_windows_are_compared_where_it_is_asked_for(plan):
    assert plan().variant_effects.summarised["window_modes"] == []
    found = plan(report={"window_modes": {"snvs": 40}}).variant_effects
    assert found.summarised["window_modes"] == [
        f"{EFFECTS}/{model}/snvs.window_modes.tsv" for model in ("one", "two")]  # fmt: skip
    assert (found.compared_variants(JOB), found.first_scores(JOB)) == (
        40, f"{EFFECTS}/one/snvs.fold0.parquet")  # fmt: skip
    with pytest.raises(InputError, match=r"report.window_modes: 'regions' is no dataset of kind"):
        plan(report={"window_modes": {"regions": 40}})
    with pytest.raises(InputError, match=r"compat: borzoi_sed has windows of its own"):
        plan(report={"window_modes": {"snvs": 40}}, variant_effects={"compat": "borzoi_sed"})


def test_shards_come_in_order(plan):
    found = plan().variant_effects.shards(Job(model="two", dataset="snvs", fold="1"))
    assert found["window"] == [
        f"{EFFECTS}/two/shards/snvs.fold1.{i}.window.parquet" for i in range(3)]  # fmt: skip
    assert list(found) == ["gene", "window"]


def test_folds_are_of_genes_or_of_windows(plan):
    found = plan().variant_effects
    assert found.folds(Job(model="two", dataset="snvs")) == [
        f"{EFFECTS}/two/snvs.fold{fold}.parquet" for fold in "01"]  # fmt: skip
    assert found.folds(Job(model="one", dataset="snvs", kind="window.")) == [
        f"{EFFECTS}/one/snvs.window.fold0.parquet"]  # fmt: skip


def test_options_are_those_that_decide_the_numbers(plan):
    found = plan(variant_effects={"compat": "borzoi_sed"}).variant_effects
    assert list(found.prediction_options) == [
        "reverse_complement", "shifts_bp", "unclip", "unscale", "old_transform"]  # fmt: skip
    assert found.allele_options["compat"] == "borzoi_sed"
    clipped = plan(variant_effects={"unclip": False}).variant_effects
    assert "compat" in clipped.prediction_options  # it decides values that stay clipped


def test_polya_sites_are_a_file_and_no_option(plan, tmp_path):
    found = plan().variant_effects
    assert found.polya_sites(JOB) == []
    before = found.score_options(JOB)
    with_sites = {"polya_sites": "sites.bed", "gene_scores": ["logSED", "COVR"]}
    found = plan(variant_effects=with_sites).variant_effects
    with pytest.raises(InputError, match=r"config: sites.bed does not exist"):
        found.polya_sites(JOB)
    (tmp_path / "sites.bed").touch()
    assert found.polya_sites(JOB) == "sites.bed"
    assert found.score_options(JOB) == before | {"gene_scores": ["logSED", "COVR"]}


def test_polya_sites_are_of_one_assembly(planned, tmp_path):
    write_files(tmp_path)
    other = {"assemblies": [*TABLES["assemblies"], ("far", "genome.fa", "genes.gtf", "")],
             "datasets": [*TABLES["datasets"], ("distant", "variants", "far", "snvs.vcf", 1)]}  # fmt: skip
    sites = {"polya_sites": "sites.bed", "gene_scores": ["logSED", "COVR"]}
    with pytest.raises(
        InputError, match="sites of one assembly, and datasets of variants are on sim, far"
    ):
        planned({**TABLES, **other}, variant_effects=sites)


def test_models_of_both_kinds_are_compared(plan):
    found = plan().variant_effects
    assert found.compared(Job(dataset="snvs"))["mrna"] == [f"{EFFECTS}/helix/snvs.ensemble.parquet"]
    assert found.exported_tracks(Job(model="helix")) == ""
    assert found.summarised["folds"] == [
        f"{EFFECTS}/{name}.parquet" for name in ("one/snvs.fold0", "two/snvs.fold0", "two/snvs.fold1")]  # fmt: skip


def test_tracks_that_match_nothing_are_told(plan):
    with pytest.raises(
        InputError, match=r"config: report.tracks: '\^DNASE:' matches none of the 3"
    ):
        plan(report={"tracks": "^DNASE:"})


def test_coverage_is_also_bigwig_unless_not_asked_for(plan):
    paths = [f"results/coverage/{model}/regions.ensemble" for model in ("one", "two")]
    both = [f"{path}.{kind}" for path in paths for kind in ("zarr", "bigwig")]
    assert plan().coverage.targets == both
    assert plan(bigwig=False).coverage.targets == both[::2]
    assert plan().coverage.folds(Job(model="two", dataset="regions")) == [
        f"results/coverage/two/regions.fold{fold}.zarr" for fold in "01"]  # fmt: skip
