"""A small run on null variants: scores, tracks, genes and their genome, as files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from seqcast.core.store import array_column, write_table
from seqcast.genome.annotation import Annotation, Gene
from seqcast.predict.nulls.null_tables import Mixture, NullFiles, Nulls, write_nulls

TRACKS = pl.DataFrame(
    {"track": [0, 1, 2], "identifier": ["a", "b", "c"],
     "description": ["RNA:one", "RNA:two", "CAGE:three"], "units": ["sum"] * 3}
)  # fmt: skip
FACTS = {
    "model": "one", "fold": ["0", "1"], "architecture": "borzuki", "precision": "fp32",
    "tensors_sha256": ["feed", "beef"], "options": {"window": "variant", "gene_scores": ["logSED"]},
}  # fmt: skip
GENES = tuple(
    Gene(f"g{i}", "", "chr1", "+-"[i % 2], ((i * 1000 + 100, i * 1000 + 500),),
         coding=((i * 1000 + 150, i * 1000 + 200),) if i < 60 else ())
    for i in range(80)
)  # fmt: skip
CONTIGS = {"chr1": 100_000, "chr2": 50}
MIXTURE = Mixture("common", ["logSED"], {"": ""}, [1000], 20)


@dataclass
class Drawn:
    """Variants of genes, each with one number per track drawn for it."""

    rng: np.random.Generator

    def scores(self, variants: int, scale: float = 1.0) -> pl.DataFrame:
        """A table of scores: each variant in the gene that it lies in, and in the next one."""
        rows, values = [], []
        for row in range(variants):
            at = int(self.rng.integers(len(GENES) - 1))
            pos = at * 1000 + int(self.rng.integers(1, 1000))
            for gene in GENES[at : at + 2]:
                distance = gene.tss - pos + 1 if gene.strand == "-" else pos - 1 - gene.tss
                rows.append(
                    (row, f"v{row}", "chr1", pos, "A", "G", gene.gene_id, "scored", distance)
                )
                values.append(self.rng.normal(size=3) * scale)
        names = ["row", "variant", "chrom", "pos", "ref", "alt", "gene_id", "status",
                 "distance_to_tss_bp"]  # fmt: skip
        table = pl.DataFrame(rows, schema=names, orient="row")
        numbers = np.array(values, dtype=np.float32).reshape(-1, 3)
        return table.with_columns(array_column("logSED", numbers, np.ones(len(numbers), bool)))


def write_files(folder: Path, scores: pl.DataFrame, facts: dict = FACTS) -> NullFiles:
    """Write what nulls are made of."""
    files = NullFiles(*(folder / name for name in (
        "scores.parquet", "tracks.parquet", "variants.parquet", "genes.parquet", "genome.fai")))  # fmt: skip
    write_table(scores, files.scores, facts)
    write_table(TRACKS, files.tracks, {})
    checked = scores.unique("row", maintain_order=True).select(
        "row", contig="chrom", status=pl.lit("valid")
    )
    write_table(checked, files.variants, {"file": "common.vcf", "sha256": "c0ffee"})
    Annotation(GENES).write(files.annotation)
    Path(files.contigs).write_text(
        "".join(f"{name}\t{n}\t0\t0\t0\n" for name, n in CONTIGS.items())
    )
    return files


def made(
    folder: Path, scores: pl.DataFrame, mixture: Mixture = MIXTURE, facts: dict = FACTS
) -> Nulls:
    """Nulls of a table of scores."""
    write_nulls(
        write_files(folder, scores, facts), folder / "nulls.parquet", mixture, {"code": "x"}
    )
    return Nulls.read(folder / "nulls.parquet")
