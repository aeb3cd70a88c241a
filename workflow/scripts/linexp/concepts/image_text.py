"""Image-text models (CLIP, SigLIP) through open_clip: embeddings of images and of concepts."""

import json
import logging
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2, merge_preprocess_dict
from torch import Tensor, nn
from torch.nn.functional import normalize

from ..artifacts.weights import load_weights
from ..errors import LinexpError, shortened
from ..jobs.downloads import downloading, from_cache_or_downloaded
from ..jobs.gpu_memory import map_what_fits
from ..jobs.parallel import batched
from ..jobs.progress import progress
from ..jobs.runtime import on_device
from .open_clip_names import check_name, name_in_open_clip

_FROM_HUGGING_FACE = ("hf_tokenizer_name", "hf_model_name")
"""What a configuration takes from Hugging Face by name: the tokenizer, and the architecture of some text encoders."""
_WHERE_THERE_IS_INTERNET = "run it where there is internet, or give a file"


def _layout(where: torch.device) -> torch.memory_format:
    """How images and weights lie in memory: on a GPU channels last, which half precision is fast in."""
    return torch.channels_last if where.type == "cuda" else torch.preserve_format


@dataclass(frozen=True)
class ImageTextModel:
    """A model whose image and text embeddings can be compared, ready to use.

    Attributes
    ----------
    network
        The open_clip model, in evaluation mode, on the device that is used.
    preprocess
        Turns an RGB image into a (3, height, width) float32 tensor.
    tokenize
        Turns a list of texts into the tokens that the network takes, (n, context length); with another `context_length`
        into that many.
    prompt
        The text in which a concept takes the place of `{}`.
    """

    network: nn.Module
    preprocess: Callable
    tokenize: Callable
    prompt: str

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    def embed_images(self, batch: Tensor) -> Tensor:
        """(n, 3, height, width) images to (n, dim) float32 embeddings of unit norm."""
        return self.encoded(batch, lambda images: self.network.encode_image(images, normalize=False))

    @torch.inference_mode()
    def encoded(self, batch: Tensor, encode: Callable[[Tensor], Tensor]) -> Tensor:
        """What `encode` makes of (n, 3, height, width) images, float32 of unit norm along its last axis.

        A GPU computes in float16 what `torch.autocast` lets it, which leaves a similarity within about 1e-4 (bfloat16:
        1e-3), but a batch in which float16 overflows in float32.
        """
        images = batch.to(self.device, memory_format=_layout(self.device))
        with torch.autocast("cuda", torch.float16, enabled=images.is_cuda):
            embeddings = encode(images)
        if not embeddings.isfinite().all():
            embeddings = encode(images)
        return normalize(embeddings.float(), dim=-1).cpu()

    @torch.inference_mode()
    def embed_concepts(self, concepts: Sequence[str], batch_size: int = 256) -> Tensor:
        """Concepts to (n, dim) float32 embeddings of unit norm, each in the prompt."""
        texts = self._prompted(concepts)
        batches = progress(batched(texts, batch_size), len(texts), "concept", "embedding concepts")

        def embed(batch: Sequence[str]) -> Tensor:
            return self.network.encode_text(self.tokenize(batch).to(self.device), normalize=True).float().cpu()

        return torch.cat(list(map_what_fits(embed, batches)))

    def _prompted(self, concepts: Sequence[str]) -> list[str]:
        return [self.prompt.replace("{}", concept) for concept in concepts]

    def cut(self, concepts: Sequence[str]) -> np.ndarray:
        """(n,) bool, whether a concept in the prompt has more tokens than the network takes: its end is lost."""
        length = self.tokenize([""]).shape[1]
        padding = self.tokenize([""], context_length=length + 1).mode().values  # whatever it is, most of "" is that
        found = []
        for batch in batched(self._prompted(concepts), 256):
            counts = [(self.tokenize(batch, context_length=n) != padding).sum(1) for n in (length, length + 1)]
            found.append((counts[1] > counts[0]).numpy())
        return np.concatenate(found)


def embedded(model: ImageTextModel, concepts: Sequence[str]) -> dict[str, Any]:
    """The arrays of an artifact with embeddings of concepts; a line says which had to be cut.

    Returns
    -------
    dict
        `embeddings` (n, dim) float32, `concepts`, and `cut` (n,) bool.
    """
    cut = model.cut(concepts)
    if cut.any():
        length, first = model.tokenize([""]).shape[1], shortened(repr(concepts[int(cut.argmax())]), 100)
        print(
            f"{cut.sum()} of {len(cut)} texts are longer than the {length} tokens that the model takes, and were cut; "
            f"the first is {first}",
            file=sys.stderr,
        )
    return {"embeddings": model.embed_concepts(concepts).numpy(), "concepts": list(concepts), "cut": cut}


def _tag_of(model: str, pretrained: str) -> dict[str, Any]:
    """What open_clip knows of a pretrained tag; for a file of weights, what all tags of the model agree on."""
    tag = open_clip.get_pretrained_cfg(model, pretrained)
    if tag:
        return tag
    kept = ("mean", "std", "interpolation", "resize_mode", "quick_gelu")
    tags_of = open_clip.list_pretrained_tags_by_model(model)
    facts = [{k: v for k, v in open_clip.get_pretrained_cfg(model, name).items() if k in kept} for name in tags_of]
    if any(fact != facts[0] for fact in facts):
        raise LinexpError(
            f"pretrained: {pretrained} is no tag of {model}, and its tags preprocess images differently; "
            f"use one such as {tags_of[0]}, or as model a JSON configuration with model_cfg and preprocess_cfg"
        )
    return facts[0] if facts else {}


