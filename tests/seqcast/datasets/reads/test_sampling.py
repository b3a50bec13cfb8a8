"""Read sets: reads are what their genomes hold, where and as often as asked, by the seed alone."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.datasets.reads.assemblies import (
    Selection,
    select_assemblies,
    shard_of,
    write_assemblies,
)
from seqcast.datasets.reads.assembly_index import ShardFiles, index_assemblies
from seqcast.datasets.reads.sampling import Portion, SamplingOptions, write_read_set
from seqcast.genome.genbank import GenbankRecord, read_genbank
from seqcast.reads.dnabert import read_dnabert
from tests.seqcast.genbank_files import genome, random_sequence, record

COMPLEMENT = str.maketrans("ACGT", "TGCA")
SMALL = SamplingOptions(read_length_nt=50, dev_share=0.2)
Row = tuple[str, int, tuple[str, ...]]  # sequence, label, further columns


def collection(
    folder: Path,
    name: str,
    texts: dict[str, str],
    shards: int = 1,
    turned: bool = False,
    **index: object,
) -> Portion:
    """Index GenBank texts; returns a portion of 20 and 10 reads a class."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (folder / f"{file}.gbk").write_text(text)
    paths = [folder / f"{file}.gbk" for file in texts]
    table = select_assemblies(paths[::-1] if turned else paths, Selection(), 1)
    write_assemblies(table, folder / f"{name}.tsv")
    files = []
    for shard in range(shards):
        outputs = ShardFiles(
            *(folder / f"{name}.{shard}.{end}" for end in ("2bit", "parquet", "tsv"))
        )
        index_assemblies(shard_of(table, shard, shards), outputs, folder / "d", 50, **index)  # type: ignore[arg-type]
        files.append((outputs.sequences, outputs.regions))
    return Portion(name, name, 20, 10, folder / f"{name}.tsv", files)


def draw(
    folder: Path, portions: list[Portion], options: SamplingOptions = SMALL
) -> dict[str, list[Row]]:
    """Write a read set and read it back."""
    paths = {part: folder / f"{part}.tsv" for part in ("train", "dev", "genomes")}
    write_read_set(portions, options, *paths.values())
    return {
        part: [
            (r.sequence, r.label, r.columns) for chunk in read_dnabert(paths[part]) for r in chunk
        ]
        for part in ("train", "dev")
    }


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {f"g{n}": genome(f"NC_{n}.1", n) for n in range(6)}


@pytest.fixture
def portion(tmp_path: Path, texts: dict[str, str]) -> Portion:
    return collection(tmp_path / "a", "bacteria", texts)


def records(folder: Path) -> dict[str, GenbankRecord]:
    return {r.name: r for path in folder.glob("*.gbk") for r in read_genbank(path)}


def check_reads(rows: list[Row], known: dict[str, GenbankRecord]) -> None:
    """Each read is what its columns say, in a region of its class."""
    for sequence, label, (_, name, taxid, _, start, region_start, region_end, reverse) in rows:
        found = known[name]
        first, last = int(start), int(start) + len(sequence)
        bases = found.sequence[first:last]
        assert sequence == (bases[::-1].translate(COMPLEMENT) if reverse == "1" else bases)
        assert int(region_start) <= first
        assert last <= int(region_end) <= len(found.sequence)
        assert taxid == str(found.taxid)
        inside = np.zeros(len(found.sequence), dtype=bool)
        for cds_start, cds_end in found.coding.select("start", "end").iter_rows():
            inside[cds_start:cds_end] = True
        assert inside[first:last].all() if label else not inside[first:last].any()


def test_reads_counts_and_split(tmp_path: Path, portion: Portion) -> None:
    parts = draw(tmp_path, [portion])
    known = records(tmp_path / "a")
    for part, n in (("train", 20), ("dev", 10)):
        check_reads(parts[part], known)
        assert Counter(label for _, label, _ in parts[part]) == {0: n, 1: n}
        assert len({columns[1:5] + columns[-1:] for _, _, columns in parts[part]}) == 2 * n
    names = {part: {columns[1] for _, _, columns in rows} for part, rows in parts.items()}
    assert names["train"] & names["dev"] == set()  # no dev genome in train
    genomes = pl.read_csv(tmp_path / "genomes.tsv", separator="\t")
    assert (genomes["train"].sum(), genomes["dev"].sum()) == (40, 20)
    labels = [label for _, label, _ in parts["train"]]
    assert labels not in (sorted(labels), sorted(labels)[::-1])  # shuffled


