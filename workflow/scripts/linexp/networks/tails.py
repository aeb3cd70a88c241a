"""A network cut in two at a layer, so that changes of one unit cost a pass of what follows the layer, not of all."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, fx, nn

from ..errors import LinexpError
from ..jobs.gpu_memory import map_what_fits, run_what_fits
from .heads import layer_and_logits
from .outputs import as_input
from .parts import Key, part_of, with_part
from .recording import find_module
from .units.grids import AtPlaces
from .units.units import Units


@torch.library.custom_op("linexp::mark_layer", mutates_args=())
def _mark_layer(output: Tensor) -> Tensor:
    """A copy of a layer's output: where the graph of the network is cut."""
    return output.clone()


@_mark_layer.register_fake
def _(output: Tensor) -> Tensor:
    return torch.empty_like(output)


@dataclass(frozen=True)
class SplitNetwork:
    """A network as two, for at least 2 images at a time. Neither part changes what it is given.

    Attributes
    ----------
    head
        Images -> (layer output, *live), where `live` is all else that the tail reads: tensors of skip connections, but
        also the number of images or what is computed from parameters alone.
    tail
        (layer output, *live) -> (n, n_classes) logits.
    """

    head: nn.Module
    tail: nn.Module


def split_network(network: nn.Module, module: str, example: Tensor, part: Key | None = None) -> SplitNetwork:
    """Cut a network behind one of its modules.

    The cut goes through the network's graph of tensor operations, so the layer can lie inside a residual block.

    Parameters
    ----------
    network
        In evaluation mode, on the device to use; the two parts share its parameters.
    module
        Dotted path of the layer's module.
    example
        (n, 3, height, width) images of the size that is to be used.
    part
        Of what the module returns, where that is no tensor: the layer's output.

    Raises
    ------
    LinexpError
        The network cannot be traced, the output does not depend on the module, or see `layer_and_logits`.
    """
    example = as_input(example[[0, -1]], network)
    layer_and_logits(network, module, example, part=part)  # for its checks
    images = torch.export.Dim("images", min=2, max=65535)  # on a GPU, pooling takes no more

    def mark(_module, _inputs, output):
        return with_part(output, part, _mark_layer(part_of(output, part)))

    with find_module(network, module).register_forward_hook(mark):
        try:
            program = torch.export.export(network, (example,), dynamic_shapes=({0: images},), strict=False)
            # without decompositions, this only replaces in-place operations: a tail must be repeatable
            traced = program.run_decompositions({}).module()
        except Exception as error:  # torch.export fails with errors of many kinds
            reason = " ".join(str(error).split())[:100]
            remedy = "set `ablation: false` for this layer in the configuration"
            raise LinexpError(f"module: torch.export cannot trace the network ({reason}); {remedy}") from error
    return _cut(traced, module)


def _cut(traced: fx.GraphModule, module: str) -> SplitNetwork:
    nodes = list(traced.graph.nodes)
    (logits,) = nodes[-1].args[0]
    marks = [node for node in nodes if node.target is torch.ops.linexp.mark_layer.default]
    behind = _reached(marks, lambda node: node.users)
    if logits not in behind:
        raise LinexpError(f"module: {module} is not on the path to the network's output; take another layer")
    tail = _reached([logits], lambda node: [] if node in marks else node.all_input_nodes)
    # what the tail reads from before the cut, not what that was computed from; parameters are in both parts
    read = {node for user in tail & behind - set(marks) for node in user.all_input_nodes}
    live = [node for node in nodes if node in read - behind and node.op != "get_attr"]
    images = [node for node in nodes if node.op == "placeholder"]
    return SplitNetwork(_part(traced, images, (*marks, *live)), _part(traced, [*marks, *live], logits))


def _reached(sources: Iterable[fx.Node], step: Callable[[fx.Node], Iterable[fx.Node]]) -> set[fx.Node]:
    """The nodes that repeated steps lead to, sources included."""
    waiting, found = list(sources), set()
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting.extend(step(node))
    return found


