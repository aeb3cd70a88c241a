"""What an explanation lacks: the concept of a wider set that predicts its residual best."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from ..artifacts import store
from ..explanations import Explanation, weight_matrix
from ..jobs.parallel import blas_on_one_thread, for_slices
from ..networks.recorded import neuron_blocks, read_block
from ..probes.index import rows_of
from ..scoring.shuffling import paired_correlations
from ..variation import never_varies

NEURONS_AT_ONCE = 256
Residuals = Callable[[np.ndarray], Iterator[tuple[np.ndarray, np.ndarray]]]
"""A function of ascending rows that gives P of the wider set, (n, m), and the residuals, (n, n_neurons), in blocks."""


@dataclass(frozen=True)
class MissingFiles:
    """The artifacts that missing concepts are looked for in.

    Attributes
    ----------
    presence
        The P that the explanations are fitted on.
    wider
        P of the wider set.
    """

    index: Path
    activations: Path
    explanations: Path
    presence: Path
    wider: Path


def find(
    files: MissingFiles, explained: Sequence[Explanation], neurons: Sequence[int] | None, threads: int = 1
) -> pd.DataFrame:
    """`missing_concepts` of artifacts, a block of neurons at a time; `neurons` are those to look at, None for all."""
    blocks = neuron_blocks(files.activations, neurons)
    tables = [_find(files, explained[block.places], block.numbers, threads) for block in blocks]
    return pd.concat(tables, ignore_index=True)


def _find(files: MissingFiles, explained: Sequence[Explanation], neurons: np.ndarray, threads: int) -> pd.DataFrame:
    activations = read_block(files.activations, neurons)
    index, concepts = store.read_table(files.index), store.read_strings(files.wider, "concepts")
    weights = weight_matrix(explained, store.read_strings(files.presence, "concepts"))
    used = np.flatnonzero(weights.any(axis=1))
    of_used = csr_array(weights[used].T)
    with blas_on_one_thread(), store.open_arrays(files.presence) as own, store.open_arrays(files.wider) as wider:

        def residuals(rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
            begin = 0
            for p, seen in zip(store.row_blocks(own["P"], rows), store.row_blocks(wider["P"], rows), strict=True):
                q = activations[rows[begin : begin + len(p)]]
                begin += len(p)
                yield seen, q - (of_used @ p[:, used].T).T.astype(np.float32)

        train, test = (rows_of(index, split) for split in ("train", "test"))
        return missing_concepts(residuals, explained, concepts, train, test, threads)


def missing_concepts(
    residuals: Residuals,
    explained: Sequence[Explanation],
    concepts: Sequence[str],
    train: np.ndarray,
    test: np.ndarray,
    threads: int = 1,
) -> pd.DataFrame:
    """For each explanation the concept of highest correlation with q − Σ wᵢ·P(cᵢ) on train, if that is positive.

    Parameters
    ----------
    concepts
        (m,) of the wider set. Those that an explanation has are not looked at.
    train, test
        Ascending rows.

    Returns
    -------
    pd.DataFrame
        `neuron`, `missing_concept`, and `missing_correlation`, that with the residual on test. Missing where there is
        none: an explanation without concepts, or whose residual never varies.
    """
    covariances, p_std, r_std = _moments(residuals(train), threads)
    sizes = np.outer(r_std, p_std)
    correlations = np.divide(covariances, sizes, out=np.zeros_like(covariances), where=sizes > 0)
    place = {concept: column for column, concept in enumerate(concepts)}
    for row, explanation in enumerate(explained):
        correlations[row, [place[concept] for concept in explanation.concepts if concept in place]] = 0
        correlations[row] *= len(explanation.concepts) > 0
    best = correlations.argmax(axis=1)
    found = correlations[np.arange(len(best)), best] > 0
    reached = _paired(residuals(test), best)
    return pd.DataFrame(
        {
            "neuron": np.array([explanation.neuron for explanation in explained], np.int32),
            "missing_concept": [concepts[column] if there else None for column, there in zip(best, found, strict=True)],
            "missing_correlation": np.where(found, reached, np.nan),
        }
    )


def _moments(blocks: Iterator[tuple[np.ndarray, np.ndarray]], threads: int) -> tuple[np.ndarray, ...]:
    """Covariances (n, m) of residuals and P, and standard deviations of P and of residuals; 0 of what never varies."""
    first_p, first_r = first = next(blocks)
    shifts = [values.mean(axis=0) for values in first]
    products = np.zeros((first_r.shape[1], first_p.shape[1]))
    totals, squares, largest = ([np.zeros(values.shape[1]) for values in first] for _ in range(3))
    count = 0
    for block in chain([first], blocks):
        p, r = (values - shift for values, shift in zip(block, shifts, strict=True))
        count += len(p)

        def add(neurons: slice, p: np.ndarray = p, r: np.ndarray = r) -> None:
            products[neurons] += r[:, neurons].T @ p

        for_slices(add, len(products), threads, NEURONS_AT_ONCE)
        for place, values in enumerate((p, r)):
            totals[place] += values.sum(axis=0, dtype=np.float64)
            squares[place] += np.einsum("ij,ij->j", values, values, dtype=np.float64)
            largest[place] = np.maximum(largest[place], np.abs(block[place]).max(axis=0))
    means = [total / count for total in totals]
    std = [np.sqrt(np.maximum(s / count - mean**2, 0.0)) for s, mean in zip(squares, means, strict=True)]
    std = [np.where(never_varies(*of_both), 0.0, of_both[0]) for of_both in zip(std, largest, strict=True)]
    return products / count - np.outer(means[1], means[0]), *std


def _paired(blocks: Iterator[tuple[np.ndarray, np.ndarray]], columns: np.ndarray) -> np.ndarray:
    """(n,) correlations of each residual with one column of P; NaN where one of the two is constant."""
    p, r = (np.concatenate(parts) for parts in zip(*((p[:, columns], r) for p, r in blocks), strict=True))
    return paired_correlations(p, r)
