"""Repositories of torch hub: fetched whole or not at all, kept in their folder, and read without the network."""

import hashlib
import http.server
import socket
import stat
import threading
import zipfile
from pathlib import Path

import pytest
import yaml

from helpers.configs import small
from linexp.__main__ import main
from linexp.artifacts import attributes
from linexp.artifacts.seals import Provenance
from linexp.artifacts.store import create_file
from linexp.errors import LinexpError
from linexp.jobs import downloads
from linexp.networks import repositories, targets
from linexp.networks.sources import SOURCES

COMMIT = "786c16252c0fc58ee9adac063f8337cc4a7a497a"
NORMAL = {"mean": [0.1, 0.2, 0.3], "std": [0.5, 0.6, 0.7]}
FILES = {
    "hubconf.py": "from package.networks import tiny\n",
    "package/__init__.py": "",
    "package/networks.py": (
        "from pathlib import Path\n"
        "from torch import nn\n"
        "def tiny(pretrained=False):\n"
        "    width = int(Path(__file__).with_name('width.txt').read_text())\n"
        "    network = nn.Sequential(nn.Flatten(), nn.Linear(12, width))\n"
        "    if pretrained:\n"
        "        nn.init.constant_(network[1].weight, 7.0)\n"
        "    return network\n"
    ),
    "package/width.txt": "6",
}
LINK = zipfile.ZipInfo("name-v1/link")
LINK.external_attr = (stat.S_IFLNK | 0o777) << 16


def archive(path: Path, *further: zipfile.ZipInfo | str, files: dict[str, str] = FILES, root: str = "name-v1") -> Path:
    """An archive as GitHub makes them, with further members."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as content:
        content.comment = COMMIT.encode()
        content.writestr(f"{root}/", "")
        for name, text in files.items():
            content.writestr(f"{root}/{name}", text)
        for member in further:
            content.writestr(member, "../../outside")
    return path


class Server(http.server.BaseHTTPRequestHandler):
    """Serves what is in the folder of the test, as a server of archives; `cut` ends before all has come."""

    def do_GET(self):
        path, cut = self.server.folder / self.path.strip("/"), self.path.endswith("cut")
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        self.send_response(200)
        if "no-length" not in self.path:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:-10] if cut else content)

    def log_message(self, *_args):
        pass


@pytest.fixture
def github(tmp_path):
    """The address of a server, whose archives lie at `github/owner/name/zip/ref`."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.folder = tmp_path / "github"
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def place(tmp_path: Path, ref: str) -> Path:
    return tmp_path / "github" / "owner" / "name" / "zip" / ref


@pytest.mark.parametrize("ref", ["v1", "a/branch", COMMIT, "HEAD", "no-length"])
def test_what_is_fetched_is_what_the_server_has_with_its_digest_and_commit(tmp_path, github, ref):
    served = archive(place(tmp_path, ref)).read_bytes()
    said = repositories.fetch(f"owner/name:{ref}", tmp_path / "fetched.zip", github)
    assert (tmp_path / "fetched.zip").read_bytes() == served
    assert said == (
        f"the code of owner/name:{ref} is run by jobs as if it were yours, so be sure that you trust it: "
        f"commit {COMMIT}, 5 files, SHA-256 {hashlib.sha256(served).hexdigest()}"
    )


def refusal(tmp_path, address: str, ref: str = "v1") -> str:
    """What is said when an archive is fetched, of which nothing stays under its own name."""
    kept = tmp_path / "kept.zip"
    with pytest.raises(LinexpError) as caught, create_file(kept, Provenance("test", {}, "")) as temporary:
        repositories.fetch(f"owner/name:{ref}", temporary, address)
    assert not kept.exists() and not list(tmp_path.glob("*.tmp")) and "\n" not in str(caught.value)
    assert {path.name for path in tmp_path.iterdir()} <= {"github", "tmp"}
    return str(caught.value)


