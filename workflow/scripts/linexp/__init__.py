"""Linear explanations for the neurons of vision models."""

__version__ = "0.1.0"
