"""Signed effects of eQTLs, tissue by tissue: ``borzoi_gtex_coef_sed.py`` of calico/borzoi.

The score of a variant and gene is the arcsinh of the mean over the tracks of a tissue. Four numbers
for each tissue: Spearman and Pearson with the coefficients, AUROC of their sign, and AUROC of
positives against negatives by the largest magnitude over genes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.bootstrap import Estimate, Resampling
from seqcast.evaluation.metrics.correlations import varying
from seqcast.evaluation.metrics.regression import Column
from seqcast.evaluation.variants.discrimination import (
    Row,
    Scores,
    bootstrapped,
    both_classes,
    difference_rows,
    not_scored_row,
    numbers_of,
    rates_of,
    reasons,
    results_table,
)
from seqcast.evaluation.variants.labelled_variants import ALL, SCORED, join_scores
from seqcast.evaluation.variants.method_scores import TrackScores

GTEX = "GTEX"  # in identifiers of tracks
LEAST = 32  # variants; a tissue needs more
CORRELATIONS = ("spearman", "pearson")
SIGN, CLASS = "sign_roc_auc", "class_roc_auc"
METRICS = (*CORRELATIONS, SIGN, CLASS)
NO_EFFECT = "no_label"
LACKING = ("gene_not_scored", "not_in_scores", "no_gene_named")  # 0 in the original
MEAN = "mean of tissues"
# Of a tissue of GTEx, what descriptions of its tracks contain; the others contain their own name.
KEYWORDS = {
    "Adipose_Subcutaneous": "adipose", "Adipose_Visceral_Omentum": "adipose",
    "Adrenal_Gland": "adrenal_gland", "Artery_Aorta": "blood_vessel",
    "Artery_Coronary": "blood_vessel", "Artery_Tibial": "blood_vessel",
    "Brain_Amygdala": "brain", "Brain_Anterior_cingulate_cortex_BA24": "brain",
    "Brain_Caudate_basal_ganglia": "brain", "Brain_Cerebellar_Hemisphere": "brain",
    "Brain_Cerebellum": "brain", "Brain_Cortex": "brain", "Brain_Frontal_Cortex_BA9": "brain",
    "Brain_Hippocampus": "brain", "Brain_Hypothalamus": "brain",
    "Brain_Nucleus_accumbens_basal_ganglia": "brain", "Brain_Putamen_basal_ganglia": "brain",
    "Brain_Spinal_cord_cervical_c-1": "brain", "Brain_Substantia_nigra": "brain",
    "Breast_Mammary_Tissue": "breast", "Cells_Cultured_fibroblasts": "skin",
    "Cells_EBV-transformed_lymphocytes": "blood", "Colon_Sigmoid": "colon",
    "Colon_Transverse": "colon", "Esophagus_Gastroesophageal_Junction": "esophagus",
    "Esophagus_Mucosa": "esophagus", "Esophagus_Muscularis": "esophagus",
    "Heart_Atrial_Appendage": "heart", "Heart_Left_Ventricle": "heart", "Kidney_Cortex": "kidney",
    "Liver": "liver", "Lung": "lung", "Minor_Salivary_Gland": "salivary_gland",
    "Muscle_Skeletal": "muscle", "Nerve_Tibial": "nerve", "Ovary": "ovary",
    "Pancreas": "pancreas", "Pituitary": "pituitary", "Prostate": "prostate",
    "Skin_Not_Sun_Exposed_Suprapubic": "skin", "Skin_Sun_Exposed_Lower_leg": "skin",
    "Small_Intestine_Terminal_Ileum": "small_intestine", "Spleen": "spleen",
    "Stomach": "stomach", "Testis": "testis", "Thyroid": "thyroid", "Uterus": "uterus",
    "Vagina": "vagina", "Whole_Blood": "blood",
}  # fmt: skip


def tissue_tracks(tracks: pl.DataFrame, tissue: str) -> np.ndarray:
    """Positions of the GTEx tracks of a tissue.

    Raises
    ------
    InputError
        If GTEx has no such tissue.
    """
    if (keyword := KEYWORDS.get(tissue)) is None:
        raise InputError(
            f"{tissue!r} is no tissue of GTEx; expected names such as Artery_Aorta or Whole_Blood. "
            "Correct the file, or leave the column groups of benchmarks.tsv empty."
        )
    text = tracks["description"].str
    found = tracks["identifier"].str.contains(GTEX, literal=True) & text.contains(
        keyword, literal=True
    )
    if keyword == "blood":  # which blood_vessel contains
        found &= ~text.contains("vessel", literal=True)
    return found.arg_true().to_numpy()


def coefficients(
    labelled: pl.DataFrame, methods: Sequence[TrackScores], genes: str,
    selected: Mapping[str, np.ndarray], how: Resampling, original: bool = False, least: int = LEAST,
) -> tuple[pl.DataFrame, list[Scores]]:  # fmt: skip
    """Agreement of signed scores with effects, in each tissue.

    Parameters
    ----------
    labelled : DataFrame
        See `labelled_variants.read_labelled`, with ``effect`` and ``turned``; ``group`` is the
        tissue, or null. Negatives have the label 0.
    methods : sequence of TrackScores
    genes : str
        See `Definition`.
    selected : mapping
        Method to the positions of the tracks that count if no tissue is named.
    how : Resampling
        Of the bootstrap over genes, and, for classes, over variants.
    original : bool
        A variant without a score for its gene has 0, and all rows count, as in the original.
    least : int
        A tissue with so many variants or fewer has no numbers.

    Returns
    -------
    DataFrame
        See `results_table`; parts are tissues, or "all". `METRICS` with 95 % intervals; ``n`` are
        variants with an effect, of `CLASS` positives and negatives. ``not_scored`` counts the
        positives without a number. Then the differences between each two methods on the variants
        that both score. With several tissues the means of their values follow; ``n`` are tissues.
    list of Scores
        The signed scores of each method, in rows of `labelled`: of the allele that the effect is
        not relative to.
    """
    rows: list[Row] = []
    if original:
        labelled = labelled.with_columns(usable=pl.lit(SCORED))
    signed = {one.method: _nothing(one.method, len(labelled)) for one in methods}
    for tissue in labelled["group"].unique(maintain_order=True).to_list():
        here = labelled["group"].eq_missing(tissue).to_numpy()
        part = labelled.filter(here)
        found = []
        for one in methods:
            at = selected[one.method] if tissue is None else tissue_tracks(one.tracks, tissue)
            scores = _in_tissue(part, one, at, genes, original)
            found.append(scores)
            signed[one.method].values[here] = scores[0].values
            signed[one.method].status[here] = scores[0].status
        rows += _of_part(part, found, tissue or ALL, how, least)
    return results_table([*rows, *_means(rows)]), list(signed.values())


def _nothing(method: str, rows: int) -> Scores:
    return Scores(method, np.full(rows, np.nan), np.full(rows, "", dtype=object))


def _in_tissue(
    part: pl.DataFrame, method: TrackScores, at: np.ndarray, genes: str, original: bool
) -> tuple[Scores, Scores]:
    """Scores of a tissue's variants: signed, of their gene; and the largest magnitude of any."""
    if not len(at):
        status = np.full(len(part), "no_track", dtype=object)
        nothing = Scores(method.method, np.full(len(part), np.nan), status)
        return nothing, nothing
    score = np.arcsinh(method.values[:, at].mean(axis=1)).astype(np.float64)
    scores = method.rows.with_columns(score=pl.Series(score))
    signed = _joined(part, scores, method.method, genes)
    if original:
        signed.values[np.isin(signed.status, LACKING)] = 0
    signed.values[part["turned"].to_numpy()] *= -1
    sizes = scores.with_columns(pl.col("score").abs())
    return signed, _joined(part, sizes, method.method, "max")


