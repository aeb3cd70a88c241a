"""Made-up layers whose explanations are judged, without artifacts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.summed import cross_moments, second_moments
from linexp.explanations import Explanation, weight_matrix
from linexp.fitting.linear import Problem
from linexp.fitting.refits import as_they_are, refitted
from linexp.scoring.chance import SetMoments, draw_sets
from linexp.scoring.verdicts import judged_at_once

CONCEPT = "concept {}".format


def two_views(rng: np.random.Generator, n: int, m: int, topics: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """P of an explainer and of a simulator, (n, m) float32: mostly near 0, related concepts correlated."""
    shared = rng.normal(size=(n, topics)) @ rng.normal(size=(topics, m)) / np.sqrt(topics)
    logits = 3 * (0.6 * shared + 0.8 * rng.normal(size=(n, m))) - rng.uniform(1, 4, m)
    views = (logits + rng.normal(size=(n, m)) for _ in range(2))
    first, second = (1 / (1 + np.exp(-view)) for view in views)
    return first.astype(np.float32), second.astype(np.float32)


@dataclass(frozen=True)
class Layer:
    """P of the explainer and of the simulator, (n, m), and activations (n, n_neurons); test lies behind train and val.

    Attributes
    ----------
    ends
        Of train and of val.
    """

    p: np.ndarray
    p_simulated: np.ndarray
    q: np.ndarray
    ends: tuple[int, int]

    def problem(self) -> Problem:
        train, val = slice(self.ends[0]), slice(*self.ends)
        of_p = [second_moments([self.p[rows]]) for rows in (train, val)]
        of_q = [
            cross_moments([self.p[rows]], [self.q[rows]], moments.mean)
            for rows, moments in zip((train, val), of_p, strict=True)
        ]
        std = [values[train].std(axis=0, dtype=np.float64) for values in (self.p, self.q)]
        concepts = [CONCEPT(column) for column in range(self.p.shape[1])]
        return Problem(concepts, np.arange(self.q.shape[1], dtype=np.int32), *of_p, *of_q, *std)

    def judged(
        self, explained: Sequence[Explanation], ridge: float | None = 0.0, positive: bool = False, seed: int = 0
    ) -> pd.DataFrame:
        """The verdicts; with `ridge` None weights are not fitted."""
        test, problem = slice(self.ends[1], None), self.problem()
        sets = draw_sets(len(problem.concepts), max(len(one.concepts) for one in explained), seed)
        weights = as_they_are(explained) if ridge is None else refitted(problem, sets, ridge, positive)
        simulated = self.p_simulated[test] @ weight_matrix(explained, problem.concepts)
        moments = SetMoments.of(self.p_simulated[test], self.q[test], sets)
        return judged_at_once(explained, simulated.astype(np.float32), self.q[test], moments, weights, seed)
