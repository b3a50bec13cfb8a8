"""Architectures, one file each; `interface` names what a model of each task offers."""
