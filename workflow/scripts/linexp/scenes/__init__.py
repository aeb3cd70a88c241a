"""Drawn demo images: illustrations of a few coloured objects in a random light, with labels, concepts and masks."""

from .backgrounds import BACKGROUNDS as _PLACES
from .compose import Scene, SceneObject, draw_scene
from .kinds import SUPERCLASSES
from .palette import OBJECT_TONES
from .placement import CLASS_NAMES

COLOURS: tuple[str, ...] = tuple(OBJECT_TONES)
BACKGROUNDS: tuple[str, ...] = tuple(_PLACES)

__all__ = ["BACKGROUNDS", "CLASS_NAMES", "COLOURS", "SUPERCLASSES", "Scene", "SceneObject", "draw_scene"]
