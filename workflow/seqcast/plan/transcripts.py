"""Sets of mRNAs: where they come from, their embeddings, and the variants scored in them."""

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

from seqcast.core.errors import InputError
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.regions import KIND as REGIONS
from seqcast.plan.rows import NULLS, genome_of
from seqcast.plan.wildcards import OfDataset, OfModel, OfModelAndDataset
from seqcast.transcripts import SELECTIONS

KINDS = ("transcripts", "mrna")
# Keys of the config's embeddings that change no score of a variant.
ONLY_TABLES = {"pooling", "regions", "layers", "per_nucleotide", "batch_tokens"}
ONLY_FILES = {"per_nucleotide", "batch_tokens"}  # those that change no table of embeddings


@dataclass(frozen=True, eq=False)
class Transcripts:
    """Datasets of mRNAs, and what the jobs of embedding models take.

    Raises
    ------
    InputError
        If a dataset's path is no selection, source or file; variants name transcripts that are not
        on their assembly, or do not say which of several; or alleles would be pooled by their set.
    """

    catalogue: Catalogue

    def __post_init__(self) -> None:
        for name in self.catalogue.of_kind("transcripts"):
            self._check_selection(name)
        pooled = self.catalogue.config["embeddings"]["compat"] == "helical_pooling"
        if self.scored_in and pooled:
            raise InputError(
                "config: embeddings.compat is helical_pooling: it pools an mRNA by the longest of "
                f"its set, so that REF and ALT of {next(iter(self.scored_in))} cannot be compared. "
                "Set it to null, or take the variants out of the table of datasets"
            )

    @property
    def _variants(self) -> list[str]:
        """Sets of variants that embedding models score, if there are transcripts for them."""
        models = self.catalogue.of_task("embedding")
        return self.catalogue.of_kind("variants", NULLS, REGIONS) if models else []

    @cached_property
    def scored_in(self) -> dict[str, str]:
        """Set of variants that embedding models score to the transcripts that it is scored in."""
        found = {name: self._transcripts_of(name) for name in self._variants}
        return {name: chosen for name, chosen in found.items() if chosen}

    @property
    def warnings(self) -> list[str]:
        """What a user should know: sets of variants that no transcripts are there for."""
        datasets = self.catalogue.datasets
        return [
            f"{datasets.path}: the variants {name} are not scored on mRNAs: no dataset of kind "
            f"transcripts is on assembly {datasets[name].assembly}"
            for name in self._variants
            if name not in self.scored_in
        ]

    @property
    def names(self) -> list[str]:
        """Datasets of mRNAs, in the order of the table."""
        return self.catalogue.of_kind(*KINDS)

    @property
    def tables(self) -> list[str]:
        """Tables of embeddings: of every model, dataset and fold."""
        return [
            embeddings_table(model, dataset, fold)
            for model in self.catalogue.of_task("embedding")
            for dataset in self.names
            for fold in self.catalogue.folds_of(model)
        ]

    @property
    def targets(self) -> list[str]:
        """Embeddings and their pages, scores of variants, and models next to each other."""
        models = self.catalogue.of_task("embedding")
        figures = [f"{m}/{d}.embeddings.png" for m, d in product(models, self.names)]
        pages = ["embeddings.html"] * bool(self.tables) + figures
        exports = ["parquet"] + ["tsv.gz"] * ("tsv" in self.catalogue.config["exports"])
        scores = [
            f"results/variant_effects/{model}/{dataset}.ensemble.{file}"
            for model, dataset, file in product(models, self.scored_in, exports)
        ]
        comparisons = [
            f"results/report/{dataset}.comparison.{file}"
            for dataset, file in product(self.compared, ["tsv", "html", "png"])
        ]
        return [*self.tables, *[f"results/report/{page}" for page in pages], *scores, *comparisons]

    @property
    def compared(self) -> list[str]:
        """Sets that coverage models score too; all variants of regions are no set to rank."""
        variants = self.catalogue.of_kind("variants") if self.catalogue.of_task("coverage") else []
        return [name for name in variants if name in self.scored_in]

    def files(self, job: OfDataset) -> dict[str, Any]:
        """Where the mRNAs of a dataset come from: its file, or the annotation of its assembly."""
        row, given = self.catalogue.datasets[job.dataset], self.catalogue.given
        joined = {"labels": row.labels, "families": row.families}
        files: dict[str, Any] = self.catalogue.given_files(joined)
        if row.kind == "mrna":
            return files | {"sequences": given(row.path)}
        files |= {"annotation": given(self.catalogue.assemblies[row.assembly].annotation)}
        files |= self.catalogue.aliases_of(row.assembly)
        genome = genome_of(row.assembly)
        files |= {**genome, "index": [genome["index"], f"{genome['genome']}.gzi"]}
        return files | ({} if row.path in SELECTIONS else {"ids": given(row.path)})

    def options(self, job: OfDataset) -> dict[str, str]:
        """Which transcripts, and where the CDS of sequences is."""
        row = self.catalogue.datasets[job.dataset]
        if row.kind == "mrna":
            return {"cds": row.cds}
        return {"selection": row.path if row.path in SELECTIONS else ""}

    def facts(self, job: OfDataset) -> dict[str, str]:
        """What a table of mRNAs says of itself."""
        assembly = self.catalogue.datasets[job.dataset].assembly
        return {"dataset": job.dataset, "assembly": assembly}

    def scored_transcripts(self, job: OfDataset) -> str:
        """The table of transcripts that a dataset of variants is scored in."""
        return transcripts_table(self.scored_in[job.dataset])

    def first_fold(self, job: OfModel) -> str:
        """The fold of a model whose embeddings are drawn."""
        return self.catalogue.folds_of(job.model)[0]

    def first_table(self, job: OfModelAndDataset) -> str:
        """Embeddings of the `first_fold`."""
        return embeddings_table(job.model, job.dataset, self.first_fold(job))

    @property
    def table_options(self) -> dict[str, Any]:
        """What decides the tables of embeddings."""
        options = self.catalogue.config["embeddings"]
        return {key: value for key, value in options.items() if key not in ONLY_FILES}

    @property
    def allele_options(self) -> dict[str, Any]:
        """What decides the scores of variants; keys that only embeddings follow rerun none."""
        options = self.catalogue.config["embeddings"]
        return {key: value for key, value in options.items() if key not in ONLY_TABLES}

    @property
    def nucleotide_features(self) -> list[str]:
        """A second file of embeddings, where it is asked for."""
        asked = self.catalogue.config["embeddings"]["per_nucleotide"]
        return ["results/embeddings/{model}/{dataset}.fold{fold}.zarr"] * asked

    def _check_selection(self, name: str) -> None:
        """Stop at transcripts whose path is no selection, source or file."""
        chosen = self.catalogue.datasets[name].path
        known = (
            chosen in SELECTIONS
            or chosen in self.catalogue.sources
            or chosen.startswith("results/")
        )
        if not (known or Path(chosen).is_file()):
            raise InputError(
                f"{self.catalogue.path_of('datasets')}: dataset {name}: path is {chosen}; expected "
                f"{', '.join(SELECTIONS)}, or a file of ids of transcripts, one per line"
            )

    def _transcripts_of(self, dataset: str) -> str | None:
        """The transcripts that a set of variants is scored in; None if there are none."""
        row = self.catalogue.datasets[dataset]
        where = f"{self.catalogue.path_of('datasets')}: dataset {dataset}"
        transcripts = self.catalogue.of_kind("transcripts")
        known = [
            name for name in transcripts if self.catalogue.datasets[name].assembly == row.assembly
        ]
        if row.transcripts and row.transcripts not in known:
            raise InputError(
                f"{where}: transcripts is {row.transcripts}; expected a dataset of kind "
                f"transcripts on {row.assembly}: {', '.join(known) or 'there is none'}"
            )
        if len(known) > 1 and not row.transcripts:
            raise InputError(
                f"{where}: {', '.join(known)} are transcripts of {row.assembly}; name one of them "
                "in the column transcripts"
            )
        return row.transcripts or next(iter(known), None)


def transcripts_table(dataset: str) -> str:
    """The table of a dataset's mRNAs."""
    return f"results/transcripts/{dataset}.parquet"


def embeddings_table(model: str, dataset: str, fold: str) -> str:
    """The table of embeddings of one fold."""
    return f"results/embeddings/{model}/{dataset}.fold{fold}.parquet"
