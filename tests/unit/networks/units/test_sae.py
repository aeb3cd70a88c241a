"""Sparse autoencoders encode as the libraries do that saved them; files that cannot be read are told in one line."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from linexp.errors import LinexpError
from linexp.networks.units import UNITS
from linexp.networks.units.autoencoder import SparseAutoencoder
from linexp.networks.units.sae_formats import FORMATS
from linexp.networks.units.sae_formats.reading import read_file, read_sae

SAVED = Path(__file__).parents[3] / "data/sae"
BY_LIBRARIES = sorted(folder.name for folder in SAVED.iterdir() if folder.is_dir())
NOT_SAVED = {"overcomplete_TopKSAE": {"activation": "top_k", "k": 3}, "overcomplete_SAE": {"activation": "relu"}}
WIDTH, FEATURES = 5, 8


def entry_of(name: str) -> dict:
    (file,) = [file for file in (SAVED / name).iterdir() if file.suffix in (".pt", ".safetensors")]
    return {"sae": str(file), "format": "auto", **NOT_SAVED.get(name, {})}


@pytest.mark.parametrize("name", BY_LIBRARIES)
def test_a_file_that_a_library_saved_encodes_and_decodes_as_it_does(name):
    sae = UNITS["sae"].open(entry_of(name)).double()
    expected = {key: torch.from_numpy(value).double() for key, value in np.load(SAVED / name / "encoded.npz").items()}
    features = sae(expected["inputs"])
    assert 0 < (features != 0).double().mean() < 1, "with none or all active the activation is not tested"
    torch.testing.assert_close(features, expected["features"], rtol=0, atol=1e-5)
    torch.testing.assert_close(sae.decode(features, expected["inputs"]), expected["decoded"], rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", BY_LIBRARIES)
def test_the_library_that_saved_a_file_is_told_by_its_content(name):
    saved = read_file(entry_of(name)["sae"])
    found = next(known for known, of in FORMATS.items() if of.is_of(saved))
    assert name.startswith(found)


def tensors(**others) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(4)
    shapes = {"W_enc": (WIDTH, FEATURES), "b_enc": (FEATURES,), "W_dec": (FEATURES, WIDTH), "b_dec": (WIDTH,)}
    made = {name: torch.randn(shape, generator=generator, dtype=torch.float64) for name, shape in shapes.items()}
    return made | others


def neurons() -> np.ndarray:
    return np.random.default_rng(5).normal(size=(9, WIDTH)) + 0.4


def literal(x, subtract, normalise="none", activation="relu", k=3, threshold=0.0):
    """Features, one place after another."""
    w, b, _, b_dec = (tensor.numpy() for tensor in tensors().values())
    found = []
    for row in x:
        if normalise == "layer_norm":
            row = (row - row.mean()) / (row.std(ddof=1) + 1e-5)
        if normalise == "unit_norm":
            row = row * np.sqrt(len(row)) / np.sqrt((row**2).sum())
        before = (row - b_dec * subtract) @ w + b
        kept = np.sort(before)[-k] if "top_k" in activation else threshold
        values = np.where(before >= kept if "top_k" in activation else before > kept, before, 0)
        found.append(values if activation == "signed_top_k" else np.maximum(values, 0))
    return np.array(found)


def torch_file(path: Path, content, header: dict | None = None) -> None:
    kept = io.BytesIO()
    torch.save(content, kept)
    path.write_bytes((json.dumps(header) + "\n").encode() * (header is not None) + kept.getvalue())


def saev(activation: dict, **others):
    cfg = {"d_model": WIDTH, "d_sae": FEATURES, "activation": activation}
    return lambda folder: torch_file(folder / "sae.pt", tensors(**others), {"schema": 5, "cfg": cfg})


def prisma(**settings):
    def write(folder):
        torch_file(folder / "sae.pt", tensors())
        (folder / "config.json").write_text(json.dumps({"d_in": WIDTH, "activation_fn_str": "relu", **settings}))

    return write


def prisma_in_one(folder):
    torch_file(folder / "sae.pt", {"cfg": {"activation_fn_str": "relu"}, "state_dict": tensors()})


def plain(folder):
    torch_file(folder / "sae.pt", tensors())


TOP_K = {"cls": "TopK", "params": {"top_k": 3}}
BATCH = {"cls": "BatchTopK", "params": {"top_k": 3}}
WRITTEN = {
    "saev, relu": (saev({"cls": "Relu"}), {"subtract_bias": False}, {"subtract": False}),
    "saev, top k": (saev(TOP_K), {"subtract_bias": True}, {"subtract": True, "activation": "signed_top_k"}),
    "saev, batch top k": (
        saev(BATCH, **{"activation.threshold": torch.tensor(0.7)}),
        {"subtract_bias": False},
        {"subtract": False, "threshold": 0.7},
    ),
    "saev, batch top k below 0": (
        saev(BATCH, threshold=torch.tensor(-0.2)),
        {"subtract_bias": False},
        {"subtract": False, "threshold": 0.0},
    ),
    "prisma": (prisma(), {}, {"subtract": True, "normalise": "layer_norm"}),
    "prisma, top k": (
        prisma(activation_fn_str="topk", activation_fn_kwargs={"k": 2}, normalize_activations=None),
        {},
        {"subtract": True, "activation": "top_k", "k": 2},
    ),
    "prisma, length": (
        prisma(normalize_activations="constant_norm_rescale"),
        {},
        {"subtract": True, "normalise": "unit_norm"},
    ),
    "prisma, one file": (prisma_in_one, {}, {"subtract": True, "normalise": "layer_norm"}),
    "plain": (plain, {"activation": "relu", "subtract_bias": True, "normalise": "unit_norm"},
              {"subtract": True, "normalise": "unit_norm"}),
    "plain, threshold": (plain, {"activation": "threshold", "threshold": 0.5, "subtract_bias": False},
                         {"subtract": False, "threshold": 0.5}),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_layouts_that_no_package_writes_are_read_as_they_are_documented(name, tmp_path):
    write, given, how = WRITTEN[name]
    write(tmp_path)
    sae = UNITS["sae"].open({"sae": str(tmp_path / "sae.pt"), "format": "auto", **given})
    found = sae(torch.from_numpy(neurons()))
    np.testing.assert_allclose(found, literal(neurons(), **how), rtol=0, atol=1e-10)


@pytest.mark.parametrize("ending", [".npz", ".safetensors"])
def test_plain_matrices_are_read_from_either_kind_of_file(ending, tmp_path):
    path = str(tmp_path / f"sae{ending}")
    if ending == ".npz":
        np.savez(path, **{name: tensor.numpy() for name, tensor in tensors().items()})
    else:
        save_file(tensors(), path)
    sae = SparseAutoencoder("", read_sae({"sae": path, "activation": "top_k", "k": 3, "subtract_bias": True}))
    expected = literal(neurons(), True, activation="top_k")
    np.testing.assert_allclose(sae(torch.from_numpy(neurons())), expected, rtol=0, atol=1e-10)


class Pickled:
    """An object that a library's configuration may be."""


