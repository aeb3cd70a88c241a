"""A network of torch hub: its code is fetched by a rule, and all that is made of it is made from that archive."""

import zipfile

from safetensors.numpy import load_file

from helpers.projects import new_project

LIBRARY = "workflow/scripts/linexp/networks/repositories.py"
HUBCONF = """
from torch import nn

def tiny(pretrained=False):
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 30 * 30, 5))
    if pretrained:
        nn.init.constant_(network[0].weight, WEIGHT)
    return network
"""
MODEL = {
    "source": "hub",
    "repo": "owner/name:v1",
    "name": "tiny",
    "weights": "pretrained",
    "preprocess": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
}
ARCHIVE, WEIGHTS = "results/models/hub/owner/name/v1.zip", "results/models/targets/hub_net.safetensors"
ACTIVATIONS = "results/hub_net/conv/activations.h5"


def test_code_of_torch_hub_is_fetched_once_and_is_an_ancestor_of_all_that_it_computes(tmp_path):
    for ref, weight in {"v1": "1.5", "a/v2": "2.5"}.items():
        served = tmp_path / "github/owner/name/zip" / ref
        served.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(served, "w") as content:
            content.writestr("name-v/hubconf.py", HUBCONF.replace("WEIGHT", weight))
    project = new_project(tmp_path / "project")
    library = project.folder / LIBRARY
    text = library.read_text()
    assert '"https://codeload.github.com"' in text
    library.write_text(text.replace("https://codeload.github.com", (tmp_path / "github").as_uri()))
    config = project.config()
    layers = {"conv": {"module": "0", "pool": "avg"}}
    config["targets"]["hub_net"] = config["targets"]["net"] | {"model": MODEL, "layers": layers, "controls": []}
    project.configure(config)

    jobs = {job.rule: job for job in project.plan(ACTIVATIONS).jobs}
    assert jobs["fetch_repository"].outputs == [ARCHIVE]
    for rule in ("download_target_weights", "record_activations"):
        assert ARCHIVE in jobs[rule].inputs

    said = project.run(WEIGHTS)
    assert said.count("the code of owner/name:v1 is run by jobs as if it were yours") == 1
    assert "SHA-256" in (project.folder / "results/logs/fetch_repository/owner/name/v1.log").read_text()
    assert (load_file(project.folder / WEIGHTS)["0.weight"] == 1.5).all()
    assert project.planned(WEIGHTS) == {}

    config["targets"]["hub_net"]["model"] = MODEL | {"repo": "owner/name:a/v2"}
    project.configure(config)
    assert project.planned(WEIGHTS) == {"fetch_repository": 1, "download_target_weights": 1}
    whole = (project.folder / ARCHIVE).read_bytes()
    config["targets"]["hub_net"]["model"] = MODEL
    project.configure(config)
    (project.folder / ARCHIVE).write_bytes(whole[:-1] + b"x")
    assert project.planned(WEIGHTS) == {"fetch_repository": 1, "download_target_weights": 1}
