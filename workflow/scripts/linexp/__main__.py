"""The command line, `linexp new`, `check`, `layers`, `show`, `find`, `export`, `presence`, or `python -m linexp`."""

import argparse
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .artifacts import store
from .config import checks as configuration
from .config import origins
from .config.derived_targets import recorded_target
from .errors import LinexpError, suggest
from .networks.repositories import with_code
from .networks.sources import SOURCES
from .planning import data_check, missing, steps
from .terminal import export, neuron, new_folder, presence, where
from .workflow import SCHEMA

CONFIG = "config.yaml"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 1 if something is wrong or missing, 2 if it was not understood."""
    options = _parser().parse_args(arguments)
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # a TextIOWrapper
    try:
        status = options.command(options)
        sys.stdout.flush()
        return status
    except LinexpError as error:
        print(f"linexp: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # what reads the output has seen enough; nothing may be flushed to it at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="linexp", description="Begin a folder, check what is there, look at results.")
    commands = parser.add_subparsers(required=True, metavar="command")

    new = commands.add_parser("new", help="make a folder of your own, with a configuration that explains itself")
    new.add_argument("folder", type=Path, help="a new folder; of one that is there, no file is overwritten")
    new.add_argument("--model", metavar="SOURCE:NAME", help="a network by name, such as timm:convnext_atto")
    new.add_argument("--images", type=Path, metavar="FOLDER", help="images: one folder a class, or all in one folder")
    new.set_defaults(command=_new)

    show = commands.add_parser("show", help="print a neuron: explanations, scores, weights, activations")
    show.add_argument("folder", type=Path, help="results of a layer, such as results/scenes_resnet/layer4")
    show.add_argument("neuron", type=int)
    show.set_defaults(command=_show)

    find = commands.add_parser("find", help="list the neurons that a concept explains")
    find.add_argument("folder", type=Path, help="results of a layer, such as results/scenes_resnet/layer4")
    find.add_argument("concept", nargs="+", help="whole words of its name, in any case")
    find.add_argument("--method", action="append", default=[], help="only this method; can be given again")
    find.add_argument("--limit", type=int, default=30, help="lines to print (default: %(default)s)")
    find.set_defaults(command=_find)

    exported = commands.add_parser("export", help="write explanations and scores of a layer to one CSV or Parquet file")
    exported.add_argument("folder", type=Path, help="results of a layer, such as results/scenes_resnet/layer4")
    exported.add_argument("file", type=Path, help="where to, such as neurons.csv or neurons.parquet")
    exported.set_defaults(command=_export)

    part = commands.add_parser("presence", help="write a part of P to a CSV or Parquet file, of places too")
    part.add_argument("presence", type=Path, help="such as results/probes/scenes/P/area/scenes_resnet_4/P.h5")
    part.add_argument("file", type=Path, help="where to, such as some.csv or some.parquet")
    part.add_argument("--rows", metavar="FROM:TO", help="only these: images, or of places image · cells + cell")
    part.add_argument("--concepts", nargs="+", default=[], help="only these")
    part.set_defaults(command=_presence)

    check = commands.add_parser("check", help="say what data and weights there are, and what is missing")
    check.add_argument(
        "layers",
        nargs="*",
        help="only these, as target/layer; all: every one (default: those under `run`, and all data)",
    )
    _add_what_is_merged(check)
    check.set_defaults(command=_check)

    layers = commands.add_parser("layers", help="list the modules of a network, and what can be explained of them")
    layers.add_argument("target", nargs="?", help="a target of the configuration")
    layers.add_argument("--model", help="instead: torchvision or timm, and a name there, such as timm:resnet50")
    layers.add_argument("--size", type=int, help="pixels a side of an image (default: what the model preprocesses to)")
    layers.add_argument("--depth", type=int, default=2, help="parts of a module's path to show (default: %(default)s)")
    _add_what_is_merged(layers)
    layers.set_defaults(command=_layers)
    return parser


def _add_what_is_merged(parser: argparse.ArgumentParser) -> None:
    """Snakemake's own options, with its own meaning: the later over the earlier, and values over files."""
    over: dict[str, Any] = {"action": "extend", "default": []}
    files = f"files that are merged over {CONFIG}, as Snakemake does"
    values = "values over those of all files, as Snakemake has them"
    parser.add_argument("--configfile", "--configfiles", nargs="+", metavar="FILE", help=files, **over)
    parser.add_argument("--config", "-C", nargs="*", metavar="KEY=VALUE", help=values, **over)


def _new(options: argparse.Namespace) -> int:
    print(new_folder.write(options.folder, options.model, options.images))
    return 0


def _show(options: argparse.Namespace) -> int:
    layer, path = _layer_of(options.folder)
    neuron.check_neuron(layer, options.neuron)
    with store.open_arrays(_made(str(path))) as file:
        activations, at_places = file["activations"][:, options.neuron], "places" in file.attrs
    print(neuron.neuron_text(layer, options.neuron, activations, _width(), "places" if at_places else "images"))
    shown = where.where_text(options.folder, path, neuron.simulation_of(layer), options.neuron, _width())
    if shown:
        print(f"\n{shown}")
    return 0


