"""Effects of variants on the coverage that models predict, and the report of them."""

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from seqcast.core.errors import InputError
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.rows import NULLS, genes_of
from seqcast.plan.tracks import check_pattern, may_have_decay
from seqcast.plan.wildcards import OfDataset, OfFoldAndDataset, OfModel, OfModelAndDataset

EXPORTS = {"sed_h5": "sed.h5", "scores_h5": "scores.h5", "vcf": "vcf.gz", "tsv": "tsv.gz"}
LEVELS = ("", "window.")  # of genes, and of windows
SITES = "polya_sites"  # a file, and no option


def ensemble_table(model: str, dataset: str) -> str:
    """The table of scores of a dataset, mean of the folds of a model."""
    return f"results/variant_effects/{model}/{dataset}.ensemble.parquet"


def fold_table(model: str, dataset: str, fold: str, level: str = "") -> str:
    """The table of scores of one fold, of genes or of another of the `LEVELS`."""
    return f"results/variant_effects/{model}/{dataset}.{level}fold{fold}.parquet"


def haplotype_table(model: str, dataset: str) -> str:
    """Effects of haplotypes next to the sums of those of their variants."""
    return f"results/variant_effects/{model}/{dataset}.haplotypes.tsv"


def half_life_table(model: str, dataset: str) -> str:
    """Half-lives of the genes of both alleles, and their change."""
    return f"results/variant_effects/{model}/{dataset}.half_lives.parquet"


def sets_table(model: str, dataset: str) -> str:
    """The strongest variant of each set of a dataset."""
    return f"results/variant_effects/{model}/{dataset}.sets.tsv"


def window_modes_table(model: str, dataset: str) -> str:
    """How much scores of a dataset depend on where windows lie."""
    return f"results/variant_effects/{model}/{dataset}.window_modes.tsv"


def tracks_table(model: str) -> str:
    """Which track each position of a model's scores is."""
    return f"results/variant_effects/{model}/tracks.parquet"


