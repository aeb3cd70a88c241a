"""Ablation scoring (Eq. 11-20): how much of a neuron's effect on the output its simulation keeps.

A neuron's activation is replaced by c·s(x, E) + d. The score α compares the change of the loss with that of replacing
the activation by its mean over val: 1 is a perfect simulation, 0 is worth as much as the mean. The scale (c, d) comes
from val: `norm` by least squares (Eq. 16-18), `optim` by search (Eq. 13).
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..variation import constant
from .loss_curves import Curve
from .losses import NO_EFFECT_BELOW
from .scale_search import search
from .tail_losses import Range, TailLosses

Array = NDArray[np.float64]

MARGIN = 0.05
MAX_WIDENINGS = 8
SEARCHED_TOGETHER = 16

_GRID = np.array(list(product(np.linspace(-0.5, 1.5, 9), np.linspace(-1.0, 1.0, 9))))
_CONSTANTS = np.array([(0.0, v) for v in np.linspace(-1.5, 1.5, 31)])


@dataclass(frozen=True)
class AblationScore:
    """Scores of one explanation of one neuron; None where undefined.

    Attributes
    ----------
    optim, norm
        α on test with (c, d) searched on val (Eq. 13) and from val's moments (Eq. 17-18).
    c, d
        Of optim.
    constant
        α of the best constant, c = 0: the floor of optim.
    effect
        Mean change of the loss on test when the neuron is ablated to its mean (denominator of Eq. 12).
    nodes, error
        Of the loss curves that were searched; 0 where there was no search.
    """

    optim: float | None = None
    norm: float | None = None
    c: float | None = None
    d: float | None = None
    constant: float | None = None
    effect: float = 0.0
    nodes: int = 0
    error: float = 0.0


@dataclass(frozen=True)
class Simulations:
    """Simulated activations of the same neurons by several explanations, on val and on test.

    Attributes
    ----------
    val, test
        For each explanation (n_images, n_neurons).
    """

    val: Sequence[np.ndarray]
    test: Sequence[np.ndarray]


SCHEMA = pa.schema(
    [
        ("method", pa.string()),
        ("simulator", pa.string()),
        ("neuron", pa.int32()),
        ("ablation_optim", pa.float64()),
        ("ablation_norm", pa.float64()),
        ("c", pa.float64()),
        ("d", pa.float64()),
        ("ablation_constant", pa.float64()),
        ("effect", pa.float64()),
        ("nodes", pa.int32()),
        ("error", pa.float64()),
    ]
)


def to_table(pairs: Sequence[tuple[str, str]], neurons: np.ndarray, scores: Sequence[Sequence[AblationScore]]):
    """One row a pair of method and simulator and neuron; the columns are those of `SCHEMA`.

    Parameters
    ----------
    scores
        For each neuron those of all pairs.
    """
    rows = [
        (*pair, int(neuron), s.optim, s.norm, s.c, s.d, s.constant, s.effect, s.nodes, s.error)
        for number, pair in enumerate(pairs)
        for neuron, s in zip(neurons, (of_neuron[number] for of_neuron in scores), strict=True)
    ]
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA)


def norm_scale(simulated: np.ndarray, activations: np.ndarray) -> tuple[float, float] | None:
    """(c, d) of Eq. 16-18 from (n,) values on val; None for a simulation that never varies."""
    s, q = simulated.astype(np.float64), activations.astype(np.float64)
    if constant(s):
        return None
    c = ((s - s.mean()) * (q - q.mean())).mean() / s.var()
    return float(c), float(q.mean() - c * s.mean())


def ablation_scores(
    val: TailLosses,
    test: TailLosses,
    neurons: Sequence[int] | np.ndarray,
    simulations: Simulations,
    optimise: bool = True,
    threads: int = 1,
) -> Iterator[list[AblationScore]]:
    """Score every explanation of every neuron.

    Parameters
    ----------
    val, test
        Losses under changes of the layer's neurons.
    neurons
        (n_neurons,) columns of the layer, in the order of the simulations' columns.
    optimise
        Search the scale (Eq. 13); otherwise `norm` alone, which takes no curves.

    Yields
    ------
    list[AblationScore]
        For each neuron the scores of all explanations.
    """
    for begin in range(0, len(neurons), SEARCHED_TOGETHER):
        group = [
            _Neuron(
                int(neurons[column]),
                val.activations[:, neurons[column]].astype(np.float64),
                [s[:, column].astype(np.float64) for s in simulations.val],
                [s[:, column].astype(np.float64) for s in simulations.test],
            )
            for column in range(begin, min(begin + SEARCHED_TOGETHER, len(neurons)))
        ]
        yield from _score_group(val, test, group, optimise, threads)


def announcement(n_neurons: int, simulations: Simulations, settings: Mapping[str, Any]) -> str:
    """How often the tail is replayed at most, unless curves are widened, in one line."""
    candidates = 2 + 2 * len(simulations.val)
    on_val = candidates + (settings["most_nodes"] if settings["optim"] else 0)
    return (
        f"ablation: the tail is replayed for {n_neurons} neurons, each in up to {on_val} passes of "
        f"{len(simulations.val[0])} val images and {candidates} of {len(simulations.test[0])} test images"
    )


def _score_group(
    val: TailLosses, test: TailLosses, group: list["_Neuron"], optimise: bool, threads: int
) -> Iterator[list[AblationScore]]:
    varying = [neuron for neuron in group if not constant(neuron.q)]
    if optimise:
        _search_scales(val, varying, threads)
    numbers = [neuron.number for neuron in varying]
    on_val = val.at(numbers, [neuron.replacements(neuron.on_val) for neuron in varying])
    on_test = test.at(numbers, [neuron.replacements(neuron.on_test) for neuron in varying])
    scores = {
        neuron.number: neuron.scores(np.abs(v - val.base).mean(axis=1), np.abs(t - test.base).mean(axis=1))
        for neuron, v, t in zip(varying, on_val, on_test, strict=True)
    }
    for neuron in group:
        yield scores.get(neuron.number, [AblationScore()] * len(neuron.on_val))


def _search_scales(val: TailLosses, neurons: list["_Neuron"], threads: int) -> None:
    """Find the scales of neurons on curves, which are sampled again, wider, where a scale lies at their end."""
    for neuron in neurons:
        neuron.range = neuron.first_range()
    waiting = neurons
    for _ in range(MAX_WIDENINGS):
        curves = val.curves([n.number for n in waiting], [n.range for n in waiting], [n.q.mean() for n in waiting])
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda neuron, curve: neuron.search(curve, val.base), waiting, curves))
        waiting = [neuron for neuron in waiting if neuron.widen()]
        if not waiting:
            break


Name = str | tuple[str, int]
"""Of a candidate: `mean`, `constant`, or `norm` or `optim` with the number of the explanation."""


@dataclass(frozen=True)
class _Candidate:
    """What a neuron is replaced by: c·s + d, with the simulation s of an explanation, or the constant d."""

    c: float
    d: float
    explanation: int | None = None

    def values(self, simulated: list[Array]) -> Array:
        """(n_images,) from what each explanation simulates."""
        if self.explanation is None:
            return np.full(len(simulated[0]), self.d)
        return self.c * simulated[self.explanation] + self.d


@dataclass
class _Neuron:
    """One neuron with its simulations, and the scales that were found for them.

    Attributes
    ----------
    q
        (n_val,) activations.
    on_val, on_test
        (n_val,), (n_test,) simulated by each explanation.
    range
        Of its value on the curves.
    curve
        On val.
    constant
        The best constant.
    optim
        (c, d) for each explanation.
    """

    number: int
    q: Array
    on_val: list[Array]
    on_test: list[Array]
    range: Range = (0.0, 0.0)
    curve: Curve = field(init=False)
    constant: float | None = None
    optim: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self):
        self.norm = [norm_scale(s, self.q) for s in self.on_val]

    def first_range(self) -> Range:
        """From the lowest to the highest value, of the neuron and of `norm`, and a margin."""
        values = [self.q, *(scale[0] * s + scale[1] for s, scale in zip(self.on_val, self.norm, strict=True) if scale)]
        low, high = min(v.min() for v in values), max(v.max() for v in values)
        return low - 2 * MARGIN * (high - low), high + 2 * MARGIN * (high - low)

    def search(self, curve: Curve, base: Array) -> None:
        """Find the best constant and the best scale of each simulation on the curves of val (Eq. 13).

        The search is in units of q: value = μ_q + σ_q·(u·ŝ + v), so that (ρ, 0) is `norm` and (0, 0) the mean.
        """
        self.curve = curve
        mean, std = self.q.mean(), self.q.std()
        offset, one_up = curve.positions(np.full(len(self.q), mean)), 2 * std / (curve.high - curve.low)
        line = (curve.coefficients, base, np.zeros(len(base)), offset, one_up)
        v_constant = search(line, _CONSTANTS)[1]
        self.constant, self.optim = mean + v_constant * std, []
        for s, norm in zip(self.on_val, self.norm, strict=True):
            if norm is None:
                self.optim.append((0.0, self.constant))
                continue
            s_hat, scale = (s - s.mean()) / s.std(), s.std() / std
            rho = norm[0] * scale
            as_it_is = (scale, (s.mean() - mean) / std)
            starts = [(0.0, 0.0), (0.0, v_constant), (rho, 0.0), (2 * rho, 0.0), as_it_is]
            line = (curve.coefficients, base, one_up * s_hat, offset, one_up)
            u, v, _ = search(line, np.concatenate([starts, _GRID]))
            c = u / scale
            self.optim.append((c, mean + v * std - c * s.mean()))

    def widen(self) -> bool:
        """Widen the range where the found scales come close to its ends; whether it was widened."""
        values = [np.array([self.constant]), *(c * s + d for s, (c, d) in zip(self.on_val, self.optim, strict=True))]
        low, high = self.range
        width = high - low
        too_low = min(v.min() for v in values) < low + MARGIN * width
        too_high = max(v.max() for v in values) > high - MARGIN * width
        self.range = low - width / 2 * too_low, high + width / 2 * too_high
        return too_low or too_high

    def candidates(self) -> dict[Name, _Candidate]:
        """All that the neuron is replaced by: the mean, the best constant, and `norm` and `optim` of each explanation.

        What is undefined, or was not searched, is left out.
        """
        found: dict[Name, _Candidate] = {"mean": _Candidate(0.0, float(self.q.mean()))}
        if self.constant is not None:
            found["constant"] = _Candidate(0.0, self.constant)
        for number, norm in enumerate(self.norm):
            if norm:
                found["norm", number] = _Candidate(*norm, number)
            if self.optim:
                found["optim", number] = _Candidate(*self.optim[number], number)
        return found

    def replacements(self, simulated: list[Array]) -> Array:
        """(n_candidates, n_images) what the neuron is replaced by."""
        return np.stack([candidate.values(simulated) for candidate in self.candidates().values()])

    def scores(self, on_val: Array, on_test: Array) -> list[AblationScore]:
        """Scores from the (n_candidates,) mean changes of the loss."""
        candidates = self.candidates()
        val, test = (dict(zip(candidates, changes.tolist(), strict=True)) for changes in (on_val, on_test))
        effect = test["mean"]
        if min(effect, val["mean"]) < NO_EFFECT_BELOW:
            return [AblationScore(effect=effect)] * len(self.norm)
        alpha = {name: 1 - change / effect for name, change in test.items()}
        scores = []
        for number in range(len(self.norm)):
            found = AblationScore(norm=alpha.get(("norm", number)), effect=effect)
            if self.optim:
                # never worse on val than norm, the best constant or the mean
                choices = [name for name in ("mean", "constant", ("norm", number), ("optim", number)) if name in val]
                best = min(choices, key=val.__getitem__)
                found = replace(
                    found,
                    optim=alpha[best],
                    c=candidates[best].c,
                    d=candidates[best].d,
                    constant=alpha["constant"],
                    nodes=len(self.curve.coefficients),
                    error=self.curve.error,
                )
            scores.append(found)
        return scores
