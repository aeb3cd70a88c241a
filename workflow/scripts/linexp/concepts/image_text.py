"""Image-text models (CLIP, SigLIP) through open_clip: embeddings of images and of concepts."""

import json
import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2, merge_preprocess_dict
from torch import Tensor, nn
from torch.nn.functional import normalize

from ..artifacts.weights import load_weights
from ..errors import LinexpError
from ..jobs.gpu_memory import map_what_fits
from ..jobs.parallel import batched
from ..jobs.progress import progress
from ..jobs.runtime import on_device


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
        Turns a list of texts into the tokens that the network takes.
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

    @torch.inference_mode()
    def embed_images(self, batch: Tensor) -> Tensor:
        """(n, 3, height, width) images to (n, dim) float32 embeddings of unit norm.

        A GPU computes in float16 what `torch.autocast` lets it, which leaves a similarity within about 1e-4 (bfloat16:
        1e-3), but a batch in which float16 overflows in float32.
        """
        images = batch.to(self.device, memory_format=_layout(self.device))
        with torch.autocast("cuda", torch.float16, enabled=images.is_cuda):
            embeddings = self.network.encode_image(images, normalize=False)
        if not embeddings.isfinite().all():
            embeddings = self.network.encode_image(images, normalize=False)
        return normalize(embeddings.float(), dim=-1).cpu()

    @torch.inference_mode()
    def embed_concepts(self, concepts: Sequence[str], batch_size: int = 256) -> Tensor:
        """Concepts to (n, dim) float32 embeddings of unit norm, each in the prompt."""
        texts = [self.prompt.replace("{}", concept) for concept in concepts]
        batches = progress(batched(texts, batch_size), len(texts), "concept", "embedding concepts")

        def embed(batch: list[str]) -> Tensor:
            return self.network.encode_text(self.tokenize(batch).to(self.device), normalize=True).float().cpu()

        return torch.cat(list(map_what_fits(embed, batches)))


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


def _model_configuration(settings: Mapping[str, Any]) -> tuple[str, dict, bool]:
    """The name that open_clip knows the model by, its preprocessing, and whether it needs QuickGELU."""
    model = settings["model"]
    if not model.endswith(".json"):
        tag = _tag_of(model, settings["pretrained"])
        return model, tag, bool(tag.get("quick_gelu"))
    try:
        content = json.loads(Path(model).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LinexpError(f"image-text model {model} cannot be read as JSON ({error}); correct it") from error
    if not isinstance(content, dict):
        raise LinexpError(f"image-text model {model} is not a JSON object; write an open_clip configuration")
    with tempfile.TemporaryDirectory() as folder:
        # open_clip names a local model by its file, so it gets a name that no built-in one has
        path = Path(folder, f"linexp-{Path(model).stem}.json")
        path.write_text(json.dumps(content.get("model_cfg", content)), encoding="utf-8")
        open_clip.add_model_config(path)
    return path.stem, content.get("preprocess_cfg", {}), False


def build(settings: Mapping[str, Any]) -> ImageTextModel:
    """An image-text model with random weights, on the CPU.

    Parameters
    ----------
    settings
        `model` (an open_clip name with `pretrained`, or the path of a JSON configuration), `prompt`.

    Raises
    ------
    LinexpError
        The configuration is not one of open_clip's.
    """
    name, preprocessing, quick_gelu = _model_configuration(settings)
    logging.disable(logging.WARNING)  # open_clip warns of random weights, which are what is asked for here
    try:
        network = open_clip.create_model(name, force_quick_gelu=quick_gelu, pretrained_text=False)
    except (RuntimeError, TypeError, ValueError, LookupError, AttributeError, AssertionError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:100]
        raise LinexpError(f"image-text model {settings['model']}: {reason}; check its name or configuration") from error
    finally:
        logging.disable(logging.NOTSET)
    merged = merge_preprocess_dict(network.visual.preprocess_cfg, preprocessing)
    network.visual.preprocess_cfg = merged
    transform = image_transform_v2(PreprocessCfg(**merged), is_train=False)
    return ImageTextModel(network.eval(), transform, open_clip.get_tokenizer(name), settings.get("prompt", "{}"))


def to_device(model: ImageTextModel) -> ImageTextModel:
    """The model on the device that is used."""
    on_device(model.network).to(memory_format=_layout(model.device))
    return model


def load(settings: Mapping[str, Any], weights: str | Path) -> ImageTextModel:
    """An image-text model with the weights in a file, on the device that is used."""
    model = build(settings)
    load_weights(model.network, weights)
    return to_device(model)


def download(settings: Mapping[str, Any]) -> dict[str, Tensor]:
    """The weights of a pretrained tag, through open_clip; its tokenizer is left in the cache for later."""
    model, tag = settings["model"], settings["pretrained"]
    if not open_clip.get_pretrained_cfg(model, tag):
        tags = ", ".join(open_clip.list_pretrained_tags_by_model(model)) or "a file, it has no tags"
        raise LinexpError(f"pretrained: {tag!r} is no tag of {model}; use one of {tags}")
    name, _, quick_gelu = _model_configuration(settings)
    open_clip.get_tokenizer(name)
    return open_clip.create_model(name, tag, force_quick_gelu=quick_gelu).state_dict()
