"""Damaged files of every kind are read rightly or refused in words: no traceback, no hang.

A few mutations a kind here; ``make fuzz`` tries more (SEQCAST_MUTATIONS: how many a kind,
SEQCAST_SEED: from which seed on). A failure names kind and seed; `mutations.mutated` gives the file
again. Hyperparameters and recipes are mutated in `models/test_settings.py`, files between jobs in
`core/test_seals.py`.
"""

import os
import signal
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import polars as pl
import pybigtools
import pysam
import pytest
import torch
import yaml
from safetensors.torch import save_file

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.bigwig import BigWig
from seqcast.datasets.coverage.target_windows import read_windows
from seqcast.datasets.reads.assemblies import Selection, select_assemblies
from seqcast.evaluation.reads.comparators import read_gene_bed, read_gff
from seqcast.evaluation.reads.unclear import read_proteins
from seqcast.genome.annotation import read_annotation
from seqcast.genome.bgzip import index_fasta, recompress_bgzip
from seqcast.genome.fasta import Genome
from seqcast.genome.genbank import read_genbank
from seqcast.genome.intervals import read_bed
from seqcast.genome.tracks import Tracks
from seqcast.genome.variants import check_variants, read_variants
from seqcast.models.convert import read_keras_layers, read_tensors
from seqcast.plan.tables import read_cells
from seqcast.reads.dnabert import read_dnabert
from seqcast.reads.open import open_reads
from seqcast.transcripts.annotation import read_transcripts
from seqcast.transcripts.given import read_sequences
from seqcast.transcripts.selection import read_ids
from tests.seqcast import bad_vcf, genbank_files
from tests.seqcast.mutations import mutated

TRIED = int(os.environ.get("SEQCAST_MUTATIONS", "12"))
FIRST_SEED = int(os.environ.get("SEQCAST_SEED", "0"))
LONGEST_S = 20

READS = "".join(f"@r{i} x\n{'ACGTN' * 12}\n+\n{'I' * 60}\n" for i in range(5))
SAM = (
    "@HD\tVN:1.6\n@SQ\tSN:chr1\tLN:2000\n"
    + "".join(
        f"r{i}\t{flag}\tchr1\t{10 * i + 1}\t60\t20M\t*\t0\t0\t{'ACGTN' * 4}\t{'I' * 20}\tNM:i:0\n"
        for i, flag in enumerate((0, 16, 4, 99, 147, 256))
    )
)  # fmt: skip
GTF = "".join(
    f'chr1\tx\t{feature}\t{start}\t{end}\t.\t{strand}\t{frame}\tgene_id "g{g}"; transcript_id "t{g}"; '
    f'gene_name "N{g};1"; note "a \\"b\\"";\n'
    for g, strand in enumerate("+-+")
    for feature, start, end, frame in (
        ("gene", 100 + 300 * g, 300 + 300 * g, "."), ("transcript", 100 + 300 * g, 300 + 300 * g, "."),
        ("exon", 100 + 300 * g, 180 + 300 * g, "."), ("exon", 210 + 300 * g, 300 + 300 * g, "."),
        ("CDS", 120 + 300 * g, 180 + 300 * g, "0"), ("CDS", 210 + 300 * g, 230 + 300 * g, "2"),
    )
)  # fmt: skip
GFF3 = "##gff-version 3\n##sequence-region chr1 1 2000\n" + "".join(
    f"chr1\tx\tgene\t{a}\t{a + 200}\t.\t+\t.\tID=gene{a};Name=G%3B{a}\n"
    f"chr1\tx\tmRNA\t{a}\t{a + 200}\t.\t+\t.\tID=rna{a};Parent=gene{a}\n"
    f"chr1\tx\texon\t{a}\t{a + 90}\t.\t+\t.\tID=e{a};Parent=rna{a}\n"
    f"chr1\tx\tCDS\t{a + 9}\t{a + 80}\t.\t+\t0\tID=c{a};Parent=rna{a}\n"
    for a in (100, 500, 900)
)
TARGETS = (
    "\tidentifier\tfile\tclip\tclip_soft\tscale\tsum_stat\tstrand_pair\tdescription\n"
    "0\ta+\ta.bw\t384\t384\t0.3\tsum_sqrt\t1\tRNA:ActD 0h\n"
    "1\ta-\tb.bw\t384\t384\t0.3\tsum_sqrt\t0\tRNA:ActD 0h\n"
    "2\tb\tc.bw\t64\t32\t1\tmean\t2\tCAGE:x\n"
)
VCF = (
    bad_vcf.HEADER
    + bad_vcf.COLUMNS
    + "".join(
        f"chr1\t{pos}\tv{pos}\t{bad_vcf.SEQUENCE[pos - 1]}\tT\t.\t.\t{info}\n"
        for pos, info in ((5, "."), (40, "END=44"), (77, "."), (300, "END=300"))
    )
)
ASSEMBLIES = "##  See README\n#" + "\t".join([
    "assembly_accession", "bioproject", "biosample", "wgs_master", "refseq_category", "taxid",
    "species_taxid", "organism_name", "infraspecific_name", "isolate", "version_status",
    "assembly_level", "release_type", "genome_rep", "seq_rel_date", "asm_name", "asm_submitter",
    "gbrs_paired_asm", "paired_asm_comp", "ftp_path", "excluded_from_refseq",
]) + "\n" + "".join(
    f"GCF_00000{i}.1\tP\tB\t\treference genome\t{i}\t{i}\tX y\t\t\tlatest\tComplete Genome\tMajor\tFull\t"
    f"2020/01/01\tA\tS\tG\tidentical\thttps://host/GCF_00000{i}.1_A\t\n"
    for i in range(3)
)  # fmt: skip


