"""Recording what the units of a layer do: a forward pass with a hook, and one number a unit."""

import difflib
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..errors import LinexpError
from ..jobs.gpu_memory import map_what_fits
from .outputs import run as run_network
from .parts import Key, layer_output
from .sources.source import check_python
from .units.encoded import EncodedUnits
from .units.grids import AtPlaces
from .units.units import Units

DEAD_BELOW = 0.01
"""A neuron whose maximum over the probe is below this is dead (C.2); units that are 0 at most places are if it is 0."""

TO_DECIDE_BY = 512
"""Images that decide how units are read, where that is open."""

LARGEST_DIFFERENCE = 0.05
"""Of an image's output in two batches, relative to the largest value: far above rounding, even that of bfloat16."""


class Highest:
    """The maximum of each unit, (n_units,), kept while blocks pass by."""

    values: Tensor

    def of(self, blocks: Iterable[Tensor]) -> Iterator[NDArray[np.float32]]:
        for number, block in enumerate(blocks):
            self.values = torch.maximum(self.values, block.amax(0)) if number else block.amax(0)
            yield block.numpy()


def dead(highest: Tensor, units: Units | AtPlaces) -> Tensor:
    """(n_units,) bool, from the maximum of each unit."""
    return highest <= 0 if units.is_sparse else highest < DEAD_BELOW


class _LayerReached(Exception):
    """Ends the forward pass at the recorded layer: nothing behind it is needed."""


def find_module(network: nn.Module, path: str) -> nn.Module:
    """The module at a dotted path.

    Raises
    ------
    LinexpError
        There is none, and the message names one that is close; or it is TorchScript, or within that.
    """
    _check_path(network, path)
    try:
        return network.get_submodule(path)
    except AttributeError as error:
        close = difflib.get_close_matches(path, [name for name, _ in network.named_modules()], n=1, cutoff=0)
        raise LinexpError(f"module: {path} is not in the network; did you mean {close[0]}?") from error


def _check_path(network: nn.Module, path: str) -> None:
    """Raise a `LinexpError` if a network, or a module on the way to a path, is TorchScript."""
    check_python(network, "model: the network")
    within, names = network, path.split(".")
    for depth, name in enumerate(names, start=1):
        within = getattr(within, name, None)
        check_python(within, f"module: {'.'.join(names[:depth])}")


@contextmanager
def watched(network: nn.Module, seen: Callable[[str, nn.Module, tuple, Any], None]) -> Iterator[None]:
    """Tell, while it lasts, of each module that has run: its path, itself, what it was given and what it gave.

    In the order in which they end; a module in several places has the first of its paths. The network itself is left
    out.
    """
    with ExitStack() as hooks:
        for path, module in network.named_modules():
            if path and not isinstance(module, torch.jit.ScriptModule):  # which takes no hook
                tell = module.register_forward_hook(
                    lambda module, given, output, path=path: seen(path, module, given, output)
                )
                hooks.enter_context(tell)
        yield


def check_used_once(network: nn.Module, module: str, images: Tensor, part: Key | None = None) -> list[Tensor]:
    """What a module gives for images, alone in a list; a copy, as modules behind it may change it.

    The list is empty where a forward pass does not run the module. `part` is as in `run_to_module`.

    Raises
    ------
    LinexpError
        A forward pass runs the module several times; the message names the module around it to take instead. The one
        ReLU of a residual block is such a module: each use has other neurons. Uses behind an error that comes after the
        module do not count.
    """
    uses: Counter[str] = Counter()
    outputs: list[Tensor] = []
    names = module.split(".")
    around = [".".join(names[:length]) for length in range(1, len(names) + 1)]

    def keep(_module, _inputs, output):
        outputs.append(layer_output(module, output, part).clone())

    with ExitStack() as hooks:
        for path in around:
            count = find_module(network, path).register_forward_hook(lambda *_, path=path: uses.update([path]))
            hooks.enter_context(count)
        hooks.enter_context(find_module(network, module).register_forward_hook(keep))
        try:
            run_network(network, images)
        except LinexpError:  # such as a classifier that images of this size are too small for
            if not uses[module]:
                raise
    if uses[module] > 1:
        once = next((path for path in reversed(around) if uses[path] == 1), "one that is used once")
        raise LinexpError(f"module: {module} is used {uses[module]} times in a forward pass; take {once}")
    return outputs


def takes_no_part(module: str) -> LinexpError:
    """What to say of a module whose hook was not called."""
    how = "takes no part in the network's forward pass, or only by its `forward` or its weights"
    return LinexpError(f"module: {module} {how}; take another, such as the one around it")


