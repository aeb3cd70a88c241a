"""Which objects a scene has and where they are."""

from bisect import bisect
from typing import NamedTuple

import numpy as np

from .kinds import KINDS
from .palette import OBJECT_TONES
from .sprites import Pose

CLASS_NAMES: tuple[str, ...] = tuple(KINDS)

_COUNT_LIMITS = (0.4, 0.75)
_MAIN_EXTENTS = ((0.5, 0.68), (0.5, 0.62), (0.5, 0.56))
_OTHER_EXTENTS = (0.36, 0.44)
_SHADES = (-0.3, 0.3)
_EDGE = 0.03
_GROUND_END = 0.95
_GAP = 0.01
_OVERLAP_MAX = 0.05
_TRIES = 512


class Box(NamedTuple):
    """A rectangle, in shares of the image's side from its upper left corner."""

    left: float
    top: float
    width: float
    height: float

    @property
    def foot(self) -> tuple[float, float]:
        """The middle of the lower edge, (x, y)."""
        return self.left + self.width / 2, self.top + self.height


class Placed(NamedTuple):
    """An object and where it is."""

    pose: Pose
    box: Box


def arrange(rng: np.random.Generator, level: float, surface: str) -> list[Placed]:
    """Choose one to three objects, the largest first, for a place with its horizon at `level`.

    The main kind is chosen once, so that classes are uniform; the other objects until all find room.
    """
    main, count = pick(rng, CLASS_NAMES), 1 + bisect(_COUNT_LIMITS, rng.random())
    while True:
        kinds = (main, *_others(rng, main, count - 1))
        extents = (rng.uniform(*_MAIN_EXTENTS[count - 1]), *rng.uniform(*_OTHER_EXTENTS, count - 1))
        poses = [_pose(rng, kind, extent, level) for kind, extent in zip(kinds, extents, strict=True)]
        sizes = np.array([pose.box for pose in poses])
        corners = np.stack([_corners(rng, pose, level, surface) for pose in poses], axis=1)
        overlap = _overlap(corners, sizes)
        best = int(overlap.argmin())
        if overlap[best] <= _OVERLAP_MAX:
            boxes = np.hstack((corners[best], sizes)).tolist()
            return [Placed(pose, Box(*box)) for pose, box in zip(poses, boxes, strict=True)]


def patch_radii(width: float) -> tuple[float, float]:
    """Half width and half height of the pond or island under a box, all shares of the side."""
    return 0.66 * width, 0.17 * width + 0.02


def pick(rng: np.random.Generator, names: tuple[str, ...]) -> str:
    """One of the names, each as likely (many times faster than `Generator.choice`)."""
    return names[rng.integers(len(names))]


def _others(rng: np.random.Generator, main: str, count: int) -> list[str]:
    """Different kinds beside the main one."""
    order = rng.permutation(len(CLASS_NAMES))[: count + 1]
    return [CLASS_NAMES[i] for i in order if CLASS_NAMES[i] != main][:count]


def _pose(rng: np.random.Generator, kind: str, extent: float, level: float) -> Pose:
    """A kind in a random colour and pose, small enough for its part of the image."""
    if KINDS[kind].place == "sky":
        extent = min(extent, level - 2 * _EDGE)
    tilt, shade = rng.uniform(-1, 1) * KINDS[kind].tilt, float(rng.uniform(*_SHADES))
    return Pose(kind, pick(rng, tuple(OBJECT_TONES)), float(extent), float(tilt), bool(rng.random() < 0.5), shade)


def _corners(rng: np.random.Generator, pose: Pose, level: float, surface: str) -> np.ndarray:
    """Random corners (n_tries, 2) of an object's box where its kind belongs."""
    width, height = pose.box
    place = KINDS[pose.kind].place
    highest, lowest = _EDGE + height, {"sky": level - 0.02, "air": level + 0.1}.get(place, _GROUND_END)
    if place in ("land", "water"):
        patch = 0.0 if place == surface else patch_radii(width)[1]
        highest = max(highest, level + 0.05 + patch)
    left = rng.uniform(_EDGE, 1 - _EDGE - width, _TRIES)
    bottom = rng.uniform(highest, max(highest, lowest), _TRIES)
    return np.column_stack((left, bottom - height))


def _overlap(corners: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Worst shared part of two boxes as a share of the smaller: (n_tries,) from (n_tries, n, 2), (n, 2)."""
    worst = np.zeros(len(corners))
    for i, j in zip(*np.triu_indices(len(sizes), 1), strict=True):
        low = np.maximum(corners[:, i], corners[:, j]) - _GAP
        high = np.minimum(corners[:, i] + sizes[i], corners[:, j] + sizes[j]) + _GAP
        shared = np.clip(high - low, 0, None)
        worst = np.maximum(worst, shared[:, 0] * shared[:, 1] / min(sizes[i].prod(), sizes[j].prod()))
    return worst
