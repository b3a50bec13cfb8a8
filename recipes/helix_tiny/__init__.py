"""How the tiny Helix of the demo was made: simulate, train, evaluate."""
