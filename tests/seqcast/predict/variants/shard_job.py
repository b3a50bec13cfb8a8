"""A small job that scores variants: 18 of 23, with a network of random weights, in 0.1 s."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from seqcast.core.store import write_table
from seqcast.genome.annotation import Annotation, Gene
from seqcast.genome.bgzip import index_fasta
from seqcast.genome.fasta import Genome
from seqcast.genome.variants import check_variants, read_variants
from seqcast.models.prepare import random_weights
from seqcast.predict.variants.score_shard import ShardFiles
from tests.seqcast.training.test_coverage_network import PARAMS

BASES = "".join(np.random.default_rng(0).choice(list("ACGT"), 2000))
N_VARIANTS, N_SCORED = 23, 18
OPTIONS = {
    "gene_scores": ["SED", "logSED"], "window_scores": ["SUM"], "compat": None, "span": False,
    "reverse_complement": True, "shifts_bp": [0],
}  # fmt: skip
INFERENCE = {"device": "cpu", "precision": "fp32", "batch_size": 3, "workers": 0}


def write_job(folder: Path) -> dict[str, Any]:
    """Arguments of `score_shard`, whose files are made: every fourth variant cannot be scored."""
    (folder / "genome.fa").write_text(f">chr1\n{BASES}\n")
    index_fasta(folder / "genome.fa")
    lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    for i in range(N_VARIANTS):
        pos = 300 + 60 * i
        ref = BASES[pos - 1]
        alt = "*" if i % 4 == 3 else "ACGT"["CGTA".index(ref)]
        lines.append(f"chr1\t{pos}\tv{i}\t{ref}\t{alt}\t.\t.\t.")
    (folder / "in.vcf").write_text("\n".join(lines) + "\n")
    with Genome(folder / "genome.fa") as genome:
        checked = check_variants(read_variants(folder / "in.vcf"), genome)
    write_table(checked, folder / "variants.parquet", {})
    genes = [Gene("g", "g", "chr1", "+", ((200, 700),)), Gene("h", "h", "chr1", "-", ((600, 900),))]
    Annotation(tuple(genes)).write(folder / "genes.parquet")
    (folder / "params.json").write_text(json.dumps(PARAMS))
    random_weights(3, folder / "w.safetensors", "borzuki", folder / "params.json", "human")
    table = "\tidentifier\tclip\tclip_soft\tscale\tsum_stat\tstrand_pair\tdescription\n"
    table += "".join(f"{i}\tt{i}\t100\t100\t1\tsum\t{i}\tRNA\n" for i in range(3))
    (folder / "targets.tsv").write_text(table)
    names = {"weights": "w.safetensors", "hyperparameters": "params.json", "tracks": "targets.tsv",
             "variants": "variants.parquet", "annotation": "genes.parquet",
             "genome": "genome.fa"}  # fmt: skip
    return {
        "files": ShardFiles(**{name: str(folder / path) for name, path in names.items()}),
        "facts": {"architecture": "borzuki", "code": "abc"}, "head": "human", "options": OPTIONS,
        "inference": INFERENCE, "threads": 1, "shard": 0, "shards": 1,
    }  # fmt: skip


def flip(path: Path) -> None:
    """Change a bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
