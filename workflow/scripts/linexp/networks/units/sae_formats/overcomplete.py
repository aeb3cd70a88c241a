"""overcomplete: the state dict of an SAE, which has no settings: neither k nor a running threshold."""

from .format import Autoencoder, SaeFormat, Saved

_LINEAR, _NORM = "encoder.final_block.0", "encoder.final_block.1"


def _is_of(saved: Saved) -> bool:
    return "dictionary._weights" in saved.tensors


def _read(saved: Saved) -> Autoencoder:
    others = [name for name in saved.tensors if name.startswith("encoder.") and "final_block" not in name]
    if others:
        raise saved.error(f"has an encoder of several layers ({others[0]})", "only a linear one can be read")
    weight, bias, dictionary = saved.take(f"{_LINEAR}.weight", f"{_LINEAR}.bias", "dictionary._weights")
    if f"{_NORM}.running_mean" in saved.tensors:  # of a batch norm, which is linear too
        mean, variance = saved.take(f"{_NORM}.running_mean", f"{_NORM}.running_var")
        scale = saved.tensors.get(f"{_NORM}.weight", 1.0) / (variance + 1e-5).sqrt()
        weight, bias = weight * scale[:, None], (bias - mean) * scale + saved.tensors.get(f"{_NORM}.bias", 0.0)
    elif f"{_NORM}.weight" in saved.tensors:
        raise saved.error("normalises its features against each other", "only a linear encoder can be read")
    decoder = dictionary / (dictionary.norm(dim=1, keepdim=True) + 1e-8)
    if "dictionary.multiplier" in saved.tensors:
        decoder = decoder * saved.tensors["dictionary.multiplier"].exp()
    thresholds = saved.tensors.get("thresholds")
    return Autoencoder(
        weight.T,
        bias,
        decoder,
        0 * decoder[0],
        activation=None if thresholds is None else "threshold",
        threshold=None if thresholds is None else thresholds.exp(),
        subtract_bias=False,
    )


FORMAT = SaeFormat(_is_of, _read)
