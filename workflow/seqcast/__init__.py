"""RNA and DNA sequence models for computational biologists.

The doors: `load_model`, `load_shipped` (which needs no file), `predict_coverage`,
`score_variants`, `plot_variant`, `map_effects`, `plot_map`, `classify_reads`, `embed_sequences` and
`predict_property` (see `seqcast.api`); `read_embeddings` (see
`seqcast.predict.embeddings.embedding_files`).
"""

import importlib
import os
import sys
import warnings
from typing import Any

WAITING = {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"}  # how OpenMP's threads wait

# Both are read once, when torch loads or first allocates. Threads that wait spinning make jobs that
# share cores several times slower; activations are hundreds of MB, which huge pages fill faster.
if "torch" in sys.modules and not WAITING & os.environ.keys():
    warnings.warn(
        "torch was imported before seqcast: its threads wait spinning, which takes several times "
        "the processor time where jobs share cores. Import seqcast first, or set OMP_WAIT_POLICY="
        "PASSIVE before Python starts (or ACTIVE, to keep this and hear no more of it)",
        RuntimeWarning,
        stacklevel=2,
    )
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

__version__ = "0.1.0"
__all__ = [
    "__version__", "classify_reads", "embed_sequences", "load_model", "load_shipped",
    "map_effects", "plot_map", "plot_variant", "predict_coverage", "predict_property",
    "read_embeddings", "score_variants", "screen_variants",
]  # fmt: skip
# Doors that are not in `api`.
ELSEWHERE = {
    "read_embeddings": "predict.embeddings.embedding_files",
    "screen_variants": "predict.attributions.attribution_files",
}


def __dir__() -> list[str]:
    return __all__  # what a notebook offers to complete; `__getattr__` makes the rest


def __getattr__(name: str) -> Any:
    # torch loads only when a door is opened: the workflow reads the version at every parse; and
    # the digest of a script's code (`provenance`) does not follow a name in a string
    if name in __all__:
        return getattr(importlib.import_module(f"seqcast.{ELSEWHERE.get(name, 'api')}"), name)
    raise AttributeError(f"module 'seqcast' has no attribute {name!r}")
