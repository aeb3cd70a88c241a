"""Downloads by the libraries that offer weights: within seconds they work, or end in one line that says why not."""

import http.client
import re
import socket
import ssl
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from ..errors import LinexpError, shortened

PATIENCE = 10.0
"""Seconds to wait for an answer."""
_NETWORK = (
    urllib.error.URLError,
    http.client.HTTPException,
    ssl.SSLError,
    socket.gaierror,
    ConnectionError,
    TimeoutError,
)
_PACKAGES = ("huggingface_hub", "httpx", "httpx2", "httpcore", "httpcore2", "requests", "urllib3")
"""Whose own errors are of the network too."""
_CHECKSUM = re.compile(r"invalid hash value|checksum does not|consistency check failed", re.IGNORECASE)
"""How PyTorch, open_clip and huggingface_hub say that a file is not what it should be: by Python's own errors."""
Made = TypeVar("Made")


@contextmanager
def said_in_one_line(what: str, remedy: str, cause: str | None = None) -> Iterator[None]:
    """Turn an error of the network, or a file that came damaged, into a `LinexpError`; wait for no answer too long.

    Parameters
    ----------
    what
        What may have to be downloaded.
    remedy
        What to do where it cannot be.
    cause
        Why nothing comes from Hugging Face, where that is known already.
    """
    usual = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)
    try:
        yield
    except LinexpError:
        raise  # said already
    except Exception as error:
        found = _of_network(error)
        if found is None:
            damage = next((arisen for arisen in _arisen_from(error) if _CHECKSUM.search(str(arisen))), None)
            if damage is None:
                raise
            raise LinexpError(f"{what} came damaged ({_in_words(damage)}); run it again, or else {remedy}") from error
        if cause is None or not type(found).__module__.startswith("huggingface_hub"):
            cause = _in_words(found)
        raise LinexpError(f"{what} cannot be downloaded ({cause}); {remedy}") from error
    finally:
        socket.setdefaulttimeout(usual)


@contextmanager
def downloading(what: str, remedy: str) -> Iterator[None]:
    """The same, without the minutes for which libraries wait and try again where there is no internet."""
    cause = _why_hugging_face_is_out_of_reach()
    with from_cache_alone(cause is not None), said_in_one_line(what, remedy, cause):
        yield


@contextmanager
def from_cache_alone(really: bool = True) -> Iterator[None]:
    """Let nothing be asked of Hugging Face but what is in its cache."""
    from huggingface_hub import constants

    usual = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = usual or really
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = usual


def from_cache_or_downloaded(make: Callable[[], Made], what: str, remedy: str) -> Made:
    """What `make` gives by files of Hugging Face, which asks the network only if one is not in the cache.

    Parameters
    ----------
    what, remedy
        As in `downloading`.
    """
    try:
        with from_cache_alone():
            return make()
    except Exception as error:
        if _of_network(error) is None:
            raise
    with downloading(what, remedy):
        return make()


def _why_hugging_face_is_out_of_reach() -> str | None:
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session

    try:
        get_session().head(constants.ENDPOINT, timeout=PATIENCE)
    except Exception as error:  # by its release, huggingface_hub asks through one library or another
        found = _of_network(error)
        if found is None:
            raise
        return _in_words(found)
    return None


def _of_network(error: BaseException) -> BaseException | None:
    """The error of the network that another arose from, the first of them; None if it is of something else."""
    found = None
    for arisen in _arisen_from(error):
        if isinstance(arisen, _NETWORK) or type(arisen).__module__.partition(".")[0] in _PACKAGES:
            found = arisen
    return found


def _arisen_from(error: BaseException | None) -> Iterator[BaseException]:
    """An error, what it arose from, what that arose from, and so on."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _in_words(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return shortened(" ".join(text.split()), 100)
