"""What the registry knows of a format of sparse autoencoders, and what all of them are read into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any

from ....errors import LinexpError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Saved:
    """A file as it lies there.

    Attributes
    ----------
    path
        Of the file.
    tensors
        By the names that it has for them.
    header
        What a first line of JSON says, or settings among the tensors; empty where there are none.
    beside
        What the JSON beside it says, by its name; empty where there is none.
    """

    path: str
    tensors: Mapping[str, Tensor]
    header: Mapping[str, Any]
    beside: Mapping[str, Mapping[str, Any]]

    def error(self, what: str, remedy: str) -> LinexpError:
        return LinexpError(f"units.sae: {self.path} {what}; {remedy}")

    def take(self, *names: str) -> list[Tensor]:
        """Tensors by their names.

        Raises
        ------
        LinexpError
            One of them is not there.
        """
        for name in names:
            if name not in self.tensors:
                there = ", ".join(self.tensors)[:100] or "nothing"
                raise self.error(f"has no {name}, only {there}", "give another file, or say its format")
        return [self.tensors[name] for name in names]


@dataclass(frozen=True)
class Autoencoder:
    """A sparse autoencoder: f = activation((normalised x [− b_dec])·W_enc + b_enc), x̂ = f·W_dec + b_dec.

    Attributes
    ----------
    encoder, encoder_bias
        (width, n), (n,).
    decoder, decoder_bias
        (n, width), (width,).
    activation
        `relu`, `tanh_relu`, `top_k`, `signed_top_k`, `threshold` or `gated`; None where nothing says it.
    k
        Features that are active with `top_k`.
    threshold
        (n,) or (): what active features are above.
    magnitude
        (n,) scale, and (n,) bias of what gated features are, which `encoder_bias` then gates.
    subtract_bias
        Whether b_dec is subtracted; None where nothing says it.
    normalise
        `none`, `layer_norm` or `unit_norm`, place by place.
    """

    encoder: Tensor
    encoder_bias: Tensor
    decoder: Tensor
    decoder_bias: Tensor
    _: KW_ONLY
    activation: str | None
    k: int | None = None
    threshold: Tensor | float | None = None
    magnitude: tuple[Tensor, Tensor] | None = None
    subtract_bias: bool | None = True
    normalise: str = "none"

    def with_decoder_norms(self) -> Autoencoder:
        """The same with features multiplied by the lengths of what they write, which is then of length 1.

        Thresholds are of the multiplied features.
        """
        norms = self.decoder.norm(dim=1)
        parts = {"encoder": self.encoder * norms, "encoder_bias": self.encoder_bias * norms}
        return Autoencoder(**{**vars(self), **parts, "decoder": self.decoder / norms[:, None]})


@dataclass(frozen=True)
class SaeFormat:
    """A layout of sparse autoencoders.

    Attributes
    ----------
    is_of
        Whether a file is of this library.
    read
        What is in it; raises a `LinexpError` if that cannot be told.
    """

    is_of: Callable[[Saved], bool]
    read: Callable[[Saved], Autoencoder]
