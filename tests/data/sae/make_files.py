"""Writes the files of this folder by the libraries themselves, with what each encodes: see README.md.

python make_files.py LIBRARY …
"""

import importlib
import json
import sys
import types
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).parent
WIDTH, FEATURES, K, INPUTS = 6, 10, 3, 12


def shaken(sae, seed: int = 1):
    """Parameters at random, so that no bias is 0 and no decoder vector of length 1."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in sorted(sae.state_dict().items()):
            if tensor.is_floating_point() and "multiplier" not in name:
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.5)
            if name.endswith("threshold") and tensor.is_floating_point():
                tensor.copy_(0.2 + 0.3 * torch.rand(tensor.shape, generator=generator))
            if name.endswith("running_var"):
                tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
    return sae.eval() if hasattr(sae, "eval") else sae


def inputs() -> torch.Tensor:
    return 0.3 + torch.randn(INPUTS, WIDTH, generator=torch.Generator().manual_seed(0))


@torch.no_grad()
def keep(name: str, encode, decode, save) -> None:
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    save(folder)
    features = encode(inputs())
    made = {"inputs": inputs(), "features": features, "decoded": decode(features)}
    np.savez(folder / "encoded.npz", **{key: tensor.numpy() for key, tensor in made.items()})


def saev() -> None:
    config, nn = importlib.import_module("saev.config"), importlib.import_module("saev.nn")
    cfg = config.SparseAutoencoder(d_vit=WIDTH, exp_factor=2)
    sae = shaken(nn.SparseAutoencoder(cfg))
    keep("saev", lambda x: sae(x)[1], sae.decode, lambda folder: nn.dump(str(folder / "sae.pt"), sae))


def dictionary_learning() -> None:
    d = importlib.import_module("dictionary_learning.dictionary")
    trainers = {name: importlib.import_module(f"dictionary_learning.trainers.{name}") for name in
                ("top_k", "batch_top_k", "matryoshka_batch_top_k")}  # fmt: skip
    made = {
        "AutoEncoder": d.AutoEncoder(WIDTH, FEATURES),
        "AutoEncoderNew": d.AutoEncoderNew(WIDTH, FEATURES),
        "GatedAutoEncoder": d.GatedAutoEncoder(WIDTH, FEATURES),
        "JumpReluAutoEncoder": d.JumpReluAutoEncoder(WIDTH, FEATURES),
        "AutoEncoderTopK": trainers["top_k"].AutoEncoderTopK(WIDTH, FEATURES, K),
        "BatchTopKSAE": trainers["batch_top_k"].BatchTopKSAE(WIDTH, FEATURES, K),
        "MatryoshkaBatchTopKSAE": trainers["matryoshka_batch_top_k"].MatryoshkaBatchTopKSAE(WIDTH, FEATURES, K, [4, 6]),
    }
    for name, sae in made.items():
        shaken(sae)

        def save(folder, sae=sae, name=name):
            torch.save(sae.state_dict(), folder / "ae.pt")
            (folder / "config.json").write_text(json.dumps({"trainer": {"dict_class": name, "k": K}}))
            if name == "AutoEncoder":  # as the library loads it
                sae.normalize_decoder = types.MethodType(type(sae).normalize_decoder, sae)
                norms = sae.decoder.weight.data.norm(dim=0)
                sae.decoder.weight.data /= norms
                sae.encoder.weight.data *= norms[:, None]
                sae.encoder.bias.data *= norms

        keep(f"dictionary_learning_{name}", sae.encode, sae.decode, save)


def sae_lens() -> None:
    saes = importlib.import_module("sae_lens")
    size = {"d_in": WIDTH, "d_sae": FEATURES, "device": "cpu", "dtype": "float32"}
    made = {
        "standard": saes.StandardSAE(saes.StandardSAEConfig(**size)),
        "standard_layer_norm": saes.StandardSAE(
            saes.StandardSAEConfig(**size, normalize_activations="layer_norm", apply_b_dec_to_input=False)
        ),
        "standard_unit_norm": saes.StandardSAE(
            saes.StandardSAEConfig(**size, normalize_activations="constant_norm_rescale")
        ),
        "topk": saes.TopKSAE(saes.TopKSAEConfig(**size, k=K)),
        "topk_rescaled": saes.TopKSAE(saes.TopKSAEConfig(**size, k=K, rescale_acts_by_decoder_norm=True)),
        "jumprelu": saes.JumpReLUSAE(saes.JumpReLUSAEConfig(**size)),
        "gated": saes.GatedSAE(saes.GatedSAEConfig(**size)),
    }

    def dense(tensor):
        return tensor.to_dense() if tensor.is_sparse else tensor

    for name, sae in made.items():
        shaken(sae)
        keep(f"sae_lens_{name}", lambda x, sae=sae: dense(sae.encode(x)), sae.decode, sae.save_model)


def overcomplete() -> None:
    library = importlib.import_module("overcomplete.sae")
    made = {
        "SAE": library.SAE(WIDTH, FEATURES),
        "TopKSAE": library.TopKSAE(WIDTH, FEATURES, top_k=K),
        "JumpSAE": library.JumpSAE(WIDTH, FEATURES),
    }
    for name, sae in made.items():
        shaken(sae)
        keep(
            f"overcomplete_{name}",
            lambda x, sae=sae: sae.encode(x)[1],
            sae.decode,
            lambda folder, sae=sae: torch.save(sae.state_dict(), folder / "sae.pt"),
        )


if __name__ == "__main__":
    for library in sys.argv[1:]:
        globals()[library]()
