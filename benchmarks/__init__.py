"""Speed and memory, each script alone: ``python -m benchmarks.forward``."""

import seqcast  # noqa: F401 - sets how torch's threads wait, before any of them loads torch
