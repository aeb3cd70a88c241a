"""Explanations, scores and verdicts of arrays, without files or Snakemake, by the code that the rules call.

What a job reads from artifacts is handed over here: P, how present each concept is in each image, and Q, how active
each neuron is. Arrays are worked on in single precision, as artifacts hold them, so both ways give the same numbers.
"""

from .explaining import Explained, explain
from .testing import judge, score, simulate

__all__ = ["Explained", "explain", "judge", "score", "simulate"]