class Kind(NamedTuple):
    """A kind of input: what it looks like, and what reads all of it."""

    name: str  # of the file; its ending may matter
    data: Callable[[Path], bytes]
    read: Callable[[Path], Any]
    text: bool = True


def _genome(path: Path) -> Genome:
    """The genome that mutated files refer to, written once a folder."""
    fasta = path.parent / "genome" / "genome.fa"
    if not fasta.exists():
        fasta.parent.mkdir()
        bad_vcf.write_genome(fasta)
    return Genome(fasta)


def _all_bases(path: Path) -> None:
    made = path.with_name(f"made_of_{path.name.removesuffix('.gz')}.gz")
    recompress_bgzip(path, made)
    index_fasta(made)
    genome = Genome(made)
    for contig, length_bp in genome.contigs.items():
        assert len(genome.fetch(contig, 0, length_bp)) == length_bp


def _all_values(path: Path) -> None:
    track = BigWig(path, "zero")
    for contig, length_bp in track.contigs.items():
        assert len(track.values(contig, 0, min(length_bp, 10_000))) == min(length_bp, 10_000)


def _all_records(path: Path) -> None:
    for record in read_genbank(path):
        assert record.sequence is not None


def _text(text: str) -> Callable[[Path], bytes]:
    return lambda _: text.encode()


def _binary(write: Callable[[Path], Any]) -> Callable[[Path], bytes]:
    def data(folder: Path) -> bytes:
        write(folder / "whole")
        return (folder / "whole").read_bytes()

    return data


def _write_bam(path: Path) -> None:
    sam = path.with_suffix(".sam")
    sam.write_text(SAM)
    with (
        pysam.AlignmentFile(str(sam)) as source,
        pysam.AlignmentFile(str(path), "wb", template=source) as out,
    ):
        for record in source:
            out.write(record)


def _write_bigwig(path: Path) -> None:
    records = [("chr1", 10, 30, 1.5), ("chr1", 31, 60, 7.25), ("chr2", 0, 64, 2.0)]
    bigwig = path.with_suffix(".bw")  # the writer asks for the ending
    pybigtools.open(str(bigwig), "w").write({"chr1": 400, "chr2": 64}, iter(records))
    bigwig.rename(path)


def _write_h5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"conv"]
        layer = group.create_group("conv")
        layer.attrs["weight_names"] = [b"conv/kernel:0"]
        layer["conv/kernel:0"] = np.ones((3, 4, 5), np.float32)


def _write_bgzf(path: Path) -> None:
    pysam.tabix_compress(str(path.with_name("plain")), str(path), force=True)


def _bgzip(text: str) -> Callable[[Path], bytes]:
    def write(path: Path) -> None:
        path.with_name("plain").write_text(text)
        _write_bgzf(path)

    return _binary(write)


SCHEMAS = Path(__file__).parents[2] / "workflow/schemas"
CONFIG = Path(__file__).parents[2] / "config"


def _config_table(table: str, *index: str) -> Kind:
    path = CONFIG / f"{table}.tsv"
    schema = yaml.safe_load((SCHEMAS / f"{path.stem}.schema.yaml").read_text())
    return Kind(
        path.name, lambda _: path.read_bytes()[:4000].rpartition(b"\n")[0],
        lambda path: read_cells(path, schema, index),
    )  # fmt: skip


