"""Mutagenesis maps: what each base of a region does to a gene, from the scores of its variants."""
