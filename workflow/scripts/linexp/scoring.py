"""Correlation scoring (Eq. 10), and means over neurons with their uncertainty."""

import numpy as np
import pandas as pd
from scipy import stats

CONSTANT_SIMULATION = "constant_simulation"
_SMALLEST_RELATIVE_STD = 1e-6


def correlation_scores(simulated: np.ndarray, activations: np.ndarray) -> np.ndarray:
    """ρ(k, E) of Eq. 10 for each column; NaN where either side is constant.

    Args:
        simulated: (n, n_neurons). activations: (n, n_neurons), the same images and neurons.
    """

    def standardised(values: np.ndarray) -> np.ndarray:
        centred = values - values.mean(axis=0, dtype=np.float64)
        std = np.sqrt((centred**2).mean(axis=0))
        constant = std <= _SMALLEST_RELATIVE_STD * np.abs(values).max(axis=0)
        return centred / np.where(constant, np.nan, std)

    return (standardised(simulated) * standardised(activations)).mean(axis=0)


def score_table(
    explanations: pd.DataFrame, simulated: np.ndarray, activations: np.ndarray, dead: np.ndarray
) -> pd.DataFrame:
    """Scores of one method with one simulator on the test images.

    Args:
        explanations: `neuron`, `concepts`, `status`, one row a neuron.
        simulated, activations: (n_test, n_neurons) in the same order.
        dead: (n_neurons,) bool.

    Returns:
        `neuron`, `status`, `dead`, `n_concepts`, `correlation` (missing where undefined; `status` says why).
    """
    correlation = correlation_scores(simulated, activations)
    status = explanations["status"].to_numpy(dtype=object).copy()
    undefined = np.isnan(correlation)
    status[undefined & (status == "ok")] = CONSTANT_SIMULATION
    constant = np.isnan(correlation_scores(activations, activations))
    status[undefined & constant] = "constant"
    return pd.DataFrame(
        {
            "neuron": explanations["neuron"].astype("int32"),
            "status": status,
            "dead": dead,
            "n_concepts": explanations["concepts"].map(len).astype("int32"),
            "correlation": correlation,
        }
    )


def _mean_with_interval(values: np.ndarray, seed: int) -> tuple[float, float, float, float]:
    """Mean, standard error and 95 % percentile bootstrap interval (9,999 resamples)."""
    mean = float(values.mean())
    if len(values) < 2 or np.ptp(values) == 0:
        return mean, float("nan"), float("nan"), float("nan")
    result = stats.bootstrap(
        (values,), np.mean, n_resamples=9999, method="percentile", batch=500, rng=np.random.default_rng(seed)
    )
    error = float(values.std(ddof=1) / np.sqrt(len(values)))
    return mean, error, float(result.confidence_interval.low), float(result.confidence_interval.high)


def summarise(scores: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """One row a method and simulator: the mean correlation over neurons with its uncertainty, lengths and counts.

    An undefined score counts as 0, so a method gains nothing by leaving neurons unexplained. Means are over all
    neurons (`correlation`) and over those that are not dead (`correlation_alive`, C.2).

    Args:
        scores: the rows of `scores.parquet`.
    """
    rows = []
    for (method, simulator), group in scores.groupby(["method", "simulator"], sort=False):
        values = group["correlation"].fillna(0.0).to_numpy()
        alive = values[~group["dead"].to_numpy()]
        mean, error, low, high = _mean_with_interval(values, seed)
        rows.append(
            {
                "method": method,
                "simulator": simulator,
                "correlation": mean,
                "standard_error": error,
                "ci_low": low,
                "ci_high": high,
                "correlation_alive": float(alive.mean()) if len(alive) else float("nan"),
                "mean_length": float(group["n_concepts"].mean()),
                "neurons": len(group),
                "dead": int(group["dead"].sum()),
                "undefined": int(group["correlation"].isna().sum()),
            }
        )
    return pd.DataFrame(rows)
