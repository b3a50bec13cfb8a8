"""Signed effects of eQTLs, tissue by tissue: ``borzoi_gtex_coef_sed.py`` of calico/borzoi.

The score of a variant and gene is the arcsinh of the mean over the tracks of a tissue. Four numbers
for each tissue: Spearman and Pearson with the coefficients, AUROC of their sign, and AUROC of
positives against negatives by the largest magnitude over genes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.bootstrap import Estimate, Resampling
from seqcast.evaluation.metrics.correlations import varying
from seqcast.evaluation.metrics.regression import Column
from seqcast.evaluation.variants.discrimination import (
    Difference,
    Rates,
    Resampled,
    Row,
    Scores,
    both_classes,
    difference_rows,
    not_scored_row,
    numbers_of,
    pairs_of,
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
    baselines: Sequence[Scores] = (),
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
    baselines : sequence of Scores
        Of rows of `labelled`, without a direction: they take part in the AUROC of classes alone.

    Returns
    -------
    DataFrame
        See `results_table`; parts are tissues, or "all". `METRICS` with 95 % intervals; ``n`` are
        variants with an effect, of `CLASS` positives and negatives. ``not_scored`` counts the
        positives without a number. Then the differences of models from each other and from
        baselines, on the variants that both score. With several tissues the means of their values
        follow; ``n`` are tissues.
    list of Scores
        The signed scores of each method, in rows of `labelled`: of the allele that the effect is
        not relative to.
    """
    rows: list[Row] = []
    if original:
        labelled = labelled.with_columns(usable=pl.lit(SCORED))
    signed = {one.method: _nothing(one, len(labelled)) for one in methods}
    for tissue in labelled["group"].unique(maintain_order=True).to_list():
        here = labelled["group"].eq_missing(tissue).to_numpy()
        part = labelled.filter(here)
        found = []
        for one in methods:
            at = selected[one.method] if tissue is None else tissue_tracks(one.tracks, tissue)
            scores = _in_tissue(part, one, at, genes, original)
            found.append(scores)
            signed[one.method].values[here] = scores.signed.values
            signed[one.method].status[here] = scores.signed.status
        found += [_without_direction(one, here) for one in baselines]
        rows += _of_part(part, found, tissue or ALL, how, least)
    return results_table([*rows, *_means(rows)]), [*signed.values(), *baselines]


class Directed(NamedTuple):
    """Scores of a tissue's variants: signed, of their gene; and the largest magnitude of any."""

    signed: Scores
    largest: Scores


def _nothing(method: TrackScores, rows: int, status: str = "") -> Scores:
    nothing = np.full(rows, np.nan), np.full(rows, status, dtype=object)
    return Scores(method.method, *nothing, method.is_model)


def _without_direction(scores: Scores, here: np.ndarray) -> Directed:
    """A baseline in a tissue."""
    values, status = scores.values[here], scores.status[here]
    lacking = np.where(status == SCORED, "no_direction", status)
    nothing = Scores(scores.method, np.full(len(values), np.nan), lacking, scores.is_model)
    return Directed(nothing, Scores(scores.method, values, status, scores.is_model))


def _in_tissue(
    part: pl.DataFrame, method: TrackScores, at: np.ndarray, genes: str, original: bool
) -> Directed:
    """Scores of a method in a tissue."""
    if not len(at):
        nothing = _nothing(method, len(part), "no_track")
        return Directed(nothing, nothing)
    score = np.arcsinh(method.values[:, at].mean(axis=1)).astype(np.float64)
    scores = method.rows.with_columns(score=pl.Series(score))
    signed = _joined(part, scores, method, genes)
    if original:
        signed.values[np.isin(signed.status, LACKING)] = 0
    signed.values[part["turned"].to_numpy()] *= -1
    sizes = scores.with_columns(pl.col("score").abs())
    return Directed(signed, _joined(part, sizes, method, "max"))


def _joined(part: pl.DataFrame, scores: pl.DataFrame, method: TrackScores, genes: str) -> Scores:
    """`join_scores` of a method."""
    joined = join_scores(part, scores, genes)
    values = joined["score"].fill_null(np.nan).to_numpy().copy()
    status = joined["status"].to_numpy().astype(object)
    return Scores(method.method, values, status, method.is_model)


