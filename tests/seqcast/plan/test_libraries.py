"""Which tracks a library gives, and which sets may name them."""

from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from tests.seqcast.plan.coverage_tables import ASSEMBLIES, HEADER, SET

TABLES = {
    "assemblies": [(*ASSEMBLIES[0][:3], "aliases.tsv"), ASSEMBLIES[1]],
    "libraries": [("both", "sim", "b.bam", "unstranded", "yes", 0, "no"),
                  ("dutp", "sim", "a.bam", "fr-firststrand", "", "", "")],
}  # fmt: skip
TRACKS = [f"results/coverage_tracks/{name}.bw" for name in
          ("dutp.plus", "dutp.minus", "both.unstranded")]  # fmt: skip


@pytest.fixture
def plan(planned, tmp_path):
    for name in ("a.bam", "b.bam", "aliases.tsv"):
        (tmp_path / name).touch()
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
    found = plan(TABLES | {"coverage_sets": [SET]}).coverage_sets
    monkeypatch.setattr(type(found.catalogue), "given", lambda self, value: value)
    assert found.tracks(Job(coverage_set="sim")) == TRACKS


@pytest.mark.parametrize(("library", "message"), [
    (("dutp", "sim", "a.bam", ""), "column library_type: ''; expected one of unstranded"),
    (("dutp", "smal", "a.bam", "unstranded"), "libraries.tsv: 'smal' has no row in assemblies.tsv"),
    (("dutp", "sim", "a.bam", "unstranded"), "human.tsv: results/coverage_tracks/dutp.plus.bw is of no "
     "library; libraries.tsv gives results/coverage_tracks/both.unstranded.bw, results/coverage_"
     "tracks/dutp.unstranded.bw"),
    (("dutp", "other", "a.bam", "fr-firststrand"), "results/coverage_tracks/dutp.plus.bw is on "
     r"assembly other \(libraries.tsv\), the set is on sim; name libraries of the set's assembly"),
])  # fmt: skip
def test_a_mistake_is_told(plan, library, message):
    libraries = [TABLES["libraries"][0], (*library, "", "", "")]
    with pytest.raises(InputError, match=message):
        plan(TABLES | {"libraries": libraries, "coverage_sets": [SET]})
