"""Numbers at the edge, through the library as the rules call it: right results, or one line that says what is wrong."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import nn

from helpers.images import PAPER, Images
from linexp import explanations
from linexp.artifacts import store
from linexp.concepts import moments, presence
from linexp.concepts.calibration import calibrate, pair_histogram
from linexp.concepts.sets import concept_table, read_concepts
from linexp.errors import LinexpError
from linexp.explanations import CONSTANT, Explanation
from linexp.figures import neuron, style
from linexp.figures.neuron_view import Explained, NeuronView
from linexp.fitting import data, linear
from linexp.networks.recording import record_activations
from linexp.networks.units.neurons import Neurons
from linexp.probes.index import SPLITS, index_images, rows_of, split_blocks
from linexp.probes.labels import multi_hot
from linexp.scoring.scores import CONSTANT_SIMULATION, score_table
from linexp.scoring.simulation import simulate
from linexp.scoring.summary import summarise

METHOD = {"lambda": 0.05, "alpha": 0.99, "greedy": {"max_concepts": 10, "width": 10, "tolerance": 0.02}}
A, B = 20.0, -0.2
N = 200


@dataclass
class Layer:
    """What became of a layer: explanations, scores and their means."""

    explained: list[Explanation]
    scores: pd.DataFrame
    means: pd.DataFrame


def directions(n: int, seed: int = 0) -> np.ndarray:
    """(n, 16) float32 of unit norm."""
    values = np.random.default_rng(seed).normal(size=(n, 16))
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)


IMAGES = directions(N)
WORDS = 12
CONCEPTS = directions(WORDS, seed=1)
NAMES = [f"word {number}" for number in range(WORDS)]
P = presence.probabilities(IMAGES, CONCEPTS, A, B)


def explain(folder: Path, activations: np.ndarray, names=NAMES, concepts: np.ndarray = CONCEPTS) -> Layer:
    """The stages from P to the page, on files, as the rules run them."""
    index = _index()
    files = {name: folder / f"{name}.h5" for name in ("P", "moments", "activations")}
    made = store.Provenance("test", {}, "f")
    store.write_table(folder / "index.parquet", made, index)
    with store.create_arrays(files["P"], made) as file:
        pseudo = presence.PseudoPresence(lambda begin, end: IMAGES[begin:end], concepts, A, B)
        presence.write_presence(file, pseudo, names, rows_of(index, "train"), N, 0.5)
    with store.open_arrays(files["P"]) as p, store.create_arrays(files["moments"], made) as file:
        sums = {split: moments.MomentsSum(p["P"].shape[1]) for split in ("train", "val")}
        for split, rows, (block,) in split_blocks(index, list(sums), store.row_blocks(p["P"])):
            sums[split].add(block, rows)
        for split, of_split in sums.items():
            found = of_split.moments()
            for name, value in (("count", found.count), ("mean", found.mean), ("covariance", found.covariance)):
                file[f"{split}/{name}"] = value
    with store.create_arrays(files["activations"], made) as file:
        store.write_rows(file, "activations", [activations], N)
    sources = data.FittingFiles(files["P"], files["moments"], files["activations"], folder / "index.parquet")
    explained = linear.explain(data.read_problem(sources, None, False), METHOD)
    table = explanations.to_table(explained)
    weights = explanations.weight_matrix(explanations.from_table(table), names)
    simulated = np.concatenate(list(simulate([IMAGES], concepts, weights, A, B)))
    test, dead = rows_of(index, "test"), activations.max(axis=0) < 0.01
    scores = score_table(table.to_pandas(), simulated[test], activations[test], dead)
    scores.insert(0, "method", "le")
    scores.insert(1, "simulator", "two")
    means = summarise(scores.assign(verdict=scores["status"], best_method=None, verdict_flips=None), ["correlation"])
    return Layer(explained, scores, means)


def _index():
    """An index of N images of one colour each."""
    source = Images(numbers=range(30))
    source.keys = [f"{number}.png" for number in range(N)]
    source.labels, source.contents = np.full(N, -1, np.int32), [source.contents[n % 30] for n in range(N)]
    source.concepts = ()
    return index_images(source, PAPER, 0)


def reference() -> np.ndarray:
    """(N, 3) float32 activations that are combinations of three concepts."""
    return np.stack([2 * P[:, 0] + P[:, 1], P[:, 2], 1 - P[:, 3] + 3 * P[:, 4]], axis=1)


def finite(layer: Layer) -> bool:
    numbers = [value for one in layer.explained for value in (*one.weights, one.bias, one.val_correlation or 0.0)]
    return bool(np.isfinite(numbers).all())


# --- neurons


def test_a_dead_layer_has_constant_explanations_no_scores_and_no_mean(tmp_path):
    layer = explain(tmp_path, np.zeros((N, 4), np.float32))
    assert [one.status for one in layer.explained] == [CONSTANT] * 4 and finite(layer)
    assert layer.scores["correlation"].isna().all() and set(layer.scores["status"]) == {CONSTANT}
    assert layer.scores["dead"].all()
    (row,) = layer.means.to_dict("records")
    assert (row["neurons"], row["dead"], row["undefined"]) == (4, 4, 4)


@pytest.mark.parametrize("value", [0.0, 1e30, -7.0])
def test_a_constant_neuron_leaves_its_neighbours_as_they_are(tmp_path, value):
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    alone = explain(tmp_path / "a", reference())
    beside = explain(tmp_path / "b", np.insert(reference(), 1, value, axis=1).astype(np.float32))
    assert beside.explained[1].status == CONSTANT and not beside.explained[1].concepts
    others = [beside.explained[number] for number in (0, 2, 3)]
    for one, other in zip(alone.explained, others, strict=True):
        assert one.concepts == other.concepts
        np.testing.assert_allclose(one.weights, other.weights, rtol=1e-6)
    # BLAS may round a product of more columns differently
    np.testing.assert_allclose(alone.scores["correlation"], beside.scores["correlation"].drop(1), rtol=1e-12)


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1e6, 1e15])
def test_tiny_and_huge_activations_have_the_same_explanations_in_their_own_units(tmp_path, scale):
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    one = explain(tmp_path / "a", reference())
    other = explain(tmp_path / "b", (reference().astype(np.float64) * scale).astype(np.float32))
    assert finite(other)
    for mine, theirs in zip(one.explained, other.explained, strict=True):
        assert mine.concepts == theirs.concepts
        np.testing.assert_allclose(np.array(theirs.weights) / scale, mine.weights, rtol=1e-3)
    np.testing.assert_allclose(one.scores["correlation"], other.scores["correlation"], atol=1e-4)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_activations_that_are_no_numbers_are_refused_before_they_are_written(tmp_path, value):
    class Broken(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Flatten()

        def forward(self, images):
            return self.layer(torch.where(images > 0.9, value, images))

    batches = [torch.rand(8, 3, 2, 2) * 0.8, torch.ones(8, 3, 2, 2)]
    rows = (block.numpy() for block in record_activations(Broken(), "layer", Neurons("none"), batches))
    with (
        pytest.raises(LinexpError, match="activations: there are values that are not finite; check the model"),
        store.create_arrays(tmp_path / "activations.h5", store.Provenance("test", {}, "f")) as file,
    ):
        store.write_rows(file, "activations", rows, 16)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_activations_that_became_no_numbers_are_refused_by_the_fit(tmp_path, value, monkeypatch):
    activations = reference()
    activations[3, 1] = value
    monkeypatch.setattr(
        store, "write_rows", lambda file, name, blocks, n_rows: file.create_dataset(name, data=next(iter(blocks)))
    )
    with pytest.raises(LinexpError, match=r"activations.h5: there are activations that are not finite; delete it"):
        explain(tmp_path, activations)


# --- concepts


def test_a_single_concept_explains_what_it_can(tmp_path):
    layer = explain(tmp_path, reference(), NAMES[2:3], CONCEPTS[2:3])
    assert layer.explained[1].concepts == ["word 2"] and finite(layer)
    assert layer.explained[1].weights == pytest.approx([1.0], abs=1e-4)
    assert layer.scores["correlation"][1] == pytest.approx(1.0, abs=1e-5)


def test_copies_of_a_concept_are_taken_once(tmp_path):
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    one = explain(tmp_path / "a", reference())
    names = [*NAMES, *(f"again {number}" for number in range(WORDS))]
    both = explain(tmp_path / "b", reference(), names, np.concatenate([CONCEPTS, CONCEPTS]))
    for mine, theirs in zip(one.explained[:2], both.explained[:2], strict=True):
        assert [name.split()[1] for name in theirs.concepts] == [name.split()[1] for name in mine.concepts]
        assert sum(theirs.weights) == pytest.approx(sum(mine.weights), rel=1e-3)


def test_a_set_whose_concepts_are_in_no_image_is_refused(tmp_path):
    with pytest.raises(LinexpError, match="none of 1 concepts is present in the images; take others"):
        explain(tmp_path, reference(), ["nowhere"], -IMAGES.mean(axis=0, keepdims=True) * 0)


STRANGE = [
    *("x" * 10_000, "雪だるま", "Grünfink ☃ 🐦", "<b>&amp;\"'", "=1+1", "$\\frac{1}{2$"),
    *("a·b + 2.00·c", "%s {} {0}", "nan", "e\u0301", "\u202fthin", "0"),
]


def test_strange_names_come_back_from_every_file_as_they_are(tmp_path):
    assert len(STRANGE) == WORDS
    (tmp_path / "words.txt").write_text("\n".join(STRANGE), encoding="utf-8")
    names = concept_table([("mine", read_concepts(tmp_path / "words.txt"))])["concept"].to_pylist()
    assert names == [unicodedata.normalize("NFC", name.strip()) for name in STRANGE]
    layer = explain(tmp_path, reference(), names)
    plain = tmp_path / "plain"
    plain.mkdir()
    expected = explain(plain, reference())
    for mine, theirs in zip(layer.explained, expected.explained, strict=True):
        assert mine.concepts == [names[NAMES.index(name)] for name in theirs.concepts]
        assert mine.weights == theirs.weights
    assert store.read_strings(tmp_path / "P.h5", "all_concepts") == names


def test_a_picture_of_strange_names_is_drawn_as_large_as_any(tmp_path):
    weights = np.linspace(2, -0.5, WORDS)
    explained = [Explained("le", Explanation(7, STRANGE, weights.tolist(), 0.1, 0.5), 0.25)]
    sizes = []
    for names in (STRANGE, NAMES):
        view = NeuronView("net", 7, P[:, 0], explained, "le", names, weights, P)
        figure = neuron.draw_neuron(view, [Image.new("RGB", (8, 8), "red")] * N)
        style.save_figure(figure, tmp_path / "a.png", "png")
        with Image.open(tmp_path / "a.png") as image:
            sizes.append(image.size)
    assert sizes[0][0] == sizes[1][0]


@pytest.mark.parametrize("text", ["snow\na\tb\n", "snow\n\x1b[31mred\n", "a\x00b\n", "a\x7f\n", "a\u202eb\n"])
def test_a_concept_with_a_control_character_is_refused_with_its_line(tmp_path, text):
    (tmp_path / "words.txt").write_text(text, encoding="utf-8")
    with pytest.raises(LinexpError, match=r"words.txt: line \d has a control character, such as a tab; take it out"):
        read_concepts(tmp_path / "words.txt")


@pytest.mark.parametrize("name", ["a\nb", "a\x00", "\ud800"])
def test_labels_with_a_control_character_are_refused(name):
    for arguments in (([name], {}, ()), (["a"], {name: ["a"]}, ()), (["a"], {}, [[name]])):
        with pytest.raises(LinexpError, match="of a class or label has a control character; take it out"):
            multi_hot(np.array([0]), *arguments)


# --- images and classes


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_images_that_are_too_few_to_be_split_are_refused(n):
    with pytest.raises(LinexpError, match=rf"{n} images leave none for (train|val|test); take more images, or another"):
        index_images(Images(numbers=range(n)), PAPER, 0)


@pytest.mark.parametrize("n", [6, 7, 10])
def test_every_split_has_an_image_where_there_are_enough(n):
    index = index_images(Images(numbers=range(n)), PAPER, 0)
    assert len(index) == n and all(len(rows_of(index, split)) for split in SPLITS)


def test_one_class_cannot_be_calibrated_on_and_explains_nothing(tmp_path):
    labels = multi_hot(np.zeros(N, int), ["only"], {})
    assert labels.matrix.all()
    with pytest.raises(LinexpError, match="calibration: all labels are equal"):
        calibrate(pair_histogram([(IMAGES @ CONCEPTS[:1].T, labels.matrix)]))
    with (
        pytest.raises(LinexpError, match="none of 1 concepts is present in the images"),
        store.create_arrays(tmp_path / "P.h5", store.Provenance("test", {}, "f")) as file,
    ):
        presence.write_presence(file, presence.LabelPresence(labels.matrix), labels.concepts, np.arange(N), N, 0.0)


@pytest.mark.parametrize("n_test", [1, 2])
def test_scores_on_one_or_two_images_are_undefined_or_exact(n_test):
    table = pd.DataFrame({"neuron": [0], "concepts": [["a"]], "status": ["ok"]})
    values = np.arange(n_test, dtype=np.float32)[:, None]
    scores = score_table(table, values, 3 * values + 1, np.array([False]))
    if n_test == 1:
        assert scores["correlation"].isna().all() and scores["status"][0] in (CONSTANT, CONSTANT_SIMULATION)
    else:
        assert scores["correlation"][0] == pytest.approx(1.0)
