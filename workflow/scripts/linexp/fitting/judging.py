"""What verdicts on the explanations of a method are made from, and the making; their polysemanticity beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .. import explanations
from ..artifacts import store
from ..concepts.presence import read_presence
from ..explanations import Explanation
from ..networks.recorded import Block, neuron_blocks, places_of, read_block, read_simulated
from ..scoring.chance import RandomSets, draw_sets
from ..scoring.polysemanticity import centred, polysemanticity, spreads
from ..scoring.verdicts import others_reach, tested, verdict_table
from .crossed import correlations
from .data import FittingFiles, read_problem
from .refits import as_they_are, refitted


@dataclass(frozen=True)
class JudgedFiles:
    """The artifacts of a method with a simulator.

    Attributes
    ----------
    images, concepts, calibration
        Of the simulator.
    vocabulary
        Has the `concepts` that the method could have chosen: its P, or else the simulator's embeddings of them.
    moments
        Of that P, where the method fits weights.
    """

    explanations: Path
    simulation: Path
    images: Path
    concepts: Path
    calibration: Path
    vocabulary: Path
    moments: Path | None = None


@dataclass(frozen=True)
class JudgedOn:
    """What all methods of a layer are judged on.

    Attributes
    ----------
    activations, index
        The artifacts.
    rows
        Ascending, of the images of test, none of which is a copy of another.
    neurons
        The numbers of those that are explained; None for all.
    seed
        Of the sets and the permutations.
    threads
        To work on.
    """

    activations: Path
    index: Path
    rows: np.ndarray
    neurons: Sequence[int] | None
    seed: int
    threads: int = 1


def judge(files: JudgedFiles, layer: JudgedOn, refit: Mapping[str, Any]) -> pd.DataFrame:
    """The rows of `verdict_table` for a method and a simulator, with the columns of `polysemanticity`.

    The latter goes by the simulator too, its texts and P of test, so that it is there for methods of every kind and can
    be compared between them. Neurons are in memory in blocks.

    Parameters
    ----------
    refit
        `ridge` and `positive` of a method that fits weights, else empty.
    """
    explained = explanations.from_table(store.read_table(files.explanations))
    known, embedded = store.read_strings(files.vocabulary, "concepts"), store.read_strings(files.concepts, "concepts")
    longest = max((len(set(explanation.concepts)) for explanation in explained), default=0)
    sets = draw_sets(len(known), longest, layer.seed)
    place = {concept: column for column, concept in enumerate(embedded)}
    drawn = np.array([place[concept] for concept in known], np.int64)[sets]
    used = np.zeros(len(embedded), bool)
    used[drawn] = used[[place[concept] for one in explained for concept in one.concepts]] = True
    columns = np.cumsum(used) - 1
    p = read_presence(files.images, files.concepts, files.calibration, layer.rows, used)
    random = RandomSets.of(p, columns[drawn])
    blocks = neuron_blocks(layer.activations, layer.neurons)
    tests = [_tested(files, layer, block, explained[block.places], sets, random, refit) for block in blocks]
    others = others_reach(correlations(layer.activations, layer.neurons, files.simulation, layer.rows))
    table = verdict_table(pd.concat(tests, ignore_index=True), others)
    (embeddings,) = store.read_arrays(files.concepts, "embeddings")
    column = {concept: int(columns[number]) for concept, number in place.items()}
    vectors = centred(embeddings)[used]
    return table.assign(**polysemanticity(explained, column, spreads(p), vectors, columns[drawn]))


def _tested(
    files: JudgedFiles,
    layer: JudgedOn,
    block: Block,
    explained: Sequence[Explanation],
    sets: np.ndarray,
    random: RandomSets,
    refit: Mapping[str, Any],
) -> pd.DataFrame:
    """`tested` of a block of neurons; `sets` are numbers of the vocabulary, those of `random` columns of P."""
    weights_of = as_they_are(explained)
    if files.moments:
        fitted_on = FittingFiles(files.vocabulary, files.moments, layer.activations, layer.index)
        problem = read_problem(fitted_on, block.numbers, paper_parity=False, threads=layer.threads)
        weights_of = refitted(problem, sets, **refit)
    activations = read_block(layer.activations, block.numbers, layer.rows)
    simulated = read_simulated(files.simulation, block.places, layer.rows)
    moments, at_places = random.moments(activations), places_of(layer.activations)
    return tested(explained, simulated, activations, moments, weights_of, layer.seed, layer.threads, at_places)