def _of_part(
    part: pl.DataFrame, methods: Sequence[Directed], name: str, how: Resampling, least: int
) -> Iterator[Row]:
    """Rows of a tissue."""
    positive = (part["label"] == 1).fill_null(False).to_numpy()
    effects = part["effect"].fill_null(np.nan).to_numpy()
    measured = positive & ~np.isnan(effects)
    labels = positive.astype(np.int64)
    of_genes = numbers_of(part.select(pl.coalesce("gene", "variant")).to_series().to_list())
    of_effects = Resampled(lambda used: _effect_rates(effects[used]), of_genes, how)
    of_classes = Resampled(lambda used: _class_rates(labels[used]), np.arange(len(part)), how)
    for signed, largest in methods:
        used = measured & signed.scored
        yield from _agreement(signed, effects, used, name, of_effects, least)
        yield from _classes(largest, labels, name, of_classes)
        left_out = reasons(signed, positive, used, NO_EFFECT)
        yield not_scored_row(signed.method, name, left_out, int(positive.sum()))
    differences: list[Difference] = []
    of_signed = pairs_of([one.signed for one in methods])
    of_largest = pairs_of([one.largest for one in methods])
    for (a, b), (size_a, size_b) in zip(of_signed, of_largest, strict=True):
        used = measured & a.scored & b.scored
        if not _undefined((a, b), effects, used, least):
            differences.append(of_effects.difference(a, b, used, int(used.sum())))
        used = size_a.scored & size_b.scored
        if both_classes(labels[used]):
            differences.append(of_classes.difference(size_a, size_b, used, int(used.sum())))
    yield from difference_rows(differences, name)


def _effect_rates(effects: np.ndarray) -> Rates:
    """Correlations and the AUROC of the sign."""
    sign = (effects > 0).astype(np.int64)

    def rates(scores: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
        column = Column.of(effects, scores).estimates(counts)
        auc = rates_of(sign, scores, counts)["roc_auc"]
        return {**{name: column[name] for name in CORRELATIONS}, SIGN: auc}

    return rates


def _class_rates(labels: np.ndarray) -> Rates:
    """AUROC of positives against negatives."""
    return lambda scores, counts: {CLASS: rates_of(labels, scores, counts)["roc_auc"]}


def _undefined(methods: Sequence[Scores], effects: np.ndarray, used: np.ndarray, least: int) -> str:
    """Why there is no correlation with the effects that are used; empty if there is one."""
    if (n := int(used.sum())) <= least:
        return f"{n} variants have an effect and a score; more than {least} are needed"
    if not varying(effects[used]) or not all(varying(one.values[used]) for one in methods):
        return "the effects or the scores are constant"
    return ""


def _agreement(
    scores: Scores, effects: np.ndarray, used: np.ndarray, part: str, resampled: Resampled,
    least: int,
) -> Iterator[Row]:  # fmt: skip
    """Correlations and the AUROC of the sign of a method."""
    n = int(used.sum())
    if why := _undefined([scores], effects, used, least):
        for metric in (*CORRELATIONS, SIGN):
            yield Row(scores.method, part, metric, Estimate(), n, why)
        return
    for metric, drawn in resampled.of(scores, used).items():
        yield Row(scores.method, part, metric, drawn.estimate, n)


def _classes(scores: Scores, labels: np.ndarray, part: str, resampled: Resampled) -> Iterator[Row]:
    """AUROC of positives against negatives of a method."""
    y, n = labels[scores.scored], int(scores.scored.sum())
    if both_classes(y):
        estimate = resampled.of(scores, scores.scored)[CLASS].estimate
        yield Row(scores.method, part, CLASS, estimate, n)
        return
    told = f"{int(y.sum())} positives and {n - int(y.sum())} negatives are scored"
    yield Row(scores.method, part, CLASS, Estimate(), n, told)


def _means(rows: Sequence[Row]) -> Iterator[Row]:
    """Means over tissues, if there are several."""
    values: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        if row.metric in METRICS and row.part != ALL and row.estimate.value is not None:
            values.setdefault((row.method, row.metric), []).append(row.estimate.value)
    tissues = Counter(row.part for row in rows)
    for (method, metric), found in values.items() if len(tissues) > 1 else ():
        yield Row(method, MEAN, metric, Estimate(float(np.mean(found))), len(found), "tissues")
