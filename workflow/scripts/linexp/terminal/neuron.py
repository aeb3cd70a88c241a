"""A neuron in the terminal, and a list of the neurons that a concept explains."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..artifacts import store
from ..concepts.sets import RANDOM_CONCEPTS
from ..errors import LinexpError
from ..explanations import Explanation, from_table, printable
from ..figures.area_chart import activation_bins, bins_of
from ..figures.maps import Simulation
from ..fitting.stable import Stability
from ..fitting.stable import from_table as stabilities_from
from ..metrics import MAIN
from ..networks.recorded import names_of, told_of
from ..scoring.reasons import CEILINGS
from ..scoring.summary import OF_FEATURES
from ..scoring.words import CEILING, VERDICTS, WHY_NOT
from ..variation import constant
from .summary import reconstruction

BLOCKS = " ▏▎▍▌▋▊▉█"
BAR = 24
LONGEST_NAME = 30
"""Characters of a neuron's name in a table."""
MOST_OTHERS = 2
"""Concepts that are named of those chosen in the place of one."""


@dataclass(frozen=True)
class Layer:
    """What is known of a layer's neurons.

    Attributes
    ----------
    folder
        Of its results.
    scores
        The rows of `scores.parquet`.
    explanations
        By method, then by neuron.
    stability
        The same, of the methods of which it was measured.
    names
        Of the neurons, by number, if they have any, as directions may.
    reconstruction
        What a sparse autoencoder leaves of the layer, in words, where they are its features.
    """

    folder: Path
    scores: pd.DataFrame
    explanations: dict[str, dict[int, Explanation]]
    stability: dict[str, dict[int, Stability]] = field(default_factory=dict)
    names: Sequence[str] = ()
    reconstruction: str | None = None


def read_layer(folder: str | Path, activations: Path | None = None) -> Layer:
    """The explanations and scores in a folder such as `results/resnet50/layer4`.

    Parameters
    ----------
    activations
        The artifact that has the names of its neurons, and what an autoencoder leaves; None to do without.

    Raises
    ------
    LinexpError
        There are none, or they were made from different images.
    """
    folder = Path(folder)
    scores = folder / "scores.parquet"
    if not scores.is_file():
        raise LinexpError(
            f"{scores} does not exist; make it with `snakemake --cores all {scores}`, or name another folder"
        )
    table = store.read_table(scores).to_pandas()
    paths = {method: folder / "explanations" / f"{method}.parquet" for method in dict.fromkeys(table["method"])}
    for path in paths.values():
        if not path.is_file():
            raise LinexpError(f"{path} does not exist; make it with `snakemake --cores all {path}`")
    store.same_probe(scores, *paths.values(), *filter(None, [activations]))
    explained = {
        method: {one.neuron: one for one in from_table(store.read_table(path))} for method, path in paths.items()
    }
    names, left = (names_of(activations), told_of(activations, OF_FEATURES)) if activations else (None, {})
    is_known = bool(left) and not np.isnan([*left.values()]).any()
    told = reconstruction(**left) if is_known else None
    return Layer(folder, table, explained, _read_stability(folder, explained), names or (), told)


def _read_stability(folder: Path, explained: dict[str, dict[int, Explanation]]) -> dict[str, dict[int, Stability]]:
    """The stability of the methods of which there is a file.

    Raises
    ------
    LinexpError
        It is that of other explanations.
    """
    found = {}
    for method, known in explained.items():
        path = folder / "stability" / f"{method}.parquet"
        if not path.is_file():
            continue
        store.same_probe(folder / "scores.parquet", path)
        found[method] = {one.neuron: one for one in stabilities_from(store.read_table(path))}
        for neuron, one in found[method].items():
            if neuron not in known or list(one.concepts) != list(known[neuron].concepts):
                remedy = f"make it again with `snakemake --cores all {path}`"
                raise LinexpError(f"{path} is of other explanations than those that lie there; {remedy}")
    return found


def simulation_of(layer: Layer) -> Simulation | None:
    """Of the first method by the main simulator, if it is there: what maps of a layer at places are compared with."""
    for row in layer.scores[["method", "simulator"]].drop_duplicates().to_dict("records")[:1]:
        path = layer.folder / "simulations" / row["simulator"] / f"{row['method']}.h5"
        return Simulation(path, row["method"], row["simulator"]) if path.is_file() else None
    return None


def neuron_text(layer: Layer, neuron: int, activations: np.ndarray, width: int = 100, rows: str = "images") -> str:
    """A neuron on a screen: every method's explanation with its scores, a bar a weight, and the activations.

    Parameters
    ----------
    activations
        (n_images,) of the neuron, or of places.
    width
        Of the screen, in characters.
    rows
        What the activations are of.
    """
    name = f" ({printable(layer.names[neuron])})" if layer.names else ""
    heading = [f"{layer.folder}, neuron {neuron}{name}", *filter(None, [layer.reconstruction])]
    parts = ["\n".join(_cut(line, width) for line in heading)]
    for method, known in layer.explanations.items():
        of_method = (layer.scores["method"] == method) & (layer.scores["neuron"] == neuron)
        several = layer.scores["simulator"].nunique() > 1
        records = layer.scores[of_method].to_dict("records")
        told = [_scores(row, several) for row in records]
        stable = layer.stability.get(method, {}).get(neuron)
        lines = [*_weights(known.get(neuron), stable, width), *_ceilings(records, width)]
        parts.append("\n".join([f"{_named(method, records)}   {'; '.join(told)}", *lines]))
    parts.append("\n".join([f"activations of {len(activations):,} {rows}", *_histogram(activations)]))
    return "\n\n".join(parts)


