"""Results in the folders that Borzuki's published notebooks read (borzoi-paper at ec33b15)."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from seqcast.core.errors import InputError
from seqcast.plan.catalogue import Catalogue, genes_of
from seqcast.plan.coverage_accuracy import CoverageAccuracy
from seqcast.plan.oligos import Oligos, oligo_table
from seqcast.plan.tracks import known_tracks
from seqcast.plan.variant_effects import VariantEffects, fold_table, tracks_table
from seqcast.plan.wildcards import (
    OfNotebookExperiment,
    OfNotebookFolder,
    OfNotebookPlace,
    OfNotebookPlaceAndRun,
    OfNotebookRun,
    OfNotebookSet,
    OfNotebookSetAndRun,
    OfNotebookTable,
    OfNotebookText,
)

FOLDER = "results/notebooks"
RNA = "^RNA:"  # the tracks that the programs were called with
# Folder of a set of variants in a fold -> that of its VCF files.
VARIANTS = {
    "gtexg": "qtl_cat_2/eqtl3_pip70ea",
    "complex_3prime": "traitgym/complex_3prime",
    "mendelian_3prime": "traitgym/mendelian_3prime",
}
SIDES = ("pos", "neg")
OLIGOS = "mpra_siegel_beas2b_all"  # folders of oligos begin with it
CONTEXTS = ("CXCL2", "CXCL2_2", "TUBGCP3", "PPIF", "SDF4", "AGTRAP")
ALLELES = ("ref", "alt")
PLACE = re.compile(rf"({'|'.join(CONTEXTS)})(?:_shift_(-?\d+))?(?:_pad)?_({'|'.join(ALLELES)})")
# Where notebooks of models without half-lives look for the names of tracks -> those models.
NAMES_OF_BASELINES, BASELINES = "hl_clip_ft", ("baseline", "baseline_micro")
# Folder of an evaluation of genes -> the tracks that it was called with.
GENES = {
    "testg-0": RNA,
    "testg_clip_encode_k562-0": "^CLIP:.*:K562$",
    "testg_clip_encode_hepg2-0": "^CLIP:.*:HepG2$",
}
TABLES = {"acc": "acc.txt", "acc_hl": "acc_hl.txt", "gene_preds": "gene_preds.tsv",
          "gene_targets": "gene_targets.tsv", "genes": "genes.bed"}  # fmt: skip
# f0, f0c0 or 0: a fold, and with c1, c2 ... its further trainings.
FOLD = re.compile(r"f?(\d+)(?:c(\d+))?")


@dataclass(frozen=True, eq=False)
class Notebooks:
    """What the target ``notebooks`` lays out, and what its jobs take.

    Raises
    ------
    InputError
        If the section ``notebooks`` names what does not exist, or a fold of a model that is laid
        out has a name that says no number.
    """

    scored_tracks: ClassVar = RNA
    tables: ClassVar = TABLES
    fold_folder: ClassVar = f"{FOLDER}/borzuki/{{folder}}/{{run}}"
    catalogue: Catalogue
    effects: VariantEffects
    sets: Oligos
    accuracy: CoverageAccuracy

    def __post_init__(self) -> None:
        where = "config: notebooks.variants"
        for name, pair in self.variants.items():
            if name not in VARIANTS:
                raise InputError(f"{where} has {name}; expected {', '.join(VARIANTS)}")
            self.catalogue.datasets.check_names(pair, where)
            for dataset in pair:
                if dataset not in self.effects.datasets:
                    raise InputError(
                        f"{where}.{name}: dataset {dataset} is of kind "
                        f"{self.catalogue.datasets[dataset].kind}; expected variants"
                    )
        self._check_oligos("config: notebooks.oligos")
        if self.genes and self.genes not in self.accuracy.tested:
            raise InputError(
                f"config: notebooks.genes is {self.genes}; expected a training dataset with test "
                f"windows: {', '.join(self.accuracy.tested) or 'there is none'}"
            )
        _ = self.folds

    @property
    def variants(self) -> dict[str, list[str]]:
        """Folder of `VARIANTS` to its two datasets, positives first."""
        return dict(self.catalogue.config["notebooks"]["variants"])

    @property
    def oligos(self) -> dict[str, list[str]]:
        """Name of a context to its two datasets of oligos, reference oligos first."""
        return dict(self.catalogue.config["notebooks"]["oligos"])

    @property
    def genes(self) -> str:
        """Training dataset whose evaluations are laid out; empty, none."""
        return str(self.catalogue.config["notebooks"]["genes"])

    @cached_property
    def folders(self) -> dict[str, str]:
        """Folder of a model to its name."""
        return {name.removeprefix("borzuki_"): name for name in self.effects.models}

    @cached_property
    def folds(self) -> dict[tuple[str, str], tuple[str, str]]:
        """Folder of a model and of a training, such as models/f0c0, to model and fold."""
        found: dict[tuple[str, str], tuple[str, str]] = {}
        if not (self.variants or self.oligos or self.genes):
            return found
        for folder, model in self.folders.items():
            for fold in self.catalogue.folds_of(model):
                match = FOLD.fullmatch(fold)
                if not match:
                    raise InputError(
                        f"{self.catalogue.folds.path}: model {model} has a fold {fold!r}; to be "
                        "laid out for notebooks, expected a number, or f0c0, f0c1 and so on"
                    )
                again = int(match[2] or 0)
                training = f"models{f'_retry{again}' if again else ''}/f{int(match[1])}c0"
                if (folder, training) in found:
                    raise InputError(
                        f"{self.catalogue.folds.path}: folds {found[folder, training][1]} and "
                        f"{fold} of model {model} are both {training}; rename one"
                    )
                found[folder, training] = model, fold
        return found

    @cached_property
    def evaluated(self) -> list[tuple[str, str]]:
        """Folders of the models and trainings that were evaluated on genes."""
        tested = self.accuracy.tested.get(self.genes, [])
        return [place for place, pair in self.folds.items() if pair in tested]

    @property
    def targets(self) -> list[str]:
        """All files of the layout."""
        files = [
            f"{FOLDER}/data/{VARIANTS[name]}/{side}_merge.vcf"
            for name in self.variants
            for side in SIDES
        ]
        used = dict.fromkeys(folder for folder, _ in self.folds)
        files += [
            f"{FOLDER}/borzuki/{folder}/{name}"
            for folder in used
            for name in (
                "targets_human.txt",
                "targets_human_rna.txt",
                "data/hg38/targets.txt",
                *(
                    f"contexts_{context}{end}.tsv"
                    for context in self.oligos
                    for end in ("", "_with_gene")
                ),
            )
        ]
        baselines = [folder for folder in BASELINES if folder in used]
        files += [f"{FOLDER}/borzuki/{NAMES_OF_BASELINES}/targets_human.txt"] * bool(baselines)
        for folder, training in self.folds:
            place = self.fold_folder.format(folder=folder, run=training)
            sets = [f"{name}/merge_{side}" for name in self.variants for side in SIDES]
            sets += [f"{OLIGOS}_{name}" for name in self._oligo_folders]
            files += [f"{place}/{name}/sed.h5" for name in sets]
            if (folder, training) in self.evaluated:
                files += [f"{place}/{name}/{file}" for name in self.experiments(folder)
                          for file in TABLES.values()]  # fmt: skip
        return files

    @property
    def _oligo_folders(self) -> list[str]:
        """What follows `OLIGOS` in the folders of a fold; the notebooks name tracks by one more."""
        shifts = [f"_shift_{shift}" if shift else "" for shift in self.shifts_bp]
        found = [
            f"{context}{shift}_pad_{allele}"
            for context in self.oligos
            for shift in shifts
            for allele in ALLELES
        ]
        return [*found, *["CXCL2_ref"] * ("CXCL2" in self.oligos)]

    @property
    def shifts_bp(self) -> list[int]:
        """By how much windows of oligos were moved."""
        return list(self.catalogue.config["oligos"]["shifts_bp"])

    def oligo_scores(self, job: OfNotebookPlaceAndRun) -> dict[str, str]:
        """Input: scores of oligos by a fold, and its tracks."""
        model, fold = self.folds[job.folder, job.run]
        context, _, allele = self._place(job)
        dataset = self.oligos[context][ALLELES.index(allele)]
        return {"scores": oligo_table(model, dataset, f"fold{fold}"), "tracks": tracks_table(model)}

    def shift_bp(self, job: OfNotebookPlace) -> int:
        """Params: which rows of oligos a folder holds."""
        return int(self._place(job)[1] or 0)

    @staticmethod
    def _place(job: OfNotebookPlace) -> tuple[str, str | None, str]:
        """Context, shift and allele of a folder."""
        match = PLACE.fullmatch(job.place)
        if not match:
            raise InputError(f"{job.place} is no folder of oligos that the notebooks read")
        return match[1], match[2], match[3]

    def _check_oligos(self, where: str) -> None:
        """Refuse contexts that the notebooks do not name, and what is no dataset of oligos."""
        for context, pair in self.oligos.items():
            if context not in CONTEXTS:
                raise InputError(f"{where} has {context}; expected {', '.join(CONTEXTS)}")
            self.sets.rows.check_names(pair, where)

    def experiments(self, folder: str) -> list[str]:
        """Folders of `GENES` whose tracks a model has."""
        table = self.catalogue.located(self.catalogue.models[self.folders[folder]].tracks)
        tracks = known_tracks(table)
        return [
            name
            for name, pattern in GENES.items()
            if tracks is None or any(re.search(pattern, text) for text in tracks.description)
        ]

    def dataset(self, job: OfNotebookSet) -> str:
        """The dataset of a folder such as gtexg/merge_pos."""
        return self.variants[job.set][SIDES.index(job.side)]

    def scores(self, job: OfNotebookSetAndRun) -> dict[str, str]:
        """Input: scores of a fold and its tracks."""
        model, fold = self.folds[job.folder, job.run]
        return {"scores": fold_table(model, self.dataset(job), fold), "tracks": tracks_table(model)}

    def copied(self, job: OfNotebookText) -> str:
        """Input: the file that is copied: of a set of variants, or of the context of oligos."""
        *folders, name = job.text.split("/")
        if name.startswith("contexts_"):
            context = name.removeprefix("contexts_").removesuffix(".tsv").removesuffix("_with_gene")
            return self.catalogue.given(self.sets.rows[self.oligos[context][0]].contexts)
        place, side = "/".join(folders[1:]), name.split("_")[0]
        variants = next(variants for variants, folder in VARIANTS.items() if folder == place)
        row = self.catalogue.datasets[self.variants[variants][SIDES.index(side)]]
        return self.catalogue.given(row.path)

    def tracks(self, job: OfNotebookFolder) -> str:
        """Input: the targets table of a model."""
        folder = job.folder
        if folder == NAMES_OF_BASELINES and folder not in self.folders:
            folder = next(name for name in BASELINES if name in self.folders)
        return self.catalogue.given(self.catalogue.models[self.folders[folder]].tracks)

    def copied_tracks(self, job: OfNotebookTable) -> str:
        """Params: which rows of a targets table are copied; empty, all."""
        return RNA if job.table.endswith("_rna") else ""

    def gene_files(self, job: OfNotebookRun) -> dict[str, str]:
        """Input: what the evaluation of a fold wrote."""
        model, fold = self.folds[job.folder, job.run]
        kinds = self.accuracy.files("tracks", "gene_preds", "gene_targets")
        kinds["half_lives"] = f"{self.accuracy.tables}.half_lives.tsv"
        of = {"model": model, "fold": fold, "coverage_set": self.genes}
        return {kind: path.format(**of) for kind, path in kinds.items()} | {
            "annotation": genes_of(self.accuracy.sets.rows[self.genes].assembly),
            "targets": self.tracks(job),
        }

    def pattern(self, job: OfNotebookExperiment) -> str:
        """Params: which tracks an evaluation of genes is of."""
        return GENES[job.experiment]
