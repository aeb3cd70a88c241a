"""Ablation scoring (Eq. 11–15). It takes the network's losses, so it is computed elsewhere."""

from .metric import Metric

METRIC = Metric(
    name="ablation_optim",
    label="ablation (optim)",
    of_columns=None,
    higher_is_better=True,
    formula="1 − Σ|L(a ← c·s + d) − L(a)| / Σ|L(a ← mean of a) − L(a)|, with the best c and d on val",
    source="Eq. 11–15",
    bounds=None,
    trusted=True,
)