def check_rows(module: str, output: Tensor, n_images: int) -> None:
    """Raise a `LinexpError` if a module's output has other rows than images."""
    if len(output) != n_images:
        shape = tuple(output.shape)
        raise LinexpError(f"module: {module} gives {shape} for {n_images} images; take one with a row for each")


def neurons_axis(network: nn.Module, module: str, images: Tensor, shape: tuple[int, ...]) -> str | None:
    """Where the neurons of a map are, `first` or `last`; None where nothing tells.

    Maps of square images are square, which is what tells; else a convolution has its neurons first, and timm says of
    its networks where they are (`output_fmt`).

    Parameters
    ----------
    images
        (n, 3, height, width).
    shape
        (3,) of what the module gives for one of them.
    """
    square = images.shape[2] == images.shape[3]
    one, two, three = shape
    if square and (one == two) != (two == three):
        return "last" if one == two else "first"
    if isinstance(find_module(network, module), nn.Conv2d | nn.BatchNorm2d):
        return "first"
    return "last" if "NHWC" in str(getattr(network, "output_fmt", "")).upper() else None


def _check_axis(network: nn.Module, module: str, channels: str, images: Tensor, output: Tensor) -> None:
    shape = tuple(output.shape[1:])
    found = neurons_axis(network, module, images, shape) if len(shape) == 3 else None
    if found and found != channels:
        remedy = "write `channels: last`" if found == "last" else "take `channels: last` out"
        raise LinexpError(f"module: {module} gives maps of {shape}, neurons {found}; {remedy}")


def _check_repeatable(module: str, alone: Tensor, in_batch: Tensor) -> None:
    """Raise a `LinexpError` if images have another output by themselves than in a batch, by more than rounding does."""
    difference = (alone.float() - in_batch.float()).abs().max()
    if difference > LARGEST_DIFFERENCE * in_batch.float().abs().max():
        raise LinexpError(
            f"module: {module} gives other values for the same images in another pass or batch; make the network one "
            "that neither draws at random (dropout) nor normalises over the batch in evaluation, or set batch_size: 1"
        )


@contextmanager
def run_to_module(
    network: nn.Module, module: str, channels: str = "first", part: Key | None = None
) -> Iterator[Callable[[Tensor], Tensor]]:
    """A function that runs a batch of (n, 3, height, width) images up to a module and returns the module's output.

    Of the first batch, two images go through the whole network before, to see that the module is used once, and gives
    the same for them as in the batch.

    Parameters
    ----------
    network
        In evaluation mode, on the device to use; outputs stay there.
    module
        Dotted path of the module.
    channels
        Of the units; checked where the network says it.
    part
        Of what the module returns, where that is no tensor.

    Raises
    ------
    LinexpError
        There is no such module, it is not used exactly once, its output is not a tensor with a row for each image and
        neurons where `channels` has them, or it is random, or depends on the rest of the batch.
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
        alone = [] if checked else check_used_once(network, module, batch[:2], part)
        with layer.register_forward_hook(stop_here), suppress(_LayerReached):
            run_network(network, batch)
        if not outputs:
            raise takes_no_part(module)
        output = outputs.pop()
        check_rows(module, output, len(batch))
        if not checked:
            _check_axis(network, module, channels, batch, output)
            for values in alone:
                _check_repeatable(module, values, output[:2])
            checked = True
        return output

    yield run


@torch.inference_mode()
def decide_units(
    network: nn.Module, module: str, units: EncodedUnits | AtPlaces, batches: Iterable[Tensor], part: Key | None = None
) -> None:
    """Decide how units are read that leave it open, by some batches; the rest as in `record_activations`."""
    with run_to_module(network, module, units.channels, part) as output_of:
        units.decide(map_what_fits(lambda batch: units.tried(output_of(batch)), batches))


@torch.inference_mode()
def record_activations(
    network: nn.Module,
    module: str,
    units: Units | AtPlaces,
    batches: Iterable[Tensor],
    part: Key | None = None,
) -> Iterator[Tensor]:
    """Run batches up to one module and yield what its units are, (n, n_units) float32 on the CPU; a row a place.

    Parameters
    ----------
    network, module, part
        As in `run_to_module`.
    batches
        (n, 3, height, width) images.
    """
    told = False

    def pooled(batch: Tensor) -> Tensor:
        nonlocal told
        output = output_of(batch)
        found = units.read(output).float().cpu()
        if not told:
            print(units.described(module, tuple(output.shape[1:])), file=sys.stderr)
            told = True
        return found

    with run_to_module(network, module, units.channels, part) as output_of:
        yield from map_what_fits(pooled, batches)
