"""The command `seqcast build-effect-set`: signed effects of eQTLs from GTEx fine-mapping."""

import argparse
from pathlib import Path
from typing import Any

from seqcast.cli.options import check_outputs, tell_set
from seqcast.datasets.variants.effect_sets import EffectOutputs, build_effect_set


def effect_set(chosen: argparse.Namespace) -> None:
    """Write a VCF of effects, and say what became of the likely causal variants.

    Parameters
    ----------
    chosen : namespace
        Arguments of ``seqcast build-effect-set``.
    """
    outputs = EffectOutputs.of(chosen.output)
    check_outputs(outputs, [chosen.fine_mapped], "FOLDER")
    counts = build_effect_set(chosen.fine_mapped, outputs, chosen.pip)
    tell_set(counts, outputs)


def add_command(commands: Any) -> None:
    """Add ``build-effect-set`` to the parser's commands."""
    command = commands.add_parser(
        "build-effect-set",
        help="make a benchmark set of signed eQTL effects from GTEx fine-mapping",
        description="Effects of likely causal eQTLs in each tissue, of ALT relative to REF, on "
        "hg38: a VCF and a table of what became of each candidate.",
    )
    command.set_defaults(run=effect_set)
    command.add_argument("output", metavar="FOLDER", type=Path, help="of the files of the set")
    command.add_argument("--fine-mapped", type=Path, required=True,
                         help="GTEx_49tissues_release1.tsv.bgz, or a table like it")  # fmt: skip
    command.add_argument("--pip", type=float, default=0.9, help="least PIP (default %(default)s)")