def _joined(part: pl.DataFrame, scores: pl.DataFrame, method: str, genes: str) -> Scores:
    """`join_scores` of a method."""
    joined = join_scores(part, scores, genes)
    values = joined["score"].fill_null(np.nan).to_numpy().copy()
    return Scores(method, values, joined["status"].to_numpy().astype(object))


def _of_part(
    part: pl.DataFrame, methods: Sequence[tuple[Scores, Scores]], name: str, how: Resampling,
    least: int,
) -> Iterator[Row]:  # fmt: skip
    """Rows of a tissue."""
    positive = (part["label"] == 1).fill_null(False).to_numpy()
    effects = part["effect"].fill_null(np.nan).to_numpy()
    measured = positive & ~np.isnan(effects)
    labels = positive.astype(np.int64)
    of_genes = numbers_of(part.select(pl.coalesce("gene", "variant")).to_series().to_list())
    for signed, largest in methods:
        used = measured & signed.scored
        yield from _agreement([signed], effects, of_genes, used, name, how, least)
        yield from _classes([largest], labels, largest.scored, name, how)
        left_out = reasons(signed, positive, used, NO_EFFECT)
        yield not_scored_row(signed.method, name, left_out, int(positive.sum()))
    for a, b in combinations(methods, 2):
        both = measured & a[0].scored & b[0].scored
        yield from _agreement([a[0], b[0]], effects, of_genes, both, name, how, least)
        either = a[1].scored & b[1].scored
        yield from _classes([a[1], b[1]], labels, either, name, how)


