"""Outlines as points, float64 (n_points, 2): x to the right, y down, in the units of the drawing."""

from functools import cache

import numpy as np

Point = tuple[float, float]
Shape = np.ndarray

_STEPS_PER_KNOT = 6


@cache
def arc(cx: float, cy: float, rx: float, ry: float, start: float, stop: float, turn: float = 0.0) -> Shape:
    """Part of an ellipse from `start` to `stop` degrees (clockwise from the right), turned by `turn`."""
    angles = np.radians(np.linspace(start, stop, 41))
    x, y = rx * np.cos(angles), ry * np.sin(angles)
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    return np.column_stack((cx + cos * x - sin * y, cy + sin * x + cos * y))


def ellipse(cx: float, cy: float, rx: float, ry: float, turn: float = 0.0) -> Shape:
    """A whole ellipse, turned clockwise by `turn` degrees."""
    return arc(cx, cy, rx, ry, 0.0, 360.0, turn)


@cache
def polygon(*points: Point) -> Shape:
    """Straight lines between points."""
    return np.array(points, dtype=np.float64)


@cache
def rounded(x0: float, y0: float, x1: float, y1: float, radius: float) -> Shape:
    """A rectangle with round corners."""
    corners = (
        (x1 - radius, y1 - radius, 0.0),
        (x0 + radius, y1 - radius, 90.0),
        (x0 + radius, y0 + radius, 180.0),
        (x1 - radius, y0 + radius, 270.0),
    )
    return np.concatenate([arc(x, y, radius, radius, a, a + 90.0)[::8] for x, y, a in corners])


@cache
def smooth(*points: Point) -> Shape:
    """A closed soft curve through the points (Catmull-Rom)."""
    knots = np.array(points, dtype=np.float64)
    return _catmull_rom(np.stack([np.roll(knots, shift, axis=0) for shift in (1, 0, -1, -2)]))


@cache
def path(*points: Point) -> Shape:
    """An open soft curve through the points (Catmull-Rom, the end points doubled)."""
    knots = np.array([points[0], *points, points[-1]], dtype=np.float64)
    return _catmull_rom(np.stack([knots[i : len(knots) - 3 + i] for i in range(4)]))


def _catmull_rom(knots: np.ndarray) -> Shape:
    """Points of the segments whose four control points are `knots` (4, n_segments, 2)."""
    t = np.linspace(0.0, 1.0, _STEPS_PER_KNOT + 1)
    basis = 0.5 * np.stack((-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2))
    return np.einsum("ks,knd->nsd", basis, knots).reshape(-1, 2)


@cache
def star(cx: float, cy: float, outer: float, inner: float, points: int) -> Shape:
    """A star with its first point upwards."""
    angles = np.pi * np.arange(2 * points) / points - np.pi / 2
    radii = np.where(np.arange(2 * points) % 2, inner, outer)
    return np.column_stack((cx + radii * np.cos(angles), cy + radii * np.sin(angles)))


def mirrored(shape: Shape, x: float = 50.0) -> Shape:
    """The shape reflected in the vertical line at `x`."""
    return shape * (-1.0, 1.0) + (2.0 * x, 0.0)
