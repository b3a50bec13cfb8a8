"""Cost of scoring variants of one mRNA with and without what lies before their edits, by position.

Helix-mRNA of the published sizes with random weights, SNVs of one mRNA with a CDS, one process;
CPU seconds, as in `benchmarks.helix`. The rows differ in where the SNVs lie. In each of some rounds
the mRNA is embedded alone, then with `PART` edits of it, then one of them without reuse: medians
give the cost of an mRNA of each kind, and these that of a number of variants of one mRNA.

    python -m benchmarks.engine_mrna [--length 3000] [--variants 50] [--rounds 5] [--threads 1]
"""

import argparse
import time
from dataclasses import replace

import numpy as np
import torch

from seqcast.models.helix.helix_mrna_config import HelixMrnaConfig
from seqcast.models.interface import build_model
from seqcast.predict.embeddings.embed_options import EmbedOptions
from seqcast.predict.embeddings.embedded_text import Embedded
from seqcast.predict.embeddings.engine import Embedder
from seqcast.predict.variants.transcript_effects import SCORES, differences, of_alleles
from seqcast.transcripts.marks import mark_codons

PART = 4  # edits at once
PLACES = {"start": (0.0, 0.1), "middle": (0.45, 0.55), "end": (0.9, 1.0), "anywhere": (0.0, 1.0)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--length", type=int, default=3000, help="nt")
    parser.add_argument("--variants", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    model = build_model("helix_mrna", {"layers_block_type": HelixMrnaConfig.layers_block_type})
    model.initialise()
    model.eval().requires_grad_(False)
    print("| SNVs at | an mRNA, CPU s | an ALT with reuse | ratio | largest differences of "
          + ", ".join(SCORES) + " | largest of each |\n|---|---|---|---|---|---|")  # fmt: skip
    for place, (low, high) in PLACES.items():
        texts = mrna_and_edits(arguments.length, arguments.rounds * PART, low, high)
        plain_s, ref_s, alt_s, pairs = measured(model, texts)
        plain_s_all = (1 + arguments.variants) * plain_s
        ratio = plain_s_all / (ref_s + arguments.variants * alt_s)
        apart, largest = np.abs(pairs[0] - pairs[1]).max(0), np.abs(pairs[0]).max(0)
        cells = [place, f"{plain_s:.3f}", f"{alt_s:.3f}", f"{ratio:.1f}",
                 *(", ".join(f"{x:.0e}" for x in found) for found in (apart, largest))]  # fmt: skip
        print("| " + " | ".join(cells) + " |", flush=True)


def measured(model: torch.nn.Module, texts: list[str]) -> tuple[float, float, float, np.ndarray]:
    """Medians of CPU seconds: plain, REF, ALT with reuse; scores ``(2 ways, rounds, scores)``."""
    options = of_alleles(EmbedOptions())
    plain, reuse = Embedder(model, replace(options, reuse=False)), Embedder(model, options)
    ref, *edits = texts
    seconds, pairs = [], []
    for first in range(0, len(edits), PART):
        some = edits[first : first + PART]
        ref_s, _ = timed(reuse, [ref])
        all_s, ours = timed(reuse, [ref, *some])
        plain_s, theirs = timed(plain, [ref, some[0]])
        seconds.append((plain_s / 2, ref_s, (all_s - ref_s) / len(some)))
        pairs.append([list(differences(*found).values()) for found in (theirs, ours[:2])])
    return *np.median(seconds, axis=0), np.array(pairs).swapaxes(0, 1)


def timed(embedder: Embedder, texts: list[str]) -> tuple[float, list[Embedded]]:
    """CPU seconds, and what is found."""
    begun = time.process_time()
    found = next(embedder.edited([texts]))
    return time.process_time() - begun, found


def mrna_and_edits(length: int, variants: int, low: float, high: float) -> list[str]:
    """A random mRNA as the model reads it, and SNVs of it from `low` to `high` of its length."""
    rng = np.random.default_rng(0)
    mrna = "".join(rng.choice(list("ACGU"), length))
    cds = length // 10, length // 10 + length // 6 * 3
    places = rng.permutation(np.linspace(low * length, high * length - 1, variants).astype(int))
    other = dict(zip("ACGU", "CGUA", strict=True))
    edited = (f"{mrna[:at]}{other[mrna[at]]}{mrna[at + 1 :]}" for at in places)
    return [mark_codons(text, *cds) for text in (mrna, *edited)]


if __name__ == "__main__":
    main()
