"""One neuron that is replaced by what explanations simulate: the scales that are searched for it, and the scores."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..variation import constant
from .loss_curves import Curve
from .losses import NO_EFFECT_BELOW
from .scale_search import search
from .tail_losses import Range

Array = NDArray[np.float64]

MARGIN = 0.05
SHARED_MARGIN = 0.25
"""Of curves that explanations share. Of 1,216 explanations of a ConvNeXt's neurons, 8 % have scales too close to the
ends with a margin of 0.1, and 1 % with this one."""

GRID = np.array(list(product(np.linspace(-0.5, 1.5, 9), np.linspace(-1.0, 1.0, 9))))
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
    ceiling
        α of the unit's own map at places, cut into cells and put together again.
    effect
        Mean change of the loss on test when the neuron is ablated to its mean (denominator of Eq. 12); of a neuron
        that has next to none there or on val, the smaller of the two.
    nodes, error
        Of the loss curves that were searched; 0 where there was no search. Of a surface the points, and how far the
        change of the loss at (c, d) is from that on the surface, relative to the effect on val.
    """

    optim: float | None = None
    norm: float | None = None
    c: float | None = None
    d: float | None = None
    constant: float | None = None
    ceiling: float | None = None
    effect: float = 0.0
    nodes: int = 0
    error: float = 0.0


Name = str | tuple[str, int]
"""What a neuron is replaced by: `mean`, `constant`, or `norm` or `optim` with the number of the explanation; at places
also `ceiling`."""


@dataclass(frozen=True)
class Shared:
    """What all explanations of a neuron have in common.

    Attributes
    ----------
    on_val, on_test
        Mean change of the loss when the neuron is replaced by its `mean`, by the best `constant` where one was
        searched, and at places by its `ceiling`, its own map as the grid has it.
    constant
        The best constant.
    curve
        On val, on a range that depends on the neuron's activations alone.
    """

    on_val: Mapping[Name, float]
    on_test: Mapping[Name, float]
    constant: float | None = None
    curve: Curve | None = None


def norm_scale(simulated: np.ndarray, activations: np.ndarray) -> tuple[float, float] | None:
    """(c, d) of Eq. 16-18 from values on val of one shape; None for a simulation that never varies."""
    s, q = simulated.astype(np.float64), activations.astype(np.float64)
    if constant(s.ravel()):
        return None
    c = ((s - s.mean()) * (q - q.mean())).mean() / s.var()
    return float(c), float(q.mean() - c * s.mean())


@dataclass(frozen=True)
class Candidate:
    """What a neuron is replaced by: c·s + d, with the simulation s of an explanation, or the constant d."""

    c: float
    d: float
    explanation: int | None = None

    def values(self, simulated: list[Array]) -> Array:
        """Of the shape of what each explanation simulates."""
        if self.explanation is None:
            return np.full(simulated[0].shape, self.d)
        return self.c * simulated[self.explanation] + self.d


