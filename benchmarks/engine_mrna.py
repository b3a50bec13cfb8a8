"""Cost of scoring variants of one mRNA with and without what lies before their edits, by position.

Helix-mRNA of the published sizes with random weights, SNVs of one mRNA with a CDS, one process,
both ways in turn; CPU seconds, as in `benchmarks.helix`. The rows differ in where the SNVs lie.

    python -m benchmarks.engine_mrna [--length 3000] [--variants 50] [--threads 1]
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

PLACES = {"start": (0.0, 0.1), "middle": (0.45, 0.55), "end": (0.9, 1.0), "anywhere": (0.0, 1.0)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--length", type=int, default=3000, help="nt")
    parser.add_argument("--variants", type=int, default=50)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    model = build_model("helix_mrna", {"layers_block_type": HelixMrnaConfig.layers_block_type})
    model.initialise()
    model.eval().requires_grad_(False)
    reuse = of_alleles(EmbedOptions())
    ways = {
        name: Embedder(model, options)
        for name, options in {"plain": replace(reuse, reuse=False), "reuse": reuse}.items()
    }
    print("| SNVs at | plain, CPU s a variant | reuse | ratio | largest differences of "
          + ", ".join(SCORES) + " | largest of each |\n|---|---|---|---|---|---|")  # fmt: skip
    for place, (low, high) in PLACES.items():
        texts = mrna_and_edits(arguments.length, arguments.variants, low, high)
        seconds, found = {}, {}
        for name, embedder in ways.items():
            begun = time.process_time()
            found[name] = scores(next(embedder.edited([texts])))
            seconds[name] = (time.process_time() - begun) / arguments.variants
        apart = np.abs(found["plain"] - found["reuse"]).max(0)
        cells = [place, *(f"{s:.3f}" for s in seconds.values()),
                 f"{seconds['plain'] / seconds['reuse']:.1f}",
                 ", ".join(f"{x:.0e}" for x in apart),
                 ", ".join(f"{x:.0e}" for x in np.abs(found["plain"]).max(0))]  # fmt: skip
        print("| " + " | ".join(cells) + " |", flush=True)


def mrna_and_edits(length: int, variants: int, low: float, high: float) -> list[str]:
    """A random mRNA as the model reads it, and SNVs of it from `low` to `high` of its length."""
    rng = np.random.default_rng(0)
    mrna = "".join(rng.choice(list("ACGU"), length))
    cds = length // 10, length // 10 + length // 6 * 3
    places = np.linspace(low * length, high * length - 1, variants).astype(int)
    other = dict(zip("ACGU", "CGUA", strict=True))
    edited = (f"{mrna[:at]}{other[mrna[at]]}{mrna[at + 1 :]}" for at in places)
    return [mark_codons(text, *cds) for text in (mrna, *edited)]


def scores(embedded: list[Embedded]) -> np.ndarray:
    """``(variants, scores)``."""
    ref, *alts = embedded
    return np.array([list(differences(ref, alt).values()) for alt in alts])


if __name__ == "__main__":
    main()
