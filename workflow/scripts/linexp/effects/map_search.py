"""The search for the scale of a map that a unit is replaced by (Eq. 13), where the unit is explained at places.

As a unit's map changes as a whole, what an image loses is no curve of one value but a surface over the scale (c, d). It
is sampled at a grid of Chebyshev points, by passes of the tail, and searched as the curves of single values are: from
the same starts, by the same simplices.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .loss_curves import coefficients, nodes
from .replaced_neuron import GRID, ReplacedNeuron, Shared
from .scale_search import search
from .tail_losses import TailLosses

Array = NDArray[np.float64]
Range = tuple[float, float]

NODES = 9
"""Of a surface along each of its two axes."""
MARGIN = 0.05
ROOM = 0.25, 0.5
"""Around what u and v are expected to be: between none and twice those of `norm`, and between the mean and the best
constant."""
MAX_MOVES = 4


class ScaledMaps:
    """c·s + d at several scales, made for some images at a time: (m, n, n_places), of which `[:, images]` is computed.

    Parameters
    ----------
    scales
        (m, 2) of c and d.
    simulated
        (n, n_places) s.
    """

    def __init__(self, scales: Array, simulated: Array):
        self._scales, self._simulated = scales, simulated
        self.shape = len(scales), *simulated.shape

    def __len__(self) -> int:
        return len(self._scales)

    def __getitem__(self, key) -> Array:
        c, d = self._scales.T[..., None, None]
        return c * self._simulated[key[1]] + d


class ReplacedMap(ReplacedNeuron):
    """One unit at places with its simulations: `q`, `on_val` and `on_test` are (n_images, n_places).

    Attributes
    ----------
    searches
        By the number of the explanation.
    """

    searches: dict[int, "MapSearch"]

    def begin_with(self, shared: Shared) -> None:
        """Take over what is shared, without a curve: those are of maps that are the same everywhere."""
        self.shared, self.constant, self.searches = shared, shared.constant, {}

    @property
    def best_constant(self) -> float:
        """The constant, which is shared wherever scales are searched."""
        return float(self.constant)  # type: ignore[arg-type]

    def searched(self, number: int, on_val: float, effect: float) -> tuple[int, float]:
        if number not in self.searches:
            return 0, 0.0
        found = self.searches[number]
        return found.sampled, float(abs(found.change - on_val) / effect)


@dataclass
class MapSearch:
    """The search for one explanation of one unit, in units of q: value = μ_q + σ_q·(u·ŝ + v).

    Attributes
    ----------
    low, high
        (2,) the ends of what is sampled of u and v.
    best
        (2,) the u and v that were found.
    change
        Mean change of the loss there.
    sampled
        How many scales so far.
    """

    neuron: ReplacedMap
    number: int
    best: Array = field(default_factory=lambda: np.zeros(2))
    change: float = np.inf
    sampled: int = 0

    def __post_init__(self):
        s, q = self.neuron.on_val[self.number], self.neuron.q
        self._s, self._mean, self._std = (float(s.mean()), float(s.std())), float(q.mean()), float(q.std())
        c, d = self.neuron.norm[self.number]  # type: ignore[misc]  # of a simulation that varies
        rho, v = self._in_units(c, d)[0], (self.neuron.best_constant - self._mean) / self._std
        expected, room = np.array([[0, 0], [2 * rho, v]]), np.array(ROOM)
        self.low, self.high = expected.min(axis=0) - room, expected.max(axis=0) + room
        self._starts = [(0.0, 0.0), (0.0, v), (rho, 0.0), (2 * rho, 0.0), self._in_units(1.0, 0.0)]

    def _in_units(self, c: float, d: float) -> tuple[float, float]:
        s_mean, s_std = self._s
        return c * s_std / self._std, (c * s_mean + d - self._mean) / self._std

    def scale(self, u: Any, v: Any) -> tuple[Any, Any]:
        """The (c, d) of u and v."""
        s_mean, s_std = self._s
        c = u * self._std / s_std
        return c, self._mean + v * self._std - c * s_mean

    def values(self) -> ScaledMaps:
        """What the unit is replaced by at the points that are sampled: those of u, and for each those of v."""
        u, v = ((self.low + self.high + nodes(NODES - 1)[:, None] * (self.high - self.low)) / 2).T
        pairs = np.stack(np.meshgrid(u, v, indexing="ij"), axis=-1).reshape(-1, 2)
        return ScaledMaps(np.stack(self.scale(*pairs.T), axis=1), self.neuron.on_val[self.number])

    def search(self, losses: Array, base: Array) -> None:
        """Find the best point of the surface through (m, n) losses at the sampled scales."""
        by_v = coefficients(losses.reshape(NODES, -1)).reshape(NODES, NODES, -1).swapaxes(0, 1)
        surface = coefficients(by_v.reshape(NODES, -1)).reshape(NODES, NODES, -1).swapaxes(0, 1)
        line = np.ascontiguousarray(surface).reshape(NODES**2, -1), base, self.low, self.high
        u, v, self.change = search(line, np.concatenate([self._starts, [self.best], GRID]))
        self.best, self.sampled = np.array([u, v]), self.sampled + len(losses)

    def move(self) -> bool:
        """Move what is sampled where the best point lies close to its end; whether it was moved."""
        width = self.high - self.low
        past = (self.best < self.low + MARGIN * width) | (self.best > self.high - MARGIN * width)
        shift = np.where(past, self.best - (self.low + self.high) / 2, 0)
        self.low, self.high = self.low + shift, self.high + shift
        return bool(past.any())


def search_maps(val: TailLosses, neurons: Sequence[ReplacedMap], threads: int) -> None:
    """Find the scales of units at places, each explanation on a surface of its own."""
    found = [(neuron, number) for neuron in neurons for number, norm in enumerate(neuron.norm) if norm]
    waiting = searches = [MapSearch(neuron, number) for neuron, number in found]
    for _ in range(MAX_MOVES):
        values: list[Any] = [one.values() for one in waiting]
        sampled = val.at([one.neuron.number for one in waiting], values)
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda one, losses: one.search(losses, val.base), waiting, sampled))
        waiting = [one for one in waiting if one.move()]
        if not waiting:
            break
    for neuron in neurons:
        neuron.searches = {one.number: one for one in searches if one.neuron is neuron}
        scales = {number: one.scale(*one.best.tolist()) for number, one in neuron.searches.items()}
        neuron.optim = [scales.get(number, (0.0, neuron.best_constant)) for number in range(len(neuron.on_val))]
