"""Ablation scoring, scaled by Eq. 16–18. It takes the network's losses, so it is computed elsewhere."""

from .metric import Metric

METRIC = Metric(
    name="ablation_norm",
    label="ablation (norm)",
    of_columns=None,
    higher_is_better=True,
    formula="1 − Σ|L(a ← c·s + d) − L(a)| / Σ|L(a ← mean of a) − L(a)|, with least-squares c and d on val",
    source="Eq. 11, 12, 16–18; Bills et al., 2023",
    bounds=None,
    trusted=True,
)
