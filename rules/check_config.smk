import os
import sys
from pathlib import Path

# relative, so that a moved or copied folder remakes nothing
BASE = Path(os.path.relpath(workflow.basedir))
SCRIPTS = BASE / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS.resolve()))

from linexp.config_text import check_text
from linexp.errors import LinexpError


def stop(message):
    """End Snakemake before any job, with one line and no traceback."""
    print(f"linexp: {message}", file=sys.stderr)
    sys.exit(1)


# before Snakemake reads it, which would keep the last of two keys and run the code of a template
try:
    for path in dict.fromkeys(["config.yaml", *map(str, workflow.configfiles)]):
        if os.path.exists(path):
            check_text(path)
except LinexpError as error:
    stop(error)
