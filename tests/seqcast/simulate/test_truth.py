"""The closed form on genes small enough to compute by hand."""

from math import exp, log

import pytest

from seqcast.simulate import Parameters
from seqcast.simulate.gene import Gene
from seqcast.simulate.truth import codon_optimality, element_copies, evaluate

P = Parameters()
K0 = log(2) / 4  # per hour, half-life 4 h


def gene(utr3: str, hexamers: tuple[int, ...], cleavage: tuple[int, ...]) -> Gene:
    """CDS ATG AAA AAC TAA after 60 bases upstream: GC3 one half, optimality 0."""
    sequence = "C" * 60 + "ATGAAAAACTAA" + utr3 + "C" * 40
    shift = 72
    ends = tuple(shift + c for c in cleavage)
    return Gene(
        sequence, ((60, ends[0]),), (60, 72), tuple(shift + h for h in hexamers), ends, (), 0.0
    )


def test_base_rate() -> None:
    truth = evaluate(gene("GGGGAATAAAGGGG", (4,), (14,)), P)
    assert truth.decay_rate_per_h == pytest.approx(K0)
    assert truth.half_life_h == pytest.approx(4.0)
    assert truth.log_expression == truth.log_level == pytest.approx(3.2)


def test_elements_add_up() -> None:
    utr3 = "GTTATTTATTGTGTACATAGCTACCTCGGCCTCCCTCCGGAATAAAGGGG"
    truth = evaluate(gene(utr3, (40,), (len(utr3),)), P)
    # ARE 0.70, PUM 0.45, 7-mer 0.6 * 0.45, STB -0.45
    assert log(truth.decay_rate_per_h / K0) == pytest.approx(0.70 + 0.45 + 0.27 - 0.45)
    assert truth.log_level == pytest.approx(3.2 - 0.97)


def test_element_copies_are_those_of_the_transcript() -> None:
    utr3 = "GGAATAAAGGGGGTTATTTATTGGAATAAAGGGG"
    apa = gene(utr3, (24, 2), (len(utr3), 12))
    assert element_copies(apa, P, 0) == {"ARE": 1.0, "PUM": 0, "MIR": 0, "STB": 0}
    assert element_copies(apa, P, 1)["ARE"] == 0


def test_two_poly_a_sites_compete() -> None:
    utr3 = "GGATTAAAGGGGGTTATTTATTGGAGTAAAGGGG"
    truth = evaluate(gene(utr3, (24, 2), (len(utr3), 12)), P)
    proximal = 0.77 / (0.77 + 0.29 + 0.15)
    distal = (1 - proximal) * (0.35 + 0.65 * 0.29)
    rates = K0 * exp(0.70), K0
    assert truth.synthesis == pytest.approx((distal, proximal))
    assert truth.decay_rates_per_h == pytest.approx(rates)
    # at steady state the gene's decay rate is its synthesis over its level
    level = distal / rates[0] + proximal / rates[1]
    assert truth.decay_rate_per_h == pytest.approx((distal + proximal) / level)
    assert truth.log_level == pytest.approx(3.2 + log(level * K0))


def test_a_lost_hexamer_keeps_the_readthrough_level() -> None:
    truth = evaluate(gene("GGGGAATGAAGGGG", (4,), (14,)), P)
    assert exp(truth.log_level - 3.2) == pytest.approx(0.35 + 0.65 * 0.03)
    assert truth.decay_rate_per_h == pytest.approx(K0)


@pytest.mark.parametrize(
    ("cds", "optimality"),
    [("ATGAAAAAATAA", -2.0), ("ATGAACAAGTAA", 2.0), ("ATGAACAATTAG", 0.0)],
)
def test_codon_optimality_leaves_out_start_and_stop(cds: str, optimality: float) -> None:
    assert codon_optimality(cds) == optimality
