"""Sources of networks. A source is a file of its name with a `SOURCE`, and its line here."""

from importlib import import_module

from .source import Source

_NAMES = ("torchvision", "timm", "transformers", "hub", "factory", "trained", "recorded")

SOURCES: dict[str, Source] = {name: import_module(f".{name}", __name__).SOURCE for name in _NAMES}

__all__ = ["SOURCES", "Source"]
