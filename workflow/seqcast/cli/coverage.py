"""The command `seqcast predict-coverage`: regions in, their predicted coverage out."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import polars as pl
from cyclopts import Parameter

from seqcast.cli.coverage_models import GenomeChoice, GivenModel, ModelChoice, given_model
from seqcast.cli.options import check_folders, check_outputs, check_regular
from seqcast.cli.work import telling
from seqcast.core.errors import InputError
from seqcast.core.store import atomic, scratch_folder
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import regions_of
from seqcast.genome.user_files import remedies_of_commands
from seqcast.predict.coverage.coverage_files import average_coverage, write_bigwigs
from seqcast.predict.coverage.predict_regions import write_coverage
from seqcast.predict.variants.score_options import ScoreOptions

STORE = ".zarr"


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class CoverageCommand(GenomeChoice, ModelChoice):
    """Where coverage goes.

    Attributes
    ----------
    output : str
        A file that ends in .zarr (one value per window, track and bin), or a new folder of bigWig
        files, one per track.
    """

    output: Annotated[str, Parameter(name=("--out", "-o"))]


def predict_coverage(regions: str, /, *, chosen: CoverageCommand) -> None:
    """Predict the coverage of regions of a genome.

    Mean over folds of the predicted coverage, on the original scale, in windows of the model that
    tile the regions.

    Parameters
    ----------
    regions : str
        chr1:1,001-1,500, 1-based and inclusive; or a BED file of regions.
    """
    output = Path(chosen.output)
    _check_output(output)
    with telling(), remedies_of_commands():
        model = given_model(chosen)
        bed = [regions] if Path(regions).is_file() else []
        check_outputs([output], [*bed, chosen.genome, *model.paths], "--out")
        with (
            Genome(chosen.genome, chosen.contig_aliases) as genome,
            scratch_folder(output) as folder,
        ):
            store = _predicted(model, genome, regions_of(regions), folder, chosen)
            if output.suffix == STORE:
                with atomic(output) as temporary:
                    store.rename(temporary)
            else:
                with atomic(output) as bigwigs:
                    bigwigs.mkdir()
                    write_bigwigs(store, genome.contigs, bigwigs)
    sys.stderr.write(f"{output}\n")


def _predicted(
    model: GivenModel, genome: Genome, regions: pl.DataFrame, folder: Path, chosen: CoverageCommand
) -> Path:
    """The store of the mean over folds, in a folder."""
    folds: list[Path] = []
    for network, made in model.loaded(chosen.device, chosen.precision):
        folds.append(folder / f"fold{len(folds)}{STORE}")
        write_coverage(
            network, model.tracks, regions, genome, folds[-1], made, ScoreOptions(),
            chosen.batch_size,
        )  # fmt: skip
    if len(folds) == 1:
        return folds[0]
    mean = folder / f"mean{STORE}"
    average_coverage(folds, mean, {"model": model.name})
    return mean


def _check_output(output: Path) -> None:
    """Stop at what cannot be written, or would replace something else."""
    check_folders(output)
    if output.suffix == STORE:
        check_regular("--out", str(output))
    elif output.suffix:
        raise InputError(f"--out {output}: expected a name that ends in {STORE}, or a folder")
    elif output.exists():
        raise InputError(f"--out {output} is there already; give the name of a new folder")
