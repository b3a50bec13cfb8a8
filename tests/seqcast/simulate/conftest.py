"""A small synthetic genome, read back from its files without the package's own code."""

import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from seqcast.simulate import Parameters, simulate_genome

SMALL = Parameters(
    contigs=(("chrS1", 40), ("chrS2", 20)), causal_snvs=30, causal_indels=12, decoys=8
)
COMPLEMENT = str.maketrans("ACGT", "TGCA")


@dataclass(frozen=True)
class Written:
    """The files: contigs as strings, GTF and tables as polars frames, VCF rows as dicts."""

    folder: Path
    contigs: dict[str, str]
    gtf: pl.DataFrame
    genes: pl.DataFrame
    transcripts: pl.DataFrame
    elements: pl.DataFrame
    variants: list[dict[str, str]]

    def fetch(self, chrom: str, start: int, end: int, strand: str) -> str:
        """Bases of a 0-based half-open interval in the direction of its strand."""
        bases = self.contigs[chrom][start:end]
        return bases if strand == "+" else bases.translate(COMPLEMENT)[::-1]


@pytest.fixture(scope="session")
def parameters() -> Parameters:
    return SMALL


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("simulated")
    simulate_genome(SMALL, 3, folder)
    tables = {
        name: pl.read_csv(folder / f"{name}.tsv", separator="\t")
        for name in ("genes", "transcripts", "elements")
    }
    return Written(
        folder,
        _read_fasta(folder / "genome.fa"),
        _read_gtf(folder / "annotation.gtf"),
        variants=_read_vcf(folder / "variants.vcf"),
        **tables,
    )


def _read_fasta(path: Path) -> dict[str, str]:
    records = path.read_text().split(">")[1:]
    return {name: "".join(lines) for name, *lines in map(str.split, records)}


def _read_gtf(path: Path) -> pl.DataFrame:
    rows = []
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            continue
        chrom, _, feature, start, end, _, strand, frame, text = line.split("\t")
        attributes = dict(re.findall(r'(\w+) "([^"]*)";', text))
        rows.append(
            {
                "chrom": chrom,
                "feature": feature,
                "start": int(start) - 1,
                "end": int(end),
                "strand": strand,
                "frame": frame,
                "gene_id": attributes["gene_id"],
                "transcript_id": attributes.get("transcript_id"),
            }
        )
    return pl.DataFrame(rows)


def _read_vcf(path: Path) -> list[dict[str, str]]:
    rows = []
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            chrom, pos, name, ref, alt, _, _, info = line.split("\t")
            row = {"chrom": chrom, "pos": pos, "id": name, "ref": ref, "alt": alt}
            rows.append(row | dict(item.split("=") for item in info.split(";")))
    return rows
