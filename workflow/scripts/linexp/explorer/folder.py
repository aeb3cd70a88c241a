"""The folder of the explorer: `index.html`, and beside it `data/` with all that the pages load."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from PIL import Image

from ..artifacts import store
from ..figures import shown_images
from ..jobs.progress import progress
from ..probes.index import rows_of
from .headline import best_methods
from .image_errors import WORST_IMAGES, ImageErrors, errors_on
from .image_facts import FACTS_A_FILE, write_image_facts
from .image_maps import LayerMaps, frames, open_maps, write_maps
from .known_concepts import concept_facts
from .layer import Explained, LayerFiles, Shown, places_of, read_activations
from .layer_page import render
from .neighbours import Similarities, activation_correlations, explanation_cosines, sparse_correlations
from .neurons import Records, score_rows
from .output_effects import OutputEffects, read_effects
from .overview import PICTURES, table
from .presence_columns import PresenceColumns
from .presence_of_sample import CONCEPTS_A_FILE, concepts_to_ship, text_embeddings, write_presence
from .scripts import write_script
from .stabilities import read_stabilities
from .thumbnails import FILES_A_FOLDER, widest, write_thumbnails
from .trust import failed_checks, read_sanity

PAGE = Path(__file__).parent / "page"
DATA_FOLDER = "data"


def write_explorer(
    page: str | Path, files: LayerFiles, shown: Shown, images: Sequence[Image.Image], threads: int = 1
) -> int:
    """Write the explorer of a layer; `page` comes last, so the folder is whole if it is there.

    Parameters
    ----------
    page
        `index.html`; whatever is in `data` beside it is replaced.
    images
        The RGB images of the probe, by row.

    Returns
    -------
    int
        The size of the folder in bytes.
    """
    page = Path(page)
    page.parent.mkdir(parents=True, exist_ok=True)
    page.unlink(missing_ok=True)
    with _replaced(page.parent / DATA_FOLDER) as folder:
        facts = _write_data(folder, files, shown, images, threads)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    html = render(files, shown, facts | {"size": size})
    with store.create_file(page, shown.provenance, beside=DATA_FOLDER) as temporary:
        temporary.write_text(html, encoding="utf-8")
    return size + page.stat().st_size


@contextmanager
def _replaced(folder: Path) -> Iterator[Path]:
    """An empty folder to write to, which takes the place of `folder` if all went well."""
    new, old = (folder.with_name(f"{folder.name}.{age}.tmp") for age in ("new", "old"))
    for path in (new, old):
        shutil.rmtree(path, ignore_errors=True)
    new.mkdir()
    try:
        yield new
        if folder.exists():
            os.replace(folder, old)
        os.replace(new, folder)
    finally:
        for path in (new, old):
            shutil.rmtree(path, ignore_errors=True)


def _write_data(
    folder: Path, files: LayerFiles, shown: Shown, images: Sequence[Image.Image], threads: int
) -> dict[str, Any]:
    """Write all but the page.

    Returns
    -------
    dict[str, Any]
        What the page says of it.
    """
    for source in sorted(PAGE.glob("*.js")) + sorted(PAGE.glob("*.css")):
        shutil.copyfile(source, folder / source.name)
    figures = _copied_figures(folder, files, shown)
    index, scores = store.read_table(files.index), store.read_table(files.scores).to_pandas()
    explained, test = Explained.read(files), rows_of(index, "test")
    concepts = concepts_to_ship(files, explained)
    ids = {concept: number for number, concept in enumerate(concepts)}
    sample = shown_images.sample_rows(test, shown.seed)
    top, maxima = _highest(files, explained)
    candidates = shown_images.candidates(sample, top, len(index), shown.seed)
    texts = text_embeddings(files, concepts)
    seen_in = write_presence(folder, files, texts, sample)
    write_script(folder, "concept_facts", concept_facts(files, explained, concepts, texts, shown.calibrated))
    effects, maps = _effects(files, index), open_maps(files, explained, shown.simulator)
    with TemporaryDirectory(dir=folder) as scratch:
        records = Records(
            files, explained, shown.simulator, shown.seed, test, sample, candidates,
            presence=_presence_columns(files, explained, Path(scratch)),
            alike=_similarities(files, explained),
            scores=score_rows(scores, list(files.explanations)),
            concept_ids=ids,
            stabilities=read_stabilities(files.stability),
            effects=effects,
        )  # fmt: skip
        shown_of_neurons = _write_records(folder, explained, records, maps)
    rows = np.unique(np.concatenate([sample, *shown_of_neurons]).astype(np.intp))
    in_pixels = write_thumbnails(folder / "images", images, rows, threads)
    errors = errors_on(files, explained, _headline_methods(scores, explained, shown.simulator), sample)
    of_each = [errors.of(k) for k in range(len(sample))]
    write_image_facts(folder, files, explained, rows, sample, seen_in, of_each)
    of_pictures = {"width": widest(in_pixels), "facts_a_file": FACTS_A_FILE} | frames(maps, rows, in_pixels)
    write_script(folder, "images", _image_facts(index, rows) | of_pictures)
    facts = {
        "title": shown.title,
        "simulator": shown.simulator,
        "images": len(index),
        "test_images": len(test),
        "candidates": int(candidates.sum()),
        "linear": list(explained.linear),
        "main": explained.main,
        "titles": dict(shown.titles),
        "failed": failed_checks(read_sanity(files.sanity), list(explained.by_method), shown.simulator),
        "effect_images": effects.images if effects else None,
        "maps": maps.told() if maps else None,
        "places": places_of(files),
    }
    pictures = [images[:PICTURES] for images in shown_of_neurons]
    overview = table(explained, scores, shown.simulator, ids, maxima, pictures)
    sizes = {"concepts_a_file": CONCEPTS_A_FILE, "images_a_folder": FILES_A_FOLDER}
    write_script(folder, "layer", {**facts, **overview, "concepts": concepts, "sample": sample.tolist(), **sizes})
    return facts | {
        "explained": explained,
        "shipped_images": len(rows),
        "concepts": len(concepts),
        "sample": len(sample),
        "methods": list(explained.by_method),
        "figures": figures,
        "worst": _worst_images(errors, sample, rows, index),
    }


def _headline_methods(scores: pd.DataFrame, explained: Explained, simulator: str) -> list[str]:
    """The method that each neuron is shown with first."""
    ours = scores[scores["simulator"] == simulator].set_index("neuron")
    return best_methods(ours, explained).fillna(explained.main).tolist()


def _worst_images(errors: ImageErrors, sample: np.ndarray, rows: np.ndarray, index: pa.Table) -> list[dict[str, Any]]:
    """The images of the sample on which explanations err most: row, address of the picture, name and error."""
    found = []
    for k in np.argsort(-errors.rms, kind="stable")[:WORST_IMAGES].tolist():
        row = int(sample[k])
        place = int(np.searchsorted(rows, row))
        name = index["class_name"][row].as_py() or f"image {index['key'][row].as_py()}"
        address = f"{DATA_FOLDER}/images/{place // FILES_A_FOLDER}/{place}.webp"
        found.append({"row": row, "address": address, "name": name, "error": float(errors.rms[k])})
    return found


def _copied_figures(folder: Path, files: LayerFiles, shown: Shown) -> list[dict[str, Any]]:
    """Copy the figures of the layer; of each its `address`, `label`, `caption` and `size` in bytes."""
    found = []
    for path, (label, caption) in zip(map(Path, files.figures), shown.figures, strict=True):
        copy = folder / "figures" / path.name
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, copy)
        address = f"{DATA_FOLDER}/figures/{path.name}"
        found.append({"address": address, "label": label, "caption": caption, "size": copy.stat().st_size})
    return found


def _effects(files: LayerFiles, index: pa.Table) -> OutputEffects | None:
    """What is known of the neurons' effects on the output; None where none are scored."""
    if not (files.head and files.effects and files.outputs):
        return None
    return read_effects(files.head, files.effects, files.outputs, index)


