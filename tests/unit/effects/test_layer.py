"""What a job knows of a layer's outputs and head, and files of it that do not fit each other."""

import numpy as np
import pytest

from linexp.artifacts import store
from linexp.effects.layer import Outputs, check_logits, read_head, read_outputs
from linexp.effects.losses import CrossEntropy, Divergence
from linexp.errors import LinexpError

N, CLASSES, NEURONS = 6, 3, 4
RNG = np.random.default_rng(0)
ACTIVATIONS = RNG.normal(size=(N, NEURONS)).astype(np.float32)
WEIGHT, BIAS = RNG.normal(size=(CLASSES, NEURONS)).astype(np.float32), RNG.normal(size=CLASSES).astype(np.float32)
LOGITS = ACTIVATIONS @ WEIGHT.T + BIAS
NO_LABEL_BUT_0 = np.zeros(N, np.int64)
PROVENANCE = store.Provenance("test", {}, "probe")


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(path, attributes, **arrays):
    with store.create_arrays(path, PROVENANCE) as file:
        file.attrs.update(attributes)
        for name, values in arrays.items():
            store.write_array(file, name, values)
    return path


def outputs(logits=LOGITS, labels=NO_LABEL_BUT_0):
    return write("outputs.h5", {"temperature": 1.5}, logits=logits, labels=labels)


def head(weight=WEIGHT, **attributes):
    return write("head.h5", {"linear": True, "of_units": False} | attributes, weight=weight, bias=BIAS)


def test_images_without_a_class_of_the_model_count_for_kl_alone():
    known = Outputs(LOGITS, np.array([0, -1, 2, -1, 1, 0]), 1.5)
    rows = np.arange(N)
    assert known.scorable("cross_entropy", rows).tolist() == [0, 2, 4, 5]
    assert known.scorable("kl", rows).tolist() == rows.tolist()
    with pytest.raises(LinexpError, match=r"no image has a class that the model knows; .* set ablation\.loss: kl"):
        known.scorable("cross_entropy", np.array([1, 3]))


def test_the_losses_are_of_labels_or_of_the_logits_themselves():
    known = Outputs(LOGITS, np.array([0, 1, 2, 0, 1, 2]), 1.5)
    rows = np.array([0, 2, 5])
    assert isinstance(known.loss("cross_entropy", rows), CrossEntropy)
    of_itself = known.loss("kl", rows)
    assert isinstance(of_itself, Divergence)
    np.testing.assert_allclose(of_itself(LOGITS[rows]), 0, atol=1e-6)


def test_outputs_are_read_as_they_were_written(in_folder):
    found = read_outputs(outputs())
    np.testing.assert_array_equal(found.logits, LOGITS)
    assert found.temperature == 1.5


def test_a_label_that_is_no_class_and_a_logit_that_is_no_number_are_refused(in_folder):
    with pytest.raises(LinexpError, match=r"label 3 is outside the model's classes, 0 to 2; correct class_map"):
        read_outputs(outputs(labels=np.array([0, 1, 2, 3, 0, 0])))
    with pytest.raises(LinexpError, match="there are logits that are not finite; delete it and run again"):
        read_outputs(outputs(logits=np.where(np.arange(N)[:, None] == 4, np.nan, LOGITS).astype(np.float32)))


def test_a_head_has_to_lead_from_the_activations_to_the_logits(in_folder):
    known = read_outputs(outputs())
    np.testing.assert_array_equal(read_head(head(), known, ACTIVATIONS), WEIGHT)
    assert read_head(head(linear=False), known, ACTIVATIONS) is None
    with pytest.raises(LinexpError, match=r"head\.h5 is of another layer or model; delete it"):
        read_head(head(), known, ACTIVATIONS[:, 1:])
    with pytest.raises(LinexpError, match=r"head\.h5 and what else was recorded are not of one model"):
        read_head(head(weight=2 * WEIGHT), known, ACTIVATIONS)


def test_a_head_of_units_says_how_logits_change_and_not_what_they_are(in_folder):
    known = read_outputs(outputs())
    np.testing.assert_array_equal(read_head(head(weight=2 * WEIGHT, of_units=True), known, ACTIVATIONS), 2 * WEIGHT)


def test_logits_within_rounding_are_the_same():
    check_logits("head.h5", LOGITS, LOGITS * (1 + 1e-6))
    with pytest.raises(LinexpError, match=r"head\.h5"):
        check_logits("head.h5", LOGITS, LOGITS + 1)
