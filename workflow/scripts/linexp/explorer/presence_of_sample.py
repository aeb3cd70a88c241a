"""The simulator's P on the sample, so that the page can simulate any explanation itself (Eq. 8 and 9)."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..artifacts import store
from ..concepts.presence import probabilities
from .image_facts import MOST_CONCEPTS as MOST_SEEN
from .image_facts import Highest
from .layer import Explained, LayerFiles, image_means, places_of
from .scripts import packed, write_script

CONCEPTS_A_FILE = 16
MOST_CONCEPTS = 4000


def concepts_to_ship(files: LayerFiles, explained: Explained) -> list[str]:
    """All concepts that explanations use, the most used first; then others of the linear methods' P, in their order.

    There are no more than `MOST_CONCEPTS`, unless explanations use more.
    """
    every = (explanation for explanations in explained.by_method.values() for explanation in explanations)
    uses = Counter(concept for explanation in every for concept in explanation.concepts)
    used = sorted(uses, key=lambda concept: (-uses[concept], concept))
    others = dict.fromkeys(c for path in files.presence.values() for c in store.read_strings(path, "concepts"))
    room = max(0, MOST_CONCEPTS - len(used))
    return [*used, *[concept for concept in others if concept not in uses][:room]]


def write_presence(folder: Path, files: LayerFiles, texts: np.ndarray, sample: np.ndarray) -> Highest:
    """Write `presence/{number}.js`: `CONCEPTS_A_FILE` concepts each, (concepts, n_sample) packed; means of places.

    Parameters
    ----------
    texts
        (n_concepts, dim), see `text_embeddings`.

    Returns
    -------
    Highest
        Of each image of the sample the concepts with the highest P.
    """
    calibration = store.read_json(files.calibration)
    places, seen = places_of(files), Highest(len(sample), MOST_SEEN)
    rows = (sample[:, None] * places + np.arange(places)).ravel()
    with store.open_arrays(files.embeddings) as file:
        images = np.concatenate(list(store.row_blocks(file["embeddings"], rows)))
    for number, begin in enumerate(range(0, len(texts), CONCEPTS_A_FILE)):
        block = texts[begin : begin + CONCEPTS_A_FILE]
        p = probabilities(block, images, calibration["a"], calibration["b"])
        p = image_means(p.T, places)
        seen.add(begin, p)
        write_script(folder, f"presence/{number}", packed(p.T))
    return seen


def text_embeddings(files: LayerFiles, concepts: Sequence[str]) -> np.ndarray:
    """(n_concepts, dim) the simulator's embeddings; a text has the same one in every file."""
    row = {concept: number for number, concept in enumerate(concepts)}
    found = None
    for path in dict.fromkeys(files.concepts.values()):
        (embeddings,) = store.read_arrays(path, "embeddings")
        if found is None:
            found = np.zeros((len(concepts), embeddings.shape[1]), np.float32)
        here = [(place, row[text]) for place, text in enumerate(store.read_strings(path, "concepts")) if text in row]
        places, rows = np.array(here, int).reshape(-1, 2).T
        found[rows] = embeddings[places]
    return found  # type: ignore[return-value]  # there is a file of concepts