def _layer_of(folder: Path) -> tuple[neuron.Layer, Path]:
    """A layer, and where its activations are, or would be."""
    path = _activations_of(folder)
    return neuron.read_layer(folder, path if path.is_file() else None), path


def _activations_of(folder: Path) -> Path:
    """Where the activations of a layer are; a target that is `like` another has them in the folder of that one."""
    path = folder / "activations.h5"
    if not path.is_file() and Path(CONFIG).is_file():
        targets = _configuration()["targets"]
        if folder.parent.name in targets:
            path = folder.parents[1] / recorded_target(targets, folder.parent.name) / folder.name / path.name
    return path


def _find(options: argparse.Namespace) -> int:
    if options.limit < 1:
        raise LinexpError(f"--limit: {options.limit} lines are none; give 1 or more")
    words = " ".join(options.concept)
    layer, _ = _layer_of(options.folder)
    found = neuron.find_concept(layer, words, options.method)
    print(neuron.found_text(found, words, options.limit, _width(), layer.names))
    return 0


def _export(options: argparse.Namespace) -> int:
    table = export.flat_table(options.folder)
    export.write(table, options.file)
    print(f"{options.file}: {len(table):,} rows, one a neuron, method and simulator; {len(table.columns)} columns")
    return 0


def _presence(options: argparse.Namespace) -> int:
    table = presence.part_of(Path(_made(str(options.presence))), options.rows, options.concepts)
    export.write(table, options.file)
    print(f"{options.file}: {len(table):,} rows, {len(table.columns) - 1:,} concepts")
    return 0


def _check(options: argparse.Namespace) -> int:
    config = _configuration(options.configfile, options.config)
    places = data_check.layer_names(config) if options.layers == ["all"] else options.layers or config["run"]
    problems = {place: data_check.layer_problems(config, place) for place in places}
    overview = [] if options.layers else [data_check.parts_text(config)]
    if options.layers != ["all"]:
        overview += _outlook(config, places, [place for place, lacking in problems.items() if not lacking])
    print("\n\n".join([*overview, data_check.layers_text(problems)]))
    return 1 if any(problems.values()) else 0


def _outlook(config: configuration.Config, places: Sequence[str], ready: Sequence[str]) -> list[str]:
    """What labels allow, which concepts pass, and how long the steps of the layers that are ready will take."""
    targets = list(dict.fromkeys(place.strip("/").removeprefix("results/").split("/")[0] for place in places))
    labels = [data_check.labels_text(config, targets)] if targets else []
    concepts = data_check.concepts_text(config, places)
    return [*labels, *([concepts] if concepts else []), *(steps.steps_text(config, place) for place in ready)]


def _layers(options: argparse.Namespace) -> int:
    from .terminal import layers  # with PyTorch, which the other commands do without

    if bool(options.target) == bool(options.model):
        raise LinexpError("give a target of the configuration, or --model with a source and a name")
    model = layers.named_model(options.model) if options.model else None
    print(layers.layers_of(model or _model_of(options), options.size, options.depth))
    return 0


def _model_of(options: argparse.Namespace) -> Mapping[str, Any]:
    """The `model` of a target, as it is built: of one that the workflow trains, from the record of its training.

    Of one whose code is in a repository, with the folder that this is unpacked to.
    """
    targets = _configuration(options.configfile, options.config)["targets"]
    if options.target not in targets:
        raise LinexpError(f"there is no target {options.target!r}; {suggest(options.target, targets)}")
    model = targets[options.target]["model"]
    source = SOURCES[model["source"]]
    if not source.has_network:
        raise LinexpError(f"target {options.target} is recorded activations, which have no modules; name another")
    if source.is_trained_here:
        return store.read_json(_made(f"results/models/{model['name']}/training.json"))["model"]
    repository = source.repository(model)
    return with_code(model, _made(missing.archive(repository))) if repository else model


def _made(path: str) -> str:
    """The path of an artifact that is there, or a `LinexpError`."""
    if not os.path.isfile(path):
        raise LinexpError(f"{path} does not exist; make it with `snakemake --cores all {path}`")
    return path


def _configuration(over: Sequence[str] = (), values: Sequence[str] = ()) -> configuration.Config:
    """The configuration, merged and checked as Snakemake would find it: files over config.yaml, values over all."""
    paths = [CONFIG, *over] if os.path.exists(CONFIG) or not over else list(over)
    for path in paths:
        if not os.access(path, os.R_OK):
            raise LinexpError(f"{path} cannot be read; run this in the folder that has it, or give --configfile")
    found = [*origins.read_files(list(dict.fromkeys(paths))), *origins.read_values(values)]
    try:
        return configuration.checked(origins.without_nulls(origins.merged(found), found), SCHEMA)
    except LinexpError as error:
        raise LinexpError(f"{origins.origin_of(str(error), found)}: {error}") from error


def _width() -> int:
    return shutil.get_terminal_size((100, 24)).columns


if __name__ == "__main__":
    sys.exit(main())
