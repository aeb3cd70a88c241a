"""The artifacts of a made-up layer, written with the library's own functions, and its explorer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from PIL import Image

from linexp.artifacts import store
from linexp.artifacts.maps import MapFile, write_maps
from linexp.concepts import presence
from linexp.explanations import (
    EXPLAINED,
    NOT_ABOVE_CHANCE,
    OK,
    PREDICTS_ONLY,
    UNEXPLAINED,
    by_weight,
    to_table,
    weight_matrix,
)
from linexp.explorer.folder import write_explorer
from linexp.explorer.layer import LayerFiles, Shown
from linexp.figures.shown_images import images_of_layer
from linexp.fitting.stable import Stability
from linexp.fitting.stable import to_table as stability_table
from linexp.metrics import METRICS
from linexp.probes.index import rows_of, split_images
from linexp.scoring import sanity, simulation, summary
from linexp.scoring.best import with_best_method
from linexp.scoring.reasons import CEILINGS, NEURON, reasons, with_reasons
from linexp.scoring.scores import score_table, with_ablation

HOSTILE = '<script>window.broken = 1</script> & "quoted" \u2028 <img src=x onerror=alert(1)>'
CONCEPTS = ["dog", "hot dog", "grass", "sky", HOSTILE, "watch dog's tail", "red car", "carpet"]
SIMULATOR = "two"
CLASSES = ["dog", HOSTILE, "class 2"]
"""Of the network; no image is of the last."""
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300"><style>text {{ fill: #123 }}</style>'
    '<text x="20" y="60">{}</text></svg>'
)
A, B = 12.0, -0.1
EFFECT_IMAGES = 50
FIGURES = {
    "scores": ("Scores", "How well neurons are explained."),
    "lengths": ("Lengths", "Of what length <they> are."),
}
DIM = 24


@dataclass(frozen=True)
class Layer:
    """A layer on disk, and the arrays that it was written from.

    Attributes
    ----------
    page
        `index.html`.
    activations
        (n_images, n_neurons); at places the means of each image.
    p
        (n_images, n_concepts) of the simulator, float64; the same.
    of_places
        The activations and P of places, (n_images, grid, grid, n); None of images alone.
    maps
        That were recorded of what is shown; None at places.
    explained
        By method, a list of explanations.
    test
        Rows of the test images.
    """

    page: Path
    concepts: list[str]
    activations: np.ndarray
    p: np.ndarray
    explained: dict[str, list]
    test: np.ndarray
    scores: pd.DataFrame
    of_places: tuple[np.ndarray, np.ndarray] | None = None
    maps: MapFile | None = None

    def url(self, state: str = "") -> str:
        return self.page.as_uri() + state

    def correlation(self, neuron: int, weights: dict[str, float]) -> float:
        """Between a neuron and Σ weight · P on test, by numpy alone."""
        predicted = sum(weight * self.p[self.test, self.concepts.index(name)] for name, weight in weights.items())
        return float(np.corrcoef(predicted, self.activations[self.test, neuron])[0, 1])


def _unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _explanations(weights: np.ndarray, concepts: Sequence[str], kept: int, bias: float = 0.0) -> list:
    """The `kept` largest weights of each neuron; one that has none is unexplained."""
    found = []
    for neuron, column in enumerate(weights.T):
        largest = np.argsort(-np.abs(column), kind="stable")[:kept]
        used = largest[column[largest] != 0]
        status = OK if len(used) else UNEXPLAINED
        found.append(by_weight(neuron, [concepts[c] for c in used], column[used], bias, 0.5, status))
    return found


def make_layer(
    folder: Path,
    n_neurons: int,
    n_images: int,
    concepts: Sequence[str] = CONCEPTS,
    seed: int = 0,
    more_methods: Sequence[str] = (),
    length: int = 4,
    is_linear: bool = True,
    grid: int = 1,
) -> Layer:
    """Write a layer and its explorer. Neuron 3 is dead, neuron 5 is unexplained; those of `le` have a bias.

    `more_methods` explain as `best` does; explanations of `le` have about `length` concepts, and no more. Whether the
    head is linear or not, effects on the output are the same numbers. With a grid it is explained at places.
    """
    per = grid**2
    rng = np.random.default_rng(seed)
    index = pa.table(
        {
            "image": pa.array(range(n_images), pa.int32()),
            "key": [f"row{row:05d}" for row in range(n_images)],
            "label": pa.array([row % 2 for row in range(n_images)], pa.int32()),
            "class_name": [("dog", HOSTILE)[row % 2] for row in range(n_images)],
            "split": split_images(n_images, {"train": 0.7, "val": 0.1, "test": 0.2}, seed).tolist(),
        }
    )
    test = rows_of(index, "test")
    texts, images = _unit(rng.normal(size=(len(concepts), DIM))), _unit(rng.normal(size=(n_images * per, DIM)))
    p = presence.probabilities(images, texts, A, B)
    weights = rng.gamma(2.0, 1.0, (len(concepts), n_neurons)) * (
        rng.random((len(concepts), n_neurons)) < length / len(concepts)
    )
    weights *= np.where(rng.random(weights.shape) < 0.2, -1, 1)
    weights[0, weights.max(axis=0) <= 0] = 1.0
    noise = rng.normal(scale=0.3, size=(n_images * per, n_neurons))
    activations = np.maximum(p @ weights + noise, 0).astype(np.float32)
    activations[:, 3] = 0
    weights[:, 5] = 0
    explained = {
        "le": _explanations(weights, concepts, length, 0.25),
        "best": _explanations(np.abs(weights), concepts, 1),
    }
    explained |= dict.fromkeys(more_methods, explained["best"])
    rows = (test[:, None] * per + np.arange(per)).ravel()
    files, scores = _write(folder, index, texts, images, p, activations, explained, concepts, rows, is_linear)
    files, shown_maps = _at_places(folder, files, grid) if per > 1 else _with_maps(folder, files, test, n_images, seed)
    pictures = [Image.new("RGB", (48, 32), (37 * row % 256, 91 * row % 256, 17 * row % 256)) for row in range(64)]
    provenance = store.Provenance("test", {"note": "</pre><script>"}, "f")
    titles = {method: method for method in explained}
    calibrated, drawn = [(SIMULATOR, "simulator")], list(FIGURES.values())
    shown = Shown("net / layer4", SIMULATOR, calibrated, seed, provenance, titles, drawn)
    page = folder / "report" / "index.html"
    write_explorer(page, files, shown, _Repeated(pictures), threads=2)
    raw = [values.reshape(n_images, grid, grid, -1) for values in (activations, p.astype(float))]
    means = [values.mean(axis=(1, 2)) for values in raw]
    return Layer(page, concepts, *means, explained, test, scores, tuple(raw) if per > 1 else None, shown_maps)


BOX = (0.1, 0.25, 0.9, 0.75)
"""What the network sees of each image, 48 × 32 pixels."""


def _with_maps(folder: Path, files, test: np.ndarray, n_images: int, seed: int):
    """Maps of what is shown, made up, of 5 × 3 cells."""
    shown = list(images_of_layer(files.activations, None, test, n_images, seed))
    neurons = np.repeat([number for number, _ in shown], [len(rows) for _, rows in shown]).astype(np.int32)
    images = np.concatenate([rows for _, rows in shown])
    values = np.random.default_rng(3).normal(size=(len(neurons), 5, 3)).astype(np.float32)
    rows = np.unique(images)
    found = MapFile(neurons, images, values, rows, np.tile(BOX, (len(rows), 1)))
    write_maps(folder / "maps.h5", store.Provenance("test", {}, "f"), found)
    return replace(files, maps=folder / "maps.h5"), found


def _at_places(folder: Path, files, grid: int):
    """The same artifacts as those of a layer at places, without what is of images alone."""
    made = store.Provenance("test", {}, "f")
    (activations,) = store.read_arrays(folder / "activations.h5", "activations")
    with store.create_arrays(folder / "activations.h5", made) as file:
        store.write_array(file, "activations", activations)
        store.write_array(file, "dead", activations.max(axis=0) < 0.01)
        file.attrs["grid"], file.attrs["places"] = grid, grid**2
    store.write_arrays(folder / "crops.h5", made, {"boxes": np.tile(BOX, (len(activations) // grid**2, 1))})
    measures = {"auc": [0.81, 0.7], "average_precision": [0.5, 0.4], "iou": [0.25, 0.2]}
    of_images = {f"{name}_image": [value / 2 for value in values] for name, values in measures.items()}
    table = pd.DataFrame({"concept": ["(mean)", "dog"], "places": [9, 9], **measures, **of_images})
    table.to_csv(folder / "quality.csv", index=False)
    gone = {"presence": {}, "stability": {}, "known_images": [], "known_concepts": []}
    none = dict.fromkeys(("outputs", "head", "effects", "labels", "sanity"))
    return replace(files, **gone, **none, crops=folder / "crops.h5", quality=[folder / "quality.csv"]), None


class _Repeated:
    """As many images as are asked for."""

    def __init__(self, pictures: list):
        self._pictures = pictures

    def __getitem__(self, row: int) -> Image.Image:
        return self._pictures[row % len(self._pictures)]


def with_beliefs(scores: pd.DataFrame, n_concepts: int) -> pd.DataFrame:
    """Made-up verdicts and nulls: random concepts reach less the more of them there are; above .5 is explained."""
    p95 = (0.1 + scores["n_concepts"] / n_concepts / 4).where(scores["correlation"].notna())
    q = (0.05 - (scores["correlation"] - 0.5) / 10).clip(0.0005, 1)
    verdict = np.select([scores["correlation"] > 0.5, scores["correlation"] > p95], [EXPLAINED, PREDICTS_ONLY], "")
    return scores.assign(
        verdict=np.where(scores["status"] == OK, np.where(verdict == "", NOT_ABOVE_CHANCE, verdict), scores["status"]),
        q_value=q,
        null_mean=p95 / 3,
        null_p95=p95,
        polysemanticity=(1 - 1 / scores["n_concepts"]).where(scores["n_concepts"] > 0),
        polysemanticity_percentile=50.0,
    )


def _with_reach(scores: pd.DataFrame) -> pd.DataFrame:
    """Made-up ceilings of `le`, with the reason that they give, and a concept that its unexplained neurons lack."""
    rng = np.random.default_rng(2)
    known, own = (scores["method"] == "le").to_numpy(), scores["correlation"].fillna(0).to_numpy()
    higher = (own[:, None] + rng.uniform(0, 0.15, (len(scores), len(CEILINGS)))).clip(max=0.99)
    told, lacking = known & (scores["verdict"] != EXPLAINED), known & (scores["verdict"] == UNEXPLAINED)
    return scores.assign(
        **{name: np.where(known, higher[:, k], np.nan) for k, name in enumerate(CEILINGS)},
        why_not=np.where(told, reasons(own, higher), scores["why_not"]),
        missing_concept=np.where(lacking, "zebra", None),
        missing_correlation=np.where(lacking, 0.25, np.nan),
    )


def _write(folder, index, texts, images, p, activations, explained, concepts, test, is_linear):
    """Write the artifacts."""
    made = store.Provenance("test", {}, "f")
    store.write_table(folder / "index.parquet", made, index)
    store.write_arrays(
        folder / "activations.h5", made, {"activations": activations, "dead": activations.max(axis=0) < 0.01}
    )
    store.write_arrays(folder / "P.h5", made, {"P": p, "concepts": concepts})
    store.write_arrays(folder / "images.h5", made, {"embeddings": images})
    store.write_arrays(folder / "concepts.h5", made, {"embeddings": texts, "concepts": concepts})
    label = np.array(index["label"])
    labels = np.stack([label == 0, label == 1, label >= 0, label == 0], axis=1).astype(np.uint8)
    labelled = [*concepts[:3], "in no explanation"]
    store.write_arrays(folder / "labels.h5", made, {"labels": labels, "concepts": labelled})
    reliability = [{"count": 10, "p": q, "observed": q} for q in (0.1, 0.5, 0.9)]
    fitted = {"a": A, "b": B, "bce": 0.2, "bce_base_rate": 0.4, "reliability": reliability}
    store.write_json(folder / "two.json", made, fitted)
    tables = []
    for method, explanations in explained.items():
        store.write_table(folder / f"{method}.parquet", made, to_table(explanations))
        weights = weight_matrix(explanations, concepts)
        simulated = np.concatenate(list(simulation.simulate([images], texts, weights, A, B)))
        store.write_arrays(folder / f"{method}.h5", made, {"simulated": simulated})
        table = to_table(explanations).to_pandas()
        scores = score_table(table, simulated[test], activations[test], activations.max(axis=0) < 0.01)
        tables.append(scores.assign(method=method, simulator=SIMULATOR))
    scores = with_ablation(pd.concat(tables), None)
    favoured = (scores["method"] == "best") & (scores["neuron"] % 8 == 2)
    scores["correlation_val"] = scores["correlation"].clip(upper=0.98).mask(favoured, 0.99)
    scores["verdict_flips"] = scores["neuron"] % 2 == 0
    scores = with_reasons(with_best_method(with_beliefs(scores, len(concepts))), {}, {}, SIMULATOR)
    scores["why_not"] = np.where(scores["verdict"] == EXPLAINED, None, NEURON)
    scores = _with_reach(scores)
    store.write_table(folder / "scores.parquet", made, pa.Table.from_pandas(scores, preserve_index=False))
    better = {name: metric.higher_is_better for name, metric in METRICS.items()}
    summary.compare(scores, better).to_csv(folder / "comparison.csv", index=False)
    checks = pd.DataFrame(
        [
            ("le", "correlation", test_, share, 9, share > 0.9, True)
            for test_, share in (("missing_labels", 0.95), ("extra_labels", 0.5))
        ],
        columns=sanity.COLUMNS,
    )
    checks = checks.assign(simulator=SIMULATOR)
    checks.to_csv(folder / "sanity.csv", index=False)
    summary.summarise(scores, list(METRICS), sanity=checks).to_csv(folder / "summary.csv", index=False)
    head = np.random.default_rng(1).normal(size=(len(CLASSES), activations.shape[1])).astype(np.float32)
    for name in FIGURES:
        (folder / f"{name}.svg").write_text(DRAWING.format(name))
    with store.create_arrays(folder / "head.h5", made) as file:
        file.attrs["linear"] = is_linear
        if is_linear:
            store.write_array(file, "weight", head)
    with store.create_arrays(folder / "effects.h5", made) as file:
        file.attrs["linear"] = is_linear
        if not is_linear:
            store.write_array(file, "neurons", np.arange(activations.shape[1], dtype=np.int32))
            store.write_array(file, "effects", head.T)
            file.attrs["images"] = EFFECT_IMAGES
    store.write_arrays(folder / "outputs.h5", made, {"labels": np.arange(len(index)) % 2})
    stable = [_stability(one) for one in explained["le"]]
    store.write_table(folder / "stability.parquet", made, stability_table(stable))
    by_method = {name: {method: folder / f"{method}{name}" for method in explained} for name in (".parquet", ".h5")}
    files = LayerFiles(
        index=folder / "index.parquet",
        activations=folder / "activations.h5",
        scores=folder / "scores.parquet",
        summary=folder / "summary.csv",
        comparison=folder / "comparison.csv",
        sanity=folder / "sanity.csv",
        embeddings=folder / "images.h5",
        calibration=folder / "two.json",
        calibrations=[folder / "two.json"],
        explanations=by_method[".parquet"],
        simulations=by_method[".h5"],
        concepts=dict.fromkeys(explained, folder / "concepts.h5"),
        presence={"le": folder / "P.h5"},
        stability={"le": folder / "stability.parquet"},
        outputs=folder / "outputs.h5",
        head=folder / "head.h5",
        effects=folder / "effects.h5",
        labels=folder / "labels.h5",
        known_images=[folder / "images.h5"],
        known_concepts=[folder / "concepts.h5"],
        figures=[folder / f"{name}.svg" for name in FIGURES],
    )
    return files, scores


def _stability(one) -> Stability:
    """A made-up one: concepts are chosen again less often the later they come, and the first of all in their place."""
    k = len(one.concepts)
    shares = [round(1 - 0.1 * place, 2) for place in range(k)]
    low, high = ([factor * weight for weight in one.weights] for factor in (0.9, 1.1))
    return Stability(one.neuron, one.status, one.concepts, shares, low, high, [["other"]] * k, [[0.1]] * k, 0.5, 3 * k)
