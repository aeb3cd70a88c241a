"""SAELens: sae_weights.safetensors with cfg.json beside it."""

from typing import Any

from .format import Autoencoder, SaeFormat, Saved

_NORMALISERS = {None: "none", "none": "none", "layer_norm": "layer_norm", "constant_norm_rescale": "unit_norm"}
_ACTIVATIONS = {"relu": "relu", "topk": "top_k", "tanh-relu": "tanh_relu"}
_SETTINGS = "cfg.json"


def normaliser(saved: Saved, name: str | None) -> str:
    """What is done to neurons before, by the library's name of it; ViT-Prisma took these names over."""
    if name not in _NORMALISERS:
        raise saved.error(f"was trained with normalize_activations: {name}", "fold that into its weights")
    return _NORMALISERS[name]


def activation(saved: Saved, name: str) -> str:
    """Which features are active, by the library's name of it; the same holds of ViT-Prisma."""
    if name not in _ACTIVATIONS:
        raise saved.error(f"has the activation {name}", f"known are {', '.join(_ACTIVATIONS)}")
    return _ACTIVATIONS[name]


def _is_of(saved: Saved) -> bool:
    return "d_sae" in saved.beside.get(_SETTINGS, {}) and "W_enc" in saved.tensors


def _read(saved: Saved) -> Autoencoder:
    if _SETTINGS not in saved.beside:
        raise saved.error("has no cfg.json beside it", "put that of the library there")
    settings = saved.beside[_SETTINGS]
    normalise = normaliser(saved, settings.get("normalize_activations"))
    if settings.get("reshape_activations", "none") != "none" or settings.get("finetuning_scaling_factor"):
        raise saved.error("reshapes or scales what it is given", "save it without that")
    rest: dict[str, Any] = {
        "subtract_bias": bool(settings.get("apply_b_dec_to_input", True)),
        "normalise": normalise,
    }
    weights, decoder = saved.take("W_enc")[0], saved.take("W_dec", "b_dec")
    architecture = settings.get("architecture", "standard")
    if architecture == "gated":
        gate, scale, bias = saved.take("b_gate", "r_mag", "b_mag")
        return Autoencoder(weights, gate, *decoder, activation="gated", magnitude=(scale.exp(), bias), **rest)
    biased = (weights, saved.take("b_enc")[0], *decoder)
    if architecture == "jumprelu":
        return Autoencoder(*biased, activation="threshold", threshold=saved.take("threshold")[0], **rest)
    if architecture == "topk":
        found = Autoencoder(*biased, activation="top_k", k=settings.get("k"), **rest)
        return found.with_decoder_norms() if settings.get("rescale_acts_by_decoder_norm") else found
    if architecture != "standard":
        raise saved.error(f"has the architecture {architecture}", "known are standard, topk, jumprelu and gated")
    name = settings.get("activation_fn_str", settings.get("activation_fn", "relu"))
    k = settings.get("activation_fn_kwargs", {}).get("k")
    return Autoencoder(*biased, activation=activation(saved, name), k=k, **rest)


FORMAT = SaeFormat(_is_of, _read)
