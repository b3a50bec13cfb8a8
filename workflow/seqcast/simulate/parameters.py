"""What the synthetic genome is made of: every number with its unit and where it comes from.

"chosen" marks a number without a measured source; it was picked so that a small network can learn
the effect from a small genome. Sources: AUGUSTUS = the human parameter set of AUGUSTUS 3.5.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from seqcast.core.errors import InputError

Range = tuple[int, int]
Composition = tuple[float, float, float, float]

DOWNSTREAM_ROOM_BP = 150
"""Least length behind the distal cleavage site: the U/GU element, a decoy and the contig's end."""


@dataclass(frozen=True)
class Element:
    """A 3' UTR motif that changes the decay rate.

    Attributes
    ----------
    name : str
        Short name, used in the truth tables.
    core : str
        The motif (DNA, sense strand) without which there is no site; N is any base.
    effect : float
        Change of ln(decay rate) for one full copy.
    left, right : str
        Bases next to the core that make a site stronger.
    weights : tuple of 3 float
        Fraction of `effect` that a core has with none, one and both of its flanks.
    """

    name: str
    core: str
    effect: float
    left: str = ""
    right: str = ""
    weights: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def full(self) -> str:
        """The motif with both flanks, as it is planted."""
        return self.left + self.core + self.right


# The nonamer UUAUUUAUU is the minimal AU-rich element; a mutated outer U weakens it, two abolish it
# (Zubiaga 1995, PMC230450). Pumilio binds UGUANAUA. The microRNA site is let-7's: seed classes
# 8-mer > 7-mer > 6-mer. Effects and the fractions 0.4, 0.6 and 0.25 are chosen; the literature's
# effects are 0.2-0.5 ln units.
ELEMENTS = (
    Element("ARE", "TATTTAT", 0.70, left="T", right="T", weights=(0.0, 0.4, 1.0)),
    Element("PUM", "TGTANATA", 0.45),
    Element("MIR", "TACCTC", 0.45, left="C", right="A", weights=(0.25, 0.6, 1.0)),
    Element("STB", "CCTCCCTCC", -0.45),
)

# AUGUSTUS human; the eight add up to 0.9993 and are rescaled when drawn.
PAS_FREQUENCY: Mapping[str, float] = MappingProxyType(
    {
        "AATAAA": 0.743,
        "ATTAAA": 0.155,
        "AGTAAA": 0.0235,
        "TATAAA": 0.0228,
        "AATATA": 0.015,
        "CATAAA": 0.0136,
        "GATAAA": 0.0136,
        "AATACA": 0.0128,
    }
)

# After Sheets 1990 (PMID 2170946): every point mutation greatly reduces polyadenylation.
# AATATA and AATACA are chosen.
PAS_STRENGTH: Mapping[str, float] = MappingProxyType(
    {
        "AATAAA": 1.0,
        "ATTAAA": 0.77,
        "AGTAAA": 0.29,
        "TATAAA": 0.18,
        "CATAAA": 0.18,
        "GATAAA": 0.12,
        "AATATA": 0.10,
        "AATACA": 0.10,
        "ACTAAA": 0.06,
    }
)


