"""The code in a recipe is all that a script loads, and no more than can change an artifact."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from linexp.planning import dependencies
from linexp.planning.dependencies import CHANGES_NOTHING, code_of, digest_of
from linexp.workflow import LIBRARY, SCRIPTS

NAMES = sorted(file.stem for file in SCRIPTS.glob("*.py"))
# each script's imports in a process forked from one that has the large libraries loaded
LOADING = """
import json, os, sys
import h5py, matplotlib, numpy, open_clip, pandas, pyarrow.parquet, scipy.optimize, timm, torch, torchvision
for name, imports in json.load(sys.stdin).items():
    sys.stdout.flush()
    if os.fork() == 0:
        exec(compile(imports, name, "exec"), {})
        loaded = [sys.modules[m].__file__ for m in list(sys.modules) if m.partition(".")[0] == "linexp"]
        print(json.dumps([name, loaded]), flush=True)
        os._exit(0)
    os.wait()
"""


def imports_of(script: str) -> str:
    """The imports of a script, wherever in it."""
    tree = ast.parse((SCRIPTS / f"{script}.py").read_text(encoding="utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return "\n".join(map(ast.unparse, found))


@pytest.fixture(scope="module")
def loaded():
    """The files of the library that each script loads, by its name."""
    done = subprocess.run(
        [sys.executable, "-c", LOADING],
        input=json.dumps({name: imports_of(name) for name in NAMES}),
        env={"PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = (json.loads(line) for line in done.stdout.splitlines())
    return {name: {Path(file).relative_to(SCRIPTS).as_posix() for file in files} for name, files in lines}


def only_documents(file: Path) -> bool:
    return file.name == "__init__.py" and digest_of(file) in {digest_of(LIBRARY / "jobs/__init__.py")}


def of_a_registry(file: Path) -> bool:
    """Whether a file is loaded with all others of an extension point, even where only one of them is used."""
    init = file.parent / "__init__.py"
    return "import_module" in init.read_text(encoding="utf-8")


@pytest.mark.parametrize("script", NAMES)
def test_a_recipe_has_all_that_is_loaded_when_a_script_runs(script, loaded):
    code = code_of(script)
    assert f"{script}.py" in code
    missing = [LIBRARY.parent / name for name in loaded[script] if name not in code]
    left_out = [file.relative_to(LIBRARY).as_posix() for file in missing if not only_documents(file)]
    unknown = [name for name in left_out if not name.startswith(CHANGES_NOTHING) and not of_a_registry(LIBRARY / name)]
    assert unknown == []


def test_what_can_change_no_artifact_is_left_out_and_named_here():
    assert (
        *("__init__.py", "jobs/downloads.py", "jobs/gpu_memory.py", "jobs/progress.py", "jobs/run_lock.py"),
        *("jobs/runtime.py", "jobs/write_errors.py", "terminal/", "planning/", "workflow.py"),
    ) == CHANGES_NOTHING
    for name in NAMES:
        below = [file.removeprefix("linexp/") for file in code_of(name) if file.startswith("linexp/")]
        assert not [file for file in below if file.startswith(CHANGES_NOTHING)]


def test_registries_count_whole_only_where_they_are_used_as_such():
    metrics = {f"linexp/metrics/{file.name}" for file in (LIBRARY / "metrics").glob("*.py")}
    assert metrics <= set(code_of("score_explanations")) & set(code_of("check_sanity")) & set(code_of("make_report"))
    assert not metrics & set(code_of("score_ablation"))
    importers = {f"linexp/importers/{file.name}" for file in (LIBRARY / "importers").glob("*.py")}
    assert importers <= set(code_of("import_explanations"))
    assert not importers & set(code_of("explain_linear"))


def test_data_files_count_where_they_are_read():
    of = {name: [name for name in NAMES if f"linexp/resources/{file}" in code_of(name)] for name, file in DATA.items()}
    assert of == {"wordnet": ["make_labels"], "tables": ["fill_table", "typeset_table"]}
    pages = {f"linexp/explorer/page/{file.name}" for file in (LIBRARY / "explorer/page").iterdir()}
    assert pages <= set(code_of("make_report")) and not pages & set(code_of("draw_neuron"))


DATA = {"wordnet": "imagenet1k_superclasses.yaml", "tables": "paper_tables.yaml"}


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ('"""A module."""\nx = 1\n\n\ndef f():\n    """Do it."""\n    return x\n', True),
        ("# a comment\nx = 1\ndef f(): return x  # another\n", True),
        ("x = 2\ndef f(): return x\n", False),
        ("x = 1\ndef f(): return 'x'\n", False),
        ("x = 1\ndef f(): pass\n", False),
    ],
)
def test_comments_and_docstrings_do_not_count_and_all_else_does(text, same, tmp_path):
    first, second = tmp_path / "first.py", tmp_path / "second.py"
    first.write_text("x = 1\ndef f():\n    return x\n")
    second.write_text(text)
    assert (digest_of(first) == digest_of(second)) is same


def test_a_function_that_only_documents_itself_is_one_that_does_nothing(tmp_path):
    (tmp_path / "a.py").write_text('def f():\n    """Nothing."""\n')
    (tmp_path / "b.py").write_text("def f():\n    pass\n")
    assert digest_of(tmp_path / "a.py") == digest_of(tmp_path / "b.py")


def test_the_imports_of_the_whole_library_form_no_circle_and_lead_down():
    floors = [
        {"errors", "explanations", "variation", "workflow"},
        {"jobs", "baselines"},
        {"artifacts", "metrics", "scenes"},
        {"probes", "concepts", "effects"},
        {"networks", "importers", "scoring"},
        {"fitting", "dissection", "figures", "config"},
        {"planning", "arrays"},
        {"explorer", "paper", "terminal"},
        {"__main__"},
    ]
    floor = {name: number for number, names in enumerate(floors) for name in names}
    for file in LIBRARY.rglob("*.py"):
        here = file.relative_to(LIBRARY).parts[0].removesuffix(".py")
        for used in dependencies._used_by(file):
            there = used.relative_to(LIBRARY).parts[0].removesuffix(".py")
            if used.suffix == ".py" and here != there and there != "__init__":
                assert floor[there] < floor[here], f"{here} imports {there}: {file} uses {used}"
