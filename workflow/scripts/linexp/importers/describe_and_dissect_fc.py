"""Describe-and-Dissect's file of a last layer: one label a neuron."""

from .format import Format, described_by

FORMAT = Format(("Neuron ID", "label"), described_by("label"))