def test_same_bytes_whatever_the_order_of_files(tmp_path: Path, texts: dict[str, str]) -> None:
    found = []
    for name, shards, turned in (("one", 1, False), ("turned", 1, True), ("three", 3, True)):
        portion = collection(tmp_path / name, "bacteria", texts, shards, turned)
        other = collection(tmp_path / name / "v", "viral", {"v": genome("NC_9.1", 9)})
        other = replace(other, split="read")
        draw(tmp_path, [other, portion] if turned else [portion, other])
        found.append([(tmp_path / f"{part}.tsv").read_bytes() for part in ("train", "dev")])
    assert found[0] == found[1] == found[2]


def test_another_seed_draws_others(tmp_path: Path, portion: Portion) -> None:
    one, two = (draw(tmp_path, [portion], replace(SMALL, seed=seed)) for seed in (1, 2))
    assert {sequence for sequence, _, _ in one["train"]} != {
        sequence for sequence, _, _ in two["train"]
    }


def test_capacity_is_exact(tmp_path: Path) -> None:
    text = record("NC_1.1", random_sequence(180, 1), ["61..120"])
    portion = replace(collection(tmp_path / "a", "c", {"g": text}), split="read")
    parts = draw(tmp_path, [replace(portion, train_per_class=15, dev_per_class=7)])
    drawn = {
        (columns[4], columns[-1]) for rows in parts.values() for _, label, columns in rows if label
    }
    # 60 bases of CDS hold 11 starts of 50 on either strand
    assert drawn == {(str(start), strand) for start in range(60, 71) for strand in "01"}
    with pytest.raises(InputError, match="collection c has 22 distinct coding reads of 50 nt"):
        draw(tmp_path, [replace(portion, train_per_class=16, dev_per_class=7)])


def test_positions_are_equally_likely(tmp_path: Path) -> None:
    # regions of 50 and 149 bases have 1 and 100 starts: drawn by positions, not by length
    text = record("NC_1.1", random_sequence(900, 1), ["101..150", "301..449"])
    for compat, share in ((None, 1 / 101), ("readseeker", 50 / 199)):
        portion = collection(tmp_path / str(compat), "c", {"g": text}, compat=compat)
        portion = replace(portion, split="read", train_per_class=100, dev_per_class=0)
        options = replace(SMALL, compat=compat)
        hits = [
            columns[4] == "100"
            for seed in range(20)
            for _, label, columns in draw(tmp_path, [portion], replace(options, seed=seed))["train"]
            if label
        ]
        deviation = np.sqrt(share * (1 - share) / len(hits))
        assert np.mean(hits) == pytest.approx(share, abs=5 * deviation)


def test_compat_repeats_reads_and_leaves_the_last_start_out(tmp_path: Path) -> None:
    text = record("NC_1.1", random_sequence(240, 1), ["61..120"])
    portion = collection(tmp_path / "a", "c", {"g": text}, compat="readseeker")
    portion = replace(portion, split="read", train_per_class=400, dev_per_class=5)
    rows = draw(tmp_path, [portion], replace(SMALL, compat="readseeker"))["train"]
    starts = {label: {int(c[4]) for _, kind, c in rows if kind == label} for label in (0, 1)}
    assert starts[1] == set(range(60, 70))
    assert starts[0] == set(range(0, 10)) | set(range(120, 191))  # to the end in the last gap
    assert {c[6] for _, kind, c in rows if not kind} == {"60", "241"}


def test_strands_are_even_and_ambiguous_bases_avoided(tmp_path: Path) -> None:
    sequence = random_sequence(20_000, 1)
    sequence = sequence[:3_000] + "NRY" + sequence[3_003:]
    portion = collection(tmp_path / "a", "c", {"g": record("NC_1.1", sequence, ["1001..11000"])})
    portion = replace(portion, split="read", train_per_class=4_000, dev_per_class=0)
    rows = draw(tmp_path, [portion])["train"]
    assert all(set(sequence) <= set("ACGT") for sequence, _, _ in rows)
    # 8,000 coins: five standard deviations are 224
    assert abs(sum(columns[-1] == "1" for _, _, columns in rows) - 4_000) < 224


def test_proportions(tmp_path: Path, portion: Portion) -> None:
    parts = draw(tmp_path, [replace(portion, coding_share=0.25)])
    assert Counter(label for _, label, _ in parts["train"]) == {0: 30, 1: 10}


