"""The command `seqcast init`: the config of a run on files of the user."""

import argparse
import sys
from pathlib import Path
from typing import Any

from seqcast.core.errors import InputError
from seqcast.plan.code import PACKAGE


def init(chosen: argparse.Namespace) -> None:
    """Check the files of a user, write the config of a run on them, and say how to start it.

    Parameters
    ----------
    chosen : namespace
        Arguments of ``seqcast init``.
    """
    checkout = PACKAGE.parents[1]
    if not (checkout / "workflow/Snakefile").is_file():
        raise InputError(
            f"{PACKAGE} is installed without its workflow; expected a checkout of the repository. "
            'Clone it, and run `pip install -e ".[workflow]"` there.'
        )
    # what plans runs needs packages that the other commands do without
    from seqcast.genome.user_files import UserFiles
    from seqcast.plan.new_run import commands, write_run

    files = UserFiles(chosen.vcf, chosen.genome, chosen.annotation, chosen.contig_aliases)
    run = write_run(
        checkout, chosen.output, files, chosen.model, chosen.folds, chosen.on_ref_mismatch,
        chosen.force,
    )  # fmt: skip
    lines = [
        *run.findings.lines, *(f"NOTE: {note}" for note in run.notes),
        "\nWrote", *(f"  {path}" for path in run.written),
        "\nPlan the run, then start it:",
        *(f"  {line}" for line in commands(checkout, chosen.output)),
        f"\nThen see {chosen.output / 'results/report/summary.html'}, and the scores of dataset "
        f"{run.dataset}:", *(f"  {path}" for path in run.scores),
    ]  # fmt: skip
    sys.stdout.writelines(f"{line}\n" for line in lines)


def add_command(commands: Any) -> None:
    """Add ``init`` to the parser's commands."""
    command = commands.add_parser(
        "init",
        help="write the config of a run on your variants, genome and annotation",
        description="Check a VCF, a genome and an annotation, write the config of a run that "
        "scores the variants, and print the commands that start it.",
    )
    command.set_defaults(run=init)
    add = command.add_argument
    add("output", metavar="FOLDER", type=Path, help="of the run; its config is FOLDER/config")
    add("--vcf", type=Path, required=True, help="variants: VCF (plain, gzip or bgzip) or BCF")
    add("--genome", type=Path, required=True, help="FASTA, plain, gzip or bgzip")
    add("--annotation", type=Path, required=True, help="GTF or GFF3 of that genome")
    add("--model", nargs="+", metavar="NAME", default=["borzuki_tiny"],
        help="models that score the variants, such as hl_clip, which is downloaded; default: "
        "borzuki_tiny, which ships with seqcast and is good for trying only")  # fmt: skip
    add("--folds", nargs="+", metavar="FOLD", help="folds of the models, such as 0; default: all")
    add("--contig-aliases", type=Path, metavar="TABLE",
        help="table of other contig names (contig, alias); default: that of hg38 or hg19, where "
        "the names differ")  # fmt: skip
    add("--on-ref-mismatch", choices=["exclude", "swap"], default="exclude",
        help="where REF differs from the genome: exclude (default) gives no score; swap exchanges "
        "REF and ALT, for files of minor and major alleles")  # fmt: skip
    add("--force", action="store_true", help="replace a config that is there")
