"""Metrics that fail their sanity checks on a layer, and why: they are marked wherever they are shown."""

from collections.abc import Sequence

import pandas as pd

from ..scoring.sanity import COLUMNS, GOOD_SHARE, check_of
from .layer import AnyPath


def read_sanity(path: AnyPath | None) -> pd.DataFrame:
    """The rows of `sanity.csv`; none where metrics are not checked."""
    return pd.DataFrame(columns=COLUMNS) if path is None else pd.read_csv(path, keep_default_na=False, na_values=[""])


def failed_checks(sanity: pd.DataFrame, methods: Sequence[str], simulator: str) -> dict[str, dict[str, str]]:
    """By metric and method why a metric is not to be trusted; metrics that pass everywhere are left out.

    Parameters
    ----------
    sanity
        The rows of `sanity.csv`.
    methods
        That are shown; of one that is not checked itself, single concepts tell.
    """
    found: dict[str, dict[str, str]] = {}
    for metric in dict.fromkeys(sanity["metric"]):
        for method in methods:
            check = check_of(sanity, method, simulator, metric)
            if check and not check[0]:
                found.setdefault(metric, {})[method] = _reason(*check[1])
    return found


def _reason(missing: float, extra: float) -> str:
    return (
        f"fails its sanity check here: it falls for {100 * missing:.0f} % of neurons when labels go missing, "
        f"for {100 * extra:.0f} % when wrong ones are added; {100 * GOOD_SHARE:.0f} % of both are needed"
    )
