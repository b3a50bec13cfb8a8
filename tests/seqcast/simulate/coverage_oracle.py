"""Expected coverage base by base, from the text of a gene and the formulas as written."""

import re
from math import cos, exp, log, pi

from seqcast.simulate.gene import Gene
from seqcast.simulate.truth import Truth

K0 = log(2) / 4
BIAS_BP, PREMRNA, BACKGROUND = 2500, 0.03, 0.02  # the defaults of CoverageParameters
TIMES = {"sim_actd_0h": 0, "sim_actd_2h": 2, "sim_actd_4h": 4, "sim_actd_8h": 8}
LABELLED = {"sim_4su_1h": 1, "sim_4su_2h": 2, "sim_4su_4h": 4}


def peak(distance: int, half: int) -> float:
    return 0.5 + 0.5 * cos(pi * distance / (half + 1)) if abs(distance) <= half else 0.0


def sites(utr3: str, assay: str) -> list[tuple[int, float]]:
    """Middles of the sites of a protein, and their weights."""
    found = []
    if assay == "sim_clip_pum":
        for match in re.finditer("(?=TGTA[ACGT]ATA)", utr3):
            found.append((match.start() + 4, 1.0))
        return found
    for match in re.finditer("(?=TATTTAT)", utr3):
        i = match.start()
        left, right = utr3[max(i - 1, 0) : i] == "T", utr3[i + 7 : i + 8] == "T"
        if left or right:
            middle = (i - left + i + 7 + right) // 2
            found.append((middle, 1.0 if left and right else 0.4))
    return found


def base_coverage(gene: Gene, truth: Truth, assay: str, position: int) -> float:
    """Expected coverage of one base of the slot."""
    total = 0.0
    for t, end in enumerate(gene.cleavage):
        k = truth.decay_rates_per_h[t]
        level = exp(truth.log_expression) * truth.synthesis[t] * K0 / k
        exons = [(s, min(e, end)) for s, e in gene.exons]
        if assay == "sim_cage":
            total += level * peak(position - gene.tss, 10)
        if not any(s <= position < e for s, e in exons):
            continue
        length = sum(e - s for s, e in exons)
        x = sum(min(e, position) - s for s, e in exons if s <= position)
        bias = exp(-(length - x) / BIAS_BP)
        if assay in TIMES:
            total += level * exp(-k * TIMES[assay]) * bias
        elif assay in LABELLED:
            total += level * (1 - exp(-k * LABELLED[assay])) * bias
        elif assay == "sim_total":
            total += level
        elif assay.startswith("sim_clip"):
            total += level * BACKGROUND
            for middle, weight in sites(gene.sequence[gene.cds[1] : end], assay):
                total += level * 2 * weight * peak(position - gene.cds[1] - middle, 25)
    if assay == "sim_total" and gene.tss <= position < gene.cleavage[0]:
        total += PREMRNA * exp(truth.log_expression)
    return total
