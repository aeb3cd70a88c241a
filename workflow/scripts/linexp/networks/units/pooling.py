"""From maps or tokens to one number."""

from torch import Tensor

from ...errors import LinexpError


def pool_neurons(output: Tensor, pool: str, channels: str = "first") -> Tensor:
    """Summarise the output of a layer to one scalar a neuron: g(A_k(x)) of §3.2.

    Parameters
    ----------
    output
        (n, neurons), tokens (n, tokens, neurons) or maps (n, neurons, height, width).
    pool
        `avg` or `max` over places, `first` for the first (class) token, `none` for scalars.
    channels
        `last` for maps that are (n, height, width, neurons), as in Swin transformers.

    Returns
    -------
    Tensor
        (n, neurons).

    Raises
    ------
    LinexpError
        The pooling does not fit the shape.
    """
    check_pool(tuple(output.shape), pool)
    if output.ndim == 4:
        output = output.flatten(1, 2) if channels == "last" else output.flatten(2).transpose(1, 2)
    if pool == "none":
        return output
    if pool == "first":
        return output[:, 0]
    return output.mean(1) if pool == "avg" else output.amax(1)


POOLS = {2: ("none",), 3: ("avg", "max", "first"), 4: ("avg", "max")}
"""What fits an output by its number of axes."""


def check_pool(shape: tuple[int, ...], pool: str) -> None:
    """Raise a `LinexpError` if a pooling does not fit an output of a shape, images included."""
    if pool not in POOLS.get(len(shape), ()):
        fitting = {2: "none", 3: "avg, max or first", 4: "avg or max"}.get(len(shape))
        remedy = f"take {fitting}" if fitting else "record a module with 2 to 4 axes"
        raise LinexpError(f"pool: {pool} does not fit an output of shape {shape}; {remedy}")


def neurons_last(output: Tensor, channels: str = "first") -> Tensor:
    """View of a layer's output with its neurons on the last axis."""
    return output.movedim(1, -1) if output.ndim == 4 and channels == "first" else output


def location_maps(output: Tensor, channels: str = "first") -> Tensor:
    """What neurons do at each place of an image, (n, n_neurons, height, width) float32.

    Parameters
    ----------
    output
        Of the layer.
    channels
        `last` for maps that are (n, height, width, neurons).

    Raises
    ------
    LinexpError
        The output has no maps.
    """
    if output.ndim != 4:
        raise LinexpError(
            f"network_dissection: it needs maps of 2 axes a neuron, which an output of shape {tuple(output.shape)} "
            "does not have; leave the method out for this layer"
        )
    return (output.movedim(-1, 1) if channels == "last" else output).float()


def described_output(module: str, shape: tuple[int, ...], pool: str, channels: str) -> tuple[str, int, str]:
    """The parts of a line that says what is recorded of a layer: what it gives, neurons, and what they are pooled over.

    Parameters
    ----------
    shape
        Of its output for one image.
    """
    at_end = len(shape) != 3 or channels == "last"
    neurons, places = (shape[-1], shape[:-1]) if at_end else (shape[0], shape[1:])
    kind = "places" if len(shape) == 3 else "tokens"
    over = " × ".join(map(str, places))
    pooled = f", {'the first' if pool == 'first' else pool} of {over} {kind}" if places else ""
    return f"recording: {module} gives {' × '.join(map(str, shape))} for an image", neurons, pooled