@dataclass(frozen=True)
class CoverageParameters:
    """How the genome is measured; all of it chosen, the depths so that noise does not hide effects.

    Attributes
    ----------
    depth : float
        Counts a base per unit of expected coverage, above 0. Tracks are counts over depth, so that
        depth changes their noise and not their scale.
    bias_bp : float
        Coverage of poly(A)-selected RNA falls by 1/e over this length, from the 3' end.
    premrna_share : float
        Coverage of pre-mRNA, exons and introns, as a fraction of expression; total RNA only.
    cage_peak, cage_bp : float, int
        Height of the peak at the TSS, in units of the gene's level, and its width.
    clip_peak, clip_bp : float, int
        Height of the peak at a full binding site, in units of the transcript's level, and its
        width.
    clip_background : float
        Unspecific coverage of exons in CLIP, in units of the transcript's level.
    """

    depth: float = 1.0
    bias_bp: float = 2500.0
    premrna_share: float = 0.03
    cage_peak: float = 1.0
    cage_bp: int = 21
    clip_peak: float = 2.0
    clip_bp: int = 51
    clip_background: float = 0.02

    def __post_init__(self) -> None:
        """Refuse what cannot be measured with.

        Raises
        ------
        InputError
            If depth, `bias_bp` or the background of CLIP is not above 0 (a site that is lost must
            have a finite effect), a share or height is negative, or a width is not odd.
        """
        for name in ("depth", "bias_bp", "clip_background"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is {getattr(self, name)}; expected a number above 0.")
        for name in ("premrna_share", "cage_peak", "clip_peak"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name} is {getattr(self, name)}; expected 0 or more.")
        for name in ("cage_bp", "clip_bp"):
            if getattr(self, name) < 1 or getattr(self, name) % 2 == 0:
                raise InputError(
                    f"{name} is {getattr(self, name)}; expected an odd number, so that a peak has "
                    "a middle."
                )


@dataclass(frozen=True)
class Parameters:
    """All choices of the synthetic genome. Ranges are inclusive; compositions are A, C, G, T.

    Attributes
    ----------
    contigs : tuple of (str, int)
        Name and number of genes of each contig. A gene fills one slot, so the default contigs have
        about 1.7 Mb (training and validation) and 570 kb (held out).
    slot_bp : Range
        Length of a slot: one gene with its promoter and the intergenic sequence around it.
    upstream_bp : Range
        From the slot's start to the TSS; at least 140, for the GC boxes.
    utr5_bp, utr3_bp : Range
        Lengths of the untranslated regions. Human medians are about 210 and 1,030 nt
        (Pesole 2001); the 3' UTR is shorter here so that a gene fits its slot.
    cds_codons : Range
        Sense codons between the start and the stop codon.
    introns, intron_bp : Range
        Number and lengths of the introns, all within the CDS (as in nearly all human genes, the
        3' UTR is one exon).
    tata_probability, tata_effect : float
        TATA box, its 8 bases starting 30 bp upstream of the TSS, and its effect on ln(expression).
    gc_boxes : Range
        Number of GC boxes 140 to 51 bp upstream of the TSS.
    gc_box_effect : float
        Effect of each.
    log_expression, log_expression_sd : float
        ln(expression) without promoter elements, and the spread that no sequence explains.
        Expression is the level (coverage per base, arbitrary unit) of an mRNA that has the base
        half-life and a perfect poly(A) signal.
    optimality_sd : float
        Spread of the codon preference between genes: codon weights are exp(+-0.6 preference), plus
        for a G or C at the third position.
    optimality_effect : float
        Change of ln(decay rate) per unit of codon optimality, (GC3 - 0.5) / 0.25; the direction as
        in Saluki (Agarwal & Kelley 2022).
    base_half_life_h : float
        Half-life of an mRNA without elements and with optimality 0. Published medians run from
        50 min (TT-seq, Schwalb 2016) to 10 h (Yang 2003): 4 h is between them, on the log scale.
    log_half_life_noise_sd : float
        Error of a measured half-life, in ln h, normal. Chosen: with the half-lives of these genes
        (standard deviation 0.8) two measurements correlate with r = 0.91, which is also the R2
        that the truth itself reaches.
    validation_share : float
        Fraction of the genes of each contig but the last that validate, 0 to below 1; the last
        contig is the test.
    elements : tuple of Element
        The 3' UTR motifs that change the decay rate.
    element_attempts : Range
        Elements tried in one 3' UTR; one that would touch another feature is left out.
    pas_frequency : mapping of str to float
        How often each poly(A) hexamer is planted.
    pas_strength : mapping of str to float
        Relative strength of each hexamer.
    pas_lost_strength : float
        Relative strength of every other hexamer in its place.
    cleavage_bp : Range
        Bases between a hexamer and its cleavage site: 11-23 (Chen 1995).
    downstream_bp : Range
        Bases between the cleavage site and the U/GU-rich element: within 30 nt (Chen 1995).
    proximal_probability : float
        How often there is a second poly(A) site. More than one is found in 54 % of human genes
        (Tian 2005).
    proximal_bp : Range
        Where in the 3' UTR its hexamer starts.
    competition : float
        Constant in the fraction of the proximal site, s_prox / (s_prox + s_dist + competition).
    readthrough_level : float
        Fraction of the distal transcripts that are made without any distal signal: the yield is
        readthrough_level + (1 - readthrough_level) s_dist. Chosen.
    decoy_probability : float
        How often a gene has a full element where it does nothing (last intron or intergenic).
    causal_snvs, causal_indels, decoys : int
        Variants to write; each causal one brings a matched one.
    minimum_effect : float
        Least absolute change of ln(decay rate) or ln(level) of a causal variant.
    planted_snvs, planted_decoys, planted_ares : int
        Variants to write for the test of predictions, all on the last contig: SNVs that matter,
        SNVs in decoys (each brings a matched one), and AU-rich elements that lose one outer U, and
        both. A contig of 160 genes has about 400 elements and 200 poly(A) hexamers that matter,
        80 AU-rich elements and 70 decoys.
    null_snvs : int
        Null variants to write, on all contigs.
    oligo_bp : int
        Length of the oligos of the reporter assay. Chosen.
    reads_per_class, read_bp, read_error : int, int, float
        Coding and as many non-coding reads, their length, and the fraction of wrong bases. Every
        gene must have room for a coding read.
    coverage : CoverageParameters
        How the genome is measured.
    """

    contigs: tuple[tuple[str, int], ...] = (("chrS1", 480), ("chrS2", 160))
    slot_bp: Range = (3072, 4096)
    upstream_bp: Range = (150, 400)
    utr5_bp: Range = (60, 210)
    cds_codons: Range = (90, 170)
    introns: Range = (1, 3)
    intron_bp: Range = (80, 300)
    utr3_bp: Range = (350, 800)
    background: Composition = (0.27, 0.23, 0.23, 0.27)
    utr5_composition: Composition = (0.20, 0.30, 0.30, 0.20)
    utr3_composition: Composition = (0.28, 0.21, 0.21, 0.30)
    intron_composition: Composition = (0.25, 0.20, 0.20, 0.35)

    tata_probability: float = 0.5
    tata_effect: float = 0.7
    gc_boxes: Range = (0, 3)
    gc_box_effect: float = 0.35
    log_expression: float = 3.2
    log_expression_sd: float = 0.2

    optimality_sd: float = 0.8
    optimality_effect: float = -0.18
    base_half_life_h: float = 4.0
    log_half_life_noise_sd: float = 0.25
    validation_share: float = 0.2
    elements: tuple[Element, ...] = ELEMENTS
    element_attempts: Range = (0, 6)

    pas_frequency: Mapping[str, float] = field(default_factory=lambda: PAS_FREQUENCY)
    pas_strength: Mapping[str, float] = field(default_factory=lambda: PAS_STRENGTH)
    pas_lost_strength: float = 0.03
    cleavage_bp: Range = (11, 23)
    downstream_bp: Range = (6, 20)
    proximal_probability: float = 0.4
    proximal_bp: Range = (110, 190)
    competition: float = 0.15
    readthrough_level: float = 0.35

    decoy_probability: float = 0.5
    causal_snvs: int = 40
    causal_indels: int = 5
    decoys: int = 10
    minimum_effect: float = 0.1
    planted_snvs: int = 300
    planted_decoys: int = 60
    planted_ares: int = 50
    null_snvs: int = 200
    oligo_bp: int = 150
    reads_per_class: int = 1000
    read_bp: int = 150
    read_error: float = 0.01

    coverage: CoverageParameters = field(default_factory=CoverageParameters)

    def __post_init__(self) -> None:
        """Refuse sizes with which the longest possible gene would not fit the shortest slot.

        Raises
        ------
        InputError
            If the slots are too short, a contig has fewer than two genes (a matched control lies in
            another gene of the contig), the noise is negative, a share is none, or a read or oligo
            is longer than what it is taken from.
        """
        longest = (
            self.upstream_bp[1]
            + self.utr5_bp[1]
            + 3 * (self.cds_codons[1] + 2)
            + self.introns[1] * self.intron_bp[1]
            + self.utr3_bp[1]
            + DOWNSTREAM_ROOM_BP
        )
        if longest > self.slot_bp[0]:
            raise InputError(
                f"slot_bp starts at {self.slot_bp[0]}, but the longest gene needs {longest} bp; "
                "lengthen the slots or shorten the gene's parts."
            )
        for name, n_genes in self.contigs:
            if n_genes < 2:
                raise InputError(f"contig {name} has {n_genes} gene(s); expected at least 2.")
        if not 0 <= self.validation_share < 1:
            raise InputError(
                f"validation_share is {self.validation_share}; expected 0 to below 1, so that each "
                "contig keeps genes to train on."
            )
        if self.log_half_life_noise_sd < 0:
            raise InputError(
                f"log_half_life_noise_sd is {self.log_half_life_noise_sd}; expected 0 or more."
            )
        self._check_samples()

    def _check_samples(self) -> None:
        """Refuse reads and oligos that are longer than what they are taken from."""
        longest = min(3 * (self.cds_codons[0] + 2), self.utr3_bp[0] + DOWNSTREAM_ROOM_BP)
        if not 6 <= self.read_bp <= longest:
            raise InputError(
                f"read_bp is {self.read_bp}; expected 6 to {longest}, the shortest coding sequence "
                "or what follows it."
            )
        if not 1 <= self.oligo_bp <= self.slot_bp[0]:
            raise InputError(
                f"oligo_bp is {self.oligo_bp}; expected 1 to {self.slot_bp[0]}, the shortest slot."
            )
        if not 0 <= self.read_error < 1:
            raise InputError(f"read_error is {self.read_error}; expected 0 to below 1.")
