"""Simulations, scores and verdicts of arrays."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ..errors import LinexpError, suggest
from ..explanations import Explanation, to_table, weight_matrix
from ..fitting.refits import refitted
from ..scoring.chance import SetMoments, draw_sets
from ..scoring.scores import score_table
from ..scoring.simulation import simulate_presence
from ..scoring.verdicts import judged_at_once
from .explaining import Explained
from .given import Single, check_as_many, matrix, presence_matrix, row_numbers


def simulate(explained: Explained | Sequence[Explanation], p: ArrayLike, concepts: Sequence[str]) -> Single:
    """s(x, E) = Σ wᵢ·P(cᵢ|x), Eq. 9: predict each neuron from its explanation and P alone, without the bias.

    Parameters
    ----------
    p
        (n_images, m) from 0 to 1: from another source than the explanations were fitted with, such as a second
        image-text model; of the same images or of others.
    concepts
        The m names; those of the explanations have to be among them.

    Returns
    -------
    NDArray[np.float32]
        (n_images, n_explanations).

    Raises
    ------
    LinexpError
        P is not as `explain` takes it, or a concept of an explanation is not among `concepts`.
    """
    explanations, presence = _explanations(explained), presence_matrix(p, concepts)
    _check_known((name for explanation in explanations for name in explanation.concepts), concepts)
    blocks = list(simulate_presence(presence, weight_matrix(explanations, concepts)))
    return np.concatenate(blocks) if blocks else np.empty((0, len(explanations)), np.float32)


def score(
    explained: Explained | Sequence[Explanation],
    simulated: ArrayLike,
    q: ArrayLike,
    rows: ArrayLike | None = None,
    threads: int = 1,
) -> pd.DataFrame:
    """Compare simulations with activations, on images that the explanations were not made from.

    Parameters
    ----------
    simulated
        (n_images, n_explanations), as `simulate` returns it.
    q
        (n_images, n_neurons) activations; an explanation is compared with the column of its `neuron`.
    rows
        The images to compare on, by numbers or a mask; None for `test` of `explained`.

    Returns
    -------
    pd.DataFrame
        One row an explanation, with the columns of `scores.parquet` that need nothing else: `neuron`, `status`, `dead`
        (of all images), `n_concepts` and the metrics, such as `correlation` (Eq. 10). There are none of ablation.

    Raises
    ------
    LinexpError
        Shapes do not fit, a value is not finite, or there are no rows.
    """
    from ..networks.recording import DEAD_BELOW  # loads torch, which nothing else here needs

    explanations, predicted, activations = _explanations(explained), matrix(simulated, "simulated"), matrix(q, "Q")
    check_as_many("Q", activations, len(predicted), "simulated")
    if predicted.shape[1] != len(explanations):
        raise LinexpError(
            f"simulated: it has {predicted.shape[1]} columns, but there are {len(explanations)} explanations; "
            "give what simulate returned for them"
        )
    if rows is None:
        if not isinstance(explained, Explained) or "test" not in explained.rows:
            raise LinexpError("rows: no images for test are known; say which ones to compare on")
        rows = explained.rows["test"]
    tested = row_numbers(rows, len(activations), "rows")
    neurons = np.array([explanation.neuron for explanation in explanations], np.intp)
    if neurons.max(initial=-1) >= activations.shape[1]:
        raise LinexpError(
            f"Q: it has {activations.shape[1]} columns, but neuron {neurons.max()} is explained; give all neurons"
        )
    activations = activations[:, neurons]
    dead = activations.max(axis=0) < DEAD_BELOW
    table = to_table(explanations).to_pandas()
    return score_table(table, predicted[tested], activations[tested], dead, threads)


def judge(
    explained: Explained, q: ArrayLike, p: ArrayLike, concepts: Sequence[str], seed: int = 0, threads: int = 1
) -> pd.DataFrame:
    """Whether explanations predict on test, and better than as many random concepts with weights fitted as theirs are.

    Parameters
    ----------
    explained
        What `explain` returned, with images for test, none of which may be a copy of another.
    q
        (n_images, n_neurons) the activations that it was given.
    p, concepts
        As of `simulate`, with all concepts that were to choose from.
    seed
        Of the sets of concepts and the permutations.

    Returns
    -------
    pd.DataFrame
        One row a neuron: `neuron` and the columns of `scoring.verdicts.verdict_table`, such as `verdict`, missing where
        the correlation is undefined.

    Raises
    ------
    LinexpError
        Shapes do not fit, a value is not finite, or a concept that was to choose from is not among `concepts`.
    """
    problem, search = explained.problem, explained.settings.get("search", {})
    activations, presence = matrix(q, "Q"), presence_matrix(p, concepts)
    check_as_many("Q", activations, len(presence), "P")
    if activations.shape[1] != len(explained.explanations):
        neurons = len(explained.explanations)
        raise LinexpError(f"Q: it has {activations.shape[1]} columns, but {neurons} neurons are explained; give these")
    _check_known(problem.concepts, concepts)
    test = row_numbers(explained.rows.get("test", []), len(presence), "test")
    activations, presence = activations[test], presence[test]
    simulated = np.ascontiguousarray(simulate(explained, presence, concepts))  # as in its file, to the last bit
    place = {name: column for column, name in enumerate(concepts)}
    of_problem = presence[:, [place[name] for name in problem.concepts]]
    longest = max((len(explanation.concepts) for explanation in explained.explanations), default=0)
    sets = draw_sets(len(problem.concepts), longest, seed)
    weights_of = refitted(problem, sets, search.get("ridge", 0.0), search.get("positive", False))
    moments = SetMoments.of(of_problem, activations, sets)
    return judged_at_once(explained.explanations, simulated, activations, moments, weights_of, seed, threads)


def _check_known(used: Iterable[str], concepts: Sequence[str]) -> None:
    known = set(concepts)
    for name in (name for name in used if name not in known):
        raise LinexpError(f"concepts: P has no {name!r}, which explanations may have; {suggest(name, concepts)}")


def _explanations(explained: Explained | Sequence[Explanation]) -> Sequence[Explanation]:
    return explained.explanations if isinstance(explained, Explained) else explained
