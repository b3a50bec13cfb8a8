"""Run sequence models on single files, without a workflow."""

import ast
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cyclopts import App, CycloptsError, Parameter

from seqcast import __version__
from seqcast.core.errors import InputError
from seqcast.core.logs import USER_ERROR, tell
from seqcast.core.temporaries import write_error


class Command(NamedTuple):
    """A command: the function that runs it, imported only then as torch takes seconds, and how."""

    function: str
    examples: tuple[str, ...]


ON_A_GENOME = "--model my_model --genome genome.fa --annotation annotation.gtf"
COMMANDS = {
    "score-variants": Command(
        "variants:score_variants",
        (
            f"seqcast score-variants variants.vcf {ON_A_GENOME} --out scores.tsv.gz",
            f"seqcast score-variants chr1:826577:A:AT {ON_A_GENOME} --report page.html",
        ),
    ),
    "predict-coverage": Command(
        "coverage:predict_coverage",
        (
            "seqcast predict-coverage regions.bed --model my_model --genome genome.fa --out "
            "coverage.zarr",
        ),
    ),
    "compare": Command(
        "compare:compare",
        ("seqcast compare scores_a.parquet scores_b.parquet", "seqcast compare run_a run_b"),
    ),
    "models": Command("models:models", ("seqcast models",)),
    "map": Command(
        "maps:map_effects",
        (f"seqcast map chr1:1,001-1,500 {ON_A_GENOME} --tracks ^RNA --out my_map",),
    ),
    "classify-reads": Command(
        "reads:classify_reads",
        (
            "seqcast classify-reads reads.fastq.gz --output reads.tsv --split kept",
            "seqcast classify-reads pair_1.fastq.gz pair_2.fastq.gz > reads.tsv",
        ),
    ),
    "embed": Command(
        "embed:embed",
        (
            "seqcast embed designs.fa --weights model.safetensors --hyperparameters config.json "
            "--output designs.parquet",
        ),
    ),
    "predict-property": Command(
        "predict_property:predict_property",
        (
            "seqcast predict-property half_life.safetensors designs.fa --hyperparameters "
            "half_life.json --output half_lives.tsv",
        ),
    ),
    "verify": Command(
        "verify:verify",
        (
            "seqcast verify weights.h5 --architecture borzuki --hyperparameters config.json "
            "--output verdict.json",
        ),
    ),
    "export": Command(
        "export:export",
        (
            "seqcast export weights.safetensors --architecture readseeker --hyperparameters "
            "config.json --output for_transformers",
        ),
    ),
    "merge-adapter": Command(
        "adapter:merge",
        (
            "seqcast merge-adapter hela.adapter.safetensors --base base.safetensors "
            "--output hela.safetensors",
        ),
    ),
    "init": Command(
        "init:init",
        (
            "seqcast init my_run --vcf variants.vcf --genome genome.fa --annotation "
            "annotation.gtf --model hl_clip",
        ),
    ),
    "progress": Command("progress:progress", ("seqcast progress my_run",)),
    "init-training": Command(
        "init_training:init_training",
        (
            'seqcast init-training my_training --genome genome.fa --annotation annotation.gtf '
            '--bigwig "tracks/*.bw"',
        ),
    ),
    "build-qtl-set": Command(
        "qtl_set:qtl_set",
        (
            "seqcast build-qtl-set my_set --tissues tissues.tsv --annotation annotation.gtf "
            "--sites sites.bed --expression median_tpm.gct",
        ),
    ),
    "build-effect-set": Command(
        "effect_set:effect_set",
        ("seqcast build-effect-set my_set --fine-mapped GTEx_49tissues_release1.tsv.bgz",),
    ),
}  # fmt: skip


def application(wanted: str = "") -> App:
    """All commands, none of them imported.

    Parameters
    ----------
    wanted : str
        The command that will run. The others are told by the first lines of their functions.
    """
    app = App(
        name="seqcast", help=__doc__, version=__version__,
        default_parameter=Parameter(negative="", consume_multiple=True, show_default=_default),
    )  # fmt: skip
    app.register_install_completion_command()
    for name, (function, examples) in COMMANDS.items():
        told = "\n\n".join(["Examples:", *(f"    {example}" for example in examples)])
        summary = None if wanted in COMMANDS else _summary(function)
        app.command(f"seqcast.cli.{function}", name=name, help=summary, help_epilogue=told)
    return app


def _default(value: object) -> str:
    """A default as it is typed."""
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _summary(function: str) -> str:
    """First line of the docstring of a function that is not imported."""
    module, _, name = function.partition(":")
    tree = ast.parse(Path(__file__).with_name(f"{module}.py").read_text(encoding="utf-8"))
    (found,) = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
    return (ast.get_docstring(found) or "").partition("\n")[0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status, 2 for a mistake that the user can fix.

    A command of which something else is to be told returns it; None is 0.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = application(*given[:1])(
            given, result_action="return_value", exit_on_error=False, print_error=False
        )
        return status or 0
    except CycloptsError as error:
        tell(error)
        return USER_ERROR
    except InputError as error:
        tell(write_error(error) or error)
        return USER_ERROR
    except BrokenPipeError:  # the reader of the table has had enough
        sys.stderr.close()
    except OSError as error:  # a folder instead of a file, a full disk
        where = error.filename or f"seqcast {given[0]}"
        tell(write_error(error) or f"{where}: {error.strerror or error}")
        return USER_ERROR
    return 0
