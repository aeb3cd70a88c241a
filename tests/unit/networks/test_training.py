"""Training from nothing: it learns what can be learnt, does the same again, and captions say what is true."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torchvision.transforms import v2

from linexp.artifacts.seals import Provenance
from linexp.artifacts.weights import load_weights, write_weights
from linexp.concepts import image_text
from linexp.errors import LinexpError
from linexp.networks import targets, training

PROVENANCE = Provenance("test", {}, "")
RESOURCES = Path(__file__).parents[3] / "workflow" / "resources"
COLOURS = ["red", "green", "blue"]


def coloured(n: int, size: int = 32, seed: int = 0) -> tuple[torch.Tensor, np.ndarray]:
    """Noise that is brighter in the channel of its class; (n, 3, size, size) uint8 and class numbers."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    pixels = rng.integers(0, 120, (n, 3, size, size))
    pixels[np.arange(n), labels] += 100
    return torch.from_numpy(pixels.astype(np.uint8)), labels.astype(np.int32)


def halves(n: int) -> np.ndarray:
    return np.array(["train", "val"])[np.arange(n) % 4 // 3]


CLASSIFIER = {
    "network": "test_resnet",
    "arguments": {},
    "size": 32,
    "epochs": 4,
    "batch_size": 16,
    "learning_rate": 0.003,
}


@pytest.fixture(scope="module")
def classifier():
    pixels, labels = coloured(160)
    return training.train_classifier(pixels, labels, halves(160), 3, CLASSIFIER, seed=0)


def test_a_classifier_learns_what_can_be_learnt(classifier):
    _, record = classifier
    losses = record["loss_by_epoch"]
    assert len(losses) == 4
    assert losses[-1] < 0.7 * losses[0]
    assert record["val_accuracy"] > 0.75, "chance is 1/3"


def test_a_classifier_s_accuracy_is_that_of_images_it_was_not_trained_on(classifier):
    network, record = classifier
    assert not network.training
    pixels, labels = coloured(160)
    held_out = np.flatnonzero(halves(160) == "val")
    with torch.no_grad():
        predicted = network((pixels[held_out] / 255 - 0.5) / 0.25).argmax(1).numpy()
    assert record["val_accuracy"] == pytest.approx((predicted == labels[held_out]).mean())


def test_a_classifier_s_record_rebuilds_it_as_a_target(classifier, tmp_path):
    network, record = classifier
    write_weights(tmp_path / "w.safetensors", network.state_dict(), PROVENANCE)
    (tmp_path / "training.json").write_text(json.dumps(record))
    entry = json.loads((tmp_path / "training.json").read_text())["model"]
    rebuilt, preprocess = targets.load_target(entry, tmp_path / "w.safetensors")
    image = coloured(1)[0][0].permute(1, 2, 0).numpy()
    batch = preprocess(Image.fromarray(image))[None]
    torch.testing.assert_close(batch, training.normalise(coloured(1)[0], training.MEAN, training.STD))
    with torch.no_grad():
        torch.testing.assert_close(rebuilt(batch), network(batch), atol=1e-4, rtol=1e-4)


def test_the_same_seed_gives_the_same_classifier_byte_for_byte_and_another_does_not(tmp_path):
    pixels, labels = coloured(40)

    def weights(seed: int) -> tuple[bytes, list]:
        network, record = training.train_classifier(pixels, labels, halves(40), 3, CLASSIFIER | {"epochs": 1}, seed)
        write_weights(tmp_path / "w.safetensors", network.state_dict(), PROVENANCE)
        return (tmp_path / "w.safetensors").read_bytes(), record["loss_by_epoch"]

    assert weights(1) == weights(1)
    assert weights(1)[0] != weights(2)[0]


def test_images_without_a_class_are_left_out():
    pixels, labels = coloured(60)
    unlabelled = labels.copy()
    unlabelled[30:] = -1
    _, record = training.train_classifier(pixels, unlabelled, halves(60), 3, CLASSIFIER | {"epochs": 1}, 0)
    alone = training.train_classifier(pixels[:30], labels[:30], halves(60)[:30], 3, CLASSIFIER | {"epochs": 1}, 0)[1]
    assert record["loss_by_epoch"] == alone["loss_by_epoch"]
    assert record["val_accuracy"] == alone["val_accuracy"]


def test_without_held_out_images_there_is_no_accuracy():
    pixels, labels = coloured(16)
    record = training.train_classifier(pixels, labels, np.full(16, "train"), 3, CLASSIFIER | {"epochs": 1}, 0)[1]
    assert record["val_accuracy"] is None


def test_too_few_images_for_a_batch_are_refused():
    pixels, labels = coloured(18)
    with pytest.raises(LinexpError, match="14 training images do not fill a batch of 16; lower batch_size"):
        training.train_classifier(pixels, labels, halves(18), 3, CLASSIFIER, 0)


def test_a_loss_that_is_not_finite_is_refused():
    pixels, labels = coloured(48)
    with pytest.raises(LinexpError, match="training the classifier: the loss is not finite; lower learning_rate"):
        training.train_classifier(pixels, labels, np.full(48, "train"), 3, CLASSIFIER | {"learning_rate": 1e38}, 0)


# --- image-text models


def image_text_settings(folder: Path, **changes) -> dict:
    configuration = json.loads((RESOURCES / "small_resnet.json").read_text())
    configuration["vision_cfg"]["image_size"] = 32
    configuration["text_cfg"] |= {"width": 32, "heads": 2}
    for key in [key for key, value in changes.items() if value is None]:
        del configuration[key]
    (folder / "tiny.json").write_text(json.dumps(configuration))
    model = {"model": str(folder / "tiny.json"), "absent": ["guitar"]}
    return model | {"epochs": 5, "batch_size": 16, "learning_rate": 0.003}


def multi_hot(labels: np.ndarray) -> np.ndarray:
    """The colour of each image, and "warm" for red and green."""
    return np.column_stack([np.eye(3, dtype=np.uint8)[labels], labels < 2])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("image_text")
    pixels, labels = coloured(160)
    made = training.train_image_text(
        pixels, multi_hot(labels), [*COLOURS, "warm"], halves(160), image_text_settings(folder), seed=0
    )
    return folder, *made


def test_an_image_text_model_learns_which_words_are_true(trained):
    folder, network, record = trained
    assert len(record["loss_by_epoch"]) == 5
    assert record["loss_by_epoch"][-1] < 0.7 * record["loss_by_epoch"][0]
    assert record["concepts"] == [*COLOURS, "warm"] and record["absent"] == ["guitar"]
    write_weights(folder / "w.safetensors", network.state_dict(), PROVENANCE)
    model = image_text.load(image_text_settings(folder), folder / "w.safetensors")
    pixels, labels = coloured(90, seed=1)
    configuration = model.network.visual.preprocess_cfg
    images = model.embed_images(training.normalise(pixels, configuration["mean"], configuration["std"]))
    similarity = images @ model.embed_concepts([*COLOURS, "warm", "guitar"]).T
    assert (similarity[:, :3].argmax(1).numpy() == labels).mean() > 0.75, "chance is 1/3"
    warm = similarity[:, 3].numpy()
    assert warm[labels < 2].mean() > warm[labels == 2].mean()
    assert (similarity[:, 4] < similarity[:, :3].amax(1)).float().mean() > 0.75, "no image shows a guitar"


def test_the_same_seed_gives_the_same_image_text_model_byte_for_byte(tmp_path):
    pixels, labels = coloured(40)
    entry = image_text_settings(tmp_path) | {"epochs": 1}

    def weights(seed: int) -> bytes:
        network, _ = training.train_image_text(pixels, np.eye(3)[labels], COLOURS, halves(40), entry, seed)
        write_weights(tmp_path / "w.safetensors", network.state_dict(), PROVENANCE)
        return (tmp_path / "w.safetensors").read_bytes()

    assert weights(1) == weights(1)
    assert weights(1) != weights(2)


def test_training_normalises_by_the_preprocessing_of_the_configuration(tmp_path):
    entry = image_text_settings(tmp_path) | {"epochs": 1}
    model_cfg = json.loads((tmp_path / "tiny.json").read_text())
    pixels, labels = coloured(32)

    def loss(preprocess: dict) -> list[float]:
        (tmp_path / "tiny.json").write_text(json.dumps({"model_cfg": model_cfg, "preprocess_cfg": preprocess}))
        split = np.full(32, "train")
        return training.train_image_text(pixels, np.eye(3)[labels], COLOURS, split, entry, 0)[1]["loss_by_epoch"]

    assert loss({"mean": [0.1] * 3, "std": [0.9] * 3}) != loss({"mean": [0.9] * 3, "std": [0.1] * 3})


def test_a_model_without_a_logit_bias_is_refused(tmp_path):
    pixels, labels = coloured(20)
    with pytest.raises(LinexpError, match=r"tiny.json has no init_logit_bias, which the sigmoid loss needs; add it"):
        training.train_image_text(
            pixels, np.eye(3)[labels], COLOURS, halves(20), image_text_settings(tmp_path, init_logit_bias=None), 0
        )


def test_too_few_images_for_a_batch_of_pairs_are_refused(tmp_path):
    pixels, labels = coloured(8)
    with pytest.raises(LinexpError, match="6 training images do not fill a batch of 16; lower batch_size"):
        training.train_image_text(pixels, np.eye(3)[labels], COLOURS, halves(8), image_text_settings(tmp_path), 0)


def test_a_word_cannot_be_true_and_absent(tmp_path):
    pixels, labels = coloured(20)
    entry = image_text_settings(tmp_path) | {"absent": ["guitar", "blue"]}
    with pytest.raises(LinexpError, match="absent: 'blue' is also a concept of the images; take it out"):
        training.train_image_text(pixels, np.eye(3)[labels], COLOURS, halves(20), entry, 0)


# --- captions


@st.composite
def labelled_batches(draw):
    n, m = draw(st.integers(1, 9)), draw(st.integers(1, 6))
    labels = np.array(draw(st.lists(st.lists(st.booleans(), min_size=m, max_size=m), min_size=n, max_size=n)))
    rows = draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=8))
    return labels, draw(st.integers(0, 2)), torch.tensor(rows), draw(st.integers(0, 99))


