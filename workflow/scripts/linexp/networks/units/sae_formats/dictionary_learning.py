"""dictionary_learning: ae.pt with config.json beside it; its classes are told by the names of their tensors."""

from .format import Autoencoder, SaeFormat, Saved


def _is_of(saved: Saved) -> bool:
    linear = {"encoder.weight", "decoder.weight"} <= set(saved.tensors)
    return linear or "trainer" in saved.beside.get("config.json", {}) or "group_sizes" in saved.tensors


def _read(saved: Saved) -> Autoencoder:
    if "encoder.weight" not in saved.tensors:
        return _of_matrices(saved)
    encoder, decoder = (tensor.T for tensor in saved.take("encoder.weight", "decoder.weight"))
    if "gate_bias" in saved.tensors:
        bias, gate, scale, magnitude = saved.take("decoder_bias", "gate_bias", "r_mag", "mag_bias")
        magnitudes = scale.exp(), magnitude
        return Autoencoder(encoder, gate, decoder, bias, activation="gated", magnitude=magnitudes)
    encoder_bias = saved.take("encoder.bias")[0]
    if "bias" in saved.tensors:  # AutoEncoder, which the library loads with decoder vectors of length 1
        found = Autoencoder(encoder, encoder_bias, decoder, saved.tensors["bias"], activation="relu")
        return found.with_decoder_norms()
    if "decoder.bias" in saved.tensors:  # AutoEncoderNew
        parts = (encoder, encoder_bias, decoder, saved.tensors["decoder.bias"])
        return Autoencoder(*parts, activation="relu", subtract_bias=False)
    parts = (encoder, encoder_bias, decoder, saved.take("b_dec")[0])
    k, is_batch = saved.tensors.get("k"), "Batch" in _class(saved, "Batch" if _has_threshold(saved) else "")
    if is_batch:
        return Autoencoder(*parts, activation="threshold", threshold=_threshold(saved))
    return Autoencoder(*parts, activation="top_k", k=None if k is None else int(k))


def _of_matrices(saved: Saved) -> Autoencoder:
    """Matryoshka, whose thresholds are of one number, and JumpReLU, which does not subtract b_dec."""
    parts = saved.take("W_enc", "b_enc", "W_dec", "b_dec")
    if "group_sizes" in saved.tensors:
        return Autoencoder(*parts, activation="threshold", threshold=_threshold(saved))
    return Autoencoder(*parts, activation="threshold", threshold=saved.take("threshold")[0], subtract_bias=False)


def _class(saved: Saved, default: str) -> str:
    trainer = saved.beside.get("config.json", {}).get("trainer", {})
    return str(trainer.get("dict_class", default))


def _has_threshold(saved: Saved) -> bool:
    return bool((saved.tensors.get("threshold", -1.0 + 0 * saved.tensors["b_dec"][:1]) >= 0).all())


def _threshold(saved: Saved):
    (threshold,) = saved.take("threshold")
    if (threshold < 0).any():
        raise saved.error("has a threshold that was never set (-1)", "give activation: top_k and k, or threshold")
    return threshold


FORMAT = SaeFormat(_is_of, _read)
