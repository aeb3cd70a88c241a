"""The compiled search for the scale of a simulation (Eq. 13): the (c, d) that change the network's output least.

The objective is a mean of absolute values, with kinks and several minima, so no gradient certifies anything: simplices
(Nelder and Mead, 1965) start from several places, and once more from the best one. A `line` is what images lose as the
simulation's scale changes: (coefficients (m, n), base (n,), slope (n,), offset (n,), direction). Image i is at
the place offset + u·slope + v·direction of its Chebyshev series, and its unchanged loss is `base`. Where a whole map
changes it is a surface: (coefficients (m², n) of a series in u and v, base (n,), low (2,), high (2,) of both).
"""

import numba
import numpy as np

BLOCK = 512
SIMPLICES = 3
FIRST_STEP, FIRST_PRECISION = 0.2, 1e-2
LAST_STEP, LAST_PRECISION = 0.03, 1e-5
MAX_STEPS = 100
SURFACE = 4
"""Parts of a surface."""


@numba.njit(cache=True, nogil=True)
def series(coefficients, positions):
    """(n,) Chebyshev series (m, n) of n images, each at its own place (n,), by Clenshaw's recurrence."""
    result = np.empty(len(positions))
    last, before = np.empty(BLOCK), np.empty(BLOCK)
    for begin in range(0, len(positions), BLOCK):
        x = positions[begin : begin + BLOCK]
        last[:] = 0.0
        before[:] = 0.0
        for degree in range(len(coefficients) - 1, 0, -1):
            row = coefficients[degree, begin : begin + BLOCK]
            for i in range(len(x)):
                new = row[i] + 2.0 * x[i] * last[i] - before[i]
                before[i] = last[i]
                last[i] = new
        row = coefficients[0, begin : begin + BLOCK]
        for i in range(len(x)):
            result[begin + i] = row[i] + x[i] * last[i] - before[i]
    return result


@numba.njit(cache=True, nogil=True)
def change_of_surface(surface, u, v):
    """The same of a surface."""
    coefficients, base, low, high = surface
    m = round(np.sqrt(len(coefficients)))
    of_u, of_v = np.ones(m), np.ones(m)
    x, y = (2 * u - low[0] - high[0]) / (high[0] - low[0]), (2 * v - low[1] - high[1]) / (high[1] - low[1])
    if max(abs(x), abs(y)) > 1.0:
        return np.inf
    of_u[1], of_v[1] = x, y
    for degree in range(2, m):
        of_u[degree] = 2 * x * of_u[degree - 1] - of_u[degree - 2]
        of_v[degree] = 2 * y * of_v[degree - 1] - of_v[degree - 2]
    change = -base
    for number in range(m * m):
        change += of_u[number // m] * of_v[number % m] * coefficients[number]
    return np.abs(change).mean()


@numba.njit(cache=True, nogil=True)
def change(line, u, v):
    """Mean |L(changed) − L| of the images at (u, v); infinite beyond the sampled range."""
    if len(line) == SURFACE:  # known when this is compiled
        return change_of_surface(line, u, v)
    coefficients, base, slope, offset, direction = line
    positions = offset + u * slope + v * direction
    if np.abs(positions).max() > 1.0:
        return np.inf
    return np.abs(series(coefficients, positions) - base).mean()


@numba.njit(cache=True, nogil=True)
def point(line, u, v):
    return np.array([u, v, change(line, u, v)])


@numba.njit(cache=True, nogil=True)
def between(line, one, other, share):
    """The point at a share of the way from one point to another."""
    return point(line, one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1]))


@numba.njit(cache=True, nogil=True)
def simplex(line, u, v, step, precision):
    """The lowest point, (u, v, change), that a simplex with sides of `step` reaches from (u, v)."""
    points = np.empty((3, 3))
    points[0], points[1], points[2] = point(line, u, v), point(line, u + step, v), point(line, u, v + step)
    for _ in range(MAX_STEPS):
        points = points[np.argsort(points[:, 2])]
        best, worst = points[0], points[2].copy()
        if np.abs(points[1:, :2] - best[:2]).max() < precision:
            break
        centre = (points[0] + points[1]) / 2
        reflected = between(line, centre, worst, -1.0)
        if reflected[2] < best[2]:
            expanded = between(line, centre, worst, -2.0)
            points[2] = expanded if expanded[2] < reflected[2] else reflected
        elif reflected[2] < points[1, 2]:
            points[2] = reflected
        else:
            contracted = between(line, centre, worst, -0.5 if reflected[2] < worst[2] else 0.5)
            if contracted[2] < min(reflected[2], worst[2]):
                points[2] = contracted
            else:
                points[1] = between(line, best, points[1], 0.5)
                points[2] = between(line, best, worst, 0.5)
    return points[np.argmin(points[:, 2])]


@numba.njit(cache=True, nogil=True)
def search(line, places):
    """The lowest point, (u, v, change), from the most promising of some places, (k, 2)."""
    points = np.empty((len(places), 3))
    for number in range(len(places)):
        points[number] = point(line, places[number, 0], places[number, 1])
    points = points[np.argsort(points[:, 2])[:SIMPLICES]]
    for number in range(len(points)):
        points[number] = simplex(line, points[number, 0], points[number, 1], FIRST_STEP, FIRST_PRECISION)
    best = points[np.argmin(points[:, 2])]
    return simplex(line, best[0], best[1], LAST_STEP, LAST_PRECISION)
