"""`results/index.html`: every finished layer with its scores, verdicts and ceilings, and any two of them side by side.

It is one file with all that it needs, made from the small tables of each layer.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from ..artifacts import store
from ..explanations import EXPLAINED, NOT_ABOVE_CHANCE, PREDICTS_ONLY
from ..scoring.reasons import CEILINGS
from ..scoring.words import CEILING, VERDICTS
from .layer import AnyPath
from .layer_page import PAGE, templates
from .scripts import in_json, rounded, short

OWN_PAGE = Path(__file__).parent / "across_page"
SHARED = ("data.js", "numbers.js", "elements.js", "order.js")
OWN = ("pair.js", "across.js")
BINS = 20
MOST_CONCEPTS = 300
_SUMMARISED = {"method", "simulator", "control", "mean_length", "ablation_optim"}
_SUMMARISED |= {f"correlation{end}" for end in ("", "_low", "_high")}
_JUDGED = (EXPLAINED, PREDICTS_ONLY, NOT_ABOVE_CHANCE)


@dataclass(frozen=True)
class FinishedLayer:
    """A layer with scores.

    Attributes
    ----------
    titles
        What each of its methods is called, in their order.
    main
        The method that stands for a neuron which has no best one.
    explanations
        By method.
    report
        Where its explorer is, seen from the index; empty if there is none.
    """

    target: str
    layer: str
    simulator: str
    titles: Mapping[str, str]
    main: str
    scores: AnyPath
    summary: AnyPath
    explanations: Mapping[str, AnyPath]
    report: str = ""


def layer_record(files: FinishedLayer) -> dict[str, Any]:
    """What the index says of a layer, by its main simulator.

    Returns
    -------
    dict[str, Any]
        `methods` from the highest mean correlation down, each with its mean, 95 % interval, mean ablation score and
        length; and of the neurons, each by its best method: `verdicts` in numbers, `bins`, `BINS` equal ones of the
        correlation from 0 to 1, of which the first has what is below, `null`, the mean 95th percentile of random
        concepts, `ceilings`, their means and before them that of the correlation on the same neurons, and `concepts`,
        the most frequent with the number of their neurons.
    """
    columns = ["method", "simulator", "neuron", "dead", "verdict", "correlation", "null_p95", "best_method", *CEILINGS]
    scores = store.read_table(files.scores)
    ours = scores.select([name for name in columns if name in scores.column_names]).to_pandas()
    ours = ours[(ours["simulator"] == files.simulator) & ours["method"].isin(list(files.titles))]
    best = _headlines(ours, files.main)
    concepts = _concepts(files.explanations, best)
    return {
        "target": files.target,
        "layer": files.layer,
        "simulator": files.simulator,
        "report": files.report,
        "images": store.probe_fingerprint(files.scores)[:12],
        "neurons": len(best),
        "dead": int(best["dead"].sum()),
        "methods": _methods(files),
        "verdicts": [int((best["verdict"] == verdict).sum()) for verdict in _JUDGED],
        "bins": _bins(best["correlation"]),
        "null": short(float(best["null_p95"].mean()), 3),
        "ceilings": _ceilings(best),
        "n_concepts": len(concepts),
        "concepts": concepts.most_common(MOST_CONCEPTS),
    }


def _headlines(ours: pd.DataFrame, main: str) -> pd.DataFrame:
    """Of each neuron the row of its best method, by neuron."""
    wanted = ours["best_method"].astype(object).where(ours["best_method"].notna(), main)
    return ours[ours["method"].to_numpy() == wanted.to_numpy()].set_index("neuron").sort_index()


def _methods(files: FinishedLayer) -> list[dict[str, Any]]:
    summary = pd.read_csv(files.summary, usecols=_SUMMARISED.__contains__, keep_default_na=False, na_values=[""])
    ours = summary[summary["control"].isna() & (summary["simulator"] == files.simulator)]
    ours = ours[ours["method"].isin(list(files.titles))].sort_values("correlation", ascending=False, kind="stable")
    return [
        {
            "title": files.titles[row["method"]],
            "correlation": rounded([row[f"correlation{end}"] for end in ("", "_low", "_high")], 4),
            "ablation": short(row.get("ablation_optim"), 4),
            "length": short(row["mean_length"], 3),
        }
        for row in ours.to_dict("records")
    ]


def _bins(correlations: pd.Series) -> list[int]:
    known = correlations.dropna().to_numpy(float)
    return np.histogram(np.clip(known, 0, 1), BINS, (0, 1))[0].tolist()


def _ceilings(best: pd.DataFrame) -> list[float | None] | None:
    if not set(CEILINGS) <= set(best.columns):
        return None
    known = best[["correlation", *CEILINGS]].dropna()
    return rounded(known.mean().to_numpy(float), 3) if len(known) else None


def _concepts(explanations: Mapping[str, AnyPath], best: pd.DataFrame) -> Counter[str]:
    """In how many neurons' best explanations each concept is; those of the same number by name."""
    found: Counter[str] = Counter()
    for method, path in explanations.items():
        neurons = set(best.index[best["method"] == method])
        if not neurons:
            continue
        table = store.read_table(path).select(["neuron", "concepts"]).to_pydict()
        for neuron, concepts in zip(table["neuron"], table["concepts"], strict=True):
            if neuron in neurons:
                found.update(set(concepts))
    return Counter(dict(sorted(found.items())))