def _agreement(
    methods: Sequence[Scores], effects: np.ndarray, genes: np.ndarray, used: np.ndarray,
    part: str, how: Resampling, least: int,
) -> Iterator[Row]:  # fmt: skip
    """Correlations and the AUROC of the sign, of one method or the differences of two."""
    y, n = effects[used], int(used.sum())
    sign = (y > 0).astype(np.int64)
    values = {one.method: one.values[used] for one in methods}

    def rates(scores: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
        column = Column.of(y, scores).estimates(counts)
        auc = rates_of(sign, scores, counts)["roc_auc"]
        return {**{name: column[name] for name in CORRELATIONS}, SIGN: auc}

    why = ""
    if n <= least:
        why = f"{n} variants have an effect and a score; more than {least} are needed"
    elif not varying(y) or not all(varying(one) for one in values.values()):
        why = "the effects or the scores are constant"
    if not why:
        yield from _rows(bootstrapped(rates, values, numbers_of(genes[used]), how), part, n)
    elif len(methods) == 1:
        for metric in (*CORRELATIONS, SIGN):
            yield Row(methods[0].method, part, metric, Estimate(), n, why)


def _classes(
    methods: Sequence[Scores], labels: np.ndarray, used: np.ndarray, part: str, how: Resampling
) -> Iterator[Row]:
    """AUROC of positives against negatives, of one method or the difference of two."""
    y, n = labels[used], int(used.sum())
    values = {one.method: one.values[used] for one in methods}
    if both_classes(y):
        found = bootstrapped(
            lambda scores, counts: {CLASS: rates_of(y, scores, counts)["roc_auc"]},
            values, np.arange(n), how,
        )  # fmt: skip
        yield from _rows(found, part, n)
    elif len(methods) == 1:
        told = f"{int(y.sum())} positives and {n - int(y.sum())} negatives are scored"
        yield Row(methods[0].method, part, CLASS, Estimate(), n, told)


def _rows(found: Mapping[tuple[str, str], Estimate], part: str, n: int) -> Iterator[Row]:
    """Rows of one method, or of the differences of two."""
    if len({method for method, _ in found}) > 1:
        yield from difference_rows(found, part, n)
        return
    for (method, metric), value in found.items():
        yield Row(method, part, metric, value, n)


def _means(rows: Sequence[Row]) -> Iterator[Row]:
    """Means over tissues, if there are several."""
    values: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        if row.metric in METRICS and row.part != ALL and row.estimate.value is not None:
            values.setdefault((row.method, row.metric), []).append(row.estimate.value)
    tissues = Counter(row.part for row in rows)
    for (method, metric), found in values.items() if len(tissues) > 1 else ():
        yield Row(method, MEAN, metric, Estimate(float(np.mean(found))), len(found), "tissues")