def test_chromosomes_of_one_genome(tmp_path: Path) -> None:
    text = "".join(genome(f"NC_{n}.1", n, chromosome=str(n // 2)) for n in range(6))
    portion = collection(tmp_path / "a", "human", {"g": text})
    with pytest.raises(InputError, match="collection human has 1 genomes"):
        draw(tmp_path, [portion])
    parts = draw(tmp_path, [replace(portion, split="chromosome")])
    pairs = {part: {int(c[1][3]) // 2 for _, _, c in rows} for part, rows in parts.items()}
    assert pairs["train"] & pairs["dev"] == set()  # alternative loci go with their chromosome
    assert len(pairs["train"] | pairs["dev"]) == 3


def test_a_species_in_two_collections_is_on_one_side(tmp_path: Path, texts: dict[str, str]) -> None:
    portions = [collection(tmp_path / name, name, texts) for name in ("a", "b")]
    parts = draw(tmp_path, [portions[0], replace(portions[1], dev_per_class=0)])
    names = {part: {columns[1] for _, _, columns in rows} for part, rows in parts.items()}
    assert names["train"] & names["dev"] == set()


def test_a_genome_split_in_two_ways_is_refused(tmp_path: Path, texts: dict[str, str]) -> None:
    portions = [collection(tmp_path / name, name, texts) for name in ("a", "b")]
    with pytest.raises(InputError, match="g0 is in collection a, split by genome, and in b, split"):
        draw(tmp_path, [portions[0], replace(portions[1], split="chromosome")])


def test_train_and_dev_from_different_collections(tmp_path: Path, texts: dict[str, str]) -> None:
    train = replace(collection(tmp_path / "a", "a", texts), dev_per_class=0)
    dev = collection(tmp_path / "b", "b", {"v": genome("NC_9.1", 9)})
    parts = draw(tmp_path, [train, replace(dev, train_per_class=0)])
    assert {c[0] for _, _, c in parts["train"]} == {"a"}
    assert {c[0] for _, _, c in parts["dev"]} == {"b"}


def test_collection_without_a_class(tmp_path: Path) -> None:
    text = record("NC_1.1", random_sequence(300, 1), ["1..300"])
    portion = replace(collection(tmp_path / "a", "c", {"g": text}), split="read")
    with pytest.raises(InputError, match="has 0 distinct non_coding reads"):
        draw(tmp_path, [portion])


@pytest.mark.parametrize("split", ["genome", "chromosome", "read"])
def test_collection_without_cds(tmp_path: Path, split: str) -> None:
    text = record("NC_1.1", random_sequence(300, 1))
    portion = replace(collection(tmp_path / "a", "c", {"g": text, "h": text}), split=split)
    with pytest.raises(InputError, match="no CDS features in the genomes of collection c"):
        draw(tmp_path, [portion])


def test_a_record_in_two_assemblies(tmp_path: Path, texts: dict[str, str]) -> None:
    twice = collection(tmp_path / "a", "a", {**texts, "copy": texts["g3"]})
    again = collection(tmp_path / "c", "c", {"copy2": texts["g1"]})
    message = r"the record NC_3.1 is in two assemblies, copy and g3; expected each record in one"
    with pytest.raises(InputError, match=message):
        draw(tmp_path, [twice])
    with pytest.raises(InputError, match=r"the record NC_1.1 is in two assemblies, copy2 and g1"):
        draw(tmp_path, [collection(tmp_path / "b", "b", texts), replace(again, dev_per_class=0)])
    draw(tmp_path, [replace(twice, split="read")])
    # names that are no accessions say nothing
    draw(
        tmp_path,
        [
            collection(
                tmp_path / "d",
                "d",
                {x: genome("contig_1", ord(x)) for x in "pq"},
            )
        ],
    )


def test_lambda(tmp_path: Path, shared: Path) -> None:
    # 497 CDS bases lie in "non-coding" regions of the original, none in ours
    path = shared / "data/reads/lambda/lambda.gbk.gz"
    (found,) = read_genbank(path)
    coding = np.zeros(len(found.sequence), dtype=bool)
    for start, end in found.coding.select("start", "end").iter_rows():
        coding[start:end] = True
    table = select_assemblies([path], Selection(), 1)
    write_assemblies(table, tmp_path / "lambda.tsv")
    touched = {}
    for compat in (None, "readseeker"):
        files = ShardFiles(*(tmp_path / f"lambda.{end}" for end in ("2bit", "parquet", "report")))
        index_assemblies(table, files, tmp_path / "d", 300, compat)  # type: ignore[arg-type]
        shards = [(files.sequences, files.regions)]
        portion = Portion("lambda", "viral", 500, 50, tmp_path / "lambda.tsv", shards, "read")
        rows = draw(tmp_path, [portion], SamplingOptions(compat=compat))["train"]  # type: ignore[arg-type]
        starts = [int(columns[4]) for _, label, columns in rows if not label]
        touched[compat] = sum(bool(coding[start : start + 300].any()) for start in starts)
        if compat is None:
            check_reads(rows, {found.name: found})
    assert touched[None] == 0
    assert touched["readseeker"] > 10
