"""Every rule lists its script and the library modules that the script uses, so that editing one remakes the rule."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SCRIPTS = REPOSITORY / "workflow/scripts"
RULES = {
    match[1]: match[2]
    for file in sorted((REPOSITORY / "rules").glob("*.smk"))
    for match in re.finditer(r"^rule (\w+):\n(.*?)(?=^rule |\Z)", file.read_text(), re.DOTALL | re.MULTILINE)
}


def script_of(rule: str) -> str:
    return re.search(r'script:\s+"\.\./workflow/scripts/(\w+)\.py"', RULES[rule])[1]


def declared(rule: str) -> set[str]:
    block = re.search(r"library=library\((.*?)\)", RULES[rule], re.DOTALL)[1]
    return set(re.findall(r'"(\w+)"', block))


def imported(script: Path) -> set[str]:
    """The library modules that a script imports by name, wherever in the script."""
    names = set()
    for node in ast.walk(ast.parse(script.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "linexp":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("linexp."):
            names.add(node.module.split(".")[1])
    return names


def test_there_are_rules_to_check():
    assert len(RULES) > 15


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_declares_its_script_and_just_the_modules_that_it_imports(rule):
    assert f'script_file("{script_of(rule)}")' in RULES[rule]
    assert declared(rule) == imported(SCRIPTS / f"{script_of(rule)}.py")


@pytest.mark.parametrize("rule", ["explain_linear", "embed_images", "draw_scenes"])
def test_the_inputs_of_a_rule_cover_all_that_is_imported_when_it_runs(rule, finished):
    modules = ", ".join(sorted(imported(SCRIPTS / f"{rule}.py")))
    code = f"import sys; from linexp import {modules}; print(*[m for m in sys.modules if m.startswith('linexp')])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(SCRIPTS)}, capture_output=True, text=True, check=True
    ).stdout.split()
    summary = finished.run("--detailed-summary")
    rows = [line.split("\t") for line in summary.splitlines() if "\t" in line]
    column = rows[0].index("input-file(s)")
    inputs = next(row[column] for row in rows[1:] if rule in row)
    for module in loaded:
        file = module.replace(".", "/")
        assert f"{file}.py" in inputs or f"{file}/__init__.py" in inputs, module
