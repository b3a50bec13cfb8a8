"""Architectures, one file each; `interface` names what a model of each task offers."""

import os

# Activations are hundreds of MB: huge pages halve the time spent on first touching them. torch
# reads this once, at its first allocation, so it is set before anything here imports torch.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
