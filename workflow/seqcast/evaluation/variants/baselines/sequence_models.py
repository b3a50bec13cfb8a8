"""What composition and k-mers around variants tell of their class, learned on other chromosomes.

No row of the chromosome that is predicted is learned from, so that neither a variant nor its match,
gene or neighbour is on both sides.
"""

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from seqcast.evaluation.variants.labelled_variants import SCORED
from seqcast.genome.annotation import Gene
from seqcast.genome.fasta import Fetch
from seqcast.genome.sequence import reverse_complement
from seqcast.predict.properties import LONGEST_KMER
from seqcast.predict.properties.baselines import kmer_frequencies

FLANK_BP, FAR_BP = 50, 500  # on both sides of an edit
LONGEST_AROUND = 2  # of the k-mers of the flanks
PENALTIES = tuple(10.0**power for power in range(-1, 6))  # of the ridge, chosen in training data
FEWEST = 10  # variants of each class to learn from
TOO_FEW = "too_few_to_train"


def kmer_features(edits: pl.DataFrame, genes: Sequence[Gene | None], fetch: Fetch) -> np.ndarray:
    """k-mers that an edit adds and removes, and those around it, on the strand of its gene.

    Parameters
    ----------
    edits : DataFrame
        ``contig``, ``start``, ``end`` (0-based half-open) and ``insert``; null without one.
    genes : sequence of Gene or None
        None: the strand is +.
    fetch : callable
        As `genome.fasta.fetch_by_blocks`.

    Returns
    -------
    ndarray of float64, shape=(rows, features)
        For k of 1 to `LONGEST_KMER` the frequency of each k-mer in ALT less that in REF, of the
        bases that the longest k-mers across the edit cover; then frequencies in REF with
        `FLANK_BP` on both sides, k of 1 to `LONGEST_AROUND`. NaN without an edit.
    """

    def features(ref: str, alt: str) -> np.ndarray:
        inner = FLANK_BP - LONGEST_KMER + 1  # bases at either end that no k-mer of the edit reaches
        near = [text[inner : len(text) - inner] for text in (alt, ref)]
        changed = [_counts(near[0], k) - _counts(near[1], k) for k in range(1, LONGEST_KMER + 1)]
        around = [_counts(ref, k) for k in range(1, LONGEST_AROUND + 1)]
        return np.concatenate([*changed, *around])

    return _of_edits(edits, genes, fetch, FLANK_BP, features)


def composition_features(
    edits: pl.DataFrame, genes: Sequence[Gene | None], fetch: Fetch
) -> np.ndarray:
    """GC content, its change, the change of length, and lengths of the gene; parameters as above.

    Returns
    -------
    ndarray of float64, shape=(rows, 6)
        Fraction of G and C with `FLANK_BP` and with `FAR_BP` on both sides; G and C that ALT adds;
        log2(1 + |change of length|); log2 of the length of the gene's exons and of the gene (0
        without a gene). NaN without an edit.
    """

    def features(ref: str, alt: str) -> np.ndarray:
        cut = FAR_BP - FLANK_BP
        near = ref[cut : len(ref) - cut]
        change = _gc(alt) - _gc(ref)
        length = np.log2(1 + abs(len(alt) - len(ref)))
        return np.array([_gc(near) / len(near), _gc(ref) / len(ref), change, length])

    found = _of_edits(edits, genes, fetch, FAR_BP, features)
    lengths = [
        (np.log2(sum(end - start for start, end in gene.exons)), np.log2(gene.end - gene.start))
        if gene else (0.0, 0.0)
        for gene in genes
    ]  # fmt: skip
    return np.column_stack([found, np.array(lengths).reshape(-1, 2)])


def predicted_elsewhere(
    features: np.ndarray, labels: np.ndarray, contigs: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Ridge regression of the class, each chromosome by what was learned on the others.

    Parameters
    ----------
    features : ndarray, shape=(rows, features)
        Rows with NaN are neither learned from nor predicted.
    labels : ndarray of int, shape=(rows,)
        1, 0; -1 for rows that are not to be learned from.
    contigs : ndarray of str, shape=(rows,)

    Returns
    -------
    values : ndarray of float64, shape=(rows,)
        NaN if there is none.
    status : ndarray of str, shape=(rows,)
        "scored", or ``too_few_to_train`` where the other chromosomes have fewer than `FEWEST`
        variants of a class.
    """
    known = ~np.isnan(features).any(axis=1)
    values, status = np.full(len(labels), np.nan), np.full(len(labels), SCORED, dtype=object)
    for contig in np.unique(contigs[known]):
        here = contigs == contig
        train = known & ~here & (labels >= 0)
        if min(np.count_nonzero(labels[train] == one) for one in (0, 1)) < FEWEST:
            status[here] = TOO_FEW
            continue
        wanted = here & known
        values[wanted] = _ridge(features[train], 2.0 * labels[train] - 1, features[wanted])
    return values, status


def _ridge(features: np.ndarray, truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Predictions by ridge regression on standardised features.

    The penalty is the one of `PENALTIES` with the least squared error of rows left out one by one,
    which the singular values give without fitting again. As scikit-learn's RidgeCV behind a
    StandardScaler; that takes 2.4 s of CPU to import, this 30 ms in all for the demo.
    """
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    # rounding leaves a constant column a deviation of about 1e-16 of its size
    varying = deviation > 1e-12 * np.maximum(1.0, np.abs(mean))
    scaled, wanted = (
        (rows[:, varying] - mean[varying]) / deviation[varying] for rows in (features, predicted)
    )
    rows, strength, axes = np.linalg.svd(scaled, full_matrices=False)
    onto = rows.T @ (truth - truth.mean())
    shrunk = np.array([strength**2 / (strength**2 + penalty) for penalty in PENALTIES])
    leverage = shrunk @ rows.T**2 + 1 / len(truth)  # (penalties, rows); the mean has its share
    errors = (truth - truth.mean() - (shrunk * onto) @ rows.T) / (1 - leverage)
    best = int((errors**2).mean(axis=1).argmin())
    weights = axes.T @ (strength / (strength**2 + PENALTIES[best]) * onto)
    return wanted @ weights + truth.mean()


def _of_edits(
    edits: pl.DataFrame, genes: Sequence[Gene | None], fetch: Fetch, flank_bp: int,
    features: Callable[[str, str], np.ndarray],
) -> np.ndarray:  # fmt: skip
    """Features of both alleles with flanks, on the strand of the gene; NaN without an edit."""
    found: list[np.ndarray | None] = []
    columns = edits.select("contig", "start", "end", "insert").iter_rows()
    for (contig, start, end, insert), gene in zip(columns, genes, strict=True):
        if start is None:
            found.append(None)
            continue
        left, right = fetch(contig, start - flank_bp, start), fetch(contig, end, end + flank_bp)
        alleles = [left + fetch(contig, start, end) + right, left + insert + right]
        if gene is not None and gene.strand == "-":
            alleles = [reverse_complement(text) for text in alleles]
        found.append(features(*alleles))
    width = next((len(one) for one in found if one is not None), 1)
    nothing = np.full(width, np.nan)
    return np.array([nothing if one is None else one for one in found]).reshape(-1, width)


def _counts(text: str, k: int) -> np.ndarray:
    return kmer_frequencies(text.replace("T", "U"), k)


def _gc(text: str) -> int:
    return text.count("G") + text.count("C")