@given(labelled_batches())
@settings(max_examples=80, deadline=None)
def test_a_text_is_true_of_exactly_the_images_that_have_all_its_concepts(made):
    labels, absent, rows, seed = made
    ((texts, true),) = training.caption_batches(labels, absent, np.random.default_rng(seed), [rows])
    m = labels.shape[1]
    assert texts.shape[1] == m + absent and true.shape == (len(rows), len(texts))
    named = [set(np.flatnonzero(text).tolist()) for text in texts]
    assert all(1 <= len(concepts) <= training.MAX_CONCEPTS_IN_CAPTION for concepts in named)
    assert len(set(map(frozenset, named))) == len(named), "no text comes twice"
    for image, row in zip(true, rows.tolist(), strict=True):
        has = set(np.flatnonzero(labels[row]).tolist())
        assert [concepts <= has for concepts in named] == image.tolist()
        if has:
            assert image.any(), "every image with concepts has a text"
    for word in range(m + absent):
        assert {word} in named, "every word has a text of its own"
    for concepts, of_images in zip(named, true.T, strict=True):
        if max(concepts) >= m:
            assert concepts == {max(concepts)} and not of_images.any()


def test_captions_name_one_to_three_concepts_of_an_image_and_each_of_them_at_times():
    labels = np.array([[True, True, True, True, False]])
    rng = np.random.default_rng(0)
    captions = training._captions(np.repeat(labels, 3000, axis=0), rng)
    assert not captions[:, 4].any()
    lengths = Counter(captions.sum(axis=1).tolist())
    assert set(lengths) == {1, 2, 3}
    assert all(abs(count / 3000 - 1 / 3) < 0.05 for count in lengths.values())
    np.testing.assert_allclose(captions[:, :4].mean(axis=0), 0.5, atol=0.05)