@pytest.mark.parametrize("member", ["../outside", "/outside", "name-v1/../../outside", LINK])
def test_what_would_lie_outside_of_an_archive_or_leads_there_is_refused(tmp_path, github, monkeypatch, member):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(repositories.tempfile, "tempdir", str(tmp_path / "tmp"))
    archive(place(tmp_path, "v1"), member)
    name = member if isinstance(member, str) else member.filename
    said = refusal(tmp_path, github)
    assert said.startswith(f"the archive of owner/name:v1 has {name}, which is a link or lies outside of it; clone it")
    assert not list((tmp_path / "tmp").iterdir())


def test_what_is_cut_or_damaged_is_never_taken_for_whole(tmp_path, github):
    whole = archive(place(tmp_path, "cut")).read_bytes()
    assert "owner/name:cut is cut: " in refusal(tmp_path, github, "cut")
    archive(place(tmp_path, "no-length-cut"))
    assert "no whole zip archive (its end is cut)" in refusal(tmp_path, github, "no-length-cut")
    place(tmp_path, "half").write_bytes(whole[: len(whole) // 2])
    assert "no whole zip archive (File is not a zip file); fetch it again" in refusal(tmp_path, github, "half")
    place(tmp_path, "page").write_text("<!DOCTYPE html>")
    assert "no whole zip archive" in refusal(tmp_path, github, "page")
    begin = whole.index(b"hubconf.py") + 12
    place(tmp_path, "bits").write_bytes(whole[:begin] + bytes([whole[begin] ^ 16]) + whole[begin + 1 :])
    assert "no whole zip archive" in refusal(tmp_path, github, "bits")


def test_what_is_not_there_is_told(tmp_path, github):
    said = refusal(tmp_path, github)
    assert said == (
        "the code of owner/name:v1 cannot be downloaded (HTTP Error 404: Not Found); "
        "check owner, name and ref of owner/name:v1, run it where there is internet, or give a folder"
    )
    assert "cannot be downloaded (" in refusal(tmp_path, (tmp_path / "nowhere").as_uri())


def test_sizes_are_limited(tmp_path, monkeypatch):
    size = archive(place(tmp_path, "v1")).stat().st_size
    address = (tmp_path / "github").as_uri()
    unpacked = sum(map(len, FILES.values()))
    for name, most in {"MOST_BYTES": size, "MOST_UNPACKED": unpacked, "MOST_FILES": len(FILES) + 1}.items():
        with monkeypatch.context() as patch:
            patch.setattr(repositories, name, most)
            repositories.fetch("owner/name:v1", tmp_path / "fetched.zip", address)
            (tmp_path / "fetched.zip").unlink()
            patch.setattr(repositories, name, most - 1)
            said = refusal(tmp_path, address)
            assert f"{most - 1:,}" in said and "clone it" in said


@pytest.mark.parametrize("files", [{"package/hubconf.py": ""}, {"readme.md": ""}])
def test_a_repository_without_hubconf_is_told(tmp_path, files):
    archive(place(tmp_path, "v1"), files=files)
    assert "owner/name:v1 has no hubconf.py" in refusal(tmp_path, (tmp_path / "github").as_uri())


# --- as jobs use them


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    """A fetched archive in a folder of a project, where nothing can be asked of the network."""
    monkeypatch.chdir(tmp_path)
    archive(place(tmp_path, "v1"))
    path = Path("results/models/hub/owner/name/v1.zip")
    with create_file(path, Provenance("fetch_repository", {}, "")) as temporary:
        repositories.fetch("owner/name:v1", temporary, (tmp_path / "github").as_uri())
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: pytest.fail("asked the network"))
    monkeypatch.setattr(socket.socket, "connect", lambda *_args: pytest.fail("asked the network"))
    monkeypatch.setattr(downloads, "_why_hugging_face_is_out_of_reach", lambda: None)
    repositories._unpacked.cache_clear()
    yield str(path)
    repositories._unpacked.cache_clear()


def entry(**further) -> dict:
    given = {"source": "hub", "repo": "owner/name:v1", "name": "tiny", "weights": "none", "preprocess": NORMAL}
    return given | further


def test_a_job_builds_and_downloads_by_the_code_in_the_archive(fetched):
    network, _ = targets.open_target(entry(), {"repository": fetched}, seed=0)
    assert network[1].weight.shape == (6, 12)
    weights = targets.download(entry(weights="pretrained"), {"repository": fetched})
    assert weights["1.weight"].tolist() == [[7.0] * 12] * 6


def test_it_is_unpacked_once_and_outside_of_the_results(fetched, tmp_path):
    first, second = (repositories.with_code(entry(), fetched)["folder"] for _ in range(2))
    assert first == second and not Path(first).is_relative_to(tmp_path / "results")
    inside = {path.relative_to(first).as_posix() for path in Path(first).rglob("*") if path.is_file()}
    assert {name for name in inside if "__pycache__" not in name} == set(FILES)
    assert [path.name for path in Path("results/models/hub/owner/name").iterdir()] == ["v1.zip"]


def test_an_archive_that_was_exchanged_is_refused(fetched):
    assert attributes.read_attributes(fetched)["made_by"] == "fetch_repository"
    archive(Path(fetched), files=FILES | {"package/width.txt": "7"})
    with pytest.raises(
        LinexpError, match=rf"{fetched} is damaged, .* make it again: snakemake --cores all -f {fetched}"
    ):
        targets.open_target(entry(), {"repository": fetched}, seed=0)


def test_layers_are_listed_by_the_code_in_the_archive(fetched, capsys):
    config = small()
    target = next(iter(config["targets"].values()))
    config["targets"] = {"mine": target | {"model": entry(weights="pretrained")}}
    config["run"] = [f"mine/{next(iter(target['layers']))}"]
    Path("config.yaml").write_text(yaml.safe_dump(config))
    assert main(["layers", "mine", "--size", "2"]) == 0
    assert "Linear" in capsys.readouterr().out
    Path(fetched).unlink()
    assert main(["layers", "mine"]) == 1
    said = capsys.readouterr().err
    assert said == f"linexp: {fetched} does not exist; make it with `snakemake --cores all {fetched}`\n"


def test_without_its_archive_a_repository_is_not_asked_of_the_network(fetched):
    with pytest.raises(LinexpError, match=r"model\.repo: owner/name:v1 has no hubconf\.py"):
        targets.open_target(entry(), {}, seed=0)


# --- names


@pytest.mark.parametrize(
    ("repo", "expected"),
    [
        ("owner/name:v1.0", "owner/name:v1.0"),
        ("owner/name", "owner/name:HEAD"),
        ("facebookresearch/dino:main", "facebookresearch/dino:main"),
        ("a-b/c_d.e:refs/tags/v1+x", "a-b/c_d.e:refs/tags/v1+x"),
    ],
)
def test_repositories_are_named_as_in_torch_hub(tmp_path, monkeypatch, repo, expected):
    monkeypatch.chdir(tmp_path)
    hub = SOURCES["hub"]
    assert hub.repository(entry(repo=repo)) == expected and hub.code(entry(repo=repo)) == []
    hub.check(entry(repo=repo), "targets.mine.model")


@pytest.mark.parametrize(
    "repo",
    [
        "name",
        "owner/name/more",
        "owner/..:v1",
        "../name:v1",
        "owner/name:",
        "owner/name:../v1",
        "owner/name:a/../v1",
        "owner/name:/v1",
        "owner/name:v1/",
        "owner/name:a//b",
        "owner/name:v1\n",
        "owner/na me:v1",
        "owner/name:{x}",
        "https://github.com/owner/name",
        "owner/name:v1:v2",
        "owner/name:.v1",
        "owner/name:é",
        "owner/name:v1?x=1",
    ],
)
def test_what_names_no_repository_is_told(tmp_path, monkeypatch, repo):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LinexpError) as caught:
        SOURCES["hub"].check(entry(repo=repo), "targets.mine.model")
    assert str(caught.value).startswith("targets.mine.model.repo: ") and "owner/name:ref" in str(caught.value)


def test_a_folder_of_that_name_is_taken_rather_than_a_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("owner/name").mkdir(parents=True)
    Path("owner/name/hubconf.py").write_text("")
    hub = SOURCES["hub"]
    assert hub.repository(entry(repo="owner/name")) is None
    assert hub.code(entry(repo="owner/name")) == ["owner/name/hubconf.py"]
    hub.check(entry(repo="owner/name"), "targets.mine.model")
