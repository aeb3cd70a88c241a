"""What neurons do to the output, against the softmax itself, and how stable concepts are."""

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import log_softmax

from linexp.artifacts import store
from linexp.explorer.output_effects import class_names, read_effects
from linexp.explorer.stabilities import read_stabilities, stability_of
from linexp.fitting.stable import Stability, to_table

MADE = store.Provenance("t", {}, "f")
CLASSES, NEURONS = 12, 3


def head_file(path, weight, linear=True):
    with store.create_arrays(path, MADE) as file:
        file.attrs["linear"] = linear
        if linear:
            store.write_array(file, "weight", weight)
    return path


def effects_file(path, neurons, effects):
    with store.create_arrays(path, MADE) as file:
        file.attrs["linear"] = effects is None
        if effects is not None:
            store.write_array(file, "neurons", np.array(neurons, np.int32))
            store.write_array(file, "effects", effects)
            file.attrs["images"] = 20
    return path


@pytest.fixture
def files(tmp_path):
    weight = np.random.default_rng(0).normal([5, 0, -5], size=(CLASSES, NEURONS)).astype(np.float32)
    labels = np.array([2, 0, -1, 2, 7])
    store.write_arrays(tmp_path / "outputs.h5", MADE, {"labels": labels})
    index = pa.table({"class_name": ["cat", "dog", "unknown", "cat", "ship"]})
    effects = effects_file(tmp_path / "effects.h5", [], None)
    return head_file(tmp_path / "head.h5", weight), effects, tmp_path / "outputs.h5", index, weight


def test_classes_that_a_neuron_raises_gain_on_the_average_class(files):
    head, empty, outputs, index, weight = files
    effects = read_effects(head, empty, outputs, index)
    assert effects.images is None
    logits = np.random.default_rng(1).normal(size=CLASSES)
    for neuron in range(NEURONS):
        before, after = (log_softmax(logits + step * weight[:, neuron]) for step in (0, 1))
        gained = (after - after.mean()) - (before - before.mean())
        told = effects.of(neuron)
        named = dict(zip(class_names(np.array([2, 0, -1, 2, 7]), index, CLASSES), gained, strict=True))
        for name, value in [*told["raises"], *told["lowers"]]:
            assert value == pytest.approx(named[name], rel=1e-3)
        order = sorted(named, key=named.get)
        assert [name for name, _ in told["raises"]] == [name for name in order[::-1] if named[name] > 0][:5]
        assert [name for name, _ in told["lowers"]] == [name for name in order if named[name] < 0][:5]


def test_classes_are_called_as_in_the_probe_by_the_numbers_of_the_model(files):
    *_, index, _ = files
    names = class_names(np.array([2, 0, -1, 2, 7]), index, CLASSES)
    assert (names[2], names[0], names[7], names[1]) == ("cat", "dog", "ship", "class 1")
    assert "unknown" not in names and len(names) == CLASSES


def test_a_class_that_a_neuron_does_not_change_is_neither_raised_nor_lowered(tmp_path, files):
    _, empty, outputs, index, _ = files
    weight = np.zeros((4, 1), np.float32)
    assert read_effects(head_file(tmp_path / "flat.h5", weight), empty, outputs, index).of(0) == {
        "raises": [], "lowers": [], "classes": 4
    }  # fmt: skip


def test_behind_a_layer_that_no_linear_map_follows_effects_are_those_that_were_measured(tmp_path, files):
    _, _, outputs, index, _ = files
    measured = np.array([[0, 0, 1, 0], [3, 1, 1, 3]], np.float32)
    effects = effects_file(tmp_path / "replayed.h5", [4, 9], measured)
    found = read_effects(head_file(tmp_path / "deep.h5", None, linear=False), effects, outputs, index)
    assert found.images == 20
    assert found.of(4) == {
        "raises": [["cat", 0.75]], "lowers": [["class 3", -0.25], ["class 1", -0.25], ["dog", -0.25]], "classes": 4
    }  # fmt: skip
    assert found.of(9)["raises"] == [["dog", 1], ["class 3", 1]]


def test_stability_is_told_of_methods_and_neurons_that_have_it(tmp_path):
    one = Stability(7, "ok", ["dog", "sky"], [1, 0.25], [0.5, None], [0.7, None], [[], ["sea"]], [[], [0.5]], 0.25, 9)
    store.write_table(tmp_path / "a.parquet", MADE, to_table([one, Stability(8, "unexplained")]))
    known = read_stabilities({"a": tmp_path / "a.parquet"})
    assert stability_of(known, 7) == {
        "a": {
            "shares": [1, 0.25],
            "low": [0.5, None],
            "high": [0.7, None],
            "instead": [[], [["sea", 0.5]]],
            "all_chosen": 0.25,
        }
    }
    assert stability_of(known, 8) == {} == stability_of(known, 9)
