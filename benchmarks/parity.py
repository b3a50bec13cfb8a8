"""logSED of seqcast against the files that the original program wrote; makes docs/parity.png.

    python -m benchmarks.parity [--shared ../shared] [--figure docs/parity.png]

Needs the golden data: a trained small Borzoi, 8 SNVs of an eQTL set, 16 SNVs, insertions and
deletions on real sequence, and borzoi_sed's scores of both sets (float32 files). Both are scored
with ``compat="borzoi_sed"`` on the CPU, averaged over both strands.
"""

import argparse
import logging
import os
from pathlib import Path

import h5py
import numpy as np

from seqcast import load_model, score_variants
from seqcast.report.figures.style import COLOURS, GUIDE, LABEL_PT, TITLE_PT, new_figure, save, tidy

ROOT = Path(__file__).resolve().parents[1]
SETS = {"eqtl": "eqtl", "synthetic_indels": "indels"}  # VCF -> name of the golden file
SCORE = "logSED"
LABELS = {False: "SNVs", True: "insertions and deletions"}


def golden_scores(path: Path) -> dict[tuple[str, str], np.ndarray]:
    """(variant, gene) -> one number per track, as the original stored them."""
    with h5py.File(path) as file:
        variants = file["snp"][()][file["si"][()]].astype(str)
        genes = file["gene"][()].astype(str)
        return dict(zip(zip(variants, genes, strict=True), file[SCORE][()], strict=True))


def paired_scores(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ours, that of the original, and whether the variant is an indel; per gene and track."""
    data = folder / "data"
    model = load_model("borzuki", data / "model.h5", data / "params.json", device="cpu")
    ours, theirs, indel = [], [], []
    for vcf, golden in SETS.items():
        table = score_variants(
            model, data / f"{vcf}.vcf", data / "hg38_1m.fa.gz", data / "synthetic_genes.gtf",
            data / "tiny_hg38/targets.txt", compat="borzoi_sed", reverse_complement=True,
            gene_scores=(SCORE,), window_scores=(),
        ).gene.filter(status="scored")  # fmt: skip
        wanted = golden_scores(folder / f"golden/borzoi_sed_{golden}_rc_f32.h5")
        keys = list(table.select("variant", "gene_id").iter_rows())
        assert set(keys) == set(wanted), "other variants or genes than the original scored"
        ours.append(table[SCORE].to_numpy())
        theirs.append(np.stack([wanted[key] for key in keys]))
        differ = (table["ref"].str.len_bytes() != table["alt"].str.len_bytes()).to_numpy()
        indel.append(np.broadcast_to(differ[:, None], ours[-1].shape))
    return tuple(np.concatenate([a.ravel() for a in part]) for part in (ours, theirs, indel))


def draw(ours: np.ndarray, theirs: np.ndarray, indel: np.ndarray, path: Path) -> None:
    """Left: ours against theirs. Right: what is left between them."""
    figure = new_figure(7.2, 3.4)
    left, right = (tidy(ax) for ax in figure.subplots(1, 2))
    edge = 1.08 * np.abs(theirs).max()
    left.plot([-edge, edge], [-edge, edge], color=GUIDE, linewidth=0.8, zorder=0)
    right.axhline(0, color=GUIDE, linewidth=0.8, zorder=0)
    for kind, label in LABELS.items():
        x, y = theirs[indel == kind], ours[indel == kind]
        style = {"s": 9, "color": COLOURS[int(kind)], "alpha": 0.6, "linewidths": 0}
        left.scatter(x, y, label=f"{label} (n = {len(x):,})", **style)
        right.scatter(x, 1e6 * (y - x), **style)
    left.set(xlabel="logSED, borzoi_sed", ylabel="logSED, seqcast", xlim=(-edge, edge),
             ylim=(-edge, edge), aspect="equal")  # fmt: skip
    left.legend(frameon=False, fontsize=LABEL_PT - 1, loc="lower right", handletextpad=0.2)
    right.set(xlabel="logSED, borzoi_sed", ylabel="seqcast less borzoi_sed, 1e-6",
              xlim=(-edge, edge), xticks=np.arange(-1, 1.1, 0.5))  # fmt: skip
    largest = np.abs(ours - theirs).max()
    left.set_title(f"n = {len(ours):,} gene x track scores", fontsize=TITLE_PT)
    right.set_title(f"largest difference {largest:.1e}", fontsize=TITLE_PT)
    save(figure, path)


def main() -> None:
    logging.getLogger("seqcast").setLevel(logging.ERROR)  # the golden VCFs have no #CHROM line
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    shared = os.environ.get("SEQCAST_SHARED", ROOT.parent / "shared")
    parser.add_argument("--shared", type=Path, default=shared, help="folder of the golden data")
    parser.add_argument("--figure", type=Path, default=ROOT / "docs/parity.png")
    arguments = parser.parse_args()
    ours, theirs, indel = paired_scores(arguments.shared / "reference/borzuki/real_tiny")
    draw(ours, theirs, indel, arguments.figure)
    for name, chosen in (("all", np.ones_like(indel)), ("SNVs", ~indel), ("indels", indel)):
        x, y = theirs[chosen], ours[chosen]
        apart = np.abs(y - x).max()
        print(f"{name:7s} n {len(x):5,d}  |logSED| up to {np.abs(x).max():.3g}  "
              f"largest difference {apart:.2e}  r {np.corrcoef(x, y)[0, 1]:.9f}")  # fmt: skip


if __name__ == "__main__":
    main()