@dataclass
class ReplacedNeuron:
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
    shared: Shared | None = None
    curve: Curve | None = None
    constant: float | None = None
    optim: list[tuple[float, float]] | None = None

    def __post_init__(self):
        self.norm = [norm_scale(s, self.q) for s in self.on_val]
        self.range: Range = self.first_range()

    def reach(self) -> Range:
        """From the lowest to the highest value, of the neuron and of `norm`."""
        values = [self.q, *(scale[0] * s + scale[1] for s, scale in zip(self.on_val, self.norm, strict=True) if scale)]
        return min(v.min() for v in values), max(v.max() for v in values)

    def first_range(self) -> Range:
        """The same and a margin, a wider one where no explanation says what will be asked for."""
        low, high = self.reach()
        margin = (2 * MARGIN if self.on_val else SHARED_MARGIN) * (high - low)
        return low - margin, high + margin

    def begin_with(self, shared: Shared) -> None:
        """Take over what is shared, but for a curve that does not reach as far as `norm`."""
        self.shared, self.constant = shared, shared.constant
        (low, high), curve = self.reach(), shared.curve
        if curve is not None and curve.low <= low and high <= curve.high:
            self.curve, self.range = curve, (curve.low, curve.high)

    def search(self, base: Array) -> None:
        """Find the best constant and the best scale of each simulation on the curves of val (Eq. 13).

        The search is in units of q: value = μ_q + σ_q·(u·ŝ + v), so that (ρ, 0) is `norm` and (0, 0) the mean.
        """
        curve, mean, std = self.curve, self.q.mean(), self.q.std()
        offset, one_up = curve.positions(np.full(len(self.q), mean)), 2 * std / (curve.high - curve.low)
        if self.shared is None:
            line = (curve.coefficients, base, np.zeros(len(base)), offset, one_up)
            self.constant = mean + search(line, _CONSTANTS)[1] * std
        v_constant, self.optim = (self.constant - mean) / std, []
        for s, norm in zip(self.on_val, self.norm, strict=True):
            if norm is None:
                self.optim.append((0.0, self.constant))
                continue
            s_hat, scale = (s - s.mean()) / s.std(), s.std() / std
            rho = norm[0] * scale
            as_it_is = (scale, (s.mean() - mean) / std)
            starts = [(0.0, 0.0), (0.0, v_constant), (rho, 0.0), (2 * rho, 0.0), as_it_is]
            line = (curve.coefficients, base, one_up * s_hat, offset, one_up)
            u, v, _ = search(line, np.concatenate([starts, GRID]))
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

    def candidates(self) -> dict[Name, Candidate]:
        """All that the neuron is replaced by: the mean, the best constant, and `norm` and `optim` of each explanation.

        What is undefined or was not searched is left out, and `optim` of a simulation that never varies: it is the best
        constant.
        """
        found: dict[Name, Candidate] = {"mean": Candidate(0.0, float(self.q.mean()))}
        if self.constant is not None:
            found["constant"] = Candidate(0.0, self.constant)
        for number, norm in enumerate(self.norm):
            if norm:
                found["norm", number] = Candidate(*norm, number)
            if norm and self.optim:
                found["optim", number] = Candidate(*self.optim[number], number)
        return found

    def unknown(self) -> dict[Name, Candidate]:
        """Those of them whose effect is not shared."""
        known = self.shared.on_val if self.shared else ()
        return {name: candidate for name, candidate in self.candidates().items() if name not in known}

    def replacements(self, simulated: list[Array]) -> Array:
        """(n_unknown, …) what the neuron is replaced by, of the shape of a simulation."""
        values = [candidate.values(simulated) for candidate in self.unknown().values()]
        return np.reshape(values, (-1, *simulated[0].shape))

    def searched(self, number: int, on_val: float, effect: float) -> tuple[int, float]:
        """`nodes` and `error` of an explanation's search, from the changes by its `optim` and the mean on val."""
        return len(self.curve.coefficients), self.curve.error

    def scores(self, on_val: list[float], on_test: list[float]) -> list[AblationScore]:
        """α of Eq. 12 for every candidate, from the (n_unknown,) mean changes of the loss on val and on test."""
        candidates, names = self.candidates(), list(self.unknown())
        val, test = (dict(zip(names, changes, strict=True)) for changes in (on_val, on_test))
        if self.shared:
            val, test = self.shared.on_val | val, self.shared.on_test | test
        effect = test["mean"]
        if min(effect, val["mean"]) < NO_EFFECT_BELOW:
            return [AblationScore(effect=min(effect, val["mean"]))] * len(self.norm)
        alpha = {name: 1 - change / effect for name, change in test.items()}
        scores = []
        for number in range(len(self.norm)):
            found = AblationScore(norm=alpha.get(("norm", number)), ceiling=alpha.get("ceiling"), effect=effect)
            if self.optim:
                # never worse on val than norm, the best constant or the mean
                choices = [name for name in ("mean", "constant", ("norm", number), ("optim", number)) if name in val]
                best = min(choices, key=val.__getitem__)
                nodes, error = self.searched(number, val.get(("optim", number), np.nan), val["mean"])
                found = replace(
                    found,
                    optim=alpha[best],
                    c=candidates[best].c,
                    d=candidates[best].d,
                    constant=alpha["constant"],
                    nodes=nodes,
                    error=error,
                )
            scores.append(found)
        return scores
