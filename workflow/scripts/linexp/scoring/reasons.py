"""Why a neuron is not explained: what its explanation reaches beside what any explanation of some kind could."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa

from ..explanations import EXPLAINED

CEILINGS = ["ceiling_search", "ceiling_concepts", "ceiling_simulator", "ceiling_embeddings"]
TOO_SHORT, SIMULATOR, EXPLAINER, NO_WORD, NEURON = "too_short", "simulator", "explainer", "no_word", "neuron"
REASONS = (TOO_SHORT, SIMULATOR, EXPLAINER, NO_WORD, NEURON)
LEAST = 0.2
"""A ceiling below this is low, whatever the explanation reaches."""
VARIANCE = 2.0
"""A ceiling that explains as many times the variance that the explanation does is high: correlations are squared."""
TEXT = pd.ArrowDtype(pa.string())
"""Which a column without any value has, too."""
MISSING = ["missing_concept", "missing_correlation"]


def reasons(correlation: np.ndarray, ceilings: np.ndarray) -> np.ndarray:
    """Why explanations do not predict more, (n,) objects of `REASONS`; None where a ceiling is not known.

    A ceiling is high if it is at least `LEAST` and explains at least `VARIANCE` times what the explanation does.

    Parameters
    ----------
    correlation
        (n,) of the explanations; NaN and what is negative count 0.
    ceilings
        (n, 4), in the order of `CEILINGS`.
    """
    own = np.maximum(np.nan_to_num(correlation), 0.0)
    search, concepts, simulator, embeddings = (ceilings >= np.maximum(LEAST, np.sqrt(VARIANCE) * own)[:, None]).T
    told = [
        (search | (concepts & simulator), TOO_SHORT),
        (concepts, SIMULATOR),
        (simulator, EXPLAINER),
        (embeddings, NO_WORD),
    ]
    conditions, values = zip(*told, strict=True)
    found = np.select(conditions, [np.array(value, object) for value in values], NEURON)
    found[np.isnan(ceilings).any(axis=1)] = None
    return found


def with_ceilings(scores: pd.DataFrame, ceilings: Mapping[str, pd.DataFrame], simulator: str) -> pd.DataFrame:
    """Scores with `CEILINGS` beside them, and `why_not` where the verdict is not `explained`.

    Parameters
    ----------
    scores
        `method`, `simulator`, `neuron`, `correlation`, `verdict` and more.
    ceilings
        The rows of `ceilings/{presence}.parquet`, of each method that has a P.
    simulator
        Whose ceilings these are; null with others.
    """
    merged = _beside(scores, ceilings, simulator, CEILINGS).astype(dict.fromkeys(CEILINGS, float))
    why_not = reasons(merged["correlation"].to_numpy(float), merged[CEILINGS].to_numpy())
    why_not[merged["verdict"] == EXPLAINED] = None
    return merged.assign(why_not=pd.array(why_not, TEXT))


def with_missing_concepts(scores: pd.DataFrame, missing: Mapping[str, pd.DataFrame], simulator: str) -> pd.DataFrame:
    """Scores with `MISSING` beside them: of methods that have a `missing/{method}.parquet`, with the main simulator."""
    merged = _beside(scores, missing, simulator, MISSING)
    return merged.astype({"missing_concept": TEXT, "missing_correlation": float})


def with_reasons(
    scores: pd.DataFrame, ceilings: Mapping[str, pd.DataFrame], missing: Mapping[str, pd.DataFrame], simulator: str
) -> pd.DataFrame:
    """`with_ceilings` and `with_missing_concepts`."""
    return with_missing_concepts(with_ceilings(scores, ceilings, simulator), missing, simulator)


def _beside(scores: pd.DataFrame, tables: Mapping[str, pd.DataFrame], simulator: str, names: list[str]) -> pd.DataFrame:
    """Scores with the columns of tables of methods, which are those of one simulator."""
    parts = [table.assign(method=method, simulator=simulator) for method, table in tables.items()]
    if not parts:
        return scores.assign(**dict.fromkeys(names))
    keys = ["method", "simulator", "neuron"]
    return scores.merge(pd.concat(parts)[[*keys, *names]], how="left", on=keys, validate="one_to_one")
