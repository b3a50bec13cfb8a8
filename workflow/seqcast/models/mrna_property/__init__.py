"""MrnaProperty: labels of mRNAs, from a language model and a head."""
