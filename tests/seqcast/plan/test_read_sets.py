"""Read sets and their collections to files and options, without Snakemake."""

from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from seqcast.datasets.reads.assemblies import Selection
from seqcast.datasets.reads.sampling import Portion
from seqcast.plan.read_sets import ReadSets


def part(name, collection, train, dev, **cells):
    """A row of datasets.tsv."""
    return {"dataset": name, "kind": "simulated_reads", "path": collection,
            "train_per_class": train, "dev_per_class": dev, **cells}  # fmt: skip


SUMMARY = ("summary", "1", "https://a.org/s.txt", "s.txt", "", "none", "made up")
TABLES = {
    "sources": [SUMMARY],
    "collections": [
        ("bacteria", "bacteria", "summary", "Full", "Complete Genome", "", "", 7, 2),
        ("phage", "viral", "a.gbk, b.gbk", "", "", "", " GCF_1.1, GCF_2 ,", "", 1),
    ],
    "datasets": [part("one", "bacteria", 50, 10, pool="tiny", coding_share=0.25),
                 part("two", "phage", 20, 5, pool="tiny", split="read"),
                 part("other", "phage", 1, 1, coding_share=0)],
}  # fmt: skip
SHARD = "resources/read_sets/bacteria"


@pytest.fixture
def read_sets(catalogue, tmp_path):
    for name in ("a.gbk", "b.gbk", "resources/s.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return ReadSets(catalogue(TABLES, read_sampling={"split": "chromosome"}))


def test_sources_are_named_or_are_files(read_sets):
    assert read_sets.sources(Job(collection="bacteria")) == ["resources/s.txt"]
    assert read_sets.sources(Job(collection="phage")) == ["a.gbk", "b.gbk"]


def test_a_collection_takes_what_its_cells_ask_for(read_sets):
    chosen = [Selection(**row.selection) for row in read_sets.collections.values()]
    assert chosen == [
        Selection("Complete Genome", "Full", "", [], 7), Selection("", "", "", ["GCF_1.1", "GCF_2"])
    ]  # fmt: skip


def test_a_read_set_is_drawn_from_all_shards_of_its_collections(read_sets):
    phage = "resources/read_sets/phage"
    assert read_sets.genomes(Job(read_set="tiny")) == [
        f"{SHARD}/assemblies.tsv", f"{SHARD}/0.2bit", f"{SHARD}/0.regions.parquet",
        f"{SHARD}/1.2bit", f"{SHARD}/1.regions.parquet", f"{phage}/assemblies.tsv",
        f"{phage}/0.2bit", f"{phage}/0.regions.parquet",
    ]  # fmt: skip


def test_portions_say_what_their_rows_and_else_the_config_and_one_half(read_sets):
    first, second = (Portion(**portion) for portion in read_sets.taken(Job(read_set="tiny")))
    assert (first.origin, first.train_per_class, first.dev_per_class) == ("bacteria", 50, 10)
    assert (first.split, first.coding_share) == ("chromosome", 0.25)
    assert first.shards == [(f"{SHARD}/{i}.2bit", f"{SHARD}/{i}.regions.parquet") for i in (0, 1)]
    assert (second.split, second.coding_share) == ("read", 0.5)
    (none_coding,) = read_sets.taken(Job(read_set="other"))
    assert none_coding["coding_share"] == 0  # which is no empty cell


def test_columns_that_may_be_absent_are(catalogue, tmp_path):
    found = catalogue(TABLES)
    header = "dataset\tkind\tpath\ttrain_per_class\tdev_per_class\n"
    (tmp_path / "datasets.tsv").write_text(f"{header}tiny\tsimulated_reads\tphage\t20\t5\n")
    (portion,) = ReadSets(type(found)(found.config, found.schemas)).taken(Job(read_set="tiny"))
    assert (portion["split"], portion["coding_share"]) == ("genome", 0.5)


@pytest.mark.parametrize(("cells", "message"), [
    ({"path": "fungi"}, r"datasets.tsv: 'fungi' has no row in collections.tsv"),
    ({"train_per_class": ""}, r"line 3 \(two\), column train_per_class: ''; expected a whole number, at"),
    ({"coding_share": 2}, "column coding_share: 2.0; expected at most 1"),
    ({"split": "species"}, "column split: 'species'; expected one of genome, chromosome, read"),
    ({"path": "bacteria", "pool": "one"},
     "datasets.tsv: one and two draw reads of one from one collection, bacteria; keep one of them"),
    ({"assembly": "hg38"}, "column assembly: 'hg38'; kind simulated_reads does not use this column"),
])  # fmt: skip
def test_a_mistake_is_told(catalogue, cells, message):
    rows = [part("one", "bacteria", 50, 10), part("two", "phage", 1, 1) | cells]
    with pytest.raises(InputError, match=message):
        ReadSets(catalogue({**TABLES, "datasets": rows}))


def test_reads_are_drawn_when_asked_for(planned):
    found = planned(TABLES)
    assert (found.targets, found.warnings) == ([], [])
