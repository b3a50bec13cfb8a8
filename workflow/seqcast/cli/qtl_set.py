"""The command `seqcast build-qtl-set`: a benchmark of QTL variants from published fine-mapping."""

import argparse
from pathlib import Path
from typing import Any

from seqcast.cli.options import check_outputs, tell_set
from seqcast.datasets.variants.qtl_sets import (
    REGIONS,
    QtlInputs,
    QtlOptions,
    QtlOutputs,
    build_qtl_set,
)


def qtl_set(chosen: argparse.Namespace) -> None:
    """Make a benchmark set, and say what became of the likely causal variants.

    Parameters
    ----------
    chosen : namespace
        Arguments of ``seqcast build-qtl-set``.
    """
    files = QtlInputs(chosen.tissues, chosen.annotation, chosen.sites, chosen.expression)
    outputs = QtlOutputs.of(chosen.output)
    check_outputs(outputs, files, "FOLDER")
    options = QtlOptions(
        least_pip=chosen.pip, most_pip=chosen.negative_pip, most_distance_bp=chosen.distance_bp,
        region=chosen.region, same_gene=chosen.same_gene, same_alleles=not chosen.any_alleles,
        seed=chosen.seed,
    )  # fmt: skip
    counts = build_qtl_set(files, outputs, options)
    tell_set(counts, outputs)


def add_command(commands: Any) -> None:
    """Add ``build-qtl-set`` to the parser's commands."""
    command = commands.add_parser(
        "build-qtl-set",
        help="make a benchmark of QTL variants and matched controls from fine-mapping",
        description="Likely causal SNVs of fine-mapped QTLs, and for each a tested SNV without an "
        "effect that matches it in expression of the gene, alleles and distance to the nearest "
        "poly(A) site: two VCF files and a table of what became of each candidate.",
    )
    command.set_defaults(run=qtl_set)
    add, default = command.add_argument, QtlOptions()
    add("output", metavar="FOLDER", type=Path, help="of the files of the set")
    add("--tissues", type=Path, required=True, help="table with the columns tissue, fine_mapped, "
        "tested (files) and expression (a column of --expression)")  # fmt: skip
    add("--annotation", type=Path, required=True, help="GTF or GFF3 of the genes that count")
    add("--sites", type=Path, required=True, help="BED of poly(A) sites, six columns")
    add("--expression", type=Path, required=True, help="GCT file of median TPM")
    add("--pip", type=float, default=default.least_pip,
        help="least PIP of positives (default %(default)s)")  # fmt: skip
    add("--negative-pip", type=float, default=default.most_pip,
        help="PIP that negatives stay below in all tissues (default %(default)s)")  # fmt: skip
    add("--distance-bp", type=int, default=default.most_distance_bp,
        help="largest distance to a poly(A) site of the gene (default %(default)s)")  # fmt: skip
    add("--region", choices=REGIONS, default=default.region,
        help="where variants are: in 3' UTRs (default), or anywhere in genes")  # fmt: skip
    add("--same-gene", action="store_true", help="look for negatives in the gene first")
    add("--any-alleles", action="store_true", help="do not prefer the same REF and ALT")
    add("--seed", type=int, default=default.seed, help="default %(default)s")
