"""The published route beside ours, on the same data in one run: glm-saga, then a search with Adam-trained candidates.

    python benchmarks/published_route.py            # 3,500 train images, 300 concepts, 16 neurons: about two minutes

Both get P and the activations as arrays in memory and give for every neuron its concepts, weights and validation
correlation. The published route is glm-saga on raw standardised data (`solver: glm_saga`), then Algorithm 1 with every
candidate model trained for 100 steps of Adam at a rate of 0.3. Ours is moments, coordinate descent on them, and
Algorithm 1 with closed least squares. Compiling is not counted, reading and writing is in neither.
"""

from types import SimpleNamespace

import numpy as np
import torch
from made_up import A, B, World
from measuring import Clock, argument_parser, cores, show

from linexp.concepts.moments import CrossMomentsSum, MomentsSum
from linexp.concepts.presence import probabilities
from linexp.fitting.elastic_net import elastic_net, objective
from linexp.fitting.glm_saga import glm_saga_weights
from linexp.fitting.greedy import greedy_search
from linexp.jobs import runtime
from linexp.jobs.parallel import blas_on_one_thread

LAMBDA, ALPHA = 0.05, 0.99
MAX_CONCEPTS, WIDTH, TOLERANCE = 10, 10, 0.02
STEPS, RATE = 100, 0.3


def data(n_train: int, n_concepts: int, n_neurons: int) -> SimpleNamespace:
    """P and the activations of neurons that vary, on train and val, standardised as on train."""
    world = World.make(n_concepts, n_concepts, 4 * n_neurons)
    embeddings = np.concatenate(list(world.embeddings(n_train + n_train // 7)))
    p, q = probabilities(embeddings, world.concepts, A, B), world.activations(embeddings)
    q = q[:, q[:n_train].std(axis=0) > 1e-3][:, :n_neurons]
    p, q = ((values - values[:n_train].mean(axis=0)) / values[:n_train].std(axis=0) for values in (p, q))
    return SimpleNamespace(p=p[:n_train], q=q[:n_train], p_val=p[n_train:], q_val=q[n_train:])


def train_candidate(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    """Weights and bias of a linear model, (k + 1,), by Adam on the mean squared error."""
    design = torch.cat([p, torch.ones(len(p), 1)], dim=1)
    parameters = torch.zeros(design.shape[1], requires_grad=True)
    optimiser = torch.optim.Adam([parameters], lr=RATE)
    for _ in range(STEPS):
        optimiser.zero_grad()
        torch.nn.functional.mse_loss(design @ parameters, q).backward()
        optimiser.step()
    return parameters.detach()


def published_search(given: SimpleNamespace, neuron: int, weights: np.ndarray) -> float:
    """Algorithm 1 for one neuron with trained candidates; returns its validation correlation."""
    p, q, p_val = (torch.from_numpy(values) for values in (given.p, given.q[:, neuron], given.p_val))
    order, chosen, gone, reached = list(np.argsort(-weights, kind="stable")), [], set(), 0.0
    while len(chosen) < MAX_CONCEPTS:
        best = None
        for candidate in [concept for concept in order if concept not in gone][:WIDTH]:
            model = train_candidate(p[:, [*chosen, candidate]], q)
            prediction = (p_val[:, [*chosen, candidate]] @ model[:-1] + model[-1]).numpy()
            correlation = np.corrcoef(prediction, given.q_val[:, neuron])[0, 1]
            if not correlation >= (reached + TOLERANCE if chosen else 0.0):
                gone.add(candidate)
            elif best is None or correlation > best[0]:
                best = correlation, candidate
        if best is None:
            break
        reached = best[0]
        chosen.append(best[1])
        gone.add(best[1])
    return reached


def published_route(given: SimpleNamespace) -> tuple[np.ndarray, np.ndarray]:
    """Elastic-net weights and validation correlations."""
    weights = glm_saga_weights(given.p, given.q, LAMBDA, ALPHA)
    return weights, np.array([published_search(given, neuron, w) for neuron, w in enumerate(weights)])


def moments(given: SimpleNamespace) -> tuple:
    """What fitting needs, of train and of val."""
    found = []
    for p, q in ((given.p, given.q), (given.p_val, given.q_val)):
        of_p = MomentsSum(p.shape[1], cores())
        of_p.add(p)
        of_p = of_p.moments()
        of_q = CrossMomentsSum(of_p.mean, cores())
        of_q.add(p, q)
        of_q = of_q.moments()
        found.append((of_p.covariance, of_q.covariance, of_q.variance))
    return found[0][:2], found[1]


def our_route(given: SimpleNamespace) -> tuple[np.ndarray, np.ndarray]:
    """The same as `published_route`."""
    with blas_on_one_thread():
        train, val = moments(given)
    weights, _ = elastic_net(*train, LAMBDA, ALPHA, threads=cores())
    return weights, greedy_search(train, val, weights, MAX_CONCEPTS, WIDTH, TOLERANCE, cores())[2]


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--images", type=int, default=3_500, help="train images")
    parser.add_argument("--concepts", type=int, default=300)
    parser.add_argument("--neurons", type=int, default=16)
    given = parser.parse_args()
    runtime.keep_freed_memory()
    made = data(given.images, given.concepts, given.neurons)
    repeats = 20
    our_route(made)
    clock = Clock()
    with clock("ours"):
        for _ in range(repeats):
            weights, correlations = our_route(made)
    with clock("published"):
        published_weights, published_correlations = published_route(made)
    ours, published = clock.seconds["ours"] / repeats, clock.seconds["published"]
    train, _ = moments(made)
    worse = objective(weights, *train, LAMBDA, ALPHA) - objective(published_weights, *train, LAMBDA, ALPHA)
    result = {
        "benchmark": "published_route",
        "train_images": given.images,
        "concepts": given.concepts,
        "neurons": given.neurons,
        "seconds": ours,
        "published_seconds": published,
        "times_as_fast": published / ours,
        "largest_objective_above": float(worse.max()),
        "mean_val_correlation": float(correlations.mean()),
        "published_val_correlation": float(published_correlations.mean()),
    }
    show(result, given.json)


if __name__ == "__main__":
    main()
