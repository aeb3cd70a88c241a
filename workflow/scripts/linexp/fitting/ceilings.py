"""Ceilings: how well a neuron can be predicted at most, by more concepts, by other eyes, or without words.

Each is a fit on train whose correlation is that on test:

- `ceiling_search`: the best ten concepts by the explainer's P, simulated by the simulator, as an explanation is;
- `ceiling_concepts`: a ridge on all kept concepts by the explainer's P, tested on that P;
- `ceiling_simulator`: the same by the simulator's P, fitted and tested on that;
- `ceiling_embeddings`: a ridge on the simulator's embeddings of images, without words.

They are of a neuron and a P, not of an explanation, so methods that share a P share them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from ..artifacts import store
from ..concepts.moments import moments_over
from ..concepts.presence import MIN_STD, probabilities
from ..jobs.parallel import blas_on_one_thread, for_slices
from ..networks.recorded import neuron_blocks, read_block
from ..probes.index import rows_of
from ..scoring.reasons import CEILINGS
from ..scoring.shuffling import paired_correlations
from .data import FittingFiles, read_problem
from .linear import Problem, standardised_moments
from .ridge import ridge
from .subsets import search

LENGTH = 10
"""Of what is searched, as of the paper's longest explanations."""
ROWS = 256
"""Images that a thread predicts at a time."""
Blocks = Callable[[np.ndarray], Iterator[np.ndarray]]
"""A function of ascending rows that gives what is seen of these images, (n, m), in blocks."""


@dataclass(frozen=True)
class Views:
    """What can be seen of the images.

    Attributes
    ----------
    explainer, simulator
        Their P of the same m concepts.
    embeddings
        Of the images by the simulator.
    """

    explainer: Blocks
    simulator: Blocks
    embeddings: Blocks


@dataclass(frozen=True)
class CeilingFiles:
    """The artifacts that ceilings are measured from.

    Attributes
    ----------
    fitting
        Of the explainer's P.
    images, concepts, calibration
        Of the simulator; `concepts` has all those of P.
    """

    fitting: FittingFiles
    images: Path
    concepts: Path
    calibration: Path

    @contextmanager
    def views(self, kept: Sequence[str], threads: int) -> Iterator[Views]:
        """The views, of the concepts that are kept."""
        embedded = {concept: row for row, concept in enumerate(store.read_strings(self.concepts, "concepts"))}
        (texts,), scale = store.read_arrays(self.concepts, "embeddings"), store.read_json(self.calibration)
        texts = texts[[embedded[concept] for concept in kept]]
        with store.open_arrays(self.fitting.presence) as presence, store.open_arrays(self.images) as images:
            embeddings = partial(store.row_blocks, images["embeddings"])

            def simulator(rows: np.ndarray) -> Iterator[np.ndarray]:
                return (probabilities(block, texts, scale["a"], scale["b"], threads) for block in embeddings(rows))

            yield Views(partial(store.row_blocks, presence["P"]), simulator, embeddings)


def measure(files: CeilingFiles, neurons: Sequence[int] | None, threads: int = 1) -> pd.DataFrame:
    """`ceilings` of artifacts, of a block of neurons at a time; `neurons` are those to look at, None for all."""
    index, kept = store.read_table(files.fitting.index), store.read_strings(files.fitting.presence, "concepts")
    rows = {split: rows_of(index, split) for split in ("train", "val", "test")}
    tables = []
    with blas_on_one_thread(), files.views(kept, threads) as views:
        for numbers, _ in neuron_blocks(files.fitting.activations, neurons):
            activations = read_block(files.fitting.activations, numbers)
            problem = partial(read_problem, files.fitting, numbers, paper_parity=False, threads=threads)
            tables.append(ceilings(problem, views, activations, rows, threads))
    return pd.concat(tables, ignore_index=True)