def _write_records(folder: Path, explained: Explained, records: Records, maps: LayerMaps | None) -> list[list[int]]:
    """Write the record of every neuron, and its maps; for each the images that it shows."""
    images = []
    for places in progress(explained.groups(), len(explained.neurons), "neuron", "records", _size):
        maps_of = maps.of_group(explained.neurons[places], places) if maps else None
        for column, (neuron, record) in enumerate(records.of_group(places)):
            images.append([row for one in record["ranges"] for row in one["images"]])
            write_script(folder, f"neurons/{neuron}", record)
            if maps_of:
                write_maps(folder, neuron, images[-1], maps_of(column, images[-1]))
    return images


def _size(places: slice) -> int:
    return places.stop - places.start


def _highest(files: LayerFiles, explained: Explained) -> tuple[np.ndarray, np.ndarray]:
    """Of each neuron, the rows of the images with the highest activations, (n, TOP_IMAGES), and the highest (n,)."""
    found = []
    for places in explained.groups():
        activations = read_activations(files.activations, explained.neurons[places])
        found.append((shown_images.top_images(activations), activations.max(axis=0)))
    top, maxima = zip(*found, strict=True)
    return np.concatenate(top), np.concatenate(maxima)


def _presence_columns(files: LayerFiles, explained: Explained, scratch: Path) -> dict[str, PresenceColumns]:
    """The columns of P of each linear method; methods with the same P share them."""
    methods_of: dict[str, list[str]] = {}
    for method, path in files.presence.items():
        methods_of.setdefault(str(path), []).append(method)
    columns: dict[str, PresenceColumns] = {}
    for number, (path, methods) in enumerate(methods_of.items()):
        explanations = [one for method in methods for one in explained.by_method[method]]
        columns |= dict.fromkeys(methods, PresenceColumns(path, explanations, scratch / str(number)))
    return {method: columns[method] for method in files.presence}


def _similarities(files: LayerFiles, explained: Explained) -> dict[str, Similarities]:
    by_explanation = explanation_cosines(explained.by_method[explained.main])
    return {"activation": _by_activation(files, explained), "explanation": by_explanation}


def _by_activation(files: LayerFiles, explained: Explained) -> Similarities:
    groups = (read_activations(files.activations, explained.neurons[places]) for places in explained.groups())
    with store.open_arrays(files.activations) as file:
        if file["activations"].compression:  # as sparse activations are
            return sparse_correlations(groups)
        blocks = (block[:, explained.neurons] for block in store.row_blocks(file["activations"]))
        return activation_correlations(blocks).__getitem__


def _image_facts(index: pa.Table, rows: np.ndarray) -> dict[str, Any]:
    """What the page says of the images that are shipped: row, key and class of each, in the order of their files."""
    some = index.take(rows)
    names = some["class_name"].to_pylist()
    classes = sorted(set(names))
    number = {name: place for place, name in enumerate(classes)}
    return {
        "rows": rows.tolist(),
        "keys": some["key"].to_pylist(),
        "classes": classes,
        "class_of": [number[name] for name in names],
    }
