"""The command `seqcast init`: the config of a run on files of the user."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cyclopts import Parameter

from seqcast.core.errors import InputError
from seqcast.plan.code import PACKAGE


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class InitOptions:
    """What a run is on.

    Attributes
    ----------
    vcf : Path
        Variants: VCF (plain, gzip or bgzip) or BCF.
    genome : Path
        FASTA, plain, gzip or bgzip.
    annotation : Path
        GTF or GFF3 of that genome.
    model : list of str
        Models that score the variants, such as hl_clip, which is downloaded; borzuki_tiny ships
        with seqcast and is good for trying only.
    folds : list of str, optional
        Folds of the models, such as 0; default: all.
    contig_aliases : Path, optional
        Table of other contig names (contig, alias); default: that of hg38 or hg19, if the names
        differ.
    on_ref_mismatch : str
        What to do if REF differs from the genome: exclude gives no score; swap exchanges REF and
        ALT, for files of minor and major alleles.
    force : bool
        Replace an existing config.
    """

    vcf: Path
    genome: Path
    annotation: Path
    model: tuple[str, ...] = ("borzuki_tiny",)
    folds: tuple[str, ...] | None = None
    contig_aliases: Path | None = None
    on_ref_mismatch: Literal["exclude", "swap"] = "exclude"
    force: bool = False


def repository() -> Path:
    """The checkout whose workflow a new run takes.

    Raises
    ------
    InputError
        If the package is installed without it.
    """
    checkout = PACKAGE.parents[1]
    if not (checkout / "workflow/Snakefile").is_file():
        raise InputError(
            f"{PACKAGE} is installed without its workflow; expected a checkout of the repository. "
            'Clone it, and run `pip install -e ".[workflow]"` there.'
        )
    return checkout


def init(output: Path, /, *, chosen: InitOptions) -> None:
    """Write the config of a run on your variants, genome and annotation.

    Checks a VCF, a genome and an annotation, writes the config of a run that scores the variants,
    and prints the commands that start it.

    Parameters
    ----------
    output : Path
        Folder of the run; its config is FOLDER/config.
    """
    checkout = repository()
    # what plans runs needs packages that the other commands do without
    from seqcast.genome.user_files import UserFiles
    from seqcast.plan.config_folder import commands
    from seqcast.plan.new_run import write_run

    files = UserFiles(chosen.vcf, chosen.genome, chosen.annotation, chosen.contig_aliases)
    run = write_run(
        checkout, output, files, chosen.model, chosen.folds, chosen.on_ref_mismatch, chosen.force
    )
    lines = [
        *run.findings.lines, *(f"NOTE: {note}" for note in run.notes),
        "\nWrote", *(f"  {path}" for path in run.written),
        "\nPlan the run, then start it:",
        *(f"  {line}" for line in commands(checkout, output)),
        f"\nThen see {output / 'results/report/index.html'}, and the scores of dataset "
        f"{run.dataset}:", *(f"  {path}" for path in run.scores),
    ]  # fmt: skip
    sys.stdout.writelines(f"{line}\n" for line in lines)
