"""Figures of a layer. A figure is a file of its name with a `FIGURE`, and its line here."""

from importlib import import_module

from .figure import LayerFigure

_NAMES = ("scores", "lengths", "weights", "calibration", "correlation_ablation", "top_impact")

FIGURES: dict[str, LayerFigure] = {name: import_module(f".{name}", __name__).FIGURE for name in _NAMES}

__all__ = ["FIGURES", "LayerFigure"]
