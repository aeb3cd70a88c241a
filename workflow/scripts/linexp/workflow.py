"""Where the workflow of this library lies: around it in a clone, in a folder of it where it is installed."""

from pathlib import Path

LIBRARY = Path(__file__).resolve().parent
INSTALLED = LIBRARY / "_workflow"
WORKFLOW = INSTALLED if INSTALLED.is_dir() else LIBRARY.parents[2]
SCRIPTS = WORKFLOW / "workflow" / "scripts"
SCHEMA = WORKFLOW / "workflow" / "schemas" / "config.schema.yaml"
PROFILES = WORKFLOW / "profiles"
SNAKEFILE = str(WORKFLOW / "Snakefile")
"""For a Snakefile of one's own: `module linexp: snakefile: SNAKEFILE`."""
