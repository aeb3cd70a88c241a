"""Logits, the labels that the model knows, and a temperature that other solvers find too."""

import numpy as np
import pytest
import torch
import torchvision
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from torch import nn
from torch.nn.functional import cross_entropy

from linexp.errors import LinexpError
from linexp.networks.outputs import TEMPERATURES, fit_temperature, model_labels, record_logits

NAMES = ["cat", "dog", "bird"]
LABELS = np.array([2, -1, 0, 1, 1], np.int32)


def test_logits_are_those_of_the_network_batch_by_batch():
    torch.manual_seed(0)
    network = torchvision.models.resnet18(weights=None, num_classes=7).eval()
    images = torch.randn(5, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = network(images).numpy()
    blocks = list(record_logits(network, images.split(2)))
    assert [(block.shape, block.dtype) for block in blocks] == [((n, 7), np.float32) for n in (2, 2, 1)]
    np.testing.assert_allclose(np.concatenate(blocks), expected, atol=1e-5)
    in_double = list(record_logits(network.double(), [images]))
    np.testing.assert_allclose(in_double[0], expected, atol=1e-5)
    assert in_double[0].dtype == np.float32


class Returns(nn.Module):
    def __init__(self, output):
        super().__init__()
        self.output = output

    def forward(self, images):
        return self.output(images)


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (lambda images: (images.mean((2, 3)), images), "type tuple"),
        (lambda images: {"logits": images.mean((2, 3))}, "type dict"),
        (lambda images: images, r"shape \(4, 3, 8, 8\)"),
        (lambda images: images.mean((1, 2, 3)), r"shape \(4,\)"),
        (lambda images: images.mean((2, 3))[:1], r"shape \(1, 3\)"),
    ],
)
def test_an_output_that_is_not_logits_is_refused(output, found):
    with pytest.raises(LinexpError, match=rf"model: 4 images give an output of {found}; .* say `classes: none`"):
        list(record_logits(Returns(output), [torch.zeros(4, 3, 8, 8)]))


def test_where_labels_are_not_needed_other_classes_are_no_mistake():
    np.testing.assert_array_equal(model_labels(LABELS, NAMES, "if_equal", 3), model_labels(LABELS, NAMES, None, 3))
    np.testing.assert_array_equal(model_labels(LABELS, NAMES, "if_equal", 1000), [-1] * 5)


def test_the_same_number_of_classes_are_the_same_classes():
    found = model_labels(LABELS, NAMES, None, 3)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, LABELS)


def test_a_map_gives_the_model_s_numbers_and_leaves_out_the_rest():
    np.testing.assert_array_equal(model_labels(LABELS, NAMES, {"cat": 281, "bird": 7}, 1000), [7, -1, 281, -1, -1])
    np.testing.assert_array_equal(model_labels(LABELS, NAMES, {"cat": 0, "dog": 0, "bird": 0}, 1), [0, -1, 0, 0, 0])


def test_several_classes_of_one_name_are_mapped_together():
    np.testing.assert_array_equal(model_labels(LABELS, ["crane", "crane", "cat"], {"crane": 4}, 5), [-1, -1, 4, 4, 4])


@pytest.mark.parametrize(("names", "class_map"), [(NAMES, "none"), (NAMES, {})])
def test_a_model_can_know_none_of_the_classes(names, class_map):
    np.testing.assert_array_equal(model_labels(LABELS, names, class_map, 1000), [-1] * 5)


@pytest.mark.parametrize("class_map", [None, "none", {}])
def test_a_probe_without_labels_needs_no_map(class_map):
    np.testing.assert_array_equal(model_labels(np.full(3, -1), [], class_map, 1000), [-1] * 3)


@pytest.mark.parametrize(
    ("class_map", "message"),
    [
        (None, "class_map: the probe has 3 classes and the model 10; give the model's class number of each class name"),
        (None, "or `class_map: none`"),
        ({"cat": 1, "cow": 2}, "class_map: 'cow' is not a class of the probe; give names"),
        ({"cat": 1, "dog": 10}, "class_map: 'dog' is mapped to class 10; the model's are 0 to 9"),
        ({"cat": -1}, "class_map: 'cat' is mapped to class -1; the model's are 0 to 9"),
    ],
)
def test_classes_that_do_not_fit_are_told(class_map, message):
    with pytest.raises(LinexpError) as caught:
        model_labels(LABELS, NAMES, class_map, 10)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def drawn(temperature: float, seed: int = 0, n: int = 4000, classes: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose labels follow softmax(logits / temperature)."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (n, classes))
    return logits, (logits / temperature + rng.gumbel(size=logits.shape)).argmax(1)


def likelihood(log_temperature: float, logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean negative log-likelihood, by torch."""
    return cross_entropy(torch.from_numpy(logits) / np.exp(log_temperature), torch.from_numpy(labels)).item()


@given(st.floats(-2, 2), st.integers(0, 1000))
def test_the_temperature_has_the_lowest_likelihood_that_another_solver_finds(log_temperature, seed):
    logits, labels = drawn(np.exp(log_temperature), seed, n=300)
    found = np.log(fit_temperature(logits, labels))
    options = {"bounds": np.log(TEMPERATURES), "method": "bounded", "options": {"xatol": 1e-9}}
    expected = minimize_scalar(likelihood, args=(logits, labels), **options)
    assert likelihood(found, logits, labels) <= expected.fun + 1e-12
    assert abs(found - expected.x) < 1e-4


@pytest.mark.parametrize("temperature", [0.3, 1.0, 1.1, 2.5])
def test_the_temperature_that_labels_were_drawn_at_is_found(temperature):
    assert abs(fit_temperature(*drawn(temperature)) / temperature - 1) < 0.05


def test_the_temperature_scales_with_the_logits_and_ignores_what_all_classes_share():
    logits, labels = drawn(1.4, n=500)
    shift = np.random.default_rng(1).normal(0, 100, (500, 1))
    found = fit_temperature(logits, labels)
    assert abs(fit_temperature(7 * logits + shift, labels) / (7 * found) - 1) < 1e-9
    assert isinstance(found, float)


def test_float32_logits_are_fitted_in_double_precision():
    logits, labels = drawn(1.4, n=500)
    logits = logits.astype(np.float32)
    assert fit_temperature(logits, labels) == fit_temperature(logits.astype(np.float64), labels)


def test_images_without_a_label_are_left_out():
    logits, labels = drawn(1.4, n=500)
    labels[::3] = -1
    assert fit_temperature(logits, labels) == fit_temperature(logits[labels >= 0], labels[labels >= 0])


def test_without_anything_to_fit_the_temperature_is_one():
    logits, labels = drawn(1.4, n=5)
    assert fit_temperature(logits, np.full(5, -1)) == 1.0
    assert fit_temperature(np.zeros((0, 6)), np.zeros(0, int)) == 1.0
    assert fit_temperature(np.full((5, 6), 3.0), labels) == 1.0


@pytest.mark.parametrize("scale", [0.1, 1.0, 100.0])
def test_without_a_minimum_the_temperature_stays_in_its_range(scale):
    logits, _ = drawn(1.4, n=200)
    assert fit_temperature(scale * logits, logits.argmax(1)) == TEMPERATURES[0]
    assert fit_temperature(scale * logits, logits.argmin(1)) == TEMPERATURES[1]
