"""Ablation scoring (Eq. 11-20): how much of a neuron's effect on the output its simulation keeps.

A neuron's activation is replaced by c·s(x, E) + d; that of a unit that is explained at places is its map, replaced by
that of c·s(x, place, E) + d. The score α compares the change of the loss with that of replacing
the activation by its mean over val: 1 is a perfect simulation, 0 is worth as much as the mean. The scale (c, d) comes
from val: `norm` by least squares (Eq. 16-18), `optim` by search (Eq. 13).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..variation import constant
from .map_search import NODES, ReplacedMap, search_maps
from .replaced_neuron import AblationScore, Name, ReplacedNeuron, Shared
from .tail_losses import TailLosses

Array = NDArray[np.float64]

MAX_WIDENINGS = 8
SEARCHED_TOGETHER = 16


@dataclass(frozen=True)
class Simulations:
    """Simulated activations of the same neurons by several explanations, on val and on test.

    Attributes
    ----------
    val, test
        For each explanation (n_images, n_neurons), at places (n_images, n_neurons, n_places).
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
CEILING = pa.field("ablation_ceiling", pa.float64())
"""A column of layers at places."""


def to_table(
    method: str, simulator: str, neurons: np.ndarray, scores: Sequence[AblationScore], of_maps: bool = False
) -> pa.Table:
    """One row a neuron, of one method with one simulator; the columns are those of `SCHEMA`, of maps `CEILING` too."""
    rows = [
        (method, simulator, int(neuron), s.optim, s.norm, s.c, s.d, s.constant, s.effect, s.nodes, s.error)
        for neuron, s in zip(neurons, scores, strict=True)
    ]
    table = pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA)
    return table.append_column(CEILING, pa.array([s.ceiling for s in scores], CEILING.type)) if of_maps else table


