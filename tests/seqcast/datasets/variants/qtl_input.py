"""Files of a small QTL study: genes, poly(A) sites, expression, fine-mapping, tested variants."""

from pathlib import Path

import numpy as np

from seqcast.datasets.variants.qtl_sets import QtlInputs

GENES, LENGTH_BP, STEP_BP = 24, 4_000, 6_000
UNKNOWN = 5  # the gene that the file of expression lacks
BASES = np.array(list("ACGT"))
TISSUES = ("liver", "lung")


def gene_lines() -> list[str]:
    """A GTF: every gene has two exons, a CDS over the first 2,000 bases of its mRNA."""
    lines = []
    for i in range(GENES):
        start, strand = 1 + i * STEP_BP, "+-"[i % 2]
        said = f'gene_id "ENSG{i:04}.3"; transcript_id "ENST{i:04}.1";'
        exons = [(start, start + 1499), (start + 2000, start + LENGTH_BP - 1)]
        coding = (
            [(start, start + 1499), (start + 2000, start + 2499)]
            if strand == "+"
            else [(start + LENGTH_BP - 2000, start + LENGTH_BP - 1)]
        )
        for kind, parts in (("exon", exons), ("CDS", coding)):
            lines += [
                f"chr1\ttest\t{kind}\t{a}\t{b}\t.\t{strand}\t{'.' if kind == 'exon' else 0}\t{said}"
                for a, b in parts
            ]
    return lines


def site_of(gene: int) -> int:
    """1-based poly(A) site of a gene: its last base."""
    start = 1 + gene * STEP_BP
    return start + LENGTH_BP - 1 if gene % 2 == 0 else start


def write_study(folder: Path, seed: int = 3) -> QtlInputs:
    """Write the files; variants are at random in and between the genes."""
    rng = np.random.default_rng(seed)
    (folder / "genes.gtf").write_text("\n".join(gene_lines()) + "\n")
    sites = [
        f"chr1\t{site_of(i) - 1}\t{site_of(i)}\tpas{i}\t0\t{'+-'[i % 2]}" for i in range(GENES)
    ]
    (folder / "sites.bed").write_text("\n".join(sites) + "\n")
    level = rng.lognormal(1, 2, (GENES, 2)).round(4)
    level[3] = 0
    rows = [f"ENSG{i:04}.9\tname{i}\t{a}\t{b}" for i, (a, b) in enumerate(level) if i != UNKNOWN]
    head = f"#1.2\n{GENES - 1}\t2\nName\tDescription\tLiver\tLung\n"
    (folder / "tpm.gct").write_text(head + "\n".join(rows) + "\n")
    table = ["tissue\tfine_mapped\ttested\texpression"]
    for tissue in TISSUES:
        positions = np.sort(rng.choice(GENES * STEP_BP, 4000, replace=False) + 1)
        ref = rng.integers(4, size=len(positions))
        alt = (ref + rng.integers(1, 4, size=len(positions))) % 4
        names = [
            f"chr1_{at}_{BASES[r]}_{BASES[a]}" for at, r, a in zip(positions, ref, alt, strict=True)
        ]
        names[7] = f"chr1_{positions[7]}_A_ACC"
        tested = [name.removeprefix("chr").replace("_", "\t") for name in names]
        (folder / f"{tissue}.tested.tsv").write_text(
            "chromosome\tposition\tref\talt\tbeta\n" + "".join(f"{t}\t0.1\n" for t in tested)
        )
        mapped = ["variant\tmolecular_trait_id\tpip"]
        for k in rng.choice(len(names), 500, replace=False):
            gene = min(int(positions[k] - 1) // STEP_BP + (rng.random() < 0.1), GENES - 1)
            pip = rng.random() ** 0.5
            mapped.append(f"{names[k]}\tENSG{gene:04}\t{pip:.4f}")
            if rng.random() < 0.1:  # of another credible set of the gene
                mapped.append(f"{names[k]}\tENSG{gene:04}.grp_2.downstream\t{pip * 0.999:.4f}")
        mapped.append(f"{names[7]}\tENSG0000\t0.99")
        (folder / f"{tissue}.cs.tsv").write_text("\n".join(mapped) + "\n")
        table.append(f"{tissue}\t{folder}/{tissue}.cs.tsv\t{folder}/{tissue}.tested.tsv\t"
                     f"{tissue.capitalize()}")  # fmt: skip
    (folder / "tissues.tsv").write_text("\n".join(table) + "\n")
    return QtlInputs(
        folder / "tissues.tsv", folder / "genes.gtf", folder / "sites.bed", folder / "tpm.gct"
    )
