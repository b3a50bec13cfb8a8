"""A synthetic genome whose truth is known in closed form, for the demo and for tests."""

from seqcast.simulate.parameters import Parameters
from seqcast.simulate.simulation import simulate_genome
from seqcast.simulate.species import species_parameters

__all__ = ["Parameters", "simulate_genome", "species_parameters"]