def check_neuron(layer: Layer, neuron: int) -> None:
    """Whether a neuron is in the layer.

    Raises
    ------
    LinexpError
        It is not.
    """
    known = layer.scores["neuron"]
    if neuron not in set(known):
        raise LinexpError(
            f"neuron {neuron} is not in {layer.folder}; ask for one of its {known.nunique()} neurons, "
            f"{known.min()} to {known.max()}"
        )


def _named(method: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """A method with what holds of it for a neuron, whose scores are the same there in all rows."""
    if method == RANDOM_CONCEPTS:
        return f"{method} (null control)"
    row = rows[0] if rows else {}
    notes = ["best on val"] if row.get("best_method") == method else []
    notes += ["simulators differ on the verdict"] if row.get("verdict_flips") is True else []
    return f"{method} ({'; '.join(notes)})" if notes else method


def _scores(row: dict, name_simulator: bool) -> str:
    told = [f"{name} {row[key]:z.2f}" for key, name in MAIN.items() if pd.notna(row.get(key))]
    if told and row.get("verdict") in VERDICTS:
        told.append(VERDICTS[row["verdict"]].short)
    text = ", ".join(told) or f"no score ({row['status']})"
    return f"{row['simulator']}: {text}" if name_simulator else text


def _ceilings(rows: Sequence[dict], width: int) -> list[str]:
    """What any explanation could reach, why this one does not, and what it lacks; nothing of what is not known."""
    lines = []
    for row in rows:
        if pd.notna(row.get(CEILINGS[0])):
            known = [f"{name} {row[key]:z.2f}" for key, name in CEILING.items() if pd.notna(row[key])]
            lines.append(f"at most: {', '.join(known)}")
        if row.get("why_not") in WHY_NOT:
            lines.append(f"not explained: {WHY_NOT[row['why_not']].short}")
        if pd.notna(row.get("missing_concept")):
            known = [
                f" ({reached:z.2f} with what is left)" for reached in [row["missing_correlation"]] if pd.notna(reached)
            ]
            lines.append(f"lacks: {printable(row['missing_concept'])}{''.join(known)}")
    return [_cut(f"  {line}", width) for line in lines]


def _weights(explanation: Explanation | None, stable: Stability | None, width: int) -> list[str]:
    """A line a concept, the largest weight first, with what is known of its stability, and one for the bias."""
    if explanation is None or not explanation.concepts:
        return [f"  {explanation.status if explanation else 'missing'}"]
    largest = max(map(abs, explanation.weights)) or 1.0
    numbers = [f"{value:z.2f}" for value in [*explanation.weights, explanation.bias]]
    column = max(map(len, numbers))
    names = [printable(concept) for concept in explanation.concepts]
    if stable:
        longest = max(map(len, names))
        names = [f"{name:<{longest}}  {_stable(stable, place)}" for place, name in enumerate(names)]
    lines = []
    for number, weight, name in zip(numbers, explanation.weights, names, strict=False):
        bar = _bar(abs(weight) / largest, BAR)
        bar = bar.replace("█", "░") if weight < 0 else bar
        lines.append(_cut(f"  {number:>{column}}  {bar:<{BAR}}  {name}", width))
    if explanation.bias:
        lines.append(_cut(f"  {numbers[-1]:>{column}}  {'':<{BAR}}  (bias)", width))
    return lines


def _stable(stable: Stability, place: int) -> str:
    """In how many resamples a concept is chosen, the interval of its weight there, and what is chosen else."""
    text, low, high = f"{100 * stable.shares[place]:.0f} %", stable.low[place], stable.high[place]
    if low is not None and high is not None:
        text += f" ({low:z.2f} to {high:z.2f})"
    pairs = zip(stable.alternatives[place], stable.alternative_shares[place], strict=True)
    others = [f"{printable(name)} {100 * share:.0f} %" for name, share in pairs][:MOST_OTHERS]
    return f"{text}, else {', '.join(others)}" if others else text


def _histogram(activations: np.ndarray) -> list[str]:
    """A line a bin of the activation, with the number of its images."""
    if constant(activations):
        return [f"  {activations[0]:.3g} on all of them"]
    edges = activation_bins(activations)
    counts = np.bincount(bins_of(activations, edges), minlength=len(edges) - 1)
    numbers = [f"{edge:.3g}" for edge in edges]
    column = max(map(len, numbers))
    return [
        f"  {low:>{column}} to {high:>{column}}  {_bar(count / counts.max(), BAR):<{BAR}}  {count:,}"
        for low, high, count in zip(numbers[:-1], numbers[1:], counts, strict=True)
    ]


def _bar(share: float, width: int) -> str:
    """A bar in eighths of a character; whatever is not 0 is seen."""
    eighths = max(round(share * width * 8), 1 if share > 0 else 0)
    return "█" * (eighths // 8) + BLOCKS[eighths % 8].strip()


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[: width - 1]}…"


@dataclass(frozen=True)
class Found:
    """A neuron that a concept explains, with the method whose explanation says so best.

    Attributes
    ----------
    share
        The positive weights of what was found, as a share of the sum of all absolute weights of the explanation.
    correlation
        Of the explanation with the first simulator; None where undefined.
    """

    neuron: int
    method: str
    share: float
    correlation: float | None
    explanation: Explanation

    @property
    def rank(self) -> float:
        """The share times the correlation, where that is positive: what comes first."""
        return self.share * max(self.correlation or 0.0, 0.0)


def find_concept(layer: Layer, words: str, methods: Sequence[str] = ()) -> list[Found]:
    """The neurons that have a concept of the given words in an explanation, by their best one, highest `rank` first.

    The words match as whole words and in any case: `dog` finds `Dog` and `sled dog`, but not `dogma`. Several concepts
    of an explanation that match count together.

    Parameters
    ----------
    methods
        Those to look at; default all but the null control.

    Raises
    ------
    LinexpError
        There is no such method, or no explanation has such a concept.
    """
    judged = [method for method in layer.explanations if method != RANDOM_CONCEPTS]
    for method in methods:
        if method not in layer.explanations:
            raise LinexpError(
                f"there is no method {method!r} in {layer.folder}; it has {', '.join(layer.explanations)}"
            )
    chosen = {method: layer.explanations[method] for method in methods or judged}
    named = {concept for known in chosen.values() for one in known.values() for concept in one.concepts}
    pattern = re.compile(rf"(?<!\w){re.escape(words.strip())}(?!\w)", re.IGNORECASE)
    wanted = {concept for concept in named if words.strip() and pattern.search(concept)}
    if not wanted:
        raise LinexpError(f"no explanation in {layer.folder} has {words!r}; {_hint(words, named)}")
    scores = layer.scores.drop_duplicates(["method", "neuron"]).set_index(["method", "neuron"])["correlation"]
    found = [
        Found(neuron, method, _positive_share(one, wanted), _number(scores.get((method, neuron))), one)
        for method, known in chosen.items()
        for neuron, one in known.items()
        if not wanted.isdisjoint(one.concepts)
    ]
    best: dict[int, Found] = {}
    for one in sorted(found, key=lambda one: (-one.rank, -one.share, -(one.correlation or 0.0), one.neuron)):
        best.setdefault(one.neuron, one)
    return list(best.values())


def _positive_share(explanation: Explanation, wanted: set[str]) -> float:
    pairs = list(zip(explanation.weights, explanation.concepts, strict=True))
    total = sum(abs(weight) for weight, _ in pairs) or 1.0
    return sum(weight for weight, concept in pairs if weight > 0 and concept in wanted) / total


def _number(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _hint(words: str, named: set[str]) -> str:
    lowered = {concept.lower(): concept for concept in sorted(named)}
    near = [name for name in lowered if words.strip() and words.lower() in name][:3]
    near = near or difflib.get_close_matches(words.lower(), lowered, 3)
    return f"try {', '.join(printable(lowered[name]) for name in near)}" if near else "try another word"


def found_text(found: Sequence[Found], words: str, limit: int, width: int = 100, names: Sequence[str] = ()) -> str:
    """A table of at most `limit` of the neurons that were found, a line each; with their `names` if there are any."""
    head = f"{_plural(len(found), 'neuron')} {'has' if len(found) == 1 else 'have'} {words!r} in an explanation"
    header = ["neuron", *["name"] * bool(names), "method", "correlation", "share", "explanation"]
    rows = [
        [
            str(one.neuron),
            *([_cut(printable(names[one.neuron]), LONGEST_NAME)] if names else []),
            one.method,
            "–" if one.correlation is None else f"{one.correlation:z.2f}",
            f"{100 * one.share:.0f} %",
            printable(one.explanation.text()),
        ]
        for one in found[:limit]
    ]
    columns = [max(len(row[number]) for row in [header, *rows]) for number in range(len(header) - 1)]
    lines = []
    for row in [header, *rows]:
        cells = [
            cell.ljust(size) if title in ("name", "method") else cell.rjust(size)
            for title, cell, size in zip(header, row, columns, strict=False)
        ]
        lines.append(_cut("  ".join([*cells, row[-1]]), width))
    rest = len(found) - limit
    more = [f"… and {rest} more; --limit {len(found)} shows all"] if rest > 0 else []
    order = "those first whose share of positive weights × correlation is highest, of the method where it is"
    return "\n".join([_cut(head, width), _cut(order, width), "", *lines, *more])


def _plural(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
