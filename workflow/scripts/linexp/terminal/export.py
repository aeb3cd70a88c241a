"""The explanations and scores of a layer as one flat table, for a spreadsheet or a notebook."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..artifacts import attributes, store
from ..errors import LinexpError
from ..explanations import from_table, printable
from ..importers.linear import spreadsheet_text
from .neuron import read_layer

DIGITS = 3
TEXT = "explanation"
"""The column that is a text of ours."""
_LISTS = ["concepts", "weights", "bias"]
"""What `explanation` says as a text."""


def flat_table(folder: Path) -> pd.DataFrame:
    """All that is known of the neurons of a layer, one row a neuron, method and simulator.

    Returns
    -------
    pd.DataFrame
        `neuron`, `method`, `simulator` and `explanation`, a text such as `2.100·snow + 0.200`; what else
        `explanations/{method}.parquet` has, then what `scores.parquet` has, a `verdict` among them where there is one.
        A column of the explanations that scores have too is `explanation_{name}`.

    Raises
    ------
    LinexpError
        See `read_layer`.
    """
    layer = read_layer(folder)
    tables = [_explained(layer.folder, method).assign(method=method) for method in layer.explanations]
    explained = pd.concat(tables, ignore_index=True)
    key = ["neuron", "method"]
    both = [name for name in explained if name in layer.scores and name not in key]
    explained = explained.rename(columns={name: f"explanation_{name}" for name in both})
    table = layer.scores.merge(explained, how="left", on=key, validate="many_to_one")
    first = [*key, "simulator", "explanation"]
    others = [name for name in [*explained.columns, *layer.scores.columns] if name not in first]
    return table[[*first, *others]]


def _explained(folder: Path, method: str) -> pd.DataFrame:
    table = store.read_table(folder / "explanations" / f"{method}.parquet")
    texts = [printable(explanation.text(DIGITS)) for explanation in from_table(table)]
    return table.to_pandas().drop(columns=_LISTS).assign(explanation=texts)


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a flat table; in CSV, an explanation that a spreadsheet would compute has an apostrophe in front.

    Raises
    ------
    LinexpError
        The name ends in neither `.csv` nor `.parquet`, a file of the workflow lies there, or it cannot be written.
    """
    if path.suffix not in (".csv", ".parquet"):
        raise LinexpError(f"{path}: give the file a name that ends in .csv or .parquet")
    if attributes.read_attributes(path) is not None:
        raise LinexpError(f"{path} is a file of the workflow; give another name")
    with store.atomic(path) as temporary:
        if path.suffix == ".csv":
            texts = {name: table[name].map(spreadsheet_text, na_action="ignore") for name in table if name == TEXT}
            table.assign(**texts).to_csv(temporary, index=False)
        else:
            pq.write_table(pa.Table.from_pandas(table, preserve_index=False), temporary)
