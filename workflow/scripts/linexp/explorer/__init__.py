"""The explorer: a folder of pages to wander through the neurons of a layer, without a server or a network."""

from .folder import DATA_FOLDER, write_explorer
from .layer import LayerFiles, Shown

__all__ = ["DATA_FOLDER", "LayerFiles", "Shown", "write_explorer"]
