"""docs/arrays.md runs, block by block, and prints what it shows."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

PAGE = (Path(__file__).parents[3] / "docs/arrays.md").read_text(encoding="utf-8")


def blocks() -> list[tuple[str, str]]:
    """Each block of Python and what is shown below it."""
    return re.findall(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", PAGE, re.DOTALL | re.MULTILINE)


def test_what_the_page_shows_is_what_its_code_prints():
    (outline, _), *shown = blocks()
    assert len(shown) >= 5 and sum(bool(printed) for _, printed in shown) >= 3
    names: dict = {}
    for code, expected in shown:
        printed = StringIO()
        with redirect_stdout(printed):
            exec(compile(code, "docs/arrays.md", "exec"), names)
        assert printed.getvalue() == expected
    exec(compile(outline, "docs/arrays.md", "exec"), names)
    assert names["scores"]["correlation"][0] > 0.5