def beside(name, settings):
    def write(folder):
        torch_file(folder / "sae.pt", tensors())
        (folder / name).write_text(json.dumps(settings))

    return write


def other(**changed):
    return lambda folder: torch_file(folder / "sae.pt", tensors(**changed))


PLAIN = {"activation": "relu", "subtract_bias": True}


@pytest.mark.parametrize(
    ("write", "given", "message"),
    [
        (plain, {}, "does not say which features are active; give activation (and k, or threshold)"),
        (plain, PLAIN | {"activation": "top_k"}, "has k = None of 8 features; give k, how many of a place are active"),
        (plain, PLAIN | {"activation": "top_k", "k": 9}, "has k = 9 of 8 features; give k"),
        (plain, PLAIN | {"activation": "threshold"}, "has no threshold for its features; give threshold"),
        (
            plain,
            {"format": "overcomplete"},
            "has no encoder.final_block.0.weight, only W_enc, b_enc, W_dec,",
        ),
        (plain, {"format": "sae_lens"}, "has no cfg.json beside it; put that of the library there"),
        (saev({"cls": "Softmax"}), {}, "has the activation Softmax; known are relu, topk, batchtopk"),
        (prisma(is_transcoder=True), {}, "is a transcoder, which writes to another layer; give a sparse autoencoder"),
        (prisma(activation_fn_str="gelu"), {}, "has the activation gelu; known are relu, topk, tanh-relu"),
        (
            beside("cfg.json", {"d_sae": 8, "architecture": "temporal"}),
            {},
            "has the architecture temporal; known are standard, topk, jumprelu and gated",
        ),
        (
            beside("cfg.json", {"d_sae": 8, "normalize_activations": "expected_average_only_in"}),
            {},
            "was trained with normalize_activations: expected_average_only_in; fold that into its weights",
        ),
        (other(W_dec=torch.zeros(WIDTH, FEATURES)), PLAIN, "has W_dec of shape (5, 8), and W_enc of (5, 8); W_enc is"),
        (other(b_dec=torch.full((WIDTH,), torch.nan)), PLAIN, "has values in b_dec that are not finite; give another"),
        (
            lambda folder: torch_file(folder / "sae.pt", {"a": torch.zeros(2)}),
            {},
            "is of no format that is known",
        ),
        (
            lambda folder: torch_file(folder / "sae.pt", {"cfg": Pickled()}),
            {},
            "cannot be read (Weights only load",
        ),
        (lambda folder: (folder / "sae.pt").write_text("{no json"), {}, "cannot be read ("),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line_with_what_to_do(write, given, message, tmp_path):
    write(tmp_path)
    path = str(tmp_path / "sae.pt")
    with pytest.raises(LinexpError, match=r"^units\.sae: [^\n]+$") as caught:
        read_sae({"sae": path, "format": "auto", **given})
    assert f"{path} {message}" in str(caught.value)


def test_a_threshold_that_was_never_set_is_refused(tmp_path):
    state = torch.load(SAVED / "dictionary_learning_BatchTopKSAE/ae.pt") | {"threshold": torch.tensor(-1.0)}
    torch_file(tmp_path / "ae.pt", state)
    (tmp_path / "config.json").write_text('{"trainer": {"dict_class": "BatchTopKSAE"}}')
    with pytest.raises(LinexpError, match=r"has a threshold that was never set \(-1\); give activation: top_k and k"):
        read_sae({"sae": str(tmp_path / "ae.pt")})


def test_the_files_of_an_entry_are_that_of_weights_and_those_of_settings_beside_it(tmp_path):
    prisma()(tmp_path)
    files = UNITS["sae"].files({"sae": str(tmp_path / "sae.pt")})
    assert files == [str(tmp_path / "sae.pt"), str(tmp_path / "config.json")]
