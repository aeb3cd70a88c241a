"""Explanations put to the test: simulation (Eq. 9), scores, sanity checks, controls, summaries."""
