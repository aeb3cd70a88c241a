"""Metrics that fail their sanity checks on a layer, and why: they are marked wherever they are shown."""

import re

import pandas as pd

_BADGE = re.compile(r"failed \(([\d.]+), ([\d.]+)\)")


def failed_checks(summary: pd.DataFrame, simulator: str) -> dict[str, dict[str, str]]:
    """By metric and method why a metric is not to be trusted; metrics that pass everywhere are left out.

    Parameters
    ----------
    summary
        The rows of `summary.csv`, of which columns such as `correlation_sanity` say `failed (0.95, 0.50)`: the shares
        of neurons whose score falls when labels go missing, and when wrong ones are added.
    """
    rows = summary[(summary["simulator"] == simulator) & summary["control"].isna()]
    found: dict[str, dict[str, str]] = {}
    for column in (name for name in rows if name.endswith("_sanity")):
        for method, text in zip(rows["method"], rows[column], strict=True):
            if shares := _BADGE.fullmatch(str(text)):
                found.setdefault(column.removesuffix("_sanity"), {})[method] = _reason(*map(float, shares.groups()))
    return found


def _reason(missing: float, extra: float) -> str:
    return (
        f"fails its sanity check here: it falls for {100 * missing:.0f} % of neurons when labels go missing, "
        f"for {100 * extra:.0f} % when wrong ones are added; 90 % of both are needed"
    )