KINDS = [
    Kind("v.vcf", _text(VCF), lambda path: check_variants(read_variants(path), _genome(path))),
    Kind("v.vcf.gz", _bgzip(VCF), read_variants, text=False),
    Kind("a.gtf", _text(GTF), lambda path: (read_annotation(path), read_transcripts(path))),
    Kind("a.gff3", _text(GFF3), lambda path: (read_annotation(path), read_transcripts(path))),
    Kind("g.fa", _text(f">chr1 x\n{'ACGTN' * 12}\nACGT\n>chr2\n{'acgt' * 9}\n"), _all_bases),
    Kind("g.fa.gz", _bgzip(f">chr1\n{'ACGTN' * 500}\n"), _all_bases, text=False),
    Kind("aliases.tsv", _text("contig\talias\nchr1\t1\nchrX\tX\n"),
         lambda path: Genome(_genome(path).fasta, path)),
    Kind("r.fastq", _text(READS), lambda path: list(open_reads(path))),
    Kind("r.fa", _text(">a b\nACGT\nAC\n\n>b\nACGN\n"), lambda path: list(open_reads(path))),
    Kind("r.sam", _text(SAM), lambda path: list(open_reads(path))),
    Kind("r.bam", _binary(_write_bam), lambda path: list(open_reads(path)), text=False),
    Kind("d.tsv", _text("sequence\tlabel\nACGTAC CGTACG\t1\nACGTAA\t0\n"),
         lambda path: list(read_dnabert(path))),
    Kind("w.bed", _text("chr1\t0\t100\tname\t0\t+\nchr1\t200\t300\nchr1\t5\t6\n"), read_bed),
    Kind("sequences.bed", _text("chr1\t0\t128\tfold0\nchr1\t256\t384\tfold1\n"),
         lambda path: read_windows(path, _genome(path))),
    Kind("t.bw", _binary(_write_bigwig), _all_values, text=False),
    Kind("targets.txt", _text(TARGETS), Tracks.read),
    Kind("x.gb", _text(genbank_files.record("X1", genbank_files.random_sequence(300, 1), ["10..60"])),
         _all_records),
    Kind("m.fa", _text(">a x\nAUGGCUUAA\n>b\nacgtn\n"), read_sequences),
    Kind("m.csv", _text("id,sequence,cds_start,cds_end\na,AUGGCUUAA,0,9\nb,ACGU,,\n"), read_sequences),
    Kind("m.tsv", _text("id\tsequence\na\tAUGGCUUAA\nb\tACGU\n"), read_sequences),
    Kind("m.parquet", _binary(pl.DataFrame({"id": ["a"], "sequence": ["ACGU"]}).write_parquet),
         read_sequences, text=False),
    Kind("ids.txt", _text("t1\nt2\n"), read_ids),
    Kind("assembly_summary.txt", _text(ASSEMBLIES),
         lambda path: select_assemblies([path], Selection(), 0)),
    Kind("g.gff", _text("##gff-version 3\nx\tp\tCDS\t1\t90\t1.0\t+\t0\tID=a\n"), read_gff),
    Kind("g.bed", _text("x\t0\t90\ta\t0\t+\n"), read_gene_bed),
    Kind("p.faa", _text(">P1 kinase OS=X OX=9606\nMKV\nLL\n>P2\nMA\n"), read_proteins),
    Kind("w.h5", _binary(_write_h5), read_keras_layers, text=False),
    Kind("w.bin", _binary(lambda path: torch.save({"a": torch.ones(3, 4)}, path)), read_tensors,
         text=False),
    Kind("w.safetensors", _binary(lambda path: save_file({"a": torch.ones(3, 4)}, path)),
         read_tensors, text=False),
    _config_table("datasets", "dataset"), _config_table("models", "model"),
    _config_table("folds", "model", "fold"), _config_table("sources", "source"),
    _config_table("demo/benchmarks", "benchmark"),
]  # fmt: skip


@contextmanager
def _limited() -> Iterator[None]:
    """End what takes longer than any of these small files may."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"not read within {LONGEST_S} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LONGEST_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _outcome(kind: Kind, path: Path) -> str:
    """``read``, ``refused``, or the error that a user would be shown as a traceback."""
    try:
        with _limited(), warnings.catch_warnings():
            warnings.simplefilter("error")
            kind.read(path)
    except InputError as error:
        return "refused" if path.stem in str(error) else f"file not named: {error}"
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of Rust is no Exception
        return f"{type(error).__name__}: {error}"
    return "read"


# pysam tells on stderr, besides the error, that what it could not open could not be closed
@pytest.mark.filterwarnings(
    "ignore:.*AlignmentFile.__dealloc__:pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_damage_is_refused_in_words(kind: Kind, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    data = kind.data(tmp_path / "whole")
    counts, found = Counter(), []
    for seed in [None, *range(FIRST_SEED, FIRST_SEED + TRIED)]:
        folder = tmp_path / f"{seed}"
        folder.mkdir()
        path = folder / kind.name
        path.write_bytes(data if seed is None else mutated(data, seed, kind.text))
        outcome = _outcome(kind, path)
        counts[outcome if outcome in ("read", "refused") else "other"] += 1
        assert seed is not None or outcome == "read", outcome
        if outcome not in ("read", "refused"):
            found.append(f"seed {seed}: {outcome[:300]}")
    print(f"{kind.name}: {dict(counts)}")
    assert not found, "\n".join(found)