def _part(traced: fx.GraphModule, inputs: list[fx.Node], outputs: fx.Node | tuple[fx.Node, ...]) -> fx.GraphModule:
    """What computes the outputs from the inputs, and nothing else (such as the checks that tracing left)."""
    graph = fx.Graph()
    copies = {node: graph.placeholder(node.name) for node in inputs}
    wanted = outputs if isinstance(outputs, tuple) else [outputs]
    needed = _reached(wanted, lambda node: [] if node in copies else node.all_input_nodes)
    for node in traced.graph.nodes:
        if node in needed and node not in copies:
            copies[node] = graph.node_copy(node, copies.__getitem__)
    graph.output(fx.map_arg(outputs, copies.__getitem__))
    return fx.GraphModule(traced, graph)


class ReplayedTail:
    """The logits of a network as units of one layer take other values, by passes of what follows the layer.

    Parameters
    ----------
    split
        The network, cut behind the layer.
    image_blocks
        Preprocessed batches, (n, 3, height, width), of the images of given rows, in their order. The live tensors of
        one batch are in memory at a time.
    units
        Of the layer.
    replace
        `shift` or `constant`, as in `Change.replace`; units at places have their maps replaced, by `constant` alone.
    """

    def __init__(
        self,
        split: SplitNetwork,
        image_blocks: Callable[[np.ndarray], Iterable[Tensor]],
        units: Units | AtPlaces,
        replace: str = "shift",
    ):
        self.split, self.image_blocks = split, image_blocks
        self.units, self.replace = units, replace
        self._parts = nn.ModuleList([split.head, split.tail])

    @torch.inference_mode()
    def passes(
        self, rows: np.ndarray, neurons: Sequence[int], values: Sequence[np.ndarray]
    ) -> Iterator[tuple[int, int, slice, NDArray[np.float64]]]:
        """Replay the tail for every value of every neuron; each batch of images goes through the head once.

        Parameters
        ----------
        rows
            (n,) rows of the images.
        neurons
            Numbers of the neurons, one changed at a time.
        values
            For each neuron (m, n) or (m, 1): m pooled values of each image. At places also (m, n, grid²), of each cell.

        Yields
        ------
        tuple[int, int, slice, NDArray[np.float64]]
            Place in `neurons`, place in its values, which of the rows, and their logits (rows, n_classes). They come
            twice where a GPU had no memory for the rest of a batch.
        """

        def passes_of(images: range, batch: Tensor):
            return self._passes_of(slice(images.start, images.stop), batch, neurons, values, len(rows))

        yield from run_what_fits(passes_of, self._batches(rows))

    def _passes_of(self, images: slice, batch: Tensor, neurons, values, n_rows: int):
        output, *live = self._at_layer(batch)
        changes = self.units.changes(output, neurons)
        for j, (neuron, of_neuron) in enumerate(zip(changes, values, strict=True)):
            if of_neuron.shape[1] != n_rows:
                of_neuron = np.broadcast_to(of_neuron, (len(of_neuron), n_rows))
            for m, row in enumerate(of_neuron[:, images]):
                neuron.replace(torch.tensor(row), self.replace)
                yield j, m, images, self._logits(len(batch), output, *live)
            neuron.restore()

    @torch.inference_mode()
    def original(self, rows: np.ndarray) -> NDArray[np.float64]:
        """(n, n_classes) logits of the unchanged network."""
        batches = (batch for _, batch in self._batches(rows))
        return np.concatenate(
            list(map_what_fits(lambda batch: self._logits(len(batch), *self._at_layer(batch)), batches))
        )

    def _batches(self, rows: np.ndarray) -> Iterator[tuple[range, Tensor]]:
        done = 0
        for batch in self.image_blocks(rows):
            yield range(done, done + len(batch)), batch
            done += len(batch)
        if done != len(rows):
            raise ValueError(f"{done} images came, {len(rows)} were expected")

    def _at_layer(self, batch: Tensor) -> tuple:
        """The layer's output and all else that the tail reads; one image is doubled, as a cut network asks for two."""
        images = batch.repeat(2, 1, 1, 1) if len(batch) == 1 else batch.contiguous()
        return self.split.head(as_input(images, self._parts))

    def _logits(self, n_images: int, *at_layer) -> NDArray[np.float64]:
        # a copy, as the tail may hand back what it was given
        return self.split.tail(*at_layer)[:n_images].to("cpu", torch.float64, copy=True).numpy()
