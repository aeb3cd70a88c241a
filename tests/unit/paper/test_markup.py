"""Tables are set with every figure in its place, and with nothing that Markdown or LaTeX would take for a command."""

import io
import re

import pandas as pd
import pytest

from linexp.paper.markup import to_latex, to_markdown
from linexp.paper.tables import fill, paper_tables, read_filled

BLANK = {"measured": None, "low": None, "high": None, "length": None, "paper_length": None, "note": None}
HOSTILE = r"a_b|c & 5% $x$ {y} #1 ~ ^ \cmd <tag> *z* `k` [q](r)"


def _table(*cells: dict) -> pd.DataFrame:
    """A table as its CSV is read."""
    rows = [{**BLANK, "table": 2, "measure": "correlation", "target": "net", **cell} for cell in cells]
    text = io.StringIO(pd.DataFrame(rows).to_csv(index=False))
    return read_filled(text)


def _cell(row: str, column: str, printed: str = "", **more) -> dict:
    return {"row": row, "column": column, "printed": printed, **more}


def _rows(markdown: str) -> list[list[str]]:
    """The cells of a table in Markdown, as a reader that knows `|` and its escape only."""
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


MEASURED = _table(
    _cell("ResNet", "A", "n/a"),
    _cell("ResNet", "B", "0.3772 ± 0.002", measured=0.37849, low=0.37412, high=0.38286, length=4.7),
    _cell("ViT", "A", "0.2924 (4.37)", measured=0.3, low=0.25, high=0.35, length=4.2049, paper_length=4.37),
    _cell("net/layer4", "B", measured=0.5),
)


def test_measured_figures_stand_above_the_printed_ones():
    header, _, *rows = _rows(to_markdown(MEASURED, "Caption", "Model"))
    assert header == ["Model", "", "A", "B"]
    assert rows == [
        ["ResNet", "measured", "", "0.3785 [0.374, 0.383]"],
        ["", "paper", "n/a", "0.3772 ± 0.002"],
        ["ViT", "measured", "0.3000 [0.250, 0.350] (4.20)", ""],
        ["", "paper", "0.2924 (4.37)", ""],
        ["net/layer4", "measured", "", "0.5000"],
    ]


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("mean_length", "4.26 [4.1, 4.4]"),
        ("dead", "426.1% [412%, 438%]"),
        ("top_impact", "426.1% [412%, 438%]"),
        ("ablation_norm", "4.2612 [4.123, 4.377]"),
    ],
)
def test_figures_have_the_digits_that_suit_their_measure(measure, expected):
    table = _table(_cell("a", "b", measured=4.2612, low=4.123, high=4.377, measure=measure))
    assert _rows(to_markdown(table, "Caption", "Model"))[-1][-1] == expected


@pytest.mark.parametrize("number", paper_tables())
def test_every_printed_figure_of_the_paper_is_in_its_row_and_column(number):
    table, text = paper_tables()[number], io.StringIO()
    cells = table.cells()
    fill(number, cells, seed=0).to_csv(text, index=False)
    text.seek(0)
    read = read_filled(text)
    header, _, *rows = _rows(to_markdown(read, table.caption, table.stub))
    found = {(row[0], column): figure for row in rows for column, figure in zip(header[2:], row[2:], strict=True)}
    assert found == {(cell.row, cell.column): cell.printed for cell in cells}
    body = to_latex(read, table.caption, table.stub).split(r"\midrule")[1].split(r"\bottomrule")[0]
    lines = [[part.strip() for part in line.rstrip("\\ ").split(" & ")] for line in body.strip().splitlines()]
    printed = [cell.printed.replace("±", r"$\pm$").replace("%", r"\%") for cell in cells]
    assert [figure for line in lines for figure in line[2:]] == printed


def test_names_and_notes_cannot_break_markdown():
    note = f"{HOSTILE}\nsecond line"
    table = _table(_cell(HOSTILE, HOSTILE, "1.0"), _cell("b", HOSTILE, "2.0", note=note, target="x"))
    text = to_markdown(table, HOSTILE, HOSTILE)
    header, rule, *rows = _rows(text)
    assert [len(row) for row in (header, rule, *rows)] == [3] * 4
    assert rows[0][0] == header[2] == r"a\_b\|c & 5% $x$ {y} \#1 \~ ^ \\cmd \<tag> \*z\* \`k\` [q](r)"
    assert text.endswith(f"- x: {header[2]} second line\n")


def test_names_and_captions_cannot_break_latex():
    table = _table(_cell(HOSTILE, "β = 0.1", "1.0", note=f"{HOSTILE}\n\\input"))
    text = to_latex(table, HOSTILE, HOSTILE)
    escaped = (
        r"a\_b\textbar{}c \& 5\% \$x\$ \{y\} \#1 \textasciitilde{} \textasciicircum{} "
        r"\textbackslash{}cmd \textless{}tag\textgreater{} *z* `k` [q](r)"
    )
    assert rf"  \caption{{{escaped}. Measured:" in text
    assert rf"    {escaped} &  & $\beta$ = 0.1 \\" in text and rf"    {escaped} & paper & 1.0 \\" in text
    comment, *code = text.splitlines()
    assert comment == f"% not measured: net: {HOSTILE} \\input"
    commands = set(re.findall(r"\\[a-zA-Z]+", "\n".join(code).replace(escaped, "")))
    tabular = {r"\toprule", r"\midrule", r"\bottomrule"}
    assert commands == tabular | {
        r"\begin",
        r"\end",
        r"\centering",
        r"\footnotesize",
        r"\caption",
        r"\label",
        r"\beta",
        r"\pm",
    }
    assert "\n".join(code).count("{") == "\n".join(code).count("}")


def test_a_reason_is_told_once_with_all_its_targets():
    cells = [_cell("a", column, "1", target=column, note="no images") for column in ("x", "y")]
    text = to_markdown(_table(*cells, _cell("b", "x", "1", target="z", note="other")), "Caption", "Model")
    assert text.endswith("Not measured:\n\n- x, y: no images\n- z: other\n")
    assert "Not measured" not in to_markdown(MEASURED, "Caption", "Model")
