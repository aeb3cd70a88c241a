# The configuration, the wildcards, and how rules ask the library (linexp.planning) for what follows from both.
import os
import re
import sys
from pathlib import Path

# seen from this file, as the Snakefile that uses these rules may lie anywhere
HERE = Path(workflow.current_basedir.get_path_or_uri(secret_free=True))
SCRIPTS = str(HERE.parent / "workflow" / "scripts")
sys.path.insert(0, SCRIPTS)

from linexp.baselines import BASELINES
from linexp.concepts.sets import PIXEL_LABELS, RANDOM_CONCEPTS
from linexp.config import checks, derived_targets, origins, text
from linexp.errors import LinexpError
from linexp.figures.of_layer import FIGURES
from linexp.jobs import report as snakemake_report
from linexp.jobs import run_lock
from linexp.jobs.runtime import check_python, import_from
from linexp.paper import sources, tables
from linexp.planning import (
    blocks,
    dense_files,
    dissection_files,
    evaluation_files,
    explorer_files,
    figure_files,
    inputs,
    model_files,
    place_files,
    recipes,
    resources,
    titles,
    user_files,
    work,
)
from linexp.workflow import SCHEMA


def stop(error):
    """End Snakemake before any job, with one line and no traceback."""
    print(f"linexp: {error}", file=sys.stderr)
    sys.exit(1)


# before Snakemake reads the configuration, which would keep the last of two keys and run the code of a template
try:
    import_from(SCRIPTS)
    if not workflow.deployment_settings.deployment_method:  # else it is the Python of an environment
        check_python(sys.executable)
    user_files.without_braces(str(HERE.parent))
    for path in dict.fromkeys(["config.yaml", *map(str, workflow.configfiles)]):
        if os.path.exists(path):
            text.check_text(path)
except LinexpError as error:
    stop(error)


configfile: "config.yaml"


found = origins.origins(workflow, config)
try:
    config = checks.checked(origins.without_nulls(config, found), SCHEMA)
except LinexpError as error:
    stop(f"{origins.origin_of(str(error), found)}: {error}")

# jobs on a cluster read the Snakefile too: they are part of a run
if workflow.is_main_process:
    workflow.execute = run_lock.alone(workflow, stop)
    workflow.create_report = snakemake_report.of_what_is_made(workflow, stop)


def ask(question):
    """A function of params or resources that asks the library a question of the configuration and the wildcards."""

    def asked(wildcards):
        try:
            return question(config, wildcards)
        except LinexpError as error:
            stop(error)

    return asked


def needs(question):
    """An input function of the same kind. The user's own files count by their content (recipes), not by their time."""

    def given(found):
        if isinstance(found, dict):
            return {name: given(files) for name, files in found.items()}
        if isinstance(found, list):
            return [given(file) for file in found]
        return found if found.startswith("results/") else ancient(found)

    asked = ask(lambda config, wildcards: user_files.without_braces(question(config, wildcards)))
    return lambda wildcards: given(asked(wildcards))


def of_target(key):
    """What a target's entry has under a key."""
    return ask(lambda config, wildcards: inputs.target_of(config, wildcards).get(key))


def of_method(key):
    return lambda wildcards: config["methods"][wildcards.method].get(key)


def of_image_text_model(key):
    return lambda wildcards: config["image_text_models"][wildcards.image_text_model].get(key)


def memory(work):
    """`mem_mb` of a rule: what its first attempt takes, and more for each further one."""
    return lambda wildcards, attempt: ask(work)(wildcards).megabytes(attempt)


def runtime(work):
    """`runtime` of a rule, in minutes."""
    return lambda wildcards, attempt: ask(work)(wildcards).minutes(attempt)


def one_of(names):
    """A wildcard constraint that only the given names fulfil."""
    return "|".join(sorted(names)) or "(?!)"


def names_of_kind(section, *kinds):
    return [name for name, entry in config[section].items() if entry["kind"] in kinds]


def threads_of_target(wildcards):
    """One where a target is a small network of the workflow's own: jobs side by side then save more than threads."""
    return 1 if model_files.is_own(config, wildcards) else 8


def threads_of_image_text(wildcards):
    """One where an image-text model is such a network."""
    return 1 if of_image_text_model("trained")(wildcards) else 8


def threads_of_images(wildcards):
    """One where the images are drawn scenes, which are few."""
    images = {**config["probes"], **config["training_sets"]}[wildcards.images]
    return 1 if images["kind"] == "scenes" else 8


models = one_of(config["image_text_models"])
simulators = one_of([*config["image_text_models"], PIXEL_LABELS])
recorded_targets = {derived_targets.recorded_target(config["targets"], name) for name in config["targets"]}
networks = {name for name in recorded_targets if model_files.has_network(config, name)}
cut_targets = blocks.cut_targets(config)
uncut_targets = set(config["targets"]) - cut_targets


wildcard_constraints:
    place="probes|models",
    images=one_of([*config["probes"], *config["training_sets"]]),
    probe=one_of(config["probes"]),
    trained_model=one_of(config["trained_models"]),
    image_text_model=models,
    simulator=models,
    concept_set=one_of([*checks.BUILT_IN, *config["concept_sets"]]),
    explainers=f"({models})({inputs.AND}({models}))*",
    label_weight="[0-9.e-]+",
    presence="label|[A-Za-z0-9_]+/[A-Za-z0-9_]+(/both_[0-9.e-]+)?(/places/[A-Za-z0-9_]+)?",
    target=one_of(config["targets"]),
    layer="[A-Za-z0-9_]+",
    method=one_of(config["methods"]),
    grid=r"[1-9]\d*",
    neuron=r"\d+",
    block=r"\d+",
    blocks=r"\d+",
    neurons=r"(_\d+)*",
    figure=one_of(FIGURES),
    number=one_of(f"{number:02d}" for number in tables.paper_tables()),
    format="svg|png",
