"""A gene read back from the files against the genome that they were written from."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seqcast.core.errors import InputError
from seqcast.simulate.coverage import write_coverage
from seqcast.simulate.expected import gene_coverage
from seqcast.simulate.gene_view import MARGIN_BP, read_gene_view
from seqcast.simulate.genome import draw_genome
from seqcast.simulate.parameters import CoverageParameters, Parameters
from seqcast.simulate.simulation import simulate_genome

QUIET = Parameters(
    contigs=(("chrS1", 4), ("chrS2", 4)), causal_snvs=4, causal_indels=0, decoys=2,
    coverage=CoverageParameters(depth=1e9),
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated")
    write_coverage(simulate_genome(QUIET, 3, folder), folder)
    return folder


def test_view_is_the_gene(folder: Path) -> None:
    genome = draw_genome(QUIET, 3)
    for placed in genome.genes[:4]:
        gene, view = placed.gene, read_gene_view(folder, placed.gene_id)
        assert (view.chrom, view.strand) == (placed.chrom, placed.strand)
        assert view.exons == tuple(sorted(placed.interval(*exon) for exon in gene.exons))
        # the CDS of a GTF ends before the stop codon
        assert sum(e - s for s, e in view.coding) == len(gene.coding_sequence()) - 3
        ends = [placed.interval(end - 1, end)[0] for end in gene.cleavage]
        assert list(view.cleavage.values()) == ends
        assert list(view.cleavage) == ["distal", "proximal"][: len(ends)]
        assert view.elements.height == len(gene.features)
        of_gene = gene_coverage(gene, placed.truth, QUIET)[0]
        along = of_gene if placed.strand == "+" else of_gene[::-1]
        first = placed.span[0] - placed.slot_start  # of the gene, in its slot
        span = placed.span[1] - placed.span[0]
        found = view.tracks["RNA:ActD:sim 0h"]
        offset = placed.span[0] - view.start
        assert offset == min(MARGIN_BP, placed.span[0])
        np.testing.assert_allclose(
            found[offset : offset + span], along[first : first + span], rtol=1e-3
        )


def test_the_richest_gene_is_the_default(folder: Path) -> None:
    genome = draw_genome(QUIET, 3)

    def kinds(gene) -> tuple[int, int]:
        names = {f.name for f in gene.features if f.region == "utr3"}
        return len(gene.cleavage), len(names)

    best = max(kinds(placed.gene) for placed in genome.genes)
    first = next(placed for placed in genome.genes if kinds(placed.gene) == best)
    assert read_gene_view(folder).gene_id == first.gene_id


def test_unknown_gene_and_folder(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no gene SIM1; it has 8, such as SIMG000001\.1"):
        read_gene_view(folder, "SIM1")
    with pytest.raises(InputError, match=r"genes\.tsv is missing"):
        read_gene_view(tmp_path)
    simulate_genome(replace(QUIET), 3, tmp_path)
    with pytest.raises(InputError, match=r"targets\.tsv is missing"):
        read_gene_view(tmp_path)
