"""Recording what the neurons of a layer do: a forward pass with a hook, pooled to one number a neuron."""

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import torch
from torch import Tensor, nn

from ..errors import LinexpError
from ..jobs.gpu_memory import map_what_fits
from .outputs import as_input
from .parts import Key, layer_output

DEAD_BELOW = 0.01
"""A neuron whose maximum over the probe is below this is dead (C.2)."""


class _LayerReached(Exception):
    """Ends the forward pass at the recorded layer: nothing behind it is needed."""


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
    shape = tuple(output.shape)
    if output.ndim == 4:
        output = output.flatten(1, 2) if channels == "last" else output.flatten(2).transpose(1, 2)
    if output.ndim == 2 and pool == "none":
        return output
    if output.ndim == 3 and pool in ("avg", "max"):
        return output.mean(1) if pool == "avg" else output.amax(1)
    if len(shape) == 3 and pool == "first":
        return output[:, 0]
    fitting = {2: "none", 3: "avg, max or first", 4: "avg or max"}.get(len(shape))
    remedy = f"take {fitting}" if fitting else "record a module with 2 to 4 axes"
    raise LinexpError(f"pool: {pool} does not fit an output of shape {shape}; {remedy}")


def find_module(network: nn.Module, path: str) -> nn.Module:
    """The module at a dotted path.

    Raises
    ------
    LinexpError
        There is none; the message names one that is close.
    """
    try:
        return network.get_submodule(path)
    except AttributeError as error:
        close = difflib.get_close_matches(path, [name for name, _ in network.named_modules()], n=1, cutoff=0)
        raise LinexpError(f"module: {path} is not in the network; did you mean {close[0]}?") from error


def check_used_once(network: nn.Module, module: str, images: Tensor) -> None:
    """Raise a `LinexpError` if a forward pass runs a module several times, with the module around it to take instead.

    The one ReLU of a residual block is such a module: each use has other neurons. Uses behind an error that comes after
    the module do not count.
    """
    uses: Counter[str] = Counter()
    names = module.split(".")
    around = [".".join(names[:length]) for length in range(1, len(names) + 1)]
    with ExitStack() as hooks:
        for path in around:
            count = find_module(network, path).register_forward_hook(lambda *_, path=path: uses.update([path]))
            hooks.enter_context(count)
        try:
            network(as_input(images, network))
        except torch.OutOfMemoryError:
            raise
        except RuntimeError:  # such as a classifier that images of this size are too small for
            if not uses[module]:
                raise
    if uses[module] > 1:
        once = next((path for path in reversed(around) if uses[path] == 1), "one that is used once")
        raise LinexpError(f"module: {module} is used {uses[module]} times in a forward pass; take {once}")


def _check_output(network: nn.Module, module: str, channels: str, output: Tensor, n_images: int) -> None:
    shape = tuple(output.shape)
    if len(output) != n_images:
        raise LinexpError(f"module: {module} gives {shape} for {n_images} images; take one with a row for each")
    # timm says where neurons are in the maps of its networks; convolutions have them first all the same
    is_last = "NHWC" in str(getattr(network, "output_fmt", "")).upper()
    convolution = isinstance(find_module(network, module), nn.Conv2d | nn.BatchNorm2d)
    if is_last and output.ndim == 4 and channels == "first" and not convolution:
        raise LinexpError(f"module: {module} gives maps of {shape[1:]}, neurons last; write `channels: last`")


@contextmanager
def run_to_module(
    network: nn.Module, module: str, channels: str = "first", part: Key | None = None
) -> Iterator[Callable[[Tensor], Tensor]]:
    """A function that runs a batch of (n, 3, height, width) images up to a module and returns the module's output.

    Of the first batch, two images go through the whole network before, to see that the module is used once.

    Parameters
    ----------
    network
        In evaluation mode, on the device to use; outputs stay there.
    module
        Dotted path of the module.
    channels
        As in `pool_neurons`; checked where the network says it.
    part
        Of what the module returns, where that is no tensor.

    Raises
    ------
    LinexpError
        There is no such module, it is not used exactly once, or its output is not a tensor with a row for each image
        and neurons where `channels` has them.
    """
    layer = find_module(network, module)
    outputs: list[Tensor] = []
    checked = False

    def stop_here(_module, _inputs, output):
        outputs.append(layer_output(module, output, part))
        raise _LayerReached

    @torch.inference_mode()
    def run(batch: Tensor) -> Tensor:
        nonlocal checked
        if not checked:
            check_used_once(network, module, batch[:2])
        with layer.register_forward_hook(stop_here), suppress(_LayerReached):
            network(as_input(batch, network))
        if not outputs:
            raise LinexpError(f"module: {module} takes no part in the network's forward pass; record another")
        output = outputs.pop()
        if not checked:
            _check_output(network, module, channels, output, len(batch))
            checked = True
        return output

    yield run


@torch.inference_mode()
def record_activations(
    network: nn.Module,
    module: str,
    pool: str,
    batches: Iterable[Tensor],
    channels: str = "first",
    part: Key | None = None,
) -> Iterator[Tensor]:
    """Run batches up to one module and yield its pooled output, (n, neurons) float32 on the CPU.

    Parameters
    ----------
    network, module, part
        As in `run_to_module`.
    batches
        (n, 3, height, width) images.
    """
    with run_to_module(network, module, channels, part) as output_of:
        yield from map_what_fits(lambda batch: pool_neurons(output_of(batch), pool, channels).float().cpu(), batches)
