"""What all SNVs of regions cost by device: on paper, from rates that are measured here.

    python -m benchmarks.region_costs [--model hl_clip_micro hl_clip] [--snvs 1e8]
                                      [--windows 19000] [--folds 2] [--tflops 20 100]

Measured, in CPU seconds of one thread, for a strand of a window with random weights (the work does
not depend on them): the plain forward; what is known of a reference window; and an SNV in it, of
which the bins of one gene are wanted. The rest is arithmetic on a plan of work: its windows and
SNVs times folds and strands. A device of which a rate of computation is assumed (--tflops, what it
attains, not its peak) takes the operations of a forward by that rate, and as many forwards as the
CPU did.

The default is all human 3' UTRs: 10^8 SNVs, and one shared window for each of 19,000 coding genes.
How many genes share a window changes little: each window has thousands of SNVs.
"""

import argparse
import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from seqcast.models.coverage import Wanted
from seqcast.models.interface import CoverageModel, build_model
from seqcast.models.known_windows import know, predict_edited
from seqcast.predict.variants.work_plan import WorkPlan

ROOT = Path(__file__).resolve().parents[1]
STRANDS = 2
SNVS = 4  # measured at once
GENE_BP = 4000  # exons of a gene


def network(name: str) -> CoverageModel:
    path = ROOT / f"config/hyperparameters/borzuki_{name}.json"
    return build_model("borzuki", json.loads(path.read_text()), "human").eval()


def of_product(x: list[int], weight: list[int], *_: object, **__: object) -> int:
    """Operations of a product of matrices by oneDNN, which torch does not count."""
    return 2 * math.prod(x) * weight[0]


COUNTED = {torch.ops.mkldnn._linear_pointwise: of_product}


def cpu_seconds(run: Callable[[], Tensor]) -> float:
    begin = time.process_time()
    run()
    return time.process_time() - begin


def measure(name: str) -> dict[str, float]:
    """Operations of a forward; CPU seconds of it, of a reference window and of an SNV."""
    torch.manual_seed(0)
    model = network(name)
    length_bp = model.window_length_bp
    window = (
        torch.nn.functional.one_hot(torch.randint(0, 4, (1, length_bp))).float().mT.contiguous()
    )
    alleles = window.repeat(SNVS, 1, 1)
    for i in range(SNVS):
        at = length_bp // 2 + 100 * i
        alleles[i, :, at] = alleles[i, :, at].roll(1)
    with FlopCounterMode(display=False, custom_mapping=COUNTED) as counted:
        bins = model(window).shape[-1]
    gene = range(bins // 2, bins // 2 + GENE_BP * bins // length_bp)
    wanted, known = Wanted.of_bins(list(gene)), know(model, window)

    def reference() -> Tensor:
        return know(model, window).coverage(wanted)

    predict_edited(model, alleles[:1], known, wanted=wanted)  # remembers what it needs
    return {
        "operations": counted.get_total_flops(),
        "forward": cpu_seconds(lambda: model(window)),
        "window": cpu_seconds(reference),
        "SNV": cpu_seconds(lambda: predict_edited(model, alleles, known, wanted=wanted)) / SNVS,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", nargs="+", default=["hl_clip_micro", "hl_clip"])
    parser.add_argument("--snvs", type=float, default=1e8)
    parser.add_argument("--windows", type=float, default=19_000)
    parser.add_argument("--folds", type=int, default=2)
    parser.add_argument("--tflops", type=float, nargs="+", default=[20, 100])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    members = arguments.folds * STRANDS
    snvs, windows = int(arguments.snvs), int(arguments.windows)
    plan = WorkPlan("shared", snvs, snvs, windows, snvs, members)
    print("| model | device | forward, s | window, s | SNV, s | 10^6 SNVs, h | all SNVs, days |")
    print("|---|---|---|---|---|---|---|")
    for name in arguments.model:
        with torch.inference_mode():
            cpu = measure(name)
        for tflops in [None, *arguments.tflops]:
            faster = 1.0 if tflops is None else cpu["forward"] * tflops * 1e12 / cpu["operations"]
            device = "CPU core, measured" if tflops is None else f"{tflops:g} TFLOP/s, assumed"
            forward, window, snv = (cpu[key] / faster for key in ("forward", "window", "SNV"))
            days = plan.members * (plan.windows * window + plan.alleles * snv) / 86_400
            million_h = days * 24 * 1e6 / plan.alleles
            print(f"| {name} | {device} | {forward:.3g} | {window:.3g} | {snv:.3g} "
                  f"| {million_h:.3g} | {days:.3g} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