def ablation_scores(
    val: TailLosses,
    test: TailLosses,
    neurons: Sequence[int] | np.ndarray,
    simulations: Simulations,
    optimise: bool = True,
    threads: int = 1,
    shared: Callable[[int], Shared] | None = None,
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
    shared
        Gives what `shared_by_explanations` found of a neuron that varies; None to find it here.

    Yields
    ------
    list[AblationScore]
        For each neuron the scores of all explanations.
    """
    replaced = ReplacedMap if is_of_maps(val) else ReplacedNeuron
    if replaced is ReplacedMap and shared is None:
        shared = dict(shared_by_explanations(val, test, neurons, optimise, threads)).__getitem__
    for columns in _groups(neurons):
        group = [
            replaced(
                int(neurons[column]),
                val.activations[:, neurons[column]].astype(np.float64),
                [s[:, column].astype(np.float64) for s in simulations.val],
                [s[:, column].astype(np.float64) for s in simulations.test],
            )
            for column in columns
        ]
        yield from _score_group(val, test, group, optimise, threads, shared)


def shared_by_explanations(
    val: TailLosses, test: TailLosses, neurons: Sequence[int] | np.ndarray, optimise: bool = True, threads: int = 1
) -> Iterator[tuple[int, Shared]]:
    """What all explanations of a neuron share, whichever they are: for `ablation_scores`, with the same arguments.

    Yields
    ------
    tuple[int, Shared]
        For each neuron that varies, its number and what is shared.
    """
    for columns in _groups(neurons):
        numbers = [int(neurons[column]) for column in columns]
        group = [ReplacedNeuron(k, val.activations[:, k].astype(np.float64), [], []) for k in numbers]
        varying = [neuron for neuron in group if not constant(neuron.q.ravel())]
        if optimise:
            _search_scales(val, varying, threads)
        ceiling: list[Name] = ["ceiling"] if is_of_maps(val) else []
        on_val, on_test = (
            _mean_changes(losses, varying, [_shared_values(neuron, losses) for neuron in varying])
            for losses in (val, test)
        )
        for neuron, *changes in zip(varying, on_val, on_test, strict=True):
            of_val, of_test = (dict(zip([*neuron.candidates(), *ceiling], found, strict=True)) for found in changes)
            yield neuron.number, Shared(of_val, of_test, neuron.constant, neuron.curve)


def is_of_maps(losses: TailLosses) -> bool:
    """Whether the layer is explained at places, and whole maps are replaced."""
    return len(losses.activations.shape) == 3


def shared_passes(val: TailLosses, ablation: Mapping[str, Any]) -> tuple[int, int]:
    """What `announcement` takes of what explanations share: replacements, at places by the own map too, and nodes."""
    replacements, nodes = (2, ablation["most_nodes"]) if ablation["optim"] else (1, 0)
    return replacements + is_of_maps(val), nodes


def passes(val: TailLosses, optimise: bool) -> tuple[int, int]:
    """The same of an explanation: replacements, and at places the points of a surface."""
    return (2, NODES**2 if is_of_maps(val) else 0) if optimise else (1, 0)


def _shared_values(neuron: ReplacedNeuron, losses: TailLosses) -> Array:
    """(m, 1) the constants that a neuron is replaced by; at places (m, n, n_places), its own map last."""
    constants = np.array([[found.d] for found in neuron.candidates().values()])
    if not is_of_maps(losses):
        return constants
    own = losses.activations[:, neuron.number][None].astype(np.float64)
    return np.concatenate([np.broadcast_to(constants[..., None], (len(constants), *own.shape[1:])), own])


def announcement(n_neurons: int, val: TailLosses, test: TailLosses, replacements: int, nodes: int = 0) -> str:
    """How often the tail is replayed at most, unless curves are widened, in one line.

    Parameters
    ----------
    replacements
        What each neuron is replaced by, on val and on test.
    nodes
        Of curves, on val.
    """
    return (
        f"ablation: the tail is replayed for {n_neurons} neurons, each in up to {replacements + nodes} passes of "
        f"{len(val.base)} val images and {replacements} of {len(test.base)} test images"
    )


def _groups(neurons: Sequence[int] | np.ndarray) -> Iterator[range]:
    """The places of neurons that are worked on together."""
    for begin in range(0, len(neurons), SEARCHED_TOGETHER):
        yield range(begin, min(begin + SEARCHED_TOGETHER, len(neurons)))


def _mean_changes(losses: TailLosses, neurons: list[ReplacedNeuron], values: list[Array]) -> list[list[float]]:
    """Mean change of the loss for each neuron and each of its values, as of `TailLosses.at`."""
    found = losses.at([neuron.number for neuron in neurons], values)
    return [np.abs(of_neuron - losses.base).mean(axis=1).tolist() for of_neuron in found]


def _score_group(
    val: TailLosses,
    test: TailLosses,
    group: list[ReplacedNeuron],
    optimise: bool,
    threads: int,
    shared: Callable[[int], Shared] | None,
) -> Iterator[list[AblationScore]]:
    varying = [neuron for neuron in group if not constant(neuron.q.ravel())]
    if shared:
        for neuron in varying:
            neuron.begin_with(shared(neuron.number))
    if optimise:
        maps = [neuron for neuron in varying if isinstance(neuron, ReplacedMap)]
        search_maps(val, maps, threads) if maps else _search_scales(val, varying, threads)
    on_val = _mean_changes(val, varying, [neuron.replacements(neuron.on_val) for neuron in varying])
    on_test = _mean_changes(test, varying, [neuron.replacements(neuron.on_test) for neuron in varying])
    scores = {neuron.number: neuron.scores(*changes) for neuron, *changes in zip(varying, on_val, on_test, strict=True)}
    for neuron in group:
        yield scores.get(neuron.number, [AblationScore()] * len(neuron.on_val))


def _search_scales(val: TailLosses, neurons: list[ReplacedNeuron], threads: int) -> None:
    """Find the scales of neurons on curves, which are sampled again, wider, where a scale lies at their end."""
    waiting, without = neurons, [neuron for neuron in neurons if neuron.curve is None]
    for _ in range(MAX_WIDENINGS):
        curves = val.curves([n.number for n in without], [n.range for n in without], [n.q.mean() for n in without])
        for neuron, curve in zip(without, curves, strict=True):
            neuron.curve = curve
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda neuron: neuron.search(val.base), waiting))
        waiting = without = [neuron for neuron in waiting if neuron.widen()]
        if not waiting:
            break
