"""CPU time of variants whose windows are shared, next to the plain path and to TensorFlow.

    python -m benchmarks.engine [--model hl_clip hl_clip_micro] [--precision fp32 bf16]
                                [--repeats 3] [--threads 2] [--variants 50] [--neighbours 20]
                                [--keras-python keras/bin/python] [--figure docs/engine.png]

One strand, one fold, random weights, on which the work does not depend; scores of one gene for the
RNA targets. All cases of a network run in turn in one process. CPU seconds are per variant and the
smallest of the repeats. Next to them: P, two plain forwards, in the same precision and process; and
T, two forwards of `keras_forward.py` in float32, in a process of its own before and after.

``difference`` is the largest between log2 scores of variants here and by plain forwards, ``rank``
the correlation of ranks of scores with those in fp32. What bf16 does is seen on the trained network
of the golden data (../shared, or `SEQCAST_SHARED`): printed last.
"""

import argparse
import json
import os
import resource
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from scipy.stats import spearmanr
from torch import Tensor

from benchmarks.forward import cpu_seconds, measure_keras
from seqcast import load_model, score_variants
from seqcast.models.coverage import ConvolutionsFirst, Wanted
from seqcast.models.interface import build_model
from seqcast.models.known_windows import Reuse, know, know_many, predict_edited
from seqcast.report.figures.style import LABEL_PT, new_figure, save, tidy

ROOT = Path(__file__).resolve().parents[1]
RNA_TRACKS = 319  # of the 426 outputs of hl_clip: its published targets_human_rna.txt
GENE_BP, EXONS, EXON_BINS, UTR_BINS = 60_000, 20, 5, 63  # 5 bins are 160 bp; a 3' UTR of 2 kb
NEIGHBOURHOOD_BP = 50_000
MAP_SNVS = 1500  # of 500 bp
DELETED = 7  # bases
BATCH = 5  # alleles predicted together
PARTS = {"convolutions": Reuse(convolutions=False), "first layer": Reuse(first_layer=False),
         "wanted bins": Reuse(wanted=False)}  # fmt: skip