def write_index(
    page: AnyPath,
    layers: Sequence[FinishedLayer],
    calibrations: Mapping[str, AnyPath],
    tables: Mapping[str, AnyPath],
    provenance: store.Provenance,
) -> int:
    """Write the index.

    Parameters
    ----------
    calibrations
        Of image-text models by name; of those that were fitted the loss is told beside that of the base rate.
    tables
        The paper's tables that are there, as CSV, by caption.

    Returns
    -------
    int
        Its size in bytes.
    """
    records = [layer_record(one) for one in layers]
    names = sorted({concept for record in records for concept, _ in record["concepts"]})
    ids = {name: place for place, name in enumerate(names)}
    for record in records:
        record["concepts"] = [[ids[concept], count] for concept, count in record["concepts"]]
    data = {
        "layers": records,
        "concepts": names,
        "verdicts": [VERDICTS[verdict].short for verdict in _JUDGED],
        "ceilings": ["explanation", *[CEILING[name] for name in CEILINGS]],
    }
    fitted = [store.read_json(path) | {"name": name} for name, path in calibrations.items()]
    filled = [(caption, pd.read_csv(path, keep_default_na=False, dtype=str)) for caption, path in tables.items()]
    html = render(data, fitted, filled, provenance)
    with store.create_file(page, provenance) as temporary:
        temporary.write_text(html, encoding="utf-8")
    return len(html.encode())


def render(
    data: Mapping[str, Any],
    calibrations: Sequence[Mapping[str, Any]],
    tables: Sequence[tuple[str, pd.DataFrame]],
    provenance: store.Provenance,
) -> str:
    """The page. Its scripts and styles are in it, and its policy lets no others run; whatever it quotes is escaped."""
    scripts = [(PAGE / name).read_text("utf-8") for name in SHARED]
    scripts += [(OWN_PAGE / name).read_text("utf-8") for name in OWN]
    styles = [(PAGE / "style.css").read_text("utf-8"), (OWN_PAGE / "across.css").read_text("utf-8")]
    return (
        templates(OWN_PAGE)
        .get_template("index.html")
        .render(
            data=Markup(in_json(data)),
            scripts=[Markup(script) for script in scripts],
            styles=[Markup(style) for style in styles],
            script_hashes=" ".join(map(policy_hash, scripts)),
            style_hashes=" ".join(map(policy_hash, styles)),
            calibrations=calibrations,
            tables=tables,
            n_layers=len(data["layers"]),
            provenance=provenance.summary(),
        )
    )


def policy_hash(content: str) -> str:
    """What a content security policy calls an inline script or style by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
