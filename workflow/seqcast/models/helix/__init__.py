"""Helix-mRNA and Mamba2-mRNA: language models of mRNA from state space layers."""