class Setting(NamedTuple):
    """A network, a genome around one of its windows, and what is asked of it."""

    model: ConvolutionsFirst
    genome: Tensor  # (bases,)
    start: int  # of the window that holds the gene in its middle
    wanted: Wanted

    def window(self, start: int) -> Tensor:
        """``(1, 4, length)``."""
        return one_hot(self.genome[None, start : start + self.model.window_length_bp])

    def snvs(self, n: int) -> Tensor:
        """Alleles of the window, ``(n, 4, length)``, evenly over the gene."""
        length = self.model.window_length_bp
        bases = self.genome[self.start : self.start + length].repeat(n, 1)
        span = min(GENE_BP, length // 2)
        places = torch.linspace((length - span) // 2, (length + span) // 2, n).long()
        rows = torch.arange(n)
        bases[rows, places] = (bases[rows, places] + 1 + rows % 3) % 4
        return one_hot(bases)

    def deletions(self, n: int) -> Tensor:
        """As `snvs`; what is behind them moves to the left."""
        length, start = self.model.window_length_bp, self.start
        at = torch.linspace(start + length // 4, start + length // 2, n).long().tolist()
        rows = [torch.cat([self.genome[start:i], self.genome[i + DELETED :]])[:length] for i in at]
        return one_hot(torch.stack(rows))

    def scores(self, coverage: Tensor) -> Tensor:
        """log2 of the sums over the gene, ``(batch, tracks)``, in float64."""
        bins = self.wanted.bins(coverage.shape[2])
        return torch.log2(coverage[:, self.wanted.channels][:, :, bins].double().sum(2) + 1)


def one_hot(bases: Tensor) -> Tensor:
    """``(batch, length)`` to ``(batch, 4, length)``."""
    return torch.nn.functional.one_hot(bases, 4).float().mT.contiguous()


def gene_bins(bins: int, genes: int = 1) -> list[int]:
    """Exons of genes in the middle of the output, and their 3' UTRs."""
    found: list[int] = []
    span = min(GENE_BP // 32, bins // 2)
    for gene in range(genes):
        first = (bins - span) // 2 + gene * span // 4 - (genes - 1) * span // 8
        for exon in range(EXONS):
            at = first + exon * span // EXONS
            found += range(at, at + (UTR_BINS if exon == EXONS - 1 else EXON_BINS))
    return [at for at in found if 0 <= at < bins]


def prepare(name: str) -> Setting:
    """The network of a file of hyperparameters, and a genome."""
    params = json.loads((ROOT / f"config/hyperparameters/borzuki_{name}.json").read_text())
    torch.manual_seed(0)
    model = build_model("borzuki", params, "human").eval().requires_grad_(False)
    model.draw_alive()
    length = model.window_length_bp
    genome = torch.randint(0, 4, (length + 2 * NEIGHBOURHOOD_BP,))
    bins = length // model.bin_size_bp - 2 * model.crop_bins
    channels = torch.arange(min(RNA_TRACKS, model.tracks))
    wanted = Wanted.of_bins(gene_bins(bins), channels)
    return Setting(model, genome, NEIGHBOURHOOD_BP, wanted)


def isolated(at: Setting) -> None:
    """A reference and one allele, in a window of their own."""
    known = know(at.model, at.window(at.start))
    at.scores(known.coverage(at.wanted))
    at.scores(predict_edited(at.model, at.snvs(1), known, wanted=at.wanted))


def neighbours(at: Setting, n: int) -> None:
    """References and alleles of variants of one neighbourhood, each in the window around it."""
    starts = (torch.rand(n) * NEIGHBOURHOOD_BP).long().sort().values.tolist()
    windows = torch.cat([at.window(start) for start in starts])
    middle = windows.shape[2] // 2
    for known in know_many(at.model, windows, starts):
        allele = known.one_hot.clone()
        allele[..., middle] = allele[..., middle].roll(1, 1)
        at.scores(known.coverage(at.wanted))
        at.scores(predict_edited(at.model, allele, known, wanted=at.wanted))


def shared(at: Setting, alleles: Tensor) -> Tensor:
    """Scores of alleles less those of their reference, which is computed once."""
    known = know(at.model, at.window(at.start))
    reference = at.scores(known.coverage(at.wanted))
    parts = [
        at.scores(predict_edited(at.model, part, known, wanted=at.wanted))
        for part in alleles.split(BATCH)
    ]
    return torch.cat(parts) - reference


def measure(at: Setting, repeats: int, variants: int, n: int) -> tuple[dict, dict, Tensor]:
    """CPU seconds per variant by case; what else there is to tell; scores of the variants."""
    model, snvs, deletions = at.model, at.snvs(BATCH), at.deletions(BATCH)
    known = know(model, at.window(at.start))
    moved = know(model, at.window(at.start + DELETED))
    partly = {name: know(model, at.window(at.start), reuse) for name, reuse in PARTS.items()}
    known.coverage(at.wanted)
    seconds = {f"{n} variants in 50 kb, exact": cpu_seconds(lambda: neighbours(at, n)) / n}
    found: list[Tensor] = []
    whole = cpu_seconds(lambda: found.append(shared(at, at.snvs(variants))))
    seconds[f"{variants} variants in one gene, reference included"] = whole / variants
    told = {"peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}
    edited = partial(predict_edited, model, wanted=at.wanted)
    cases: dict[str, tuple[int, Callable[[], object]]] = {
        "plain forward": (1, lambda: at.scores(model(snvs[:1]))),
        "reference": (1, lambda: know(model, at.window(at.start)).coverage(at.wanted)),
        "isolated variant, exact": (1, lambda: isolated(at)),
        "extra SNV in a shared window": (BATCH, lambda: edited(snvs, known)),
        "extra deletion, its window shared": (BATCH, lambda: edited(deletions, known, moved)),
    }
    for name, one in partly.items():
        cases[f"extra SNV, all but {name}"] = (1, partial(edited, snvs[:1], one))
    for _ in range(repeats):
        for case, (number, run) in cases.items():
            cpu = cpu_seconds(run) / number
            seconds[case] = min(cpu, seconds.get(case, cpu))
    extra, reference = seconds["extra SNV in a shared window"], seconds["reference"]
    seconds[f"map of 500 bp ({MAP_SNVS} SNVs, extrapolated)"] = extra + reference / MAP_SNVS
    told["difference"] = largest_difference(at, snvs[::4], deletions[:1], moved)
    return seconds, told, found[0]


def largest_difference(at: Setting, snvs: Tensor, deletions: Tensor, moved) -> float:
    """Between effects on the log2 score here and by plain forwards."""
    model, window = at.model, at.window(at.start)
    known, plainly = know(model, window), at.scores(model(window))
    reference, largest = at.scores(known.coverage(at.wanted)), 0.0
    for alleles, right in ((snvs, known), (deletions, moved)):
        found = at.scores(predict_edited(model, alleles, known, right, at.wanted)) - reference
        for one, allele in zip(found, alleles, strict=True):
            expected = at.scores(model(allele[None]))[0] - plainly[0]
            largest = max(largest, (one - expected).abs().max().item())
    return largest


def growth(at: Setting, seconds: dict, variants: int) -> dict[str, dict[int, float]]:
    """CPU seconds per variant by numbers of variants, and of an extra one by genes and tracks."""
    known, allele = know(at.model, at.window(at.start)), at.snvs(1)
    bins = known.coverage(at.wanted).shape[2]

    def extra(genes: int, tracks: int) -> float:
        wanted = Wanted.of_bins(gene_bins(bins, genes), torch.arange(tracks))
        run = partial(predict_edited, at.model, allele, known, wanted=wanted)
        return min(cpu_seconds(run) for _ in range(2))

    one, reference = seconds["extra SNV in a shared window"], seconds["reference"]
    tracks, most = len(at.wanted.channels), at.model.tracks
    return {
        "variants in a window": {n: one + reference / n for n in (1, 2, 5, 10, 20, variants, 500)},
        "genes of a variant": {n: extra(n, tracks) for n in (1, 2, 5, 10, 20)},
        "tracks": {n: extra(1, n) for n in sorted({1, min(50, most), tracks, most})},
    }


def draw(grown: dict[str, dict[str, dict[int, float]]], path: Path) -> None:
    """One panel for each quantity, one line for each network."""
    figure = new_figure(7.2, 2.6)
    panels = figure.subplots(1, 3)
    for name, by_quantity in grown.items():
        for ax, (quantity, line) in zip(panels, by_quantity.items(), strict=True):
            tidy(ax).plot(list(line), list(line.values()), marker="o", markersize=3, label=name)
            ax.set_xscale("log")
            highest = max(max(lines[quantity].values()) for lines in grown.values())
            ax.set_ylim(0, 1.1 * highest)
            ax.set_xlabel(f"number of {quantity}", fontsize=LABEL_PT)
    panels[0].set_ylabel("CPU seconds per variant", fontsize=LABEL_PT)
    panels[0].legend(fontsize=LABEL_PT, frameon=False)
    save(figure, path)


def rank_correlation(folder: Path) -> float:
    """Of logSED in bf16 with those in fp32, of SNVs, genes and tracks of the trained network."""
    data, found = folder / "data", []
    for precision in ("fp32", "bf16"):
        model = load_model("borzuki", data / "model.h5", data / "params.json", device="cpu",
                           precision=precision)  # fmt: skip
        table = score_variants(
            model, data / "eqtl.vcf", data / "hg38_1m.fa.gz", data / "synthetic_genes.gtf",
            data / "tiny_hg38/targets.txt", gene_scores=("logSED",), window_scores=(),
        ).gene.filter(status="scored")  # fmt: skip
        found.append(table["logSED"].to_numpy().ravel())
    return spearmanr(*found).statistic


def report(name: str, precision: str, seconds: dict, told: dict, keras: float | None) -> None:
    """One line a case."""
    plain = seconds["plain forward"]
    print(f"{name}, {precision}:  " + "  ".join(f"{k} {v:.3g}" for k, v in told.items()))
    for case, cpu in seconds.items():
        forwards = 1 if case in ("plain forward", "reference") else 2
        ratios = f"{forwards * plain / cpu:6.2f} P"
        if keras:
            ratios += f"{forwards * keras / cpu:6.2f} T"
        print(f"  {case:52s} {cpu:8.3f} CPU s {ratios}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", nargs="+", default=["hl_clip", "hl_clip_micro"])
    parser.add_argument("--precision", nargs="+", default=["fp32"], choices=["fp32", "bf16"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--variants", type=int, default=50)
    parser.add_argument("--neighbours", type=int, default=20)
    parser.add_argument("--keras-python", help="interpreter with TensorFlow, see keras_forward.py")
    parser.add_argument("--figure", type=Path, help="where to draw the growth, of the first run")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    keras = partial(measure_keras, given.keras_python, threads=given.threads)
    grown = {}
    for name in given.model:
        at, exact = prepare(name), None
        times = [keras(name)["keras_cpu_s"]] if given.keras_python else []
        measured = {}
        for precision in given.precision:
            rounded = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")
            with torch.inference_mode(), rounded:
                seconds, told, scores = measure(at, given.repeats, given.variants, given.neighbours)
                if given.figure and precision == given.precision[0]:
                    grown[name] = growth(at, seconds, given.variants)
            if exact is not None:
                told["rank"] = spearmanr(exact.ravel(), scores.ravel()).statistic
            exact = scores if precision == "fp32" else exact
            measured[precision] = seconds, told
        times += [keras(name)["keras_cpu_s"]] if given.keras_python else []
        for precision, (seconds, told) in measured.items():
            report(name, precision, seconds, told, min(times, default=None))
    if given.figure:
        draw(grown, given.figure)
    golden = Path(os.environ.get("SEQCAST_SHARED", ROOT.parent / "shared"))
    golden /= "reference/borzuki/real_tiny"
    if "bf16" in given.precision and golden.is_dir():
        print(
            f"rank correlation of bf16 with fp32, trained network: {rank_correlation(golden):.4f}"
        )


if __name__ == "__main__":
    main()
