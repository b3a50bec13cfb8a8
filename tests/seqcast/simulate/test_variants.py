"""Every variant's truth against an oracle that knows only the files and the formula.

The oracle applies REF and ALT to the contig, cuts the transcripts out along the GTF, and counts
motifs by comparing windows.
"""

from collections import Counter
from math import exp, log

import polars as pl
import pysam
import pytest

from seqcast.core.errors import InputError
from seqcast.simulate import Parameters
from seqcast.simulate.genome import draw_genome
from seqcast.simulate.variants import draw_variants

COMPLEMENT = str.maketrans("ACGT", "TGCA")
STRENGTH = {
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


def windows(sequence: str, length: int) -> list[str]:
    return [sequence[i : i + length] for i in range(len(sequence) - length + 1)]


def motif_counts(utr3: str) -> Counter:
    """Count each class of site; # stands for the missing flank at the ends."""
    counts: Counter = Counter()
    padded = f"#{utr3}#"
    for w in windows(padded, 9):
        if w[1:8] == "TATTTAT":
            counts[f"ARE{(w[0] == 'T') + (w[8] == 'T')}"] += 1
    for w in windows(padded, 8):
        if w[1:7] == "TACCTC":
            counts[f"MIR{(w[0] == 'C') + (w[7] == 'A')}"] += 1
    counts["PUM"] = sum(w[:4] == "TGTA" and w[5:] == "ATA" for w in windows(utr3, 8))
    counts["STB"] = windows(utr3, 9).count("CCTCCCTCC")
    counts["PAS"] = sum(w in STRENGTH for w in windows(utr3, 6))
    return counts


LN_K = {"ARE1": 0.28, "ARE2": 0.70, "PUM": 0.45, "MIR0": 0.1125, "MIR1": 0.27, "MIR2": 0.45}
LN_K["STB"] = -0.45


class Oracle:
    """Truth of a gene on a contig that carries a variant."""

    def __init__(self, written, gene_id: str, variant: dict | None = None) -> None:
        gtf = written.gtf.filter(pl.col("gene_id") == gene_id)
        hexamers = written.elements.filter(
            (pl.col("gene_id") == gene_id) & (pl.col("element") == "PAS")
        )
        self.minus = gtf["strand"][0] == "-"
        self.contig = written.contigs[gtf["chrom"][0]]
        self.variant = variant
        if variant:
            at = int(variant["pos"]) - 1
            behind = self.contig[at + len(variant["ref"]) :]
            self.contig = self.contig[:at] + variant["alt"] + behind
        transcripts = gtf.filter(pl.col("feature") == "transcript")["transcript_id"]
        self.utr3s = [self.utr3(gtf, t) for t in transcripts]
        starts = hexamers["start"].to_list()
        # the distal hexamer is the nearest to the gene's end
        starts.sort(reverse=not self.minus)
        self.hexamers = [self.bases(s, s + 6, fixed_length=True) for s in starts]
        cds = gtf.filter((pl.col("feature") == "CDS") & (pl.col("transcript_id") == transcripts[0]))
        pieces = [self.bases(s, e) for s, e in sorted(cds.select("start", "end").iter_rows())]
        self.cds = "".join(pieces[::-1] if self.minus else pieces)

    def lift(self, x: int) -> int:
        if self.variant is None or x <= int(self.variant["pos"]):
            return x
        return x + len(self.variant["alt"]) - len(self.variant["ref"])

    def bases(self, start: int, end: int, fixed_length: bool = False) -> str:
        first, last = self.lift(start), self.lift(end)
        if fixed_length and self.minus:
            first = last - (end - start)
        elif fixed_length:
            last = first + end - start
        bases = self.contig[first:last]
        return bases.translate(COMPLEMENT)[::-1] if self.minus else bases

    def utr3(self, gtf: pl.DataFrame, transcript: str) -> str:
        rows = gtf.filter(pl.col("transcript_id") == transcript)
        stop = rows.filter(pl.col("feature") == "stop_codon").row(0, named=True)
        whole = rows.filter(pl.col("feature") == "transcript").row(0, named=True)
        if self.minus:
            return self.bases(whole["start"], stop["start"])
        return self.bases(stop["end"], whole["end"])

    def logs(self) -> tuple[float, float]:
        """ln(decay rate) and ln(level without expression) of the gene."""
        thirds = self.cds[5::3]
        z = (sum(base in "GC" for base in thirds) / len(thirds) - 0.5) / 0.25
        k0 = log(2) / 4
        rates = [
            k0 * exp(sum(LN_K.get(m, 0) * n for m, n in motif_counts(u).items()) - 0.18 * z)
            for u in self.utr3s
        ]
        s = [STRENGTH.get(hexamer, 0.03) for hexamer in self.hexamers]
        p = s[1] / (s[1] + s[0] + 0.15) if len(s) == 2 else 0.0
        made = [(1 - p) * (0.35 + 0.65 * s[0]), p][: len(s)]
        level = sum(m / k for m, k in zip(made, rates, strict=True))
        return log(sum(made) / level), log(level * k0)


def of_kind(written, kind: str) -> list[dict]:
    return [v for v in written.variants if v["KIND"] == kind]


def test_gene_table_equals_the_oracle(written) -> None:
    for gene in written.genes.to_dicts():
        ln_k, ln_level = Oracle(written, gene["gene_id"]).logs()
        assert gene["decay_rate_per_h"] == pytest.approx(exp(ln_k), abs=1e-6)
        assert gene["log_level"] - gene["log_expression"] == pytest.approx(ln_level, abs=2e-6)


@pytest.mark.parametrize("kind", ["causal", "matched", "decoy"])
def test_true_effects_equal_the_oracle(written, kind: str) -> None:
    variants = of_kind(written, kind)
    assert len(variants) == {"causal": 42, "matched": 42, "decoy": 8}[kind]
    for v in variants:
        gene_id = f"{v['MT']}.1"
        before, after = Oracle(written, gene_id).logs(), Oracle(written, gene_id, v).logs()
        assert float(v["TRUE_DLOGK"]) == pytest.approx(after[0] - before[0], abs=1e-6)
        assert float(v["TRUE_DLOGLEVEL"]) == pytest.approx(after[1] - before[1], abs=1e-6)


def test_causal_variants_matter_and_others_do_not(written) -> None:
    for v in written.variants:
        effects = [abs(float(v.get(key, 0))) for key in ("TRUE_DLOGK", "TRUE_DLOGLEVEL")]
        assert (max(effects) >= 0.1) == (v["KIND"] == "causal")  # Parameters.minimum_effect
    elements = Counter(v["ELEMENT"] for v in of_kind(written, "causal"))
    assert elements.keys() == {"ARE", "PUM", "MIR", "STB", "PAS"}
    assert min(elements.values()) >= 6
    signs = {(v["ELEMENT"], float(v["TRUE_DLOGK"]) > 0) for v in of_kind(written, "causal")}
    assert {("ARE", False), ("PUM", False), ("MIR", False), ("STB", True)} <= signs


def test_matched_variants_touch_and_make_no_motif(written) -> None:
    elements = written.elements.to_dicts()
    for v in of_kind(written, "matched"):
        gene_id = f"{v['MT']}.1"
        before, after = Oracle(written, gene_id), Oracle(written, gene_id, v)
        assert motif_counts(before.utr3s[0]) == motif_counts(after.utr3s[0])
        snv = len(v["ref"]) == len(v["alt"])
        start = int(v["pos"]) - (1 if snv else 0)  # an indel starts behind its anchor
        end = int(v["pos"]) - 1 + len(v["ref"])
        for e in elements:
            apart = e["end"] <= start or end <= e["start"]
            assert apart or e["chrom"] != v["chrom"]


def test_matches_are_the_eqtl_sets(written) -> None:
    by_id = {v["id"]: v for v in written.variants}
    differences = []
    for v in of_kind(written, "matched"):
        partner = by_id[v["PI"]]
        assert partner["KIND"] == "causal"
        assert partner["PI"] == partner["id"]
        assert partner["chrom"] == v["chrom"]
        assert partner["MT"] != v["MT"]
        change = len(v["alt"]) - len(v["ref"])
        assert change == len(partner["alt"]) - len(partner["ref"])
        if change == 0:
            assert (v["ref"], v["alt"]) == (partner["ref"], partner["alt"])
            differences.append(abs(int(v["PD"]) - int(partner["PD"])))
    assert sorted(differences)[len(differences) // 2] <= 1  # bp, the median
    assert len({v["PI"] for v in of_kind(written, "matched")}) == 42


def test_pas_distance(written) -> None:
    ends = written.transcripts.join(written.genes.select("gene_id", "strand"), on="gene_id")
    for v in written.variants:
        if len(v["ref"]) == len(v["alt"]) and v["KIND"] != "unscorable":
            rows = ends.filter(pl.col("gene_id") == f"{v['MT']}.1").to_dicts()
            last = [r["end"] - 1 if r["strand"] == "+" else r["start"] for r in rows]
            assert int(v["PD"]) == min(abs(int(v["pos"]) - 1 - x) for x in last)


def test_decoys_break_a_motif_outside_the_3_utr(written) -> None:
    elements = written.elements.filter(pl.col("region").is_in(["intron", "intergenic"]))
    for v in of_kind(written, "decoy"):
        at = int(v["pos"]) - 1
        hit = elements.filter(
            (pl.col("chrom") == v["chrom"]) & (pl.col("start") <= at) & (pl.col("end") > at)
        )
        assert hit["element"].to_list() == [v["ELEMENT"]]
        assert "PI" not in v


def test_refs_match_the_fasta(written) -> None:
    mismatches = []
    for v in written.variants:
        at = int(v["pos"]) - 1
        if written.contigs[v["chrom"]][at : at + len(v["ref"])] != v["ref"]:
            mismatches.append(v.get("REASON"))
    assert sorted(mismatches) == ["position_out_of_range", "ref_mismatch"]


def test_order_and_identifiers(written) -> None:
    places = [(v["chrom"], int(v["pos"])) for v in written.variants]
    assert places == sorted(places)
    assert len({v["id"] for v in written.variants}) == len(places) == 98  # 42 + 42 + 8 + 6
    assert all(
        v["id"] == f"{v['chrom']}_{v['pos']}_{v['ref']}_{v['alt']}" for v in written.variants
    )


def test_indels_are_anchored_and_left_aligned(written) -> None:
    indels = [v for v in written.variants if len(v["ref"]) != len(v["alt"])]
    indels = [v for v in indels if v["KIND"] != "unscorable"]
    assert len(indels) == 24
    assert {len(v["alt"]) > len(v["ref"]) for v in indels} == {True, False}
    for v in indels:
        assert v["ref"][0] == v["alt"][0]
        assert min(len(v["ref"]), len(v["alt"])) == 1
        assert v["ref"][-1] != v["alt"][-1]  # else the edit could be shifted to the left


def test_unscorable_rows_are_last_and_of_six_kinds(written) -> None:
    rows = {v["REASON"]: (v["ref"], v["alt"]) for v in written.variants[-6:]}
    assert [v["KIND"] for v in written.variants[-7:]].count("unscorable") == 6
    assert rows["alt_symbolic"][1] == "<DEL>"
    assert rows["alt_star"][1] == "*"
    assert rows["alt_ambiguous"][1] == "N"
    assert rows["ref_equals_alt"][0] == rows["ref_equals_alt"][1]
    assert rows.keys() >= {"ref_mismatch", "position_out_of_range"}
    assert int(written.variants[-1]["pos"]) == len(written.contigs["chrS2"]) + 1000


def test_htslib_and_the_eqtl_readers_parse_it(written) -> None:
    with pysam.VariantFile(str(written.folder / "variants.vcf")) as file:
        records = list(file)
        assert file.header.contigs["chrS1"].length == len(written.contigs["chrS1"])
    assert len(records) == len(written.variants)
    assert records[0].info["KIND"] in {"causal", "matched", "decoy"}
    for line in (written.folder / "variants.vcf").read_text().splitlines():
        if "KIND=causal" in line and not line.startswith("#"):
            # as the published notebooks split it
            assert line.split("MT=")[1].split(";")[0].startswith("SIMG")
            assert int(line.split(";PD=")[1].split(";PI=")[0]) >= 0
            assert line.split("PI=")[1].split(";")[0] == line.split("\t")[2]


def test_too_many_variants_are_refused() -> None:
    genome = draw_genome(Parameters(contigs=(("chrS1", 3),), causal_snvs=500), 1)
    with pytest.raises(InputError, match="500 functioning features on chrS1 were asked for"):
        draw_variants(genome)
