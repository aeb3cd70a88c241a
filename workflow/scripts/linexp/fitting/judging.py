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
from ..scoring.chance import SetMoments, draw_sets
from ..scoring.polysemanticity import centred, polysemanticity, spreads
from ..scoring.verdicts import verdict_table
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


def judge(
    files: JudgedFiles,
    of_layer: tuple[Path, Path],
    rows: np.ndarray,
    activations: np.ndarray,
    neurons: Sequence[int] | None,
    refit: Mapping[str, Any],
    seed: int,
    threads: int = 1,
    places: int = 1,
) -> pd.DataFrame:
    """The rows of `verdict_table` for a method and a simulator, with the columns of `polysemanticity`.

    The latter goes by the simulator too, its texts and P of test, so that it is there for methods of every kind and can
    be compared between them.

    Parameters
    ----------
    of_layer
        The activations and the index.
    rows
        Ascending, of the images of test, none of which is a copy of another.
    activations
        (len(rows), n) of the neurons that are explained.
    neurons
        Their numbers; None for all.
    refit
        `ridge` and `positive` of a method that fits weights, else empty.
    seed
        Of the sets and the permutations.
    places
        Rows of each image.
    """
    explained = explanations.from_table(store.read_table(files.explanations))
    known, embedded = store.read_strings(files.vocabulary, "concepts"), store.read_strings(files.concepts, "concepts")
    longest = max((len(set(explanation.concepts)) for explanation in explained), default=0)
    sets = draw_sets(len(known), longest, seed)
    weights_of = as_they_are(explained)
    if files.moments:
        fitted_on = FittingFiles(files.vocabulary, files.moments, *of_layer)
        weights_of = refitted(read_problem(fitted_on, neurons, paper_parity=False, threads=threads), sets, **refit)
    place = {concept: column for column, concept in enumerate(embedded)}
    drawn = np.array([place[concept] for concept in known], np.int64)[sets]
    used = np.zeros(len(embedded), bool)
    used[drawn] = used[[place[concept] for one in explained for concept in one.concepts]] = True
    columns = np.cumsum(used) - 1
    p = read_presence(files.images, files.concepts, files.calibration, rows, used)
    moments = SetMoments.of(p, activations, columns[drawn])
    with store.open_arrays(files.simulation) as file:
        simulated = np.concatenate(list(store.row_blocks(file["simulated"], rows)))
    table = verdict_table(explained, simulated, activations, moments, weights_of, seed, threads, places)
    (embeddings,) = store.read_arrays(files.concepts, "embeddings")
    column = {concept: int(columns[number]) for concept, number in place.items()}
    vectors = centred(embeddings)[used]
    return table.assign(**polysemanticity(explained, column, spreads(p), vectors, columns[drawn]))
