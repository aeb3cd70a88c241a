"""The outputs of a network: its logits, the labels that it knows, and the temperature that they are read with."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import softmax
from torch import Tensor, nn

from ..artifacts.store import row_blocks
from ..errors import LinexpError, shortened
from ..jobs.gpu_memory import is_full, map_what_fits
from .parts import tensors_in

TEMPERATURES = (0.05, 20.0)
"""The range that a temperature is fitted in."""


def as_input(images: Tensor, network: nn.Module) -> Tensor:
    """A copy of images, on the device and in the precision of a network's parameters; a network may change it."""
    return images.to(next(network.parameters(), torch.empty(0)), copy=True)


def run(network: nn.Module, images: Tensor) -> Any:
    """What a network makes of (n, 3, height, width) images.

    Raises
    ------
    LinexpError
        It does not take them, as they are too small or its parts are of several precisions.
    """
    try:
        return network(as_input(images, network))
    except RuntimeError as error:
        if is_full(error):
            raise
        shape = " × ".join(map(str, images.shape[1:]))
        reason = shortened(" ".join(str(error).split()), 120)
        remedy = "check preprocess, and that all of it is of one precision"
        raise LinexpError(f"model: it fails on images of {shape} ({reason}); {remedy}") from error


@torch.inference_mode()
def logits_of(network: nn.Module, images: Tensor) -> Tensor:
    """(n, n_classes) logits of (n, 3, height, width) images, where and as precise as the network is.

    Raises
    ------
    LinexpError
        The network returns something else, or see `run`.
    """
    logits = run(network, images)
    if isinstance(logits, Tensor) and logits.ndim == 2 and len(logits) == len(images):
        return logits
    parts = tensors_in(logits) if not isinstance(logits, Tensor) else {}
    found = f"shape {tuple(logits.shape)}" if isinstance(logits, Tensor) else f"type {type(logits).__name__}"
    fitting = [name for name, part in parts.items() if part.ndim == 2 and len(part) == len(images)]
    part = f"say which part are (n, classes) logits with `output: {fitting[0]}` in model" if fitting else ""
    remedy = part or "return (n, classes) logits"
    raise LinexpError(
        f"model: {len(images)} images give an output of {found}; {remedy}, or say `classes: none` in the target"
    )


def record_logits(network: nn.Module, batches: Iterable[Tensor]) -> Iterator[NDArray[np.float32]]:
    """The logits of a network in evaluation mode, (n, n_classes) for each batch of (n, 3, height, width) images.

    Raises
    ------
    LinexpError
        The network returns something else.
    """
    return map_what_fits(lambda batch: logits_of(network, batch).float().cpu().numpy(), batches)


def model_labels(
    labels: np.ndarray,
    class_names: Sequence[str],
    class_map: Mapping[str, int] | Literal["none", "if_equal"] | None,
    n_classes: int,
) -> NDArray[np.int64]:
    """The labels of probing images as the model's own class numbers.

    Parameters
    ----------
    labels
        (n_images,) int, the probe's classes; −1 where an image has none.
    class_names
        Names of the probe's classes; empty where the probe has no labels.
    class_map
        The model's class number of each named class of the probe, classes left out having none; `none` if the model
        knows none of them; None if the classes of both are the same; `if_equal` if they are the same where there are
        as many, and else it knows none.
    n_classes
        Number of the model's classes.

    Returns
    -------
    NDArray[np.int64]
        (n_images,) class numbers, −1 where the model has none.

    Raises
    ------
    LinexpError
        The classes cannot be the same, or the map names a class that the probe or the model lacks.
    """
    other = class_map == "if_equal" and len(class_names) != n_classes
    if class_map == "none" or other or (class_map is None and not class_names):
        numbers = [-1] * len(class_names)
    elif class_map is None or class_map == "if_equal":
        if len(class_names) != n_classes:
            raise LinexpError(
                f"class_map: the probe has {len(class_names)} classes and the model {n_classes}; give the model's "
                "class number of each class name of the probe (those left out have no label), or `class_map: none`"
            )
        numbers = list(range(n_classes))
    else:
        for name, number in class_map.items():
            if name not in class_names:
                raise LinexpError(f"class_map: {name!r} is not a class of the probe; give names as in its class_names")
            if not 0 <= number < n_classes:
                raise LinexpError(
                    f"class_map: {name!r} is mapped to class {number}; the model's are 0 to {n_classes - 1}"
                )
        numbers = [class_map.get(name, -1) for name in class_names]
    return np.array([*numbers, -1], np.int64)[labels]  # the last is that of label −1


def temperature(given: float | Literal["fit"], logits: h5py.Dataset, labels: np.ndarray, val: np.ndarray) -> float:
    """The temperature that logits are read with: the given one, or what fits the validation images.

    Parameters
    ----------
    logits
        (n_images, n_classes), on disk.
    labels
        (n_images,) the model's class numbers.
    val
        Rows of the validation images, ascending.
    """
    if given != "fit":
        return given
    return fit_temperature(np.concatenate(list(row_blocks(logits, val))), labels[val])


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The T > 0 with the lowest negative log-likelihood of softmax(logits / T) (Guo et al., 2017).

    The likelihood is log-concave in 1/T, so its slope has one root. The result stays in `TEMPERATURES`: at the lowest
    where every image is classified correctly, at the highest where the logits are no better than chance. It is 1 where
    there is nothing to fit: no labelled image, or logits that are the same for all classes.

    Parameters
    ----------
    logits
        (n, n_classes) of validation images.
    labels
        (n,) the model's class numbers; images with −1 are left out.
    """
    labelled = labels >= 0
    logits = logits[labelled].astype(np.float64)
    logits -= logits[np.arange(len(logits)), labels[labelled], None]
    if not logits.any():
        return 1.0

    def slope(log_temperature: float) -> float:
        """Of the negative log-likelihood, as log T rises: minus the mean excess over the true class, up to 1/T."""
        return -np.einsum("ij,ij", softmax(logits / np.exp(log_temperature), axis=1), logits)

    coldest, hottest = np.log(TEMPERATURES)
    if slope(coldest) >= 0:
        return TEMPERATURES[0]
    if slope(hottest) <= 0:
        return TEMPERATURES[1]
    return float(np.exp(brentq(slope, coldest, hottest, xtol=1e-12)))
