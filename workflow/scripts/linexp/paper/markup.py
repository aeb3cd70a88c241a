"""The paper's tables as Markdown and LaTeX, with the measured means above the printed figures."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from .tables import PERCENTAGES

MEASURED = "measured"
LEGEND = "Measured: mean over neurons with its 95 % bootstrap interval. Paper: as printed, ± is the standard error."
_MARKDOWN = str.maketrans({character: f"\\{character}" for character in "\\`*_<|#~"})
_LATEX = str.maketrans(
    {character: f"\\{character}" for character in "{}$&#_%"}
    | {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "±": r"$\pm$",
        "β": r"$\beta$",
    }
)


def to_markdown(table: pd.DataFrame, caption: str, stub: str) -> str:
    """A table as Markdown, with what is not measured below it.

    Parameters
    ----------
    table
        Of `paper_tables.fill`.
    caption
        In plain text.
    stub
        Heading of the row labels.
    """
    header, *lines = [[cell.translate(_MARKDOWN) for cell in line] for line in _lines(table, stub)]
    rule = ["---", "---", *["---:"] * (len(header) - 2)]
    notes = [f"- {note}".translate(_MARKDOWN) for note in _notes(table)]
    parts = [
        f"**Table {table['table'].iloc[0]}.** {caption.translate(_MARKDOWN)}.",
        "\n".join(f"| {' | '.join(line)} |" for line in [header, rule, *lines]),
        LEGEND,
        *(["\n".join(["Not measured:", "", *notes])] if notes else []),
    ]
    return "\n\n".join(parts) + "\n"


def to_latex(table: pd.DataFrame, caption: str, stub: str) -> str:
    """A table as LaTeX that needs the package booktabs; what is not measured stands in comments.

    Parameters
    ----------
    table, caption, stub
        As of `to_markdown`.
    """
    header, *lines = [" & ".join(cell.translate(_LATEX) for cell in line) + r" \\" for line in _lines(table, stub)]
    number = table["table"].iloc[0]
    return "\n".join(
        [
            *(f"% not measured: {note}" for note in _notes(table)),
            r"\begin{table}",
            r"  \centering",
            r"  \footnotesize",
            rf"  \caption{{{f'{caption}. {LEGEND}'.translate(_LATEX)}}}",
            rf"  \label{{tab:linexp-{number:02d}}}",
            rf"  \begin{{tabular}}{{ll{'r' * table['column'].nunique()}}}",
            r"    \toprule",
            f"    {header}",
            r"    \midrule",
            *(f"    {line}" for line in lines),
            r"    \bottomrule",
            r"  \end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _lines(table: pd.DataFrame, stub: str) -> Iterable[list[str]]:
    """The header, and for each row a line of what is measured and one of what is printed, where there is any."""
    columns = list(dict.fromkeys(table["column"]))
    yield [stub, "", *columns]
    for label, rows in table.groupby("row", sort=False):
        cells = {cell["column"]: cell for cell in rows.to_dict("records")}
        found = [(MEASURED, _texts(columns, cells, _measured)), ("paper", _texts(columns, cells, _printed))]
        for source, texts in found:
            if any(texts):
                yield [label, source, *texts]
                label = ""


def _texts(columns: Sequence[str], cells: Mapping[str, Mapping[str, Any]], text) -> list[str]:
    return [text(cells[column]) if column in cells else "" for column in columns]


def _printed(cell: Mapping[str, Any]) -> str:
    return "" if pd.isna(cell["printed"]) else cell["printed"]


def _measured(cell: Mapping[str, Any]) -> str:
    if pd.isna(cell["measured"]):
        return ""
    text = _number(cell["measured"], cell["measure"], digits=4)
    if pd.notna(cell["low"]):
        text += f" [{', '.join(_number(cell[end], cell['measure'], digits=3) for end in ('low', 'high'))}]"
    return text if pd.isna(cell["paper_length"]) else f"{text} ({cell['length']:.2f})"


def _number(value: float, measure: str, digits: int) -> str:
    """A percentage with so many significant digits, or a number with so many decimals; a length has half of them."""
    if measure in PERCENTAGES:
        return f"{100 * value:.{digits}g}%"
    return f"{value:z.{digits // 2 if measure == 'mean_length' else digits}f}"


def _notes(table: pd.DataFrame) -> list[str]:
    """Why cells are not measured, one line a reason."""
    noted = table[table["note"].notna()].groupby("note", sort=False)["target"]
    return [" ".join(f"{', '.join(targets.unique())}: {note}".split()) for note, targets in noted]
