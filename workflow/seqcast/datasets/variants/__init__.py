"""Sets of variants: benchmark sets of QTLs and their matched controls; all variants of regions."""

# Regions that are the 3' UTRs of an annotation -> the transcripts that count (`SELECTIONS`).
UTR3 = {"utr3": "canonical_coding", "utr3_all": "coding"}
