"""From aligned reads to a training store in one call, against counting every base of every read."""

import gzip
import json
from pathlib import Path

import numpy as np
import polars as pl
import pysam
import pytest

from seqcast.datasets.coverage.target_store import CoverageStore
from tests.workflow.conftest import Rows, Workflow, new_folder

pytestmark = pytest.mark.slow

LENGTHS = {"chrA": 20_000, "chrB": 9_000, "chrC": 3_000}  # of the genome
NAMES = {"chrA": "1", "chrB": "chrB", "spike": "spike"}  # -> contig of the BAM; none has chrC
WINDOW_BP, BIN_BP = 1024, 32
STORE = "results/coverage_sets/own.zarr"
TRACKS = ["results/coverage_tracks/dutp.plus.bw", "results/coverage_tracks/dutp.minus.bw",
          "results/coverage_tracks/both.unstranded.bw"]  # fmt: skip


def library(name: str, path: str, library_type: str, **cells: object) -> dict[str, object]:
    """A row of datasets.tsv."""
    return {"dataset": name, "kind": "aligned_reads", "assembly": "small", "path": path,
            "library_type": library_type, **cells}  # fmt: skip


LIBRARIES = [
    library("dutp", "reads/a.bam", "fr-firststrand"),
    library("both", "reads/b.bam", "unstranded", per_million="yes", min_mapq=20, duplicates="no"),
]


OWN = {"dataset": "own", "kind": "coverage", "assembly": "small", "path": "coverage/targets.tsv",
       "settings": "windows.json"}  # fmt: skip