@dataclass(frozen=True)
class VariantEffects:
    """Datasets of variants, and what the jobs that score, export and plot them take.

    Raises
    ------
    InputError
        If no track of a model has a description that fits ``report.tracks``, poly(A) sites are
        given for datasets of several assemblies, or modes of windows cannot be compared.
    """

    catalogue: Catalogue

    def __post_init__(self) -> None:
        pattern = self.catalogue.config["report"]["tracks"]
        for model in self.models if self.datasets and pattern else ():
            table = self.catalogue.located(self.catalogue.models[model].tracks)
            check_pattern("config: report.tracks", pattern, table)
        options = self.catalogue.config["variant_effects"]
        if "scores_h5" in self.catalogue.config["exports"] and not options["window_scores"]:
            raise InputError(
                "config: exports has scores_h5, a file of window scores, and "
                "variant_effects.window_scores is empty; leave scores_h5 out, or name scores"
            )
        if options[SITES] and len(self.assemblies) > 1:
            raise InputError(
                f"config: variant_effects.polya_sites has the sites of one assembly, and datasets "
                f"of variants are on {', '.join(self.assemblies)}; run each assembly for itself"
            )
        self._check_window_modes(options["compat"])

    def _check_window_modes(self, compat: str | None) -> None:
        asked = self.catalogue.config["report"]["window_modes"]
        if unknown := [name for name in asked if name not in self.datasets]:
            raise InputError(
                f"config: report.window_modes: {unknown[0]!r} is no dataset of kind variants of "
                f"{self.catalogue.datasets.path}; it has {', '.join(self.datasets) or 'none'}"
            )
        if asked and compat:
            raise InputError(
                f"config: report.window_modes compares with window: shared, and compat: {compat} "
                "has windows of its own; leave one of the two out"
            )

    @property
    def models(self) -> list[str]:
        """Models of coverage, which score every dataset."""
        return self.catalogue.of_task("coverage")

    @property
    def datasets(self) -> list[str]:
        """Datasets of variants, in the order of the table."""
        return self.catalogue.of_kind("variants")

    @property
    def phased(self) -> list[str]:
        """Datasets of which haplotypes are scored in addition to the variants."""
        rows = self.catalogue.datasets
        return [name for name in self.datasets if rows[name].haplotypes == "phased"]

    @property
    def with_sets(self) -> list[str]:
        """Datasets whose variants belong to sets."""
        return [name for name in self.datasets if self.catalogue.datasets[name].sets]

    def set_key(self, job: OfDataset) -> str:
        """Params: what the file of a dataset calls the set of a variant."""
        return self.catalogue.datasets[job.dataset].sets

    def set_files(self, job: OfDataset) -> dict[str, str]:
        """Input: the file of a dataset, and the one that says what its variants are, if any."""
        row = self.catalogue.datasets[job.dataset]
        return self.catalogue.given_files({"variants": row.path, "labels": row.labels})

    def ranked_sets(self, job: OfModelAndDataset) -> list[str]:
        """Input: sets of a dataset, where its variants belong to any."""
        has_sets = job.dataset in self.with_sets
        return [sets_table(job.model, job.dataset)] if has_sets else []

    @property
    def warnings(self) -> list[str]:
        """What a user should know: haplotypes that are compared with effects in other windows."""
        if not self.phased or self.catalogue.config["variant_effects"]["window"] == "shared":
            return []
        return [
            f"{self.catalogue.datasets.path}: haplotypes of {', '.join(self.phased)} and their "
            "variants are each scored in a window of their own, which changes the differences "
            "between joint and single effects; without compat, set variant_effects.window to "
            "shared to compare them in one window"
        ]

    @property
    def assemblies(self) -> list[str]:
        """Assemblies of those datasets, each once."""
        rows = self.catalogue.datasets
        return list(dict.fromkeys(rows[name].assembly for name in self.datasets))

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every model with every dataset."""
        return list(product(self.models, self.datasets))

    @cached_property
    def models_of_decay(self) -> list[str]:
        """Models whose tracks follow the decay of RNA, or are not known yet.

        None, if the coverage of the alleles is not among the scores.
        """
        if not {"REF", "ALT"}.issubset(self.catalogue.config["variant_effects"]["gene_scores"]):
            return []
        rows = self.catalogue.models
        return [m for m in self.models if may_have_decay(self.catalogue.located(rows[m].tracks))]

    def half_lives(self, job: OfModelAndDataset) -> str | list[str]:
        """Input: changes of half-lives of a dataset, where the model may have a time course."""
        return self.half_lives_of(job.model, job.dataset)

    def half_lives_of(self, model: str, dataset: str) -> str | list[str]:
        """Changes of half-lives of a dataset, none of a model without a time course."""
        return half_life_table(model, dataset) if model in self.models_of_decay else []

    @property
    def window_modes_pairs(self) -> list[tuple[str, str]]:
        """Every model with the datasets of which both modes of windows are compared."""
        return list(product(self.models, self.catalogue.config["report"]["window_modes"]))

    @property
    def targets(self) -> list[str]:
        """Tables of the folds' mean, what they are exported to, figures and pages."""
        exports = [EXPORTS[name] for name in self.catalogue.config["exports"]]
        files = [*(f"{level}ensemble.parquet" for level in LEVELS),
                 *(f"ensemble.{suffix}" for suffix in exports)]  # fmt: skip
        made = [f"results/variant_effects/{m}/{d}.{file}" for m, d in self.pairs for file in files]
        figures = [
            f"results/report/{model}/{dataset}.{figure}"
            for model, dataset in self.pairs
            for figure in ["distribution.png", "ranked.html", "tracks"]
            + ["agreement.png"] * (len(self.catalogue.folds_of(model)) > 1)
        ]
        made += [haplotype_table(m, d) for m, d in self.pairs if d in self.phased]
        made += [half_life_table(*pair) for pair in product(self.models_of_decay, self.datasets)]
        made += [sets_table(m, d) for m, d in self.pairs if d in self.with_sets]
        return [*made, *["results/report/summary.html"] * bool(self.datasets), *figures]

    def check_options(self, job: OfDataset) -> dict[str, Any]:
        """Params: how variants are checked, and up to which span their haplotypes reach."""
        options = dict(self.catalogue.config["variants"])
        if job.dataset not in self.phased:
            del options["haplotype_span_bp"]
        return options

    def shards(self, job: OfFoldAndDataset) -> dict[str, list[str]]:
        """Input: the shards of one fold's scores, in order, of genes and of windows."""
        path = f"results/variant_effects/{job.model}/shards/{job.dataset}.fold{job.fold}"
        count = range(self.number_of_shards(job))
        return {kind: [f"{path}.{i}.{kind}.parquet" for i in count] for kind in ("gene", "window")}

    def number_of_shards(self, job: OfDataset) -> int:
        """Params: in how many jobs a dataset is scored."""
        return self.catalogue.datasets[job.dataset].shards

    def first_weights(self, job: OfModel) -> list[str]:
        """Input: the weights of the fold that is timed."""
        return self.catalogue.fold_weights(job)[:1]

    def first_scores(self, job: OfModelAndDataset) -> str:
        """Input: scores of genes of the fold whose weights are the `first_weights`."""
        return self.folds(job)[0]

    def compared_variants(self, job: OfDataset) -> int:
        """Params: how many variants are scored in both modes of windows."""
        return int(self.catalogue.config["report"]["window_modes"][job.dataset])

    def number_of_folds(self, job: OfModel) -> int:
        """Params: how many folds a model has."""
        return len(self.catalogue.folds_of(job.model))

    def folds(self, job: OfModelAndDataset) -> list[str]:
        """Input: scores of each fold, of genes or, where the job has a ``kind``, of that."""
        level, folds = getattr(job, "kind", ""), self.catalogue.folds_of(job.model)
        return [fold_table(job.model, job.dataset, fold, level) for fold in folds]

    def polya_sites(self, job: object) -> str | list[str]:
        """Input: poly(A) sites, where the config names them."""
        return self.catalogue.given_if_named(self.catalogue.config["variant_effects"][SITES])

    def score_options(self, job: OfDataset) -> dict[str, Any]:
        """Params: what decides scores.

        Nulls have those of genes alone that percentiles are of; regions as well fewer, and in
        shared windows.
        """
        config = self.catalogue.config
        options = {
            name: value for name, value in config["variant_effects"].items() if name != SITES
        }
        kind = self.catalogue.datasets[job.dataset].kind
        if kind == NULLS:
            return {**options, "gene_scores": self.null_scores, "window_scores": []}
        if kind != "regions":
            return options
        scores = dict.fromkeys([config["report"]["score"], *config["regions"]["gene_scores"]])
        window = options["window"] if options["compat"] else "shared"
        return {**options, "window": window, "gene_scores": list(scores), "window_scores": []}

    @property
    def null_scores(self) -> list[str]:
        """Gene scores that have percentiles among null variants."""
        config = self.catalogue.config
        return list(dict.fromkeys([config["report"]["score"], *config["nulls"]["scores"]]))

    @property
    def allele_options(self) -> dict[str, Any]:
        """Params: what decides the coverage that is predicted of both alleles."""
        return self.prediction_options | self.catalogue.part(
            "variant_effects", "compat", "stitch", "window"
        )

    @property
    def prediction_options(self) -> dict[str, Any]:
        """Params: what decides the coverage that a model predicts.

        Conventions of other programs change it only where clipped values stay clipped.
        """
        keys = ("reverse_complement", "shifts_bp", "unclip", "unscale", "old_transform")
        clipped = not self.catalogue.config["variant_effects"]["unclip"]
        return self.catalogue.part("variant_effects", *keys, *["compat"] * clipped)

    @property
    def report_options(self) -> dict[str, Any]:
        """Params: the score that ranks variants, and the tracks that it is averaged over."""
        return self.catalogue.part("report", "score", "tracks")

    def track_table(self, job: OfModel) -> str | list[str]:
        """Input: the table of a model's tracks; scores of mRNAs are of none."""
        of_tracks = self.catalogue.models[job.model].task == "coverage"
        return self.catalogue.tracks(job) if of_tracks else []

    def exported_tracks(self, job: OfModel) -> str:
        """Params: tracks that a table of text averages over; scores of mRNAs are of no track."""
        of_tracks = self.catalogue.models[job.model].task == "coverage"
        return self.catalogue.config["report"]["tracks"] if of_tracks else ""

    @property
    def summarised(self) -> dict[str, list[str]]:
        """Input: all that the summary of a run counts."""
        folds = self.catalogue.folds
        return {
            "checked": [f"results/variants/{dataset}.parquet" for dataset in self.datasets],
            "ensembles": [ensemble_table(*pair) for pair in self.pairs],
            "folds": [
                fold_table(model, dataset, fold)
                for (model, fold) in folds
                if model in self.models
                for dataset in self.datasets
            ],
            "annotations": [genes_of(assembly) for assembly in self.assemblies],
            "window_modes": [window_modes_table(*pair) for pair in self.window_modes_pairs],
        }

    def of_coverage(self, job: OfDataset) -> dict[str, list[str]]:
        """Input: what models of coverage say of a dataset, and their tracks."""
        return {
            "coverage": [ensemble_table(model, job.dataset) for model in self.models],
            "tracks": [tracks_table(model) for model in self.models],
        }

    def compared(self, job: OfDataset) -> dict[str, list[str]]:
        """Input: what models of coverage and of mRNAs say of a dataset."""
        of_mrnas = self.catalogue.of_task("embedding")
        return {
            **self.of_coverage(job),
            "mrna": [ensemble_table(model, job.dataset) for model in of_mrnas],
        }
