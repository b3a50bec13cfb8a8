"""What a model says of single variants, in words.

A sentence on the gene that changes most, then what stands behind it, a line each: the number with
its unit, the levels of both alleles, the folds, the strongest tracks, other genes, and what speaks
against taking it at its word.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.core.store import array_values
from seqcast.genome.annotation import Gene
from seqcast.genome.variants import REASONS
from seqcast.predict.nulls.percentiles import in_words, number_name
from seqcast.predict.variants.effect_intervals import Certainty
from seqcast.predict.variants.ranking import LEVELS, reduce_score

SHOWN_TRACKS, SHOWN_GENES = 3, 3
FAR_BP = 10_000  # from the nearest exon: what regulates from there is predicted less well
LEAST_COVERAGE = 1.0  # of both alleles, where the pseudocount of logSED decides
INDENT = 14


class Scored(NamedTuple):
    """Scores that answers are read from.

    Attributes
    ----------
    table : DataFrame
        Gene table over folds (`ensemble.average_scores`), of the tracks that count.
    folds : sequence of DataFrame
        The same rows of each fold.
    tracks : DataFrame
        Of these scores.
    tracks_in_words : str
        As `ranking.describe_tracks` says them.
    score : str
    checked : DataFrame
        Variants as `variants.check_variants` returns them.
    genes : mapping of (str, str) to Gene
        By contig and gene_id.
    tracks_like : str, optional
        Regular expression that selected the tracks.
    certainty : Certainty
        Of the model.
    """

    table: pl.DataFrame
    folds: Sequence[pl.DataFrame]
    tracks: pl.DataFrame
    tracks_in_words: str
    score: str
    checked: pl.DataFrame
    genes: Mapping[tuple[str, str], Gene]
    tracks_like: str | None = None
    certainty: Certainty = Certainty(0)


def answer(scored: Scored, row: int, notes: Sequence[str] = ()) -> list[str]:
    """Lines that say what a variant does.

    Parameters
    ----------
    scored : Scored
    row : int
        Of the variant.
    notes : sequence of str
        What else to know, such as of the model.
    """
    variant = scored.checked.row(row, named=True)
    at = scored.table.with_row_index("_at").filter(pl.col("row") == row)["_at"].to_numpy()
    effects = reduce_score(scored.table[at], scored.score)
    status = scored.table["status"][int(at[0])]
    if effects["mean"].null_count() == len(effects):
        return [f"{_name(variant)}: not scored ({status}): {_reason(variant, status)}"]
    order = np.argsort(-effects["mean_abs"].fill_null(-1.0).to_numpy(), kind="stable")
    best = int(at[order[0]])
    lines = [_sentence(scored, variant, best)]
    others = [int(at[i]) for i in order[1:] if effects["mean"][int(i)] is not None]
    for label, said in _details(scored, variant, best, others):
        lines += [
            f"  {label:<{INDENT - 2}}{said[0]}",
            *(f"{'':{INDENT}}{more}" for more in said[1:]),
        ]
    told = [*_caveats(scored, variant, best), *notes]
    return lines + [f"  {'note':<{INDENT - 2}}{one}" for one in told]


def _name(variant: Mapping[str, Any]) -> str:
    """As people write it, with its ID if it has one of its own."""
    chrom, pos, ref, alt = (variant[name] for name in ("chrom", "pos", "ref", "alt"))
    place = f"{chrom}:{pos} {_short(ref)}>{_short(alt)}"
    own = variant["variant"]
    return place if own == f"{chrom}_{pos}_{ref}_{alt}" else f"{own} ({place})"


def _short(allele: str) -> str:
    return allele if len(allele) <= 20 else f"{allele[:10]}...{allele[-4:]} ({len(allele)} bp)"


def _reason(variant: Mapping[str, Any], status: str) -> str:
    """Why there is no score, and what may help."""
    hint = ""
    if status == "ref_mismatch":
        hint = ". Is the variant of the build of this genome?"
        if "alt" in (variant["genome_carries"] or "").split(","):
            hint = ". It carries ALT: are REF and ALT exchanged (--on-ref-mismatch swap)?"
        elif "complement" in (variant["genome_carries"] or "").split(","):
            hint = ". It carries the complement of REF: are the alleles those of the other strand?"
    return f"{REASONS.get(status, status)}{hint}"


def _effect(scored: Scored, at: int) -> dict[str, Any]:
    """`reduce_score` of one row of the table."""
    return reduce_score(scored.table[[at]], scored.score).row(0, named=True)


def _gene(scored: Scored, at: int) -> str:
    """Name of the gene of a row."""
    return str(scored.table["gene_name"][at] or scored.table["gene_id"][at])


def _sentence(scored: Scored, variant: Mapping[str, Any], at: int) -> str:
    """The answer in one sentence."""
    effect, gene = _effect(scored, at)["mean"], _gene(scored, at)
    if scored.score != "logSED":
        return f"{_name(variant)}: {scored.score} of {gene} is {effect:+.4g}."
    change = 2.0**effect - 1
    if abs(change) < 0.001:
        return f"{_name(variant)} is predicted to change the RNA of {gene} by less than 0.1%."
    verb = "raise" if change > 0 else "lower"
    told = ""
    if interval := _interval(scored, at):
        ends = " to ".join(f"{2.0**end - 1:+.1%}" for end in interval[1:])
        told = f" ({interval[0]:.0%} interval of the true effect: {ends})"
    return f"{_name(variant)} is predicted to {verb} the RNA of {gene} by {abs(change):.1%}{told}."


def _interval(scored: Scored, at: int) -> tuple[float, float, float] | None:
    """Level and both ends of the interval of the true effect; None where the model has none."""
    reduced = reduce_score(scored.table[[at]], scored.score)
    found = scored.certainty.columns(reduced, scored.score, scored.tracks_like)
    low, high = found["low"][0], found["high"][0]
    if low is None or scored.certainty.intervals is None:
        return None
    return scored.certainty.intervals.level, low, high


def _details(
    scored: Scored, variant: Mapping[str, Any], at: int, others: Sequence[int]
) -> Iterator[tuple[str, list[str]]]:
    """Labels, and the lines behind each."""
    table, score = scored.table, scored.score
    effect = _effect(scored, at)
    gene = scored.genes.get((variant["contig"], table["gene_id"][at]))
    place = f"; the variant lies {_place(gene, variant['start'])[0]}" if gene else ""
    yield "gene", [f"{_gene(scored, at)} ({table['gene_id'][at]}){place}"]
    unit = " (log2 fold change of predicted exonic coverage)" if score == "logSED" else ""
    yield "effect", [f"{score} {effect['mean']:+.4f}{unit}, mean of {scored.tracks_in_words}"]
    levels = [reduce_score(table[[at]], name)["mean"][0] for name in LEVELS.values()]
    yield "coverage", ["{:.4g} with REF, {:.4g} with ALT, summed over exons".format(*levels)]
    if len(scored.folds) > 1:
        of_folds = [reduce_score(fold[[at]], score)["mean"][0] for fold in scored.folds]
        said = ", ".join(f"{value:+.4f}" for value in of_folds)
        spread = "" if effect["sd"] is None else f"; mean SD over tracks {effect['sd']:.4f}"
        yield "folds", [f"{said}{spread}"]
    if interval := _interval(scored, at):
        level, low, high = interval
        yield (
            "interval",
            [f"{low:+.4f} to {high:+.4f} held {level:.0%} of the known effects of this size"],
        )
    if place_among_nulls := _among_nulls(table.row(at, named=True), score):
        yield "nulls", [place_among_nulls]
    yield "tracks", list(_strongest_tracks(scored, at))
    if others:
        shown = [f"{_gene(scored, i)} {_effect(scored, i)['mean']:+.4f}" for i in others]
        more = f", and {len(others) - SHOWN_GENES} more" if len(others) > SHOWN_GENES else ""
        yield "other genes", [", ".join(shown[:SHOWN_GENES]) + more]


def _among_nulls(row: Mapping[str, Any], score: str) -> str:
    """How unusual the effect is among null variants; empty without any."""
    names = [
        number_name(part, score) for part in ("nulls_below", "nulls", "null_class", "percentile")
    ]
    if names[-1] not in row:
        return ""
    below, n, of_class, percentile = (row[name] for name in names)
    if percentile is None:
        return "too few to say how unusual this is"
    return f"{in_words(below, n, of_class)}, percentile {percentile:.1f}"


def _strongest_tracks(scored: Scored, at: int) -> Iterator[str]:
    """Value and description of the tracks with the largest magnitude."""
    values, _ = array_values(scored.table[[at]][scored.score])
    for track in np.argsort(-np.abs(values[0]), kind="stable")[:SHOWN_TRACKS]:
        yield f"{values[0][track]:+.4f}  {scored.tracks['description'][int(track)]}"


def _place(gene: Gene, start: int) -> tuple[str, int]:
    """Where a base lies from a gene, in words, and bp to its nearest exon."""
    distance = min(max(first - start, start - last + 1, 0) for first, last in gene.exons)
    if distance == 0:
        return "in an exon", 0
    if gene.start <= start < gene.end:
        return f"in an intron, {distance:,} bp from an exon", distance
    is_upstream = (start < gene.start) == (gene.strand == "+")
    return f"{distance:,} bp {'upstream' if is_upstream else 'downstream'} of it", distance


def _caveats(scored: Scored, variant: Mapping[str, Any], at: int) -> Iterator[str]:
    """What speaks against the number."""
    effect = _effect(scored, at)
    of_folds = [reduce_score(fold[[at]], scored.score)["mean"][0] for fold in scored.folds]
    if min(of_folds) < 0 < max(of_folds):
        yield "folds disagree about the sign"
    elif effect["sd"] is not None and abs(effect["mean"]) <= effect["sd"]:
        yield "the effect is no larger than the spread over folds"
    if len(of_folds) == 1:
        yield "one fold: how far others differ is not known"
    gene = scored.genes.get((variant["contig"], scored.table["gene_id"][at]))
    if gene and (distance := _place(gene, variant["start"])[1]) > FAR_BP:
        yield f"{distance:,} bp from the nearest exon: such effects are predicted less well"
    levels = [reduce_score(scored.table[[at]], name)["mean"][0] for name in LEVELS.values()]
    if scored.score == "logSED" and max(levels) < LEAST_COVERAGE:
        yield "hardly any coverage is predicted: logSED is near 0 whatever the variant does"
    if variant["swapped"]:
        yield "REF and ALT are exchanged in the file: the effect is that of its ALT"
