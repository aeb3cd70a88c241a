"""The published route to the elastic net: the glm-saga package on raw data, as a reference for the exact solver."""

import contextlib
import io

import glm_saga.elasticnet
import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset


def glm_saga_weights(
    p: np.ndarray,
    q: np.ndarray,
    lam: float,
    alpha: float,
    batch_size: int = 512,
    epochs: int = 500,
    learning_rate: float = 5e-4,
    tolerance: float = 1e-7,
    lookbehind: int = 50,
    seed: int = 0,
) -> np.ndarray:
    """Minimise Eq. 6 with glm-saga (Wong et al., 2021).

    Batch, epochs and step are those of the published run; the stopping rule is strict enough to converge. The
    package divides the largest λ of its path by α, so λα is passed as that, and the path has this one λ.

    Parameters
    ----------
    p
        (n, m) standardised concepts.
    q
        (n, n_neurons) standardised activations.

    Returns
    -------
    np.ndarray
        (n_neurons, m) float64.
    """
    torch.manual_seed(seed)
    x, y = (torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32)) for values in (p, q))
    loader = DataLoader(TensorDataset(x, y, torch.arange(len(x))), batch_size=batch_size, shuffle=True)
    linear = torch.nn.Linear(x.shape[1], y.shape[1])
    for parameter in linear.parameters():
        parameter.data.zero_()
    with contextlib.redirect_stdout(io.StringIO()):
        path = glm_saga.elasticnet.glm_saga(
            linear,
            loader,
            learning_rate,
            epochs,
            alpha,
            k=1,
            epsilon=1.0,
            do_zero=False,
            n_ex=len(x),
            n_classes=y.shape[1],
            metadata={"max_reg": {"nongrouped": lam * alpha}},
            tol=tolerance,
            lookbehind=lookbehind,
            family="gaussian",
        )["path"]
    return path[0]["weight"].double().numpy()
