"""ViT-Prisma: weights.pt with config.json beside it, or both in one file."""

from .format import Autoencoder, SaeFormat, Saved

_NORMALISERS = {None: "none", "none": "none", "layer_norm": "layer_norm", "constant_norm_rescale": "unit_norm"}
_ACTIVATIONS = {"relu": "relu", "topk": "top_k", "tanh-relu": "tanh_relu"}


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
    normaliser, name = settings.get("normalize_activations", "layer_norm"), settings["activation_fn_str"]
    if normaliser not in _NORMALISERS:
        raise saved.error(f"was trained with normalize_activations: {normaliser}", "fold that into its weights")
    if name not in _ACTIVATIONS:
        raise saved.error(f"has the activation {name}", f"known are {', '.join(_ACTIVATIONS)}")
    weights, decoder, rest = saved.take("W_enc")[0], saved.take("W_dec", "b_dec"), _NORMALISERS[normaliser]
    if "b_gate" in saved.tensors:
        gate, scale, bias = saved.take("b_gate", "r_mag", "b_mag")
        return Autoencoder(weights, gate, *decoder, activation="gated", magnitude=(scale.exp(), bias), normalise=rest)
    k = (settings.get("activation_fn_kwargs") or {}).get("k")
    return Autoencoder(weights, saved.take("b_enc")[0], *decoder, activation=_ACTIVATIONS[name], k=k, normalise=rest)


FORMAT = SaeFormat(_is_of, _read)
