"""The command `seqcast map`: which bases of a region carry the expression of a gene."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import polars as pl
from cyclopts import Parameter

from seqcast.api import RegionMap
from seqcast.cli.coverage_models import GenesChoice, ModelChoice, given_model
from seqcast.cli.options import check_folders, check_outputs, check_regular, one_of
from seqcast.cli.variants import SCORES
from seqcast.cli.work import DECLINED, WorkChoice, is_agreed, telling
from seqcast.core.errors import InputError
from seqcast.core.store import atomic, write_text_table
from seqcast.genome.annotation import read_annotation
from seqcast.genome.enumeration import enumerate_variants
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import regions_of
from seqcast.genome.user_files import remedies_of_commands
from seqcast.predict.maps.map_files import write_bigwigs
from seqcast.predict.maps.map_region import map_regions
from seqcast.predict.variants.score_options import WINDOWS, ScoreOptions
from seqcast.predict.variants.variant_effects import VariantScorer

TABLES, FIGURES = (".tsv", ".tsv.gz"), (".png", ".svg")
GROUP = "map"  # first word in the names of bigWig files


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class MapCommand(WorkChoice, GenesChoice, ModelChoice):
    """What a map is of, and where it goes.

    Attributes
    ----------
    gene : str, optional
        Id or name of the gene; default: the one that the region overlaps and changes most.
    score : str
        Score of the gene.
    deletions : bool
        Also delete each base.
    window : str
        Where the predicted window lies: shared, one of a grid, which variants that are near each
        other share; or variant, centred on each variant: slower, and slightly other numbers.
    output : str
        A new folder for tables, figures and bigWig files; or a single table of the effects (.tsv,
        .tsv.gz) or a single figure (.png, .svg).
    """

    gene: str | None = None
    score: Annotated[str, one_of(SCORES)] = "logSED"
    deletions: bool = False
    window: Annotated[str, one_of(WINDOWS)] = "shared"
    output: Annotated[str, Parameter(name=("--out", "-o"))]


def map_effects(region: str, /, *, chosen: MapCommand) -> int | None:
    """Map which bases of a region carry the expression of a gene.

    Mutagenesis map: what replacing each base of a region by the three others does to a gene. What
    the work takes is printed first.

    Parameters
    ----------
    region : str
        chr1:1,001-1,500, 1-based and inclusive; or a BED file of regions.
    """
    regions = regions_of(region)
    places = list(regions.iter_rows())
    _check_output(chosen.output, len(places))
    with telling(), remedies_of_commands():
        model = given_model(chosen)
        bed = region if Path(region).is_file() else None
        read = [bed, chosen.genome, chosen.annotation, *model.paths]
        check_outputs([Path(chosen.output)], read, "--out")
        with Genome(chosen.genome, chosen.contig_aliases) as genome:
            annotation = read_annotation(chosen.annotation, genome)
            folds = [network for network, _ in model.loaded(chosen.device, chosen.precision)]
            options = ScoreOptions(
                window=chosen.window, gene_scores=(chosen.score,), window_scores=()
            )
            scorer = VariantScorer(
                folds[0], genome, annotation, model.tracks, options, chosen.batch_size
            )
            named = regions.rename({"contig": "chrom"})
            snvs = pl.concat(list(enumerate_variants(named, genome, int(chosen.deletions))))
            if not is_agreed(scorer, snvs, model.folds, chosen, chosen.threads):
                return None if chosen.dry_run else DECLINED
            found = map_regions(
                folds, genome, annotation, model.tracks, places, chosen.gene, chosen.tracks,
                chosen.score, chosen.deletions, chosen.batch_size,
                options={"window": chosen.window},
            )  # fmt: skip
            maps = [RegionMap(**fields) for fields in found]
            _write(maps, genome, chosen)
    sys.stderr.writelines(f"{_summary(one)}\n" for one in maps)
    sys.stderr.write(f"{chosen.output}\n")
    return None


def _check_output(output: str, n_regions: int) -> None:
    """Stop at what cannot be written, or would replace a folder of something else."""
    path = Path(output)
    check_folders(path)
    if output.endswith((*TABLES, *FIGURES)):
        if output.endswith(FIGURES) and n_regions > 1:
            raise InputError(f"--out {output}: one figure, and {n_regions} regions; give a folder")
        check_regular("--out", output)
    elif path.suffix and not path.is_dir():
        raise InputError(
            f"--out {output}: expected a folder, or a name in {' or '.join((*TABLES, *FIGURES))}"
        )
    elif path.is_file() or (path.is_dir() and any(path.iterdir())):
        raise InputError(f"--out {output} is there already; give the name of a new folder")


def _write(maps: Sequence[RegionMap], genome: Genome, chosen: MapCommand) -> None:
    """Write a table, a figure, or a folder of all."""
    output = chosen.output
    if output.endswith(FIGURES):
        maps[0].save(output, chosen.annotation)
        return
    effects = pl.concat([one.tidy() for one in maps], how="diagonal_relaxed")
    if output.endswith(TABLES):
        write_text_table(effects, output)
        return
    bases = pl.concat([one.bases() for one in maps], how="vertical_relaxed")
    with atomic(output) as folder:
        folder.mkdir()
        write_text_table(effects, folder / "effects.tsv")
        write_text_table(bases, folder / "bases.tsv")
        write_bigwigs(bases.with_columns(tracks=pl.lit(GROUP)), genome.contigs, folder)
        for one in maps:
            name = one.region.name.replace(":", "_").replace("/", "_")
            one.save(folder / f"{name}.png", chosen.annotation)


def _summary(one: RegionMap) -> str:
    """What was mapped, and why alleles were not."""
    n = dict(one.rows.group_by("status").len().iter_rows())
    told = "".join(f"; {count:,} {status}" for status, count in sorted(n.items())
                   if status != "scored")  # fmt: skip
    gene = "no gene" if one.gene is None else f"gene {one.gene.gene_name or one.gene.gene_id}"
    return (
        f"{one.region.name}: {gene}, {n.get('scored', 0):,} of {one.rows.height:,} alleles "
        f"scored{told}"
    )
