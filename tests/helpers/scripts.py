"""The scripts of rules, run in this process on artifacts that a test wrote."""

import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from linexp.workflow import SCRIPTS


class Named(dict):
    """What a rule names, as `snakemake.input` and `snakemake.params` give it."""

    __getattr__ = dict.__getitem__


def run(rule: str, files: dict[str, Any], output: Path, threads: int = 1, wildcards: Any = None, **params: Any) -> Path:
    """Run the script of a rule as Snakemake does; returns where its output lies."""
    output.parent.mkdir(parents=True, exist_ok=True)
    recipe = output.with_name(f"{output.name}.recipe")
    recipe.write_text(json.dumps({"made_by": rule, "code": {}, "files": {}}), encoding="utf-8")
    given = SimpleNamespace(
        input=Named(files | {"recipe": recipe}),
        output=[str(output)],
        params=Named(params),
        wildcards=SimpleNamespace(**wildcards or {}),
        threads=threads,
        log=[],
        scriptdir=str(SCRIPTS),
    )
    runpy.run_path(str(SCRIPTS / f"{rule}.py"), init_globals={"snakemake": given})
    return output
