import ast
from functools import cache
from types import SimpleNamespace

from linexp import class_lists
from linexp import config as configuration
from linexp import derived_targets
from linexp import image_sources
from linexp import run_lock
from linexp import table_sources
from linexp.baselines import BASELINES
from linexp.concepts import RANDOM_CONCEPTS, WORD_LISTS

# jobs on a cluster read the Snakefile too: they are part of a run
if workflow.is_main_process:
    workflow.execute = run_lock.alone(workflow, stop)


def named_file(path, place, origin=None):
    """A file that the configuration names, or a stop if it is not there."""
    if not os.path.isfile(path):
        stop(
            f"{place}: {path} does not exist; {f'get it from {origin}' if origin else 'put it there, or correct the path'}"
        )
    return path


try:
    config = configuration.checked(config, BASE / "workflow" / "schemas" / "config.schema.yaml")
except LinexpError as error:
    stop(f"config.yaml: {error}")


def one_of(names):
    """A wildcard constraint that only the given names fulfil."""
    return "|".join(sorted(names)) or "(?!)"


def names_of_kind(section, *kinds):
    return [name for name, entry in config[section].items() if entry["kind"] in kinds]


recorded_targets = {derived_targets.recorded_target(config["targets"], name) for name in config["targets"]}

# methods whose words are in their explanations rather than in a concept set
OWN_CONCEPTS = ("imported", "network_dissection")

# training images are not scored on: a few are held out for the accuracy that training.json reports
TRAINING_SPLIT = {"train": 0.95, "val": 0.05, "test": 0.0}


wildcard_constraints:
    place="probes|models",
    images=one_of([*config["probes"], *config["training_sets"]]),
    probe=one_of(config["probes"]),
    classifier=one_of(names_of_kind("trained_models", "classifier")),
    trained_image_text=one_of(names_of_kind("trained_models", "image_text")),
    image_text_model=one_of(config["image_text_models"]),
    simulator=one_of(config["image_text_models"]),
    concept_set=one_of([*configuration.BUILT_IN, *config["concept_sets"]]),
    presence="label|[A-Za-z0-9_]+/[A-Za-z0-9_]+",
    target=one_of(config["targets"]),
    layer="[A-Za-z0-9_]+",
    method=one_of(config["methods"]),
    neuron=r"\d+",
    block=r"\d+",
    blocks=r"\d+",
    neurons=r"(_\d+)*",
    format="svg|png",


def script_file(name):
    return str(SCRIPTS / f"{name}.py")


def module_file(name):
    """The file of a library module, or the files of a package."""
    folder = SCRIPTS / "linexp" / name
    return sorted(folder.glob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]


@cache
def imported_modules(file):
    """The library modules that one file of the library imports by relative imports; not those beside it in a package."""
    above, found = 1 if file.parent.name == "linexp" else 2, []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == above:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            found += (name.split(".")[0] for name in names if not name.startswith("__"))
    return found


def library(*modules):
    """The files of the given library modules and of all that they import: inputs that a rule depends on."""
    waiting, files = list(modules), {SCRIPTS / "linexp" / "__init__.py"}
    while waiting:
        for file in module_file(waiting.pop()):
            if file not in files:
                files.add(file)
                waiting.extend(imported_modules(file))
    return sorted(map(str, files))


def target_of(wildcards):
    """The entry of a target, or a stop if it has no such layer."""
    target = config["targets"][wildcards.target]
    layer = getattr(wildcards, "layer", None)
    if layer is not None and layer not in target["layers"]:
        stop(f"target {wildcards.target}: there is no layer {layer!r}; it has {', '.join(target['layers'])}")
    return target


def image_settings(place, name):
    """The entry of a set of images; scenes are read from the Parquet file that they are drawn to."""
    section = "probes" if place == "probes" else "training_sets"
    if name not in config[section]:
        stop(f"{section}: there is no {name!r}; it has {', '.join(config[section])}")
    settings = {key: value for key, value in config[section][name].items() if key != "origin"}
    if settings["kind"] != "scenes":
        return settings
    from linexp import scenes

    return {
        "kind": "parquet",
        "files": [f"results/{place}/{name}/images.parquet"],
        "image": "image",
        "label": "label",
        "concepts": "concepts",
        "class_names": list(scenes.CLASS_NAMES),
        "superclasses": {name: list(members) for name, members in scenes.SUPERCLASSES.items()},
    }


def image_files(place, name):
    """The files of a set of images, or a stop that says what is missing and how to get it."""
    settings = image_settings(place, name)
    entry = config["probes" if place == "probes" else "training_sets"][name]
    problem = None if entry["kind"] == "scenes" else image_sources.missing(entry)
    if problem:
        stop(f"{place} {name}: {problem}")
    named = [settings.get(key) for key in ("class_names", "superclasses")]
    files = [named_file(path, f"{place}.{name}") for path in filter(class_lists.is_names_file, named)]
    return [*image_sources.paths(settings), *files]


def training_set(trained_model):
    return config["trained_models"][trained_model]["images"]
