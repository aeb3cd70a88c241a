"""saev: a line of JSON, then a state dict of torch.save."""

from collections.abc import Mapping

from .format import Autoencoder, SaeFormat, Saved

_ACTIVATIONS = {"relu": "relu", "topk": "signed_top_k", "batchtopk": "threshold"}


def _is_of(saved: Saved) -> bool:
    return any(name in saved.header for name in ("schema", "d_vit")) and "W_enc" in saved.tensors


def _read(saved: Saved) -> Autoencoder:
    """Until a schema was in the header, and for some time after, b_dec was subtracted; then it no longer was."""
    settings = saved.header.get("cfg", saved.header)
    found = settings.get("activation", "relu")
    name, top_k = found, None
    if isinstance(found, Mapping):
        name = found.get("cls", found.get("key", ""))
        top_k = found.get("params", found).get("top_k")
    activation = _ACTIVATIONS.get(str(name).lower().replace("_", ""))
    if activation is None:
        raise saved.error(f"has the activation {name}", f"known are {', '.join(_ACTIVATIONS)}")
    threshold = next((value for key, value in saved.tensors.items() if key.endswith("threshold")), None)
    return Autoencoder(
        *saved.take("W_enc", "b_enc", "W_dec", "b_dec"),
        activation=activation,
        k=top_k,
        threshold=threshold,
        subtract_bias=None if "schema" in saved.header else True,
    )


FORMAT = SaeFormat(_is_of, _read)