def _model_configuration(settings: Mapping[str, Any], tokenizer: str | None) -> tuple[str, dict, bool]:
    """The name that open_clip knows the model by, its preprocessing, and whether it needs QuickGELU."""
    model = settings["model"]
    if not model.endswith(".json"):
        check_name(model, "image-text model")
        name = name_in_open_clip(model)
        tag = _tag_of(name, settings["pretrained"])
        content = {"model_cfg": open_clip.get_model_config(name), "preprocess_cfg": tag}
        return _registered(name, content, tokenizer) if tokenizer else name, tag, bool(tag.get("quick_gelu"))
    try:
        content = json.loads(Path(model).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LinexpError(f"image-text model {model} cannot be read as JSON ({error}); correct it") from error
    if not isinstance(content, dict):
        raise LinexpError(f"image-text model {model} is not a JSON object; write an open_clip configuration")
    return _registered(Path(model).stem, content, tokenizer), content.get("preprocess_cfg", {}), False


def _registered(name: str, content: Mapping[str, Any], tokenizer: str | None) -> str:
    """The name by which open_clip knows a configuration of its own or of the user, with the tokenizer in a folder."""
    configuration = content.get("model_cfg", content)
    if tokenizer:
        text = configuration["text_cfg"]
        text = text | {key: tokenizer for key in _FROM_HUGGING_FACE if key in text or key == "hf_tokenizer_name"}
        configuration = configuration | {"text_cfg": text}
    with tempfile.TemporaryDirectory() as folder:
        # open_clip names a local model by its file, so it gets a name that no built-in one has
        path = Path(folder, f"linexp-{name}.json")
        path.write_text(json.dumps(configuration), encoding="utf-8")
        open_clip.add_model_config(path)
    return path.stem


def _lazily(name: str, model: str) -> Callable:
    """The tokenizer of a model, which is only looked for when there is a text."""

    @cache
    def tokenizer() -> Callable:
        return _of_hugging_face(lambda: open_clip.get_tokenizer(name), "tokenizer", model)

    return lambda texts, **options: tokenizer()(texts, **options)


@contextmanager
def _silent(level: int) -> Iterator[None]:
    """Without what open_clip logs up to a level."""
    logging.disable(level)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _of_hugging_face(make: Callable, what: str, model: str) -> Any:
    """What `make` gives, by files of Hugging Face if the model has some there."""
    remedy = "run it once where there is internet, or give the folder of its files as `tokenizer`"
    return from_cache_or_downloaded(make, f"the {what} of {model}", remedy)


def build(settings: Mapping[str, Any], tokenizer: str | None = None) -> ImageTextModel:
    """An image-text model with random weights, on the CPU.

    Parameters
    ----------
    settings
        `model` (an open_clip name with `pretrained`, or the path of a JSON configuration), `prompt`.
    tokenizer
        Folder with the files of its tokenizer, and `config.json` where its text encoder is one of Hugging Face's; None
        for those that its configuration names.

    Raises
    ------
    LinexpError
        The configuration is not one of open_clip's, or its files cannot be downloaded.
    """
    name, preprocessing, quick_gelu = _model_configuration(settings, tokenizer)

    def create() -> nn.Module:
        return open_clip.create_model(name, force_quick_gelu=quick_gelu, pretrained_text=False)

    try:
        with _silent(logging.WARNING):  # open_clip warns of random weights, which are what is asked for here
            network = _of_hugging_face(create, "text encoder's configuration", settings["model"])
    except (RuntimeError, TypeError, ValueError, LookupError, AttributeError, AssertionError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:100]
        raise LinexpError(f"image-text model {settings['model']}: {reason}; check its name or configuration") from error
    merged = merge_preprocess_dict(network.visual.preprocess_cfg, preprocessing)
    network.visual.preprocess_cfg = merged
    transform = image_transform_v2(PreprocessCfg(**merged), is_train=False)
    return ImageTextModel(network.eval(), transform, _lazily(name, settings["model"]), settings.get("prompt", "{}"))


def squashing(network: nn.Module) -> Callable:
    """Preprocessing as a network has it, but of the whole image, whatever its proportions: squashed, never cropped."""
    settings = {**network.visual.preprocess_cfg, "resize_mode": "squash"}
    return image_transform_v2(PreprocessCfg(**settings), is_train=False)


def to_device(model: ImageTextModel) -> ImageTextModel:
    """The model on the device that is used."""
    on_device(model.network).to(memory_format=_layout(model.device))
    return model


def load(settings: Mapping[str, Any], weights: str | Path, tokenizer: str | None = None) -> ImageTextModel:
    """An image-text model with the weights in a file, on the device that is used."""
    model = build(settings, tokenizer)
    load_weights(model.network, weights)
    return to_device(model)


def download(settings: Mapping[str, Any]) -> dict[str, Tensor]:
    """The weights of a pretrained tag, through open_clip; its tokenizer is left in the cache for later."""
    model, tag = name_in_open_clip(settings["model"]), settings["pretrained"]
    check_name(settings["model"], "image-text model")
    if not open_clip.get_pretrained_cfg(model, tag):
        tags = ", ".join(open_clip.list_pretrained_tags_by_model(model)) or "a file, it has no tags"
        raise LinexpError(f"pretrained: {tag!r} is no tag of {model}; use one of {tags}")
    name, _, quick_gelu = _model_configuration(settings, None)
    with _silent(logging.ERROR), downloading(f"the {tag} weights of {model}", _WHERE_THERE_IS_INTERNET):
        open_clip.get_tokenizer(name)
        return open_clip.create_model(name, tag, force_quick_gelu=quick_gelu).state_dict()
