import numpy as np
import polars as pl
import pytest

from seqcast.datasets.variants.matching import NOT_EXPRESSED, expression_bins, match_negatives

BASES = list("ACGT")


def tables(seed, positives=40, negatives=300):
    rng = np.random.default_rng(seed)
    found = []
    for n in (positives, negatives):
        own = rng.integers(5, size=n)
        found.append(
            pl.DataFrame(
                {
                    "gene": [f"g{i}" for i in own * 3 + rng.integers(3, size=n)],
                    "ref": rng.choice(BASES, n),
                    "alt": rng.choice(BASES, n),
                    "distance_bp": rng.integers(200, size=n),
                    "own": own,
                    "lower": (own - rng.integers(2, size=n)).clip(0),
                    "upper": own + rng.integers(2, size=n),
                }
            )
        )
    return found


def plain_match(positives, negatives, same_gene, same_alleles, seed):
    """As the docstring says, row by row."""
    rng = np.random.default_rng(seed)
    order, priority = rng.permutation(len(positives)), rng.permutation(len(negatives))
    pool, chosen = dict(enumerate(negatives.rows(named=True))), [-1] * len(positives)
    for i in order:
        one = positives.row(i, named=True)
        steps = [("gene", [one["gene"]])] * same_gene
        levels = [("own", [one[name]]) for name in ("own", "lower", "upper")]
        strict = [True, False] if same_alleles else [False]
        tries = [(*s, a) for s in steps for a in strict] + [(*s, a) for a in strict for s in levels]
        for column, values, alleles in tries:
            fit = [
                (abs(row["distance_bp"] - one["distance_bp"]), priority[k], k)
                for k, row in pool.items()
                if row[column] in values
                and (not alleles or (row["ref"], row["alt"]) == (one["ref"], one["alt"]))
            ]
            if fit:
                chosen[i] = min(fit)[2]
                del pool[chosen[i]]
                break
    return chosen


@pytest.mark.parametrize("same_gene", [False, True])
@pytest.mark.parametrize("same_alleles", [False, True])
def test_choices_are_those_of_the_plain_rules(same_gene, same_alleles):
    positives, negatives = tables(1)
    found = match_negatives(positives, negatives, same_gene, same_alleles, 5)
    assert found.tolist() == plain_match(positives, negatives, same_gene, same_alleles, 5)


def test_a_negative_is_taken_once_and_none_is_left_in_the_end():
    positives, negatives = tables(2, positives=60, negatives=30)
    found = match_negatives(positives, negatives, False, True, 5)
    taken = found[found >= 0].tolist()
    assert len(set(taken)) == len(taken) <= 30
    assert (found < 0).sum() >= 30


def test_bins_are_of_equal_width_and_genes_without_expression_apart():
    tpm = np.concatenate([np.zeros(5), 2 ** np.random.default_rng(0).normal(3, 2, 4000)])
    bins = expression_bins(tpm)
    assert (bins.own[:5] == NOT_EXPRESSED).all()
    level = np.log2(tpm[5:])
    inner = (level > np.quantile(level, 0.0075)) & (level < np.quantile(level, 0.9925))
    spread = [np.ptp(level[inner & (bins.own[5:] == b)]) for b in range(bins.own.max() + 1)]
    # int() of the number of bins makes them wider than 0.4, by less than one bin in all
    assert max(spread) < 0.4 * (1 + 1 / bins.own.max())
    assert set(np.unique(bins.own[5:] - bins.lower[5:])) == {0, 1}
    assert set(np.unique(bins.upper[5:] - bins.own[5:])) == {0, 1}


def test_no_expressed_gene_has_a_bin():
    assert expression_bins(np.zeros(3)).own.tolist() == [NOT_EXPRESSED] * 3
