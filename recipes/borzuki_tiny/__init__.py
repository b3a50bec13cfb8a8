"""How `borzuki_tiny` fares on simulated genomes that it was not trained on."""
