"""What a model of coverage says of a simulated genome, against the truth that was planted there.

`readouts` reduces scores of tracks to a few effects, `planted_tables` brings the planted effects to
the same scale, `planted_variants` joins the two, `planted_decay` fits decay rates to predicted
coverage, `planted_metrics` compares by the `measures`, which also say what numbers are good enough.
Only contigs that no fold was trained on count.
"""
