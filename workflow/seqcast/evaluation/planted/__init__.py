"""What a model of coverage says of a simulated genome, against the truth that was planted there.

`readouts` reduces scores of tracks to a few effects, `truth` brings the planted effects to the same
scale, `variants` joins the two, `decay` fits decay rates to predicted coverage, `evaluation`
compares by the `measures`, `bars` says which numbers are good enough, and `page` tells it all. Only
contigs that no fold was trained on count.
"""
