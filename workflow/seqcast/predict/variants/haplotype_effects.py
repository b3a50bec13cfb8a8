"""Effects of phased haplotypes next to the sums of the effects that their variants have alone."""

import polars as pl

from seqcast.predict.variants.ranking import reduce_score, select_tracks


def compare_haplotypes(
    scores: pl.DataFrame,
    tracks: pl.DataFrame,
    variants: pl.DataFrame,
    score: str = "logSED",
    tracks_like: str | None = None,
) -> pl.DataFrame:
    """Compare the joint effect of each haplotype and gene with the sum of single effects.

    Parameters
    ----------
    scores : DataFrame
        Gene scores of a fold or an ensemble.
    tracks : DataFrame
        Track table of those scores; ``description`` is used.
    variants : DataFrame
        The checked variants that were scored, of `haplotypes.add_haplotypes`.
    score : str
        A signed score; sums are of effects, so that those of a log score multiply fold changes.
    tracks_like : str, optional
        Regular expression on descriptions: the tracks to average over. Default: all.

    Returns
    -------
    DataFrame
        A row for each haplotype and gene of `scores`, in their order: row, variant, chrom, pos,
        ``n_members``, ``carriers`` (copies that have it), gene_id, gene_name, ``status`` of the
        haplotype, ``n_scored`` (members with a score for the gene), ``joint``,
        ``sum_of_singles`` (null unless all members have a score) and ``difference``, joint minus
        sum; ``members`` (names of the variants) and ``samples``, comma-separated.

    Raises
    ------
    InputError
        If there is no such score, or `tracks_like` matches no track.
    """
    effects = scores.select("row", "gene_id", "gene_name", "status").with_columns(
        effect=reduce_score(scores, score, select_tracks(tracks, tracks_like))["mean"]
    )
    of_haplotypes = variants.filter(pl.col("members").is_not_null()).select(
        "row", "variant", "chrom", "pos", "members", "carriers", "samples"
    )
    pairs = of_haplotypes.select("row", member="members").explode("member")
    names = pairs.join(variants.select(member="row", name="variant"), on="member", how="left")
    told = names.group_by("row").agg(
        names=pl.col("name").str.join(","), n_members=pl.len().cast(pl.Int64)
    )
    single = effects.filter(pl.col("effect").is_not_null()).select(
        "gene_id", "effect", member="row"
    )
    sums = (
        pairs.join(single, on="member")
        .group_by("row", "gene_id")
        .agg(n_scored=pl.len().cast(pl.Int64), total=pl.col("effect").sum())
    )
    joint = of_haplotypes.join(effects, on="row", maintain_order="left").join(
        told, on="row", how="left", maintain_order="left"
    )
    found = joint.join(
        sums, on=["row", "gene_id"], how="left", maintain_order="left", nulls_equal=True
    ).with_columns(pl.col("n_scored").fill_null(0))
    total = pl.when(pl.col("n_scored") == pl.col("n_members")).then("total")
    return found.select(
        "row", "variant", "chrom", "pos", "n_members", "carriers", "gene_id", "gene_name",
        "status", "n_scored", joint="effect", sum_of_singles=total,
        difference=pl.col("effect") - total, members="names",
        samples=pl.col("samples").list.join(","),
    )  # fmt: skip
