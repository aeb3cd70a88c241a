"""In an installed linexp this lies beside the scripts, and gives them the library that the workflow lies in."""

import sys
from importlib import util
from pathlib import Path

_INIT = Path(__file__).parents[3] / "__init__.py"
_SPEC = util.spec_from_file_location("linexp", _INIT, submodule_search_locations=[str(_INIT.parent)])
sys.modules["linexp"] = util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(sys.modules["linexp"])