def ceilings(
    read: Callable[[], Problem],
    views: Views,
    activations: np.ndarray,
    rows: Mapping[str, np.ndarray],
    threads: int = 1,
) -> pd.DataFrame:
    """The ceilings of neurons.

    Parameters
    ----------
    read
        Gives the problem of the explainer's P, once; its moments are let go of before those of another view are made.
    activations
        (n_images, n) of the neurons in the problem.
    rows
        Of `train`, `val` and `test`, ascending.

    Returns
    -------
    pd.DataFrame
        `neuron` and `CEILINGS`: correlations on test; NaN where the neuron, or what is predicted, never varies.
    """
    test = rows["test"]

    def reached(blocks: Blocks, *weights: np.ndarray) -> list[np.ndarray]:
        predicted = np.split(_predicted(blocks(test), np.hstack(weights), threads), len(weights), axis=1)
        return [paired_correlations(values, activations[test]) for values in predicted]

    neurons, searched, by_explainer = _explainers(read(), threads)
    (of_explainer,) = reached(views.explainer, by_explainer)
    by_simulator = _ridge_of(views.simulator, neurons, activations, rows, threads)
    of_search, of_simulator = reached(views.simulator, searched, by_simulator)
    by_embeddings = _ridge_of(views.embeddings, neurons, activations, rows, threads)
    (of_embeddings,) = reached(views.embeddings, by_embeddings)
    found = of_search, of_explainer, of_simulator, of_embeddings
    return pd.DataFrame({"neuron": neurons} | dict(zip(CEILINGS, found, strict=True)))


def _explainers(problem: Problem, threads: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The numbers of the neurons, and the weights (m, n) that are searched and those of a ridge."""
    varies = ~problem.constant()
    train, val = standardised_moments(problem, varies, threads)
    chosen, models, _ = search(train, val, length=LENGTH, threads=threads)
    places, columns = np.nonzero(chosen >= 0)
    searched = np.zeros((len(varies), len(problem.p_std)), np.float32)
    searched[np.flatnonzero(varies)[places], chosen[places, columns]] = models[places, columns]
    ridged = np.zeros_like(searched)
    ridged[varies] = ridge(train, val, threads)[0]
    return problem.neurons, _of_presence(searched, problem), _of_presence(ridged, problem)


def _ridge_of(
    blocks: Blocks, neurons: np.ndarray, activations: np.ndarray, rows: Mapping[str, np.ndarray], threads: int
) -> np.ndarray:
    """The weights (m, n) of a ridge on another view."""
    problem = _problem_of(blocks, neurons, activations, rows, threads)
    varies = ~problem.constant()
    ridged = np.zeros((len(varies), len(problem.p_std)), np.float32)
    ridged[varies] = ridge(*standardised_moments(problem, varies, threads), threads)[0]
    return _of_presence(ridged, problem)


def _of_presence(standardised: np.ndarray, problem: Problem) -> np.ndarray:
    """(m, n) float32 weights of P itself, in standard deviations of the neurons, of (n, m) standardised ones."""
    return (standardised / problem.p_std).T.astype(np.float32)


def _problem_of(
    blocks: Blocks, neurons: np.ndarray, activations: np.ndarray, rows: Mapping[str, np.ndarray], threads: int
) -> Problem:
    """The problem of the same neurons by another view; what varies less than a kept concept has to is not used."""
    n_columns = next(blocks(rows["train"][:1])).shape[1]

    def both(some: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        begin = 0
        for block in blocks(some):
            yield block, activations[some[begin : begin + len(block)]]
            begin += len(block)

    (train, train_q), (val, val_q) = (
        moments_over(partial(both, rows[split]), n_columns, threads) for split in ("train", "val")
    )
    std = np.sqrt(np.maximum(np.diag(train.covariance), 0.0)).astype(np.float64)
    std[std < MIN_STD] = np.inf
    return Problem([], neurons, train, val, train_q, val_q, std, np.sqrt(train_q.variance))


def _predicted(blocks: Iterable[np.ndarray], weights: np.ndarray, threads: int) -> np.ndarray:
    """(n_images, n) float32, what weights predict of images that come in blocks."""
    parts = []
    for block in blocks:
        part = np.empty((len(block), weights.shape[1]), np.float32)

        def fill(rows: slice, block: np.ndarray = block, part: np.ndarray = part) -> None:
            np.matmul(block[rows], weights, out=part[rows])

        for_slices(fill, len(block), threads, ROWS)
        parts.append(part)
    return np.concatenate(parts)
