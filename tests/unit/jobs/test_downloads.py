"""What cannot be downloaded ends in one line with its cause; where there is no internet, in no more than seconds."""

import http.client
import http.server
import socket
import threading
import urllib.error
import urllib.request

import pytest
import torch
from huggingface_hub import constants, hf_hub_download
from open_clip.pretrained import download_pretrained_from_url

from linexp.errors import LinexpError
from linexp.jobs import downloads
from linexp.jobs.downloads import downloading, from_cache_alone, from_cache_or_downloaded, said_in_one_line

REMEDY = "give a file"


@pytest.fixture
def unreachable(monkeypatch, tmp_path):
    """No host has an address, and nobody waits: what tries again fails the test. The cache is empty."""

    def unknown(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    def waits(_seconds):
        pytest.fail("something waits to try again")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setattr("time.sleep", waits)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))


def refusal(act) -> str:
    with pytest.raises(LinexpError) as caught, downloading("the weights", REMEDY):
        act()
    return str(caught.value)


def test_what_is_asked_of_a_host_without_address_is_said(unreachable):
    message = refusal(lambda: urllib.request.urlopen("https://download.pytorch.org/models/resnet18.pth"))
    assert message == "the weights cannot be downloaded (Name or service not known); give a file"


def test_what_is_asked_of_hugging_face_ends_at_once_with_the_cause(unreachable):
    message = refusal(lambda: hf_hub_download("timm/resnet18.a1_in1k", "model.safetensors"))
    assert message == "the weights cannot be downloaded (Name or service not known); give a file"


def test_an_error_that_libraries_wrap_in_their_own_is_found(unreachable):
    def wrapped():
        try:
            urllib.request.urlopen("https://example.org")
        except Exception as error:
            raise RuntimeError(f"Failed to download weights for tag 'openai': {error}")  # noqa: B904

    assert "(Name or service not known)" in refusal(wrapped)


@pytest.fixture
def reachable(monkeypatch):
    monkeypatch.setattr(downloads, "_why_hugging_face_is_out_of_reach", lambda: None)


class Server(http.server.BaseHTTPRequestHandler):
    """Answers with the status that is asked for; `/cut` ends too early, `/mute` is silent."""

    def do_GET(self):
        what = self.path.strip("/")
        if what == "mute":
            self.server.silence.wait(60)
            return
        self.send_response(200 if what == "cut" else int(what))
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"half")

    def log_message(self, *_args):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.silence = threading.Event()
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.silence.set()
        server.shutdown()


@pytest.mark.parametrize(
    ("what", "cause"),
    [
        ("403", "HTTP Error 403: Forbidden"),
        ("404", "HTTP Error 404: Not Found"),
        ("cut", "IncompleteRead"),
        ("mute", "timed out"),
    ],
)
def test_what_a_server_answers_is_the_cause(reachable, server, monkeypatch, what, cause):
    monkeypatch.setattr(downloads, "PATIENCE", 0.5)
    message = refusal(lambda: urllib.request.urlopen(f"{server}/{what}").read())
    assert message.startswith(f"the weights cannot be downloaded ({cause}") and message.endswith("; give a file")


CHECKSUMS = [
    RuntimeError('invalid hash value (expected "5c10", got "0a99")'),
    RuntimeError("Model has been downloaded but the SHA256 checksum does not not match"),
    OSError("Consistency check failed: file should be of size 9 but has size 4 (model.safetensors).\nPlease retry"),
]


@pytest.mark.parametrize("error", CHECKSUMS)
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_file_that_fails_its_checksum_is_one_line(reachable, error, wrapped):
    def raises():
        if wrapped:
            raise ValueError("the weights could not be loaded") from error
        raise error

    reason = " ".join(str(error).split())
    message = refusal(raises)
    assert message.startswith(f"the weights came damaged ({reason[:60]}") and "\n" not in message
    assert message.endswith("); run it again, or else give a file")


def test_what_pytorch_says_of_another_file_is_known(reachable, tmp_path):
    (tmp_path / "resnet18-5c106cde.pth").write_bytes(b"another file")
    address = (tmp_path / "resnet18-5c106cde.pth").as_uri()
    message = refusal(
        lambda: torch.hub.load_state_dict_from_url(address, str(tmp_path / "cache"), check_hash=True, progress=False)
    )
    assert message.startswith('the weights came damaged (invalid hash value (expected "5c106cde", got "')


def test_what_open_clip_says_of_another_file_is_known(reachable, tmp_path):
    source = tmp_path / "openaipublic" / ("5c106cde" * 8) / "model.pt"
    source.parent.mkdir(parents=True)
    source.write_bytes(b"another file")
    message = refusal(lambda: download_pretrained_from_url(source.as_uri(), str(tmp_path / "cache")))
    assert message.startswith("the weights came damaged (Model has been downloaded but the SHA256 checksum does not")


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no such network"),
        FileNotFoundError("my_weights.pth"),
        LinexpError("model: it is wrong; correct it"),
        OSError(28, "No space left on device"),
    ],
)
def test_other_errors_stay_what_they_are(reachable, error):
    def raises():
        raise error

    with pytest.raises(type(error)) as caught, downloading("the weights", REMEDY):
        raises()
    assert caught.value is error
    with pytest.raises(type(error)) as caught, said_in_one_line("the code", REMEDY):
        raises()
    assert caught.value is error


def test_what_was_set_before_is_set_afterwards(unreachable):
    for error in (ConnectionError("refused"), ValueError("other")):
        with pytest.raises((LinexpError, ValueError)), downloading("the weights", REMEDY):
            assert constants.HF_HUB_OFFLINE and socket.getdefaulttimeout() == downloads.PATIENCE
            raise error
        assert not constants.HF_HUB_OFFLINE and socket.getdefaulttimeout() is None


def test_no_answer_is_waited_for_without_end(server, monkeypatch):
    monkeypatch.setattr(downloads, "PATIENCE", 0.5)
    with pytest.raises(LinexpError, match=r"cannot be downloaded \(timed out\)"), said_in_one_line("it", REMEDY):
        urllib.request.urlopen(f"{server}/mute").read()
    assert socket.getdefaulttimeout() is None


def test_what_is_in_the_cache_asks_nobody(monkeypatch):
    monkeypatch.setattr(downloads, "_why_hugging_face_is_out_of_reach", lambda: pytest.fail("asked the network"))
    assert from_cache_or_downloaded(lambda: constants.HF_HUB_OFFLINE, "the tokenizer", REMEDY) is True


def test_what_is_not_in_the_cache_is_downloaded(reachable):
    def make():
        if constants.HF_HUB_OFFLINE:
            raise OSError("not in the cache") from http.client.HTTPException("offline")
        return "made"

    assert from_cache_or_downloaded(make, "the tokenizer", REMEDY) == "made"


def test_with_the_cache_alone_nothing_is_asked_of_hugging_face(unreachable):
    with from_cache_alone(), pytest.raises(Exception, match=r"cache|offline") as caught:
        hf_hub_download("timm/resnet18.a1_in1k", "model.safetensors")
    assert "service" not in str(caught.value)
