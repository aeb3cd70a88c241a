"""Ablation scoring of a last layer: curves and search beside gradient descent as published, in one run.

    python benchmarks/ablation.py                                      # 32 neurons by both ways, on val
    python benchmarks/ablation.py --whole-layer                        # 2,048 neurons by curves, on val and test
    python benchmarks/ablation.py --neurons 2 --images 500 --json

`--images` are those of val; test has twice as many. The layer is made up at the size of ResNet-50's: 2,048 neurons,
1,000 classes (made_up_layer.py). Gradient descent takes 100 steps of Adam from c = 1, d = 0 at a rate of 0.01, in
float32, with the same rank-one update of the logits. `ratio` is its time over that of the curves; `better_mean` and
`better_lowest` are the scores of the curves less those of Adam, on the images that both search on.
"""

import numpy as np
import torch
from made_up_layer import LastLayer
from measuring import Clock, argument_parser, cores, show

from linexp.effects.ablation import Simulations, ablation_scores
from linexp.effects.losses import CrossEntropy
from linexp.effects.tail_losses import LinearTailLosses

TEMPERATURE = 1.1
N_NEURONS, N_CLASSES = 2_048, 1_000


def losses_on(layer: LastLayer, rows: slice) -> LinearTailLosses:
    loss = CrossEntropy(layer.labels[rows], TEMPERATURE)
    return LinearTailLosses(layer.logits[rows], layer.weight, layer.activations[rows], loss)


def by_adam(layer: LastLayer, neuron: int, simulated: np.ndarray) -> tuple[float, float]:
    """(c, d) after 100 steps on the first images, those that are simulated."""
    n = len(simulated)
    logits, q, labels = (torch.from_numpy(x[:n]) for x in (layer.logits, layer.activations[:, neuron], layer.labels))
    w, s = torch.from_numpy(layer.weight[:, neuron]), torch.from_numpy(simulated)
    before = torch.nn.functional.cross_entropy(logits / TEMPERATURE, labels, reduction="none")
    scale = torch.tensor([1.0, 0.0], requires_grad=True)
    optimiser = torch.optim.Adam([scale], lr=0.01)
    for _ in range(100):
        optimiser.zero_grad()
        changed = torch.addr(logits, scale[0] * s + scale[1] - q, w) / TEMPERATURE
        (torch.nn.functional.cross_entropy(changed, labels, reduction="none") - before).abs().mean().backward()
        optimiser.step()
    return scale[0].item(), scale[1].item()


def alpha(losses: LinearTailLosses, neuron: int, values: np.ndarray) -> float:
    """α_init of Eq. 12 on the images of `losses`."""
    mean = np.full(len(values), losses.activations[:, neuron].mean(dtype=np.float64))
    changed, ablated = np.abs(losses.at([neuron], [np.stack([values, mean])])[0] - losses.base).mean(axis=1)
    return 1 - changed / ablated


def whole_layer(layer: LastLayer, n_val: int) -> dict:
    """Time of all neurons by curves, searched on val and scored on test."""
    clock, simulated = Clock(), layer.simulated(slice(None))
    val, test = losses_on(layer, slice(0, n_val)), losses_on(layer, slice(n_val, None))
    pair = Simulations([simulated[:n_val]], [simulated[n_val:]])
    with clock("curves"):
        scores = [score.optim for (score,) in ablation_scores(val, test, list(range(N_NEURONS)), pair, threads=cores())]
    return {"neurons": N_NEURONS, "seconds": clock.total, "mean_score": float(np.mean(scores))}


def both_ways(layer: LastLayer, n_val: int, n_neurons: int) -> dict:
    """Time and scores of some neurons by curves and by Adam, searched and scored on val."""
    clock, val, neurons = Clock(), losses_on(layer, slice(0, n_val)), list(range(n_neurons))
    simulated = layer.simulated(slice(0, n_neurons))[:n_val]
    with clock("curves"):
        pair = Simulations([simulated], [simulated])
        ours = [score.optim for (score,) in ablation_scores(val, val, neurons, pair, threads=cores())]
    with clock("adam"):
        scales = [by_adam(layer, neuron, simulated[:, neuron]) for neuron in neurons]
    theirs = [alpha(val, k, c * simulated[:, k] + d) for k, (c, d) in zip(neurons, scales, strict=True)]
    better = np.array(ours) - theirs
    return {
        "neurons": n_neurons,
        "seconds": clock.seconds["curves"],
        "adam_seconds": clock.seconds["adam"],
        "ratio": clock.seconds["adam"] / clock.seconds["curves"],
        "better_mean": float(better.mean()),
        "better_lowest": float(better.min()),
    }


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--images", type=int, default=5_000, help="val images")
    parser.add_argument("--neurons", type=int, default=32, help="by both ways")
    parser.add_argument("--whole-layer", action="store_true", help="all neurons by curves, on val and test")
    given = parser.parse_args()
    torch.set_num_threads(cores())
    layer = LastLayer.make(3 * given.images, N_NEURONS, N_CLASSES)
    both_ways(LastLayer.make(300, 1, 10), 100, 1)  # compiles
    n_val = given.images
    measured = whole_layer(layer, n_val) if given.whole_layer else both_ways(layer, n_val, given.neurons)
    show({"benchmark": "ablation", "val_images": n_val, **measured}, given.json)


if __name__ == "__main__":
    main()
