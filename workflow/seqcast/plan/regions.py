"""Datasets of all variants of regions: where their regions are, and what is made of them."""

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

from seqcast.core.errors import InputError
from seqcast.datasets.variants import UTR3
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.rows import genome_of
from seqcast.plan.tables import Row, Table
from seqcast.plan.tracks import check_pattern
from seqcast.plan.variant_effects import ensemble_table
from seqcast.plan.wildcards import OfDataset

KIND = "regions"


def precomputed(model: str, dataset: str) -> list[str]:
    """Scores of a dataset to be looked up, as a table and as VCF."""
    path = f"results/variant_effects/{model}/{dataset}.precomputed"
    return [f"{path}.tsv.gz", f"{path}.vcf.gz"]


@dataclass(frozen=True, kw_only=True)
class RegionSet(Row):
    """Regions of a genome, and which of their variants are enumerated."""

    KEY = ("dataset",)
    dataset: str
    assembly: str
    path: str
    shards: int = 1
    genes: str = ""
    flank_bp: int | None = None
    top: int | None = None
    deletions_bp: int = 0
    insertions_bp: int = 0
    maps: str = ""


@dataclass(frozen=True, eq=False)
class Regions:
    """Datasets of kind regions, and what the jobs that enumerate and export them take.

    Raises
    ------
    InputError
        If a row has a setting that its path does not use, or lacks one; if its variants are on
        another assembly; or if no track of a model fits a group.
    """

    catalogue: Catalogue

    def __post_init__(self) -> None:
        for row in self.rows.values():
            if told := self._mistake(row):
                raise InputError(f"{self.rows.path}: dataset {row.dataset}, column {told}")
        for model, (name, pattern) in product(
            self.catalogue.of_task("coverage") if self.rows else (), self.track_groups.items()
        ):
            table = self.catalogue.located(self.catalogue.models[model].tracks)
            check_pattern(f"config: regions.track_groups.{name}", pattern, table)

    @cached_property
    def rows(self) -> Table[RegionSet]:
        """Datasets of regions by name."""
        return self.catalogue.rows_of_kind(KIND, RegionSet)

    @property
    def targets(self) -> list[str]:
        """Scores of the folds' mean, and what they are looked up in."""
        models = self.catalogue.of_task("coverage")
        return [
            path
            for model, dataset in product(models, self.scored)
            for path in (ensemble_table(model, dataset), *precomputed(model, dataset))
        ]

    @property
    def scored(self) -> list[str]:
        """Datasets whose variants are all scored: a screened one is only where it is mapped too."""
        screened = self.catalogue.config["regions"]["screens"]
        return [n for n, row in self.rows.items() if n not in screened or row.maps == "yes"]

    @property
    def track_groups(self) -> dict[str, str]:
        """Params: groups of tracks, name to regular expression; an empty name has no group."""
        groups: dict[str, str] = self.catalogue.config["regions"]["track_groups"]
        return groups or {"": self.catalogue.config["report"]["tracks"]}

    def genome_index(self, job: OfDataset) -> str:
        """Input: lengths of the contigs of a dataset's genome."""
        return genome_of(self.rows[job.dataset].assembly)["index"]

    def files(self, job: OfDataset) -> dict[str, Any]:
        """Input: the genome, and what says where the regions are."""
        row, given = self.rows[job.dataset], self.catalogue.given
        genome = genome_of(row.assembly)
        files: dict[str, Any] = {**genome, "index": [genome["index"], f"{genome['genome']}.gzi"]}
        files |= self.catalogue.aliases_of(row.assembly)
        if row.path in UTR3:
            files["annotation"] = given(self.catalogue.assemblies[row.assembly].annotation)
            return files | ({"genes": given(row.genes)} if self._is_file(row.genes) else {})
        if row.flank_bp is None:
            return files | {"bed": given(row.path)}
        models = self.catalogue.of_task("coverage") if row.top else []
        ranked = [f"results/report/{model}/{row.path}.ranked.parquet" for model in models]
        return files | {"variants": f"results/variants/{row.path}.parquet", "ranked": ranked}

    def options(self, job: OfDataset) -> dict[str, Any]:
        """Params: which regions, and which of their variants."""
        row = self.rows[job.dataset]
        options: dict[str, Any] = {
            "deletions_bp": row.deletions_bp, "insertions_bp": row.insertions_bp
        }  # fmt: skip
        if row.path in UTR3:
            names = [] if self._is_file(row.genes) else row.genes.split(",")
            genes = [name.strip() for name in names if name.strip()]
            return {**options, "selection": row.path, "genes": genes}
        around = {"flank_bp": row.flank_bp, "top": row.top}
        return {**options, **{name: value for name, value in around.items() if value is not None}}

    def facts(self, job: OfDataset) -> dict[str, str]:
        """Params: what a table of variants says of itself."""
        return {"dataset": job.dataset, "assembly": self.rows[job.dataset].assembly}

    def _is_file(self, genes: str) -> bool:
        """Whether the cell names a file of genes: a source, or a path."""
        return genes in self.catalogue.sources or "/" in genes or Path(genes).is_file()

    def _mistake(self, row: RegionSet) -> str | None:
        """Column of a row and what is wrong in it; None if nothing is."""
        variants = row.path in self.catalogue.of_kind("variants")
        if row.genes and row.path not in UTR3:
            return f"genes: {row.genes!r}; only path {' or '.join(UTR3)} uses it. Leave it empty"
        if not variants:
            for name in ("flank_bp", "top"):
                if getattr(row, name) is not None:
                    return (
                        f"{name}: {getattr(row, name)}; only regions around variants use it, whose "
                        "path is the name of a dataset of kind variants. Leave it empty"
                    )
            return None
        if row.flank_bp is None:
            return (
                f"flank_bp: the cell is empty; path is {row.path}, a dataset of kind variants: "
                "expected the number of bases on both sides of each that belong to its region"
            )
        other = self.catalogue.datasets[row.path].assembly
        if other != row.assembly:
            return f"path: the variants {row.path} are on {other}; expected {row.assembly}"
        if row.top and not self.catalogue.of_task("coverage"):
            return f"top: {row.top}; there is no coverage model that ranks {row.path}"
        return None
