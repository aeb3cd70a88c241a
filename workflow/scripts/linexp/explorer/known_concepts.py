"""What is known of concepts beyond the neurons: which are alike by their texts, and how well models see them."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..artifacts import store
from ..jobs.progress import progress
from ..metrics import auc, auprc
from ..metrics.columns import Columns
from ..scoring.polysemanticity import centred
from .layer import Explained, LayerFiles
from .place_quality import by_concept, read_quality
from .scripts import short

RELATED = 6
LEAST_COSINE = 0.2
"""Texts with less, once what all share is taken off, have hardly anything in common."""
TEXTS_AT_ONCE = 256
CONCEPTS_AT_ONCE = 32
"""As many columns of similarities are sorted at once, (n_images,) each."""


def concept_facts(
    files: LayerFiles,
    explained: Explained,
    concepts: Sequence[str],
    texts: np.ndarray,
    models: Sequence[tuple[str, str]],
) -> dict[str, Any]:
    """What the page says of each concept, beside its images.

    Parameters
    ----------
    concepts
        That are shipped.
    texts
        (n_concepts, dim) the simulator's embeddings of them.
    models
        Name and role of each model in `files.known_images`.

    Returns
    -------
    dict[str, Any]
        `related`, for each concept pairs of a concept that some explanation uses and the cosine; `models`; `known`, by
        the number of a labelled concept how many images have it, then AUC and average precision of each model;
        `labelled_images`, how many images were looked at, 0 without labels; `places`, the same by `place_quality`;
        `at_places`, whether that was measured.
    """
    used = {concept for known in explained.by_method.values() for one in known for concept in one.concepts}
    uses = np.flatnonzero([concept in used for concept in concepts])
    known, n_images = _known(files, concepts, models)
    return {
        "related": [[[other, short(cosine, 2)] for other, cosine in pairs] for pairs in related(texts, uses)],
        "models": [[name, role] for name, role in models],
        "known": known,
        "labelled_images": n_images,
        "places": by_concept(read_quality(files.quality), concepts),
        "at_places": bool(files.quality),
    }


def _known(
    files: LayerFiles, concepts: Sequence[str], models: Sequence[tuple[str, str]]
) -> tuple[dict[int, list[Any]], int]:
    """`known` and `labelled_images` of `concept_facts`."""
    if files.labels is None:
        return {}, 0
    numbers, labels = _labels(files.labels, concepts)
    labelled = [concepts[number] for number in numbers]
    by_model = [
        well_known(images, texts, labelled, labels, name)
        for (name, _), images, texts in zip(models, files.known_images, files.known_concepts, strict=True)
    ]
    scores = [[[short(float(value), 3) for value in one[k]] for one in by_model] for k in range(len(numbers))]
    positives = labels.sum(axis=1).tolist()
    return {number: [positives[k], *scores[k]] for k, number in enumerate(numbers)}, labels.shape[1]


def related(texts: np.ndarray, among: NDArray[np.intp]) -> list[list[tuple[int, float]]]:
    """Of each concept the nearest others by the cosine of their texts, what all texts share taken off.

    Parameters
    ----------
    texts
        (n_concepts, dim) embeddings.
    among
        The concepts that count as others.

    Returns
    -------
    list[list[tuple[int, float]]]
        For each concept at most `RELATED` pairs of a number and a cosine of at least `LEAST_COSINE`, the nearest
        first, equal ones by number.
    """
    vectors = centred(texts)
    others = vectors[among]
    found = []
    for begin in range(0, len(vectors), TEXTS_AT_ONCE):
        for number, cosines in enumerate(vectors[begin : begin + TEXTS_AT_ONCE] @ others.T, begin):
            cosines[among == number] = -1
            order = np.argsort(-cosines, kind="stable")[:RELATED]
            found.append([(int(among[k]), float(cosines[k])) for k in order if cosines[k] >= LEAST_COSINE])
    return found


def _labels(path: str | Path, concepts: Sequence[str]) -> tuple[list[int], NDArray[np.bool_]]:
    """Which concepts some images are labelled with and some are not, and these labels, (m, n_images)."""
    number = {concept: place for place, concept in enumerate(concepts)}
    names = store.read_strings(path, "concepts")
    columns = [column for column, name in enumerate(names) if name in number]
    with store.open_arrays(path) as file:
        labels = np.concatenate([block[:, columns] > 0 for block in store.row_blocks(file["labels"])]).T
    varying = np.flatnonzero(labels.any(axis=1) & ~labels.all(axis=1))
    return [number[names[columns[k]]] for k in varying.tolist()], labels[varying]


def well_known(
    images: str | Path, texts: str | Path, concepts: Sequence[str], labels: np.ndarray, model: str = ""
) -> NDArray[np.float64]:
    """How well an image-text model tells the images with a concept from those without, by similarity.

    P rises with similarity, so that calibration changes nothing of it.

    Parameters
    ----------
    images, texts
        The model's embeddings, of all images and of at least these concepts.
    concepts
        m of them.
    labels
        (m, n_images) bool, some and not all of each concept.
    model
        What its progress is called.

    Returns
    -------
    NDArray[np.float64]
        (m, 2) AUC and average precision.
    """
    embedded_images, embedded_texts = (store.read_arrays(path, "embeddings")[0] for path in (images, texts))
    row = {concept: place for place, concept in enumerate(store.read_strings(texts, "concepts"))}
    vectors = embedded_texts[[row[concept] for concept in concepts]]
    begins = range(0, len(concepts), CONCEPTS_AT_ONCE)
    found = [np.empty((0, 2))]
    for begin in progress(begins, len(begins), "block", f"labels by {model}", lambda _: 1):
        some = slice(begin, begin + CONCEPTS_AT_ONCE)
        columns = _Labelled((vectors[some] @ embedded_images.T).astype(np.float64), labels[some])
        found.append(np.stack([auc.auc_scores(columns), auprc.auprc_scores(columns)], axis=1))
    return np.concatenate(found)


class _Labelled(Columns):
    """Similarities and labels where metrics take simulated and real activations: B are the images with the label."""

    @cached_property
    def top(self) -> NDArray[np.bool_]:
        return self.activations > 0
