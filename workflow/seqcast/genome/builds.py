"""Whether variants are of the genome's build, and where REF does not fit, what would explain it.

`variants.check_variants` leaves in ``genome_carries`` what fits the genome at POS. Where REF does
not, four things are tried, each of which fits a wrong SNV by chance in a quarter to a third of the
rows:

==========  ===================================  ==================================================
alt         the genome carries ALT               REF and ALT are exchanged
complement  it carries the complement of REF     the alleles are those of the other strand
next        it carries REF at POS + 1            positions are 0-based
previous    it carries REF at POS - 1            positions are one too large
==========  ===================================  ==================================================

ALT of an A/T or C/G SNV is the complement of REF: such a row does not tell the first two apart.
"""

import logging

import polars as pl

from seqcast.core.errors import InputError

logger = logging.getLogger(__name__)

SET_SWAP = "set variants.on_ref_mismatch to swap"  # a remedy
# What is said of each: how it is counted, what it means, and what helps.
EXPLANATIONS = {
    "alt": (
        "carries ALT",
        "REF and ALT are exchanged (minor and major alleles, as PLINK writes them)",
        f"{SET_SWAP}, which leaves out insertions and deletions that can "
        "be read both ways, or set REF from the FASTA (plink2 --fa FASTA --ref-from-fa force)",
    ),
    "complement": (
        "the complement of REF",
        "the alleles are those of the other strand",
        "turn them (bcftools +fixref -- -f FASTA -m flip), and leave out A/T and C/G SNVs, whose "
        "strand their alleles do not tell",
    ),
    "next": ("REF at POS + 1", "positions are 0-based", "add 1 to every POS"),
    "previous": ("REF at POS - 1", "positions are one too large", "take 1 from every POS"),
}
OTHER_BUILD = (
    "Wrong build? Give the FASTA of the right assembly, or lift the variants over (bcftools "
    "+liftover)"
)
# Of fewer mismatches no explanation is named: chance explains 5 of 5 in 0.4 % of files.
NAMED_ROWS = 5
NAMED_SHARE = 0.8
# Rows below which a file does not say that ALT fits by chance, and the fraction of mismatches in
# which it must fit. Were the others errors, of which it fits a third, at most 1 in 18 rows turned
# round would be one of them: (x + u) / (x + 3 u) >= 0.9 leaves u <= 0.059 x.
EXCHANGED_ROWS = 10
EXCHANGED_SHARE = 0.9


def guard_build(checked: pl.DataFrame, min_match: float = 0.7, min_rows: int = 10) -> None:
    """Stop if so many REF alleles differ from the genome that something must be wrong with all.

    Mismatches that do not stop the run are counted in a warning, with what explains them.

    Parameters
    ----------
    checked : DataFrame
        As `variants.check_variants` returns it. Rows count if REF could be compared. A row fits if
        the genome carries its REF, or its ALT where rows are swapped and the file shows that they
        are exchanged.
    min_match : float
        Least fraction of them that must fit.
    min_rows : int
        Below this number of rows nothing is concluded.

    Raises
    ------
    InputError
        If the share is lower.
    """
    rows = checked.filter(pl.col("genome_carries").is_not_null())
    fits = pl.col("genome_carries").str.starts_with("ref") | pl.col("swapped")
    if looks_exchanged(rows):
        fits |= (pl.col("status") == "ref_alt_ambiguous") & _fits("alt")
    mismatches = rows.filter(~fits)
    n_fit = rows.height - mismatches.height
    if rows.height >= min_rows and n_fit < min_match * rows.height:
        raise InputError(
            f"REF matches the genome in {n_fit} of {rows.height} variants "
            f"({n_fit / rows.height:.0%}); expected at least {min_match:.0%}. "
            f"{explain_mismatches(mismatches) or OTHER_BUILD}. {count_mismatches(mismatches)}."
        )
    if mismatches.height >= NAMED_ROWS:
        logger.warning(
            "REF does not match the genome in %d of %d variants (%.1f%%), which are not scored. "
            "%s. %s",
            mismatches.height,
            rows.height,
            100 * mismatches.height / rows.height,
            explain_mismatches(mismatches) or "No one error explains them",
            count_mismatches(mismatches),
        )
    n_both = rows.filter((pl.col("genome_carries") == "ref,alt") & (pl.col("status") == "valid"))
    if n_both.height and _likely(mismatches) == ["alt"]:
        logger.warning(
            "%d insertions and deletions fit the genome either way and are scored as written, "
            "which is wrong where REF and ALT are exchanged",
            n_both.height,
        )


def count_mismatches(mismatches: pl.DataFrame) -> str:
    """Say in how many rows whose REF does not fit the genome carries what."""
    counts = [
        f"{counted} in {mismatches.filter(_fits(name)).height}"
        for name, (counted, _, _) in EXPLANATIONS.items()
    ]
    n_none = mismatches.filter(pl.col("genome_carries") == "").height
    return (
        f"Of the {mismatches.height} mismatches, the genome {', '.join(counts)}, none of these in "
        f"{n_none} (by chance, in a quarter to a third each)"
    )


def explain_mismatches(mismatches: pl.DataFrame) -> str:
    """Say what rows whose REF does not fit have in common and what helps; "" if nothing stands out.

    Parameters
    ----------
    mismatches : DataFrame
        Rows of `variants.check_variants` of which the genome does not carry REF.
    """
    likely = _likely(mismatches)
    if not likely:
        return ""
    meaning = ", or ".join(EXPLANATIONS[name][1] for name in likely)
    if len(likely) > 1:
        meaning += " (these rows do not tell which)"
    return f"It seems that {meaning}: {'; or '.join(EXPLANATIONS[name][2] for name in likely)}"


def looks_exchanged(checked: pl.DataFrame) -> bool:
    """Whether nothing in a file's mismatches speaks against exchanged columns.

    Parameters
    ----------
    checked : DataFrame
        As `variants.check_variants` returns it.

    Returns
    -------
    bool
        False if in ten or more rows the genome does not carry REF, and ALT (of a record's ALTs,
        one) in less than nine tenths of those that can tell.
    """
    carries = pl.col("genome_carries")
    rows = checked.with_columns(fits=_fits("alt").max().over("record")).filter(
        carries.is_not_null() & ~carries.str.starts_with("ref")
    )
    told = rows.filter(_TOLD)
    if rows.height < EXCHANGED_ROWS:
        return True
    return told.height > 0 and int(told["fits"].sum()) >= EXCHANGED_SHARE * told.height


def _likely(mismatches: pl.DataFrame) -> list[str]:
    """The explanations that fit nearly all rows, none if there are few."""
    told = mismatches.filter(_TOLD)
    judged = mismatches if told.is_empty() else told
    if judged.height < NAMED_ROWS:
        return []
    return [
        name
        for name in EXPLANATIONS
        if judged.filter(_fits(name)).height >= NAMED_SHARE * judged.height
    ]


def _fits(name: str) -> pl.Expr:
    """Whether a row is explained by one of `EXPLANATIONS`."""
    return pl.col("genome_carries").str.split(",").list.contains(name)


# The rows that are no A/T or C/G SNV of which both alleles' readings fit.
_TOLD = ~(_fits("alt") & _fits("complement"))
