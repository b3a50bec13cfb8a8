"""The command `seqcast build-qtl-set`: a benchmark of QTL variants from published fine-mapping."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqcast.cli.options import check_outputs, one_of, tell_set
from seqcast.datasets.variants.qtl_sets import (
    REGIONS,
    QtlInputs,
    QtlOptions,
    QtlOutputs,
    build_qtl_set,
)

DEFAULT = QtlOptions()


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class QtlSetOptions:
    """What a benchmark of QTL variants is made from, and how.

    Attributes
    ----------
    tissues : Path
        Table with the columns tissue, fine_mapped, tested (files) and expression (a column of
        --expression).
    annotation : Path
        GTF or GFF3 of the genes that count.
    sites : Path
        BED of poly(A) sites, six columns.
    expression : Path
        GCT file of median TPM.
    pip : float
        Least PIP of positives.
    negative_pip : float
        PIP that negatives stay below in all tissues.
    distance_bp : int
        Largest distance to a poly(A) site of the gene.
    region : str
        Where variants are: utr3 (in 3' UTRs), or gene (anywhere in genes).
    same_gene : bool
        Look for negatives in the gene first.
    any_alleles : bool
        Do not prefer the same REF and ALT.
    seed : int
        Of the choice among negatives that match equally well.
    """

    tissues: Path
    annotation: Path
    sites: Path
    expression: Path
    pip: float = DEFAULT.least_pip
    negative_pip: float = DEFAULT.most_pip
    distance_bp: int = DEFAULT.most_distance_bp
    region: Annotated[str, one_of(REGIONS)] = DEFAULT.region
    same_gene: bool = False
    any_alleles: bool = False
    seed: int = DEFAULT.seed


def qtl_set(output: Path, /, *, chosen: QtlSetOptions) -> None:
    """Make a benchmark of QTL variants and matched controls from fine-mapping.

    Likely causal SNVs of fine-mapped QTLs, and for each a tested SNV without an effect that matches
    it in expression of the gene, alleles and distance to the nearest poly(A) site: two VCF files
    and a table of what became of each candidate.

    Parameters
    ----------
    output : Path
        Folder of the files of the benchmark.
    """
    files = QtlInputs(chosen.tissues, chosen.annotation, chosen.sites, chosen.expression)
    outputs = QtlOutputs.of(output)
    check_outputs(outputs, files, "FOLDER")
    options = QtlOptions(
        least_pip=chosen.pip, most_pip=chosen.negative_pip, most_distance_bp=chosen.distance_bp,
        region=chosen.region, same_gene=chosen.same_gene, same_alleles=not chosen.any_alleles,
        seed=chosen.seed,
    )  # fmt: skip
    counts = build_qtl_set(files, outputs, options)
    tell_set(counts, outputs)
