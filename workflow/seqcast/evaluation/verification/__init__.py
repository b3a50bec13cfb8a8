"""A network and its weights against the program that they were published with."""
