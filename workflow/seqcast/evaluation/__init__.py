"""How good predictions are: metrics with intervals, and the comparisons that they are for."""
