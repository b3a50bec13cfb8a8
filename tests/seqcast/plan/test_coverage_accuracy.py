"""What coverage models are evaluated on: what they learned, if a part of it is for tests."""

from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from tests.seqcast.plan.coverage_tables import ALONE, SET, SHARED, changed, write_files

GIVEN = SET | {"dataset": "given", "windows": "windows.bed"}
WINDOWS = "chrS1\t0\t2048\ttrain\nchrS1\t2048\t4096\t{}\n"
TABLES = ALONE | {"datasets": [SET, GIVEN]}
ON_GIVEN = TABLES | {"trainings": changed(ALONE["trainings"], 0, 1, "given")}
FOLDS = [("small", "f0c0"), ("small", "f1c0")]


@pytest.fixture
def plan(planned, tmp_path):
    write_files(tmp_path)
    (tmp_path / "windows.bed").write_text(WINDOWS.format("valid"))
    return lambda tables, **options: planned(tables, coverage_accuracy=options).coverage_accuracy


def test_a_fold_is_tested_on_what_it_learned(plan):
    found = plan(TABLES)
    assert (found.tested, found.compared) == ({"sim": FOLDS}, ["sim"])
    assert found.targets == [
        *[path.format(fold) for _, fold in FOLDS for path in
          ("results/coverage_accuracy/small/sim.fold{}.half_lives.tsv",
           "results/report/small/sim.fold{}.genes.png")],
        "results/report/sim.accuracy_bins.png",
    ]  # fmt: skip
    assert found.names(Job(coverage_set="sim")) == ["small fold f0c0", "small fold f1c0"]
    assert found.tracks(Job(coverage_set="sim")) == [
        f"results/coverage_accuracy/small/sim.fold{fold}.tracks.tsv" for _, fold in FOLDS]  # fmt: skip


def test_each_head_is_tested_on_its_set(plan):
    assert plan(SHARED).tested == {
        "sim": [("duo_human", "f0c0")], "second": [("duo_mouse", "f0c0")]}  # fmt: skip


def test_without_a_part_for_tests_nothing_is_tested_unless_asked_for(plan, tmp_path):
    assert plan(ON_GIVEN).tested == {"sim": []}
    assert plan(ON_GIVEN, compared={"sim": ["small"]}).tested == {"sim": FOLDS}
    found = plan(ON_GIVEN).learned(Job(model="small", fold="f0c0"))
    assert found["learned"] == ["results/coverage_sets/given.zarr"]
    (tmp_path / "windows.bed").write_text("# my windows\n" + WINDOWS.format("test"))
    assert plan(ON_GIVEN).tested == {"sim": [], "given": FOLDS}
    (tmp_path / "windows.bed").unlink()  # still to be fetched
    assert plan(ON_GIVEN).tested == {"sim": [], "given": FOLDS}


def test_courses_and_half_lives_are_fitted_where_they_are_asked_for(plan, tmp_path):
    for name in ("measured.tsv", "features.tsv"):
        (tmp_path / name).touch()
    found = plan(TABLES, decay_courses={"sim": "^RNA"}, half_lives={"sim": "measured.tsv"},
                 half_life_features="features.tsv")  # fmt: skip
    assert "results/report/small/sim.foldf0c0.decays.png" in found.targets
    assert found.targets[-1] == "results/coverage_accuracy/small/sim.saluki.tsv"
    job = Job(model="small", coverage_set="sim")
    assert found.half_life_files(job)["genes"] == [
        f"results/coverage_accuracy/small/sim.fold{fold}.genes.tsv" for _, fold in FOLDS]  # fmt: skip
    assert found.decay_course(job) == "^RNA"


def test_facts_name_the_set(plan):
    found = plan(TABLES).facts(Job(model="small", fold="f0c0", coverage_set="sim"))
    assert list(found.items()) == [
        ("model", "small"), ("fold", "f0c0"), ("coverage_set", "sim"), ("architecture", "borzuki"),
        ("origin", "train")]  # fmt: skip


@pytest.mark.parametrize(("options", "message"), [
    ({"decay_courses": {"sin": "x"}}, "decay_courses names 'sin'; expected one of sim, given"),
    ({"decay_courses": {"sim": "DNASE"}}, "decay_courses.sim: 'DNASE' matches none of the 3 track"),
    ({"compared": {"sim": ["large"]}}, "compared names 'large'; expected one of small"),
    ({"compared": {"given": ["small"]}}, "compared names given, whose windows have no part test; give"),
    ({"half_lives": {"sim": "a.tsv"}}, "give the table of features that half-lives are predicted"),
])  # fmt: skip
def test_a_mistake_is_told(plan, options, message):
    with pytest.raises(InputError, match=f"config: coverage_accuracy.*{message}"):
        plan(TABLES, **options)


def test_windows_that_are_none_are_told(plan, tmp_path):
    (tmp_path / "windows.bed").write_text("chrS1\t0\t2048\n")
    with pytest.raises(InputError, match=r"datasets.tsv: given: windows.bed has 3 columns; exp"):
        plan(TABLES)
