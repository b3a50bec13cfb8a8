"""How well predicted coverage agrees with measured coverage."""
