"""Which tracks a library gives, and which sets may name them."""

from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from tests.seqcast.plan.coverage_tables import ASSEMBLIES, HEADER, SET, write_windows


def library(name, **cells):
    """A row of datasets.tsv."""
    row = {"assembly": "sim", "path": "a.bam", "library_type": "fr-firststrand"}
    return {"dataset": name, "kind": "aligned_reads", **row, **cells}


TABLES = {
    "assemblies": [(*ASSEMBLIES[0][:3], "aliases.tsv"), ASSEMBLIES[1]],
    "datasets": [library("both", path="b.bam", library_type="unstranded", per_million="yes",
                         min_mapq=0, duplicates="no"), library("dutp")],
}  # fmt: skip
TRACKS = [f"results/coverage_tracks/{name}.bw" for name in
          ("dutp.plus", "dutp.minus", "both.unstranded")]  # fmt: skip


@pytest.fixture
def plan(planned, tmp_path):
    for name in ("a.bam", "b.bam", "aliases.tsv"):
        (tmp_path / name).touch()
    write_windows(tmp_path)
    rows = [f"{i}\tt{i}\t{path}\t384\t1\tsum\t{i}\tRNA\n" for i, path in enumerate(TRACKS)]
    (tmp_path / "human.tsv").write_text(HEADER + "".join(rows))
    return planned


def test_a_library_gives_a_track_a_strand(plan):
    found = plan(TABLES).libraries
    assert (found.stranded, found.unstranded, list(found.tracks)) == (["dutp"], ["both"], TRACKS)
    genome = "resources/assemblies/sim.fa.gz"
    assert found.files(Job(library="dutp")) == {
        "bam": "a.bam", "genome": genome, "index": f"{genome}.fai", "aliases": "aliases.tsv"}  # fmt: skip


def test_empty_cells_leave_the_default_and_zero_is_a_number(plan):
    found = plan(TABLES).libraries
    assert found.options(Job(library="dutp")) == {
        "library_type": "fr-firststrand", "per_million": False, "duplicates": True}  # fmt: skip
    assert found.options(Job(library="both")) == {
        "library_type": "unstranded", "per_million": True, "duplicates": False,
        "min_mapping_quality": 0}  # fmt: skip


def test_sets_wait_for_the_tracks_of_libraries(planned, plan, tmp_path, monkeypatch):
    found = plan(TABLES | {"datasets": [*TABLES["datasets"], SET]}).coverage_sets
    monkeypatch.setattr(type(found.catalogue), "given", lambda self, value: value)
    assert found.tracks(Job(coverage_set="sim")) == TRACKS


@pytest.mark.parametrize(("cells", "message"), [
    ({"library_type": ""}, r"datasets.tsv, line 3 \(dutp\), column library_type: ''; expected a value"),
    ({"assembly": ""}, "column assembly: ''; expected a value; the cell is empty"),
    ({"assembly": "smal"}, "datasets.tsv: 'smal' has no row in assemblies.tsv"),
    ({"first": 5}, "column first: 5; kind aligned_reads does not use this column, only mapped_reads; "
     "expected an empty cell"),
    ({"kind": "reads"}, "library_type: 'fr-firststrand'; kind reads does not use this column, only al"),
    ({"library_type": "unstranded"}, "human.tsv: results/coverage_tracks/dutp.plus.bw is of no "
     "dataset of kind aligned_reads; datasets.tsv gives results/coverage_tracks/both.unstranded.bw, "
     "results/coverage_tracks/dutp.unstranded.bw"),
    ({"assembly": "other"}, "results/coverage_tracks/dutp.plus.bw is on assembly other "
     r"\(datasets.tsv\), the set is on sim; name libraries of the set's assembly"),
])  # fmt: skip
def test_a_mistake_is_told(plan, cells, message):
    rows = [TABLES["datasets"][0], library("dutp", **cells), SET]
    with pytest.raises(InputError, match=message):
        plan(TABLES | {"datasets": rows})


def test_libraries_are_made_when_asked_for(plan):
    found = plan(TABLES)
    assert (found.targets, found.warnings) == ([], [])
