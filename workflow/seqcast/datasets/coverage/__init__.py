"""Targets of coverage models: from tracks (bigWig, BAM) and windows to what training reads."""
