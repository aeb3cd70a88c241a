"""Concepts: sets of them, image-text models, calibration (Eq. 5), the concept activation matrix P, its moments."""
