"""ViT-Prisma: weights.pt with config.json beside it, or both in one file."""

from .format import Autoencoder, SaeFormat, Saved
from .sae_lens import activation, normaliser


def _settings(saved: Saved) -> dict:
    return dict(saved.header or saved.beside.get("config.json", {}))


def _is_of(saved: Saved) -> bool:
    return "activation_fn_str" in _settings(saved) and "W_enc" in saved.tensors


def _read(saved: Saved) -> Autoencoder:
    settings = _settings(saved)
    if "activation_fn_str" not in settings:
        raise saved.error("has no config.json beside it with activation_fn_str", "put that of the library there")
    if settings.get("is_transcoder") or "b_dec_out" in saved.tensors or "W_skip" in saved.tensors:
        raise saved.error("is a transcoder, which writes to another layer", "give a sparse autoencoder")
    rest = normaliser(saved, settings.get("normalize_activations", "layer_norm"))
    active = activation(saved, settings["activation_fn_str"])
    weights, decoder = saved.take("W_enc")[0], saved.take("W_dec", "b_dec")
    if "b_gate" in saved.tensors:
        gate, scale, bias = saved.take("b_gate", "r_mag", "b_mag")
        return Autoencoder(weights, gate, *decoder, activation="gated", magnitude=(scale.exp(), bias), normalise=rest)
    k = (settings.get("activation_fn_kwargs") or {}).get("k")
    return Autoencoder(weights, saved.take("b_enc")[0], *decoder, activation=active, k=k, normalise=rest)


FORMAT = SaeFormat(_is_of, _read)
