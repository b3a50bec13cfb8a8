"""How well coverage is predicted gene by gene, as borzoi_test_genes.py measures it.

A gene's coverage is the mean over the bins of its exons, times their length, as log2(1 + x). Three
questions: which genes are covered more than others in a track, in which tracks a gene is covered
more than in others (normalised), and where along a gene the coverage lies (within).
"""

import logging
from dataclasses import dataclass

import numpy as np
import polars as pl
import torch

from seqcast.core.errors import InputError
from seqcast.evaluation.coverage.bins import Moments
from seqcast.evaluation.coverage.gene_matrices import (
    TOLD,
    GeneMatrix,
    explained_variance,
    track_deviations,
)
from seqcast.evaluation.metrics.correlations import LEAST_ROWS, pearson
from seqcast.genome.annotation import Annotation, Gene
from seqcast.genome.gene_regions import Regions, counted_regions, region_bins
from seqcast.genome.tracks import Tracks

logger = logging.getLogger(__name__)

LEAST_VARIANCE = 1e-6  # of coverage over the bins of a gene; below it there is no shape to predict
VARIABLE_PERCENT = 80  # genes whose measured variance lies above this percentile count for "within"
VALID, OVERLAPS, NO_BINS, OUTSIDE = "valid", "overlaps_other_gene", "no_bins", "outside_windows"
CONSTANT = "constant"
GENES = {
    "gene_id": pl.String, "gene_name": pl.String, "chrom": pl.String, "strand": pl.String,
    "length_bp": pl.Int64, "shared_bp": pl.Int64, "bins": pl.Int64, "status": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class GeneOptions:
    """How genes are measured.

    Attributes
    ----------
    span : bool
        Whole genes, introns included, instead of exons.
    unclip : bool
        Invert the soft clip; the paper does not, see `Tracks.untransform`.
    old : bool
        The transform of older training data.
    compat : bool
        As borzoi_test_genes.py has it. Bases that genes share are kept; a bin in which two exons
        of a gene end counts twice; predictions are rounded to float16 and, without `unclip`,
        computed with in float32; ``pearsonr_gene`` of a track is lost if the predicted coverage of
        one of its variable genes is flat.
    """

    span: bool = False
    unclip: bool = False
    old: bool = False
    compat: bool = False


@dataclass(frozen=True)
class GeneAccuracy:
    """Genes of evaluated windows, predicted and measured.

    Attributes
    ----------
    genes : DataFrame
        `GENES`: one row per gene of the annotation, in its order. ``length_bp`` of the regions that
        count, ``shared_bp`` that are left out since they are those of another gene on its strand
        too, ``bins`` seen in windows, and a status: all its bases shared with others, shorter than
        half a bin, or outside the windows.
    predictions, targets : GeneMatrix
        log2(1 + coverage) of the valid genes, sorted by id, in the collapsed tracks.
    within : ndarray of float64, shape=(genes, tracks)
        Pearson correlation of log2(1 + coverage) over the bins of a gene; NaN where the predicted
        or the measured coverage varies by `LEAST_VARIANCE` or less.
    variance : ndarray of float64, shape=(genes, tracks)
        Of the measured coverage over the bins of a gene.
    description : ndarray of str, shape=(tracks,)
    options : GeneOptions
    """

    genes: pl.DataFrame
    predictions: GeneMatrix
    targets: GeneMatrix
    within: np.ndarray
    variance: np.ndarray
    description: np.ndarray
    options: GeneOptions

    def tracks(self) -> pl.DataFrame:
        """Agreement of predicted and measured genes, one row per track.

        Returns
        -------
        DataFrame
            identifier; pearsonr and r2 (explained variance) over genes; what of pearsonr is length,
            as longer genes have more coverage: pearsonr_density, of log2(1 + coverage per base);
            pearsonr_length, which log2(length) alone reaches; pearsonr_rolled, which predictions
            reach that are other genes' per base, times the length. pearsonr_norm and r2_norm,
            of quantile-normalised values less each gene's mean over tracks; pearsonr_gene, the mean
            of ``within`` over the genes whose variance lies above the track's percentile
            `VARIABLE_PERCENT`; description; genes (how many); status ("constant" where genes do
            not vary, predicted or measured). null where a number is not defined.
        """
        guess, truth = self.predictions.values, self.targets.values
        single = self.options.compat and not self.options.unclip
        normal_guess, normal_truth = (track_deviations(m, single) for m in (guess, truth))
        r = pearson(guess, truth)
        scores = {
            "pearsonr": r,
            "r2": explained_variance(truth, guess),
            **self._of_length(),
            "pearsonr_norm": pearson(normal_guess, normal_truth),
            "r2_norm": explained_variance(normal_truth, normal_guess),
            "pearsonr_gene": self._within_of_variable_genes(),
        }
        status = np.where(np.isnan(r), CONSTANT, VALID).tolist()
        return pl.DataFrame(
            {
                "identifier": self.targets.identifiers.tolist(),
                **{name: pl.Series(values).fill_nan(None) for name, values in scores.items()},
                "description": self.description.tolist(),
                "genes": [len(truth)] * len(r),
                "status": status,
            }
        )

    def _of_length(self) -> dict[str, np.ndarray]:
        """What is left of the agreement over genes without their length, and what length makes."""
        lengths = dict(self.genes.select("gene_id", "length_bp").iter_rows())
        length_bp = np.array([[lengths[name]] for name in self.targets.genes.tolist()], float)
        guess, truth = self.predictions.values, self.targets.values
        a_base = [(2**values - 1) / length_bp for values in (guess, truth)]
        # half the genes further, as neighbours in the table may be neighbours in the genome
        rolled = np.roll(a_base[0], len(length_bp) // 2, axis=0)
        return {
            "pearsonr_density": pearson(*(np.log2(1 + values) for values in a_base)),
            "pearsonr_length": pearson(np.broadcast_to(np.log2(length_bp), truth.shape), truth),
            "pearsonr_rolled": pearson(np.log2(1 + rolled * length_bp), truth),
        }

    def _within_of_variable_genes(self) -> np.ndarray:
        variable = self.variance > np.percentile(self.variance, VARIABLE_PERCENT, axis=0)
        if self.options.compat:
            columns = zip(self.within.T, variable.T, strict=True)
            return np.array([column[genes].mean() for column, genes in columns])
        counted = variable & ~np.isnan(self.within)
        total = np.where(counted, self.within, 0).sum(axis=0)
        with np.errstate(invalid="ignore"):
            return total / counted.sum(axis=0)


class GeneCollector:
    """Genes of windows that arrive one after the other.

    Parameters
    ----------
    annotation : Annotation
    tracks : Tracks
        Of the rows of predictions and targets.
    bin_size_bp : int
    options : GeneOptions

    Notes
    -----
    borzoi ``borzoi_test_genes.py`` at 5c93582. A gene keeps a few sums a track, not its bins. One
    id on two contigs is two genes; the second is named ``id@contig``.
    """

    def __init__(
        self, annotation: Annotation, tracks: Tracks, bin_size_bp: int,
        options: GeneOptions = GeneOptions(),
    ) -> None:  # fmt: skip
        names = tracks.identifier[tracks.collapsed]
        found, counts = np.unique(names, return_counts=True)
        if twice := found[counts > 1][:TOLD].tolist():
            raise InputError(
                f"the table of tracks names {twice} more than once; expected each identifier once, "
                "since tables of genes name their columns by it"
            )
        self.tracks, self.bin_size_bp, self.options = tracks, bin_size_bp, options
        self._all = annotation
        self._regions = counted_regions(annotation, options.span, options.compat)
        whole = counted_regions(annotation, options.span, compat=True)
        self._shared_bp = [_bases(a) - _bases(b) for a, b in zip(whole, self._regions, strict=True)]
        kept = [
            Gene(gene.gene_id, gene.gene_name, gene.chrom, gene.strand, regions)
            for gene, regions in zip(annotation.genes, self._regions, strict=True)
            if regions
        ]
        self._counted = Annotation(tuple(kept))
        numbers = [i for i, regions in enumerate(self._regions) if regions]
        self._number = dict(zip(kept, numbers, strict=True))
        self._moments: dict[int, Moments] = {}
        self._seen: dict[int, np.ndarray] = {}  # first bases of the bins of a gene
        self._met: set[int] = set()

    def add(self, chrom: str, start: int, predictions: np.ndarray, targets: np.ndarray) -> None:
        """Take in the genes of a window.

        Parameters
        ----------
        chrom : str
        start : int
            0-based, the first base of the first bin.
        predictions, targets : ndarray of float, shape=(tracks, bins)
            Before `Tracks.untransform`. A bin of a gene that an earlier window covered is not
            counted again (with `compat` it is).

        Raises
        ------
        InputError
            If a shape is not of these tracks, or a value is not finite or, untransformed, <= -1.
        """
        if predictions.shape != targets.shape or len(predictions) != len(self.tracks):
            raise InputError(
                f"window {chrom}:{start} has predictions of shape {predictions.shape} and targets "
                f"of {targets.shape}; expected both ({len(self.tracks)} tracks, bins). Give the "
                "rows of the same tracks, and only those."
            )
        end = start + predictions.shape[1] * self.bin_size_bp
        for gene in self._counted.overlapping(chrom, start, end):
            number = self._number[gene]
            self._met.add(number)
            bins = self._new_bins(number, gene, start, predictions.shape[1])
            if len(bins):
                rows = self.tracks.of_gene_strand(gene.strand)
                guess, truth = (self._coverage(x[:, bins])[rows] for x in (predictions, targets))
                if not ((guess > -1) & (truth > -1)).all():
                    raise InputError(
                        f"gene {gene.gene_id!r} in the window {chrom}:{start} has a predicted or "
                        "measured value that is no number or <= -1; expected coverage. Look at "
                        "the targets of that window."
                    )
                found = Moments.of(guess, truth)
                before = self._moments.get(number)
                self._moments[number] = found if before is None else before + found

    def result(self) -> GeneAccuracy:
        """What the windows so far say.

        Raises
        ------
        InputError
            If fewer than `LEAST_ROWS` genes have bins in the windows.
        """
        if len(self._moments) < LEAST_ROWS:
            raise InputError(
                f"{len(self._moments)} of {len(self._all.genes)} genes have bins in the windows; "
                f"expected {LEAST_ROWS} or more. Check that annotation and windows are of one "
                "assembly, or evaluate more windows."
            )
        genes = self._gene_table()
        self._tell_shared(genes)
        numbers = sorted(self._moments, key=lambda number: genes["gene_id"][number])
        collapsed = self.tracks.collapsed
        means, within, variance = [], [], []
        for number in numbers:
            found = self._moments[number]
            means.append(found.mean[:2] / self.bin_size_bp * genes["length_bp"][number])
            varies = (found.variance[:2] > LEAST_VARIANCE).all(axis=0)
            within.append(np.where(varies, found.log_correlation, np.nan))
            variance.append(found.variance[1])
        values = np.log2(1 + np.array(means))  # (genes, predicted and measured, tracks)
        names = genes["gene_id"].to_numpy().astype(str)[numbers]
        identifiers = self.tracks.identifier[collapsed]
        logger.info("%d of %d genes are valid", len(numbers), genes.height)
        return GeneAccuracy(
            genes=genes,
            predictions=GeneMatrix(names, identifiers, values[:, 0]),
            targets=GeneMatrix(names, identifiers, values[:, 1]),
            within=np.array(within),
            variance=np.array(variance),
            description=self.tracks.description[collapsed],
            options=self.options,
        )

    def _new_bins(self, number: int, gene: Gene, start: int, bins: int) -> np.ndarray:
        """Bins of a window that exons of the gene take up, and no earlier window had."""
        found = region_bins(gene.exons, start, bins, self.bin_size_bp)
        if self.options.compat:
            return found
        found = np.unique(found)
        begins = start + found * self.bin_size_bp
        if number in self._seen:
            seen = self._seen[number]
            after = np.searchsorted(seen, begins - self.bin_size_bp, side="right")
            until = np.searchsorted(seen, begins + self.bin_size_bp, side="left")
            found, begins = found[after == until], begins[after == until]
            begins = np.union1d(seen, begins)
        self._seen[number] = begins
        return found

    def _coverage(self, values: np.ndarray) -> np.ndarray:
        """Untransformed, (tracks, bins) of float64."""
        options = self.options
        rounded = np.asarray(values, np.float16 if options.compat else np.float32)
        single = options.compat and not options.unclip
        return self.tracks.untransform(
            torch.from_numpy(rounded.astype(np.float32)), options.unclip, old=options.old,
            single=single,
        ).numpy()  # fmt: skip

    def _gene_table(self) -> pl.DataFrame:
        rows: list[tuple] = []
        taken: set[str] = set()
        for number, (gene, regions) in enumerate(zip(self._all.genes, self._regions, strict=True)):
            name = gene.gene_id if gene.gene_id not in taken else f"{gene.gene_id}@{gene.chrom}"
            taken.add(name)
            seen = self._moments.get(number)
            status = VALID if seen else NO_BINS if number in self._met else OUTSIDE
            rows.append((name, gene.gene_name, gene.chrom, gene.strand, _bases(regions),
                         self._shared_bp[number], seen.bins if seen else 0,
                         status if regions else OVERLAPS))  # fmt: skip
        return pl.DataFrame(rows, schema=GENES, orient="row")

    def _tell_shared(self, genes: pl.DataFrame) -> None:
        sharing = genes.filter(pl.col("shared_bp") > 0)
        if sharing.height:
            logger.info(
                "%d of %d genes share bases with another on their strand; %d bp are left out, and "
                "with them all of %d genes", sharing.height, genes.height,
                sharing["shared_bp"].sum(), genes.filter(status=OVERLAPS).height,
            )  # fmt: skip


def _bases(regions: Regions) -> int:
    return sum(end - start for start, end in regions)