# --- pixels


@pytest.mark.parametrize("size", [8, 16, 33])
def test_augmented_images_keep_shape_dtype_and_values(size):
    pixels = coloured(20, size)[0]
    before = pixels.clone()
    augmented = training.augment(pixels, torch.Generator().manual_seed(0))
    assert (augmented.shape, augmented.dtype) == (pixels.shape, torch.uint8)
    assert torch.equal(pixels, before), "the images themselves are left alone"
    for one, other in zip(pixels, augmented, strict=True):
        assert set(other.unique().tolist()) <= set(one.unique().tolist())
    assert not torch.equal(pixels, augmented)


def test_augmented_images_are_flipped_and_moved_copies():
    size = 32
    reach = 2
    pixels = coloured(60, size)[0]
    augmented = training.augment(pixels, torch.Generator().manual_seed(0))
    moves = Counter()
    for one, other in zip(pixels, augmented, strict=True):
        fitting = []
        for flip in (False, True):
            source = one.flip(2) if flip else one
            padded = torch.nn.functional.pad(source[None].float(), [reach] * 4, mode="replicate")[0].byte()
            for down in range(-reach, reach + 1):
                for right in range(-reach, reach + 1):
                    moved = padded[:, reach + down :, reach + right :][:, :size, :size]
                    if torch.equal(moved, other):
                        fitting.append((flip, down, right))
        assert len(fitting) == 1
        moves.update(fitting)
    assert {flip for flip, _, _ in moves} == {False, True}
    assert len(moves) > 15


def test_normalising_is_what_torchvision_does():
    pixels = coloured(3)[0]
    mean, std = [0.1, 0.2, 0.3], [0.4, 0.5, 0.6]
    expected = v2.Normalize(mean, std)(v2.ToDtype(torch.float32, scale=True)(pixels))
    torch.testing.assert_close(training.normalise(pixels, mean, std), expected, atol=1e-5, rtol=0)


def test_pixels_are_loaded_in_order_and_resized():
    images = [Image.new("RGB", (10 + number % 2, 10), (number, 0, 255 - number)) for number in range(20)]
    pixels = training.load_pixels(images, 10, threads=3)
    assert (pixels.shape, pixels.dtype) == ((20, 3, 10, 10), torch.uint8)
    assert pixels.is_contiguous()
    assert pixels[:, 0, 5, 5].tolist() == list(range(20))
    assert pixels[:, 2, 0, 9].tolist() == [255 - number for number in range(20)]


def test_trained_weights_load_into_a_new_network(classifier, tmp_path):
    network, record = classifier
    write_weights(tmp_path / "w.safetensors", network.state_dict(), PROVENANCE)
    again = targets.build_network(record["model"], seed=9)
    load_weights(again, tmp_path / "w.safetensors")
    assert all(torch.equal(one, other) for one, other in zip(again.parameters(), network.parameters(), strict=True))