def random_reads(seed: int) -> list[tuple[int, str, int, int, list[tuple[int, int]]]]:
    """Flag, contig, start, MAPQ and blocks of alignments, sorted; most lie at few places."""
    rng = np.random.default_rng(seed)
    reads = []
    for contig, length_bp in {"chrA": 20_000, "chrB": 9_000, "spike": 500}.items():
        for start in np.sort(rng.integers(0, length_bp - 400, 900) // 60 * 60).tolist():
            first, gap, second = rng.integers(20, 100, 3).tolist()
            spliced = rng.random() < 0.4
            blocks = [(start, start + first)]
            if spliced:
                blocks.append((start + first + gap, start + first + gap + second))
            flag = int(rng.choice([0, 16, 65, 81, 129, 145, 1024, 256, 512]))
            reads.append((flag, contig, start, int(rng.integers(0, 61)), blocks))
    return reads


def write_bam(path: Path, reads: list) -> None:
    """Write alignments in their order, without an index."""
    path.parent.mkdir(exist_ok=True)
    lengths = {"1": 20_000, "chrB": 9_000, "spike": 500}
    header = pysam.AlignmentHeader.from_references(list(lengths), list(lengths.values()))
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for i, (flag, contig, start, quality, blocks) in enumerate(reads):
            read = pysam.AlignedSegment(header)
            read.query_name, read.flag, read.mapping_quality = f"r{i}", flag, quality
            read.reference_name, read.reference_start = NAMES[contig], start
            sizes = [end - begin for begin, end in blocks]
            read.cigartuples = [(0, sizes[0])] if len(sizes) == 1 else [
                (0, sizes[0]), (3, blocks[1][0] - blocks[0][1]), (0, sizes[1])]  # fmt: skip
            file.write(read)


def depth(reads: list, contig: str, strand: str, least: int, duplicates: bool) -> np.ndarray:
    """Coverage of a contig base by base; strand is that of the transcript in a dUTP library."""
    values = np.zeros(LENGTHS[contig])
    for flag, name, _, quality, blocks in reads:
        if flag & (256 | 512) or quality < least or (flag & 1024 and not duplicates):
            continue
        forward = not flag & 16
        sense = "+" if forward == bool(flag & 128) else "-"  # read 1 and single reads: antisense
        if name == contig and strand in (sense, "."):
            for start, end in blocks:
                values[start:end] += 1
    return values


def expected(values: np.ndarray, scale: float) -> np.ndarray:
    """Targets of a stretch: sqrt(1 + scale * sum of a bin) - 1, no clip."""
    return np.sqrt(1 + values.reshape(-1, BIN_BP).sum(axis=1) * scale) - 1


def write_inputs(folder: Path) -> None:
    """A genome with names of its own, two BAM files and a targets table."""
    rng = np.random.default_rng(0)
    (folder / "genome.fa").write_text("".join(
        f">{name}\n{''.join(rng.choice(list('ACGT'), n))}\n" for name, n in LENGTHS.items()
    ))  # fmt: skip
    (folder / "aliases.tsv").write_text("contig\talias\nchrA\t1\n")
    (folder / "genes.gtf").write_text("".join(
        f'1\tx\texon\t{at + 1}\t{at + 500}\t.\t+\t.\tgene_id "g{at}";\n'
        for at in range(0, 20_000, 1000)
    ))  # fmt: skip
    write_bam(folder / "reads/a.bam", random_reads(1))
    write_bam(folder / "reads/b.bam", random_reads(2))
    (folder / "coverage").mkdir(exist_ok=True)
    (folder / "windows.json").write_text(json.dumps({"window_bp": WINDOW_BP, "folds": 3}))
    rows = ["\tidentifier\tfile\tclip\tclip_soft\tscale\tsum_stat\tstrand_pair\tdescription"]
    for i, (name, pair, scale) in enumerate([("a+", 1, 1), ("a-", 0, 1), ("b", 2, 0.01)]):
        rows.append(f"{i}\t{name}\t{TRACKS[i]}\t\t\t{scale}\tsum_sqrt\t{pair}\tRNA:{name}")
    (folder / "coverage/targets.tsv").write_text("\n".join(rows) + "\n")


def tables(libraries: Rows = LIBRARIES) -> dict[str, Rows]:
    """Tables of one coverage set, its assembly and its libraries."""
    return {
        "assemblies": [("small", "genome.fa", "genes.gtf", "aliases.tsv")],
        "datasets": [*libraries, OWN],
    }  # fmt: skip


@pytest.fixture(scope="module")
def run(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """One call, from BAM files to the store."""
    run = new_folder(root, tmp_path_factory.mktemp("coverage_tracks"))
    write_inputs(run.folder)
    run.configure(tables(), coverage_sets={"threads": 1})
    run.succeed(STORE)
    return run


def test_targets_are_those_of_counting_base_by_base(run: Workflow) -> None:
    store = CoverageStore.open(run.folder / STORE)
    assert store.identifiers == ["a+", "a-", "b"]
    a, b = random_reads(1), random_reads(2)
    million = 1e6 / sum(
        not flag & (256 | 512 | 1024) and quality >= 20 and contig != "spike"
        for flag, contig, _, quality, _ in b
    )
    covered = 0
    for i, (chrom, start, end) in enumerate(store.windows.select("chrom", "start", "end").rows()):
        if chrom == "chrC":
            assert not store.targets(i).any()  # no read can lie there
            continue
        wanted = [
            expected(depth(a, chrom, "+", 10, True)[start:end], 1),
            expected(depth(a, chrom, "-", 10, True)[start:end], 1),
            expected(depth(b, chrom, ".", 20, False)[start:end] * million, 0.01),
        ]
        assert np.allclose(store.targets(i), wanted, rtol=1e-3)  # float16
        covered += sum(row.any() for row in wanted)
    assert covered > 60
    assert set(store.windows["chrom"]) == set(LENGTHS)


def test_tracks_are_looked_at_before_the_store_is_made(run: Workflow) -> None:
    table = pl.read_csv(run.folder / STORE.replace(".zarr", ".preflight.tsv"), separator="\t")
    assert table["check"].unique(maintain_order=True).to_list() == [
        "sense over antisense", "identical tracks", "scale", "annotation", "genes to test on",
        "genes in one partition", "genes in several partitions"]  # fmt: skip
    assert set(table["status"]) == {"doubtful", "fine"}
    strands = table.filter(check="sense over antisense").row(0, named=True)
    assert (strands["what"], strands["status"]) == ("a+ and a-", "doubtful")  # random reads


def test_counts_say_what_was_left_out(run: Workflow) -> None:
    counts = pl.read_csv(run.folder / "results/coverage_tracks/both.counts.tsv", separator="\t")
    found = dict(counts.iter_rows())
    reads = random_reads(2)
    assert sum(found.values()) == len(reads)
    assert found["duplicate"] == sum(flag == 1024 for flag, *_ in reads)
    assert found["contig_not_in_genome"] > 100
    log = (run.folder / "logs/write_unstranded_coverage/both.log").read_text()
    assert "1 contigs are not in the genome, and their reads do not count: spike" in log
    assert "no read could be aligned to 1 contigs of the genome" in log


def test_a_new_bam_makes_its_tracks_and_the_store_again(run: Workflow, tmp_path: Path) -> None:
    assert run.planned("--nocolor", STORE) == {}
    other = run.copy(tmp_path / "copy")
    write_bam(other.folder / "reads/a.bam", random_reads(3))
    again = {"write_stranded_coverage": 1, "check_targets": 1, "store_targets": 1}
    assert other.planned("--nocolor", STORE) == again


BROKEN = {
    "truncated": "truncated.bam cannot be read",
    "empty": "no alignment counts",
    "unsorted": "is not sorted: read r",
    "elsewhere": "no contig of reads/elsewhere.bam (chr1) is in",
    "longer": "has 20001 bp of 1, resources/assemblies/small.fa.gz has 20000 bp of chrA",
    "twice": "contigs chrA and 1, which are both chrA",
    "cram": "cannot be read",
}


def test_unfit_alignments_are_one_line(run: Workflow, tmp_path: Path) -> None:
    other = run.copy(tmp_path / "copy")
    reads, folder = random_reads(1), other.folder / "reads"
    whole = (folder / "a.bam").read_bytes()
    (folder / "truncated.bam").write_bytes(whole[:-28])  # only the mark of the end is gone
    write_bam(folder / "empty.bam", [])
    write_bam(folder / "unsorted.bam", reads[::-1])
    for name, lengths in [("elsewhere", {"chr1": 20_000}), ("longer", {"1": 20_001}),
                          ("twice", {"chrA": 20_000, "1": 20_000})]:  # fmt: skip
        header = pysam.AlignmentHeader.from_references(list(lengths), list(lengths.values()))
        pysam.AlignmentFile(str(folder / f"{name}.bam"), "wb", header=header).close()
    with gzip.open(folder / "cram.bam", "wb") as file:
        file.write(b"CRAM no more\n")
    broken = [library(name, f"reads/{name}.bam", "fr-secondstrand") for name in BROKEN]
    other.configure(tables(broken) | {"datasets": broken})
    result = other.run(
        "--keep-going", *(f"results/coverage_tracks/{name}.plus.bw" for name in BROKEN)
    )
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    for name, message in BROKEN.items():
        log = (other.folder / f"logs/write_stranded_coverage/{name}.log").read_text()
        assert message in log.splitlines()[-1]
        assert log.splitlines()[-1].startswith("ERROR: ")
        assert not (other.folder / f"results/coverage_tracks/{name}.plus.bw").exists()
