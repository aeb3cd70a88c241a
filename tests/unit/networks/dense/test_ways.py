"""Embeddings of places equal the model's own where both are defined, and have the grid of real architectures."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn.functional import linear, normalize

from linexp.concepts import image_text
from linexp.config.checks import whole_schema
from linexp.errors import LinexpError
from linexp.networks.dense import WAYS, way_of
from linexp.networks.dense.embedding import PlaceEncoder, Views, embedded_places, place_encoder
from linexp.networks.dense.key_key import SIGMA
from linexp.networks.dense.last_block import last_block
from linexp.planning.dense_files import is_cut
from linexp.workflow import SCHEMA

TEXT = {"context_length": 16, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}
CLIP = {"image_size": 24, "layers": 3, "width": 32, "head_width": 8, "patch_size": 6}
SIGLIP = {"timm_model_name": "test_vit", "timm_pool": "map", "timm_proj": "none", "image_size": 160}
CONVNEXT = {"timm_model_name": "test_convnext", "timm_pool": "", "timm_proj": "mlp", "image_size": 96}


def build(folder: Path, vision: dict, embed_dim: int = 24) -> image_text.ImageTextModel:
    """An open_clip model of a small size with random weights, none of them zero."""
    path = folder / "model.json"
    path.write_text(json.dumps({"embed_dim": embed_dim, "vision_cfg": vision, "text_cfg": TEXT}))
    torch.manual_seed(0)
    model = image_text.build({"model": str(path)})
    with torch.no_grad():
        for parameter in model.network.visual.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return model


def of_places(model: image_text.ImageTextModel, way: str, images: torch.Tensor) -> torch.Tensor:
    """The (n, places, dim) embeddings that a way gives, without a norm, places row by row."""
    with torch.no_grad():
        return WAYS[way].maps(model.network.visual, images).flatten(2).mT


def assert_close(found: torch.Tensor, expected: torch.Tensor) -> None:
    assert found.std() > 1e-3
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


# --- the model's own


def test_a_place_of_siglip_is_its_head_on_a_sequence_of_one_token(tmp_path):
    model = build(tmp_path, SIGLIP, embed_dim=64)
    visual, images = model.network.visual, torch.randn(2, 3, 160, 160)
    tokens = []
    with torch.no_grad(), visual.trunk.attn_pool.register_forward_pre_hook(lambda _m, inputs: tokens.append(inputs[0])):
        visual(images)
    (tokens,) = tokens
    with torch.no_grad():
        alone = [[visual.head(visual.trunk.attn_pool(token[None, None]))[0] for token in image] for image in tokens]
    found = of_places(model, "attention_pool", images)
    assert found.shape == (2, 100, 64)
    assert_close(found, torch.stack([torch.stack(image) for image in alone]))


def test_a_place_of_siglip_is_the_values_and_the_mlp_of_its_head(tmp_path):
    model = build(tmp_path, SIGLIP, embed_dim=64)
    images = torch.randn(1, 3, 160, 160)
    trunk, pool = model.network.visual.trunk, model.network.visual.trunk.attn_pool
    with torch.no_grad():
        x = trunk.forward_features(images)[:, trunk.num_prefix_tokens :]
        values = linear(x, pool.kv.weight.chunk(2)[1], pool.kv.bias.chunk(2)[1])
        a = pool.proj(values)
        assert_close(of_places(model, "attention_pool", images), a + pool.mlp(pool.norm(a)))


def test_a_class_token_of_a_model_that_pools_by_attention_is_no_place(tmp_path):
    vision = {"timm_model_name": "vit_pe_core_tiny_patch16_384", "timm_pool": "map", "timm_proj": None}
    model = build(tmp_path, vision | {"image_size": 384}, embed_dim=48)
    trunk, images = model.network.visual.trunk, torch.randn(1, 3, 384, 384)
    assert trunk.num_prefix_tokens == 1
    found = of_places(model, "attention_pool", images)
    assert found.shape == (1, 24 * 24, 48)
    with torch.no_grad():
        last = trunk.forward_features(images)[:, -1:]
        with trunk.attn_pool.register_forward_pre_hook(lambda _module, _inputs: last):
            assert_close(found[:, -1], model.network.visual(images))


def tokens_with(visual: nn.Module, hooked: nn.Module, hook, images: torch.Tensor) -> torch.Tensor:
    """What the model itself makes of its patch tokens while a hook replaces what a module gives."""
    visual.output_tokens = True
    with torch.no_grad(), hooked.register_forward_hook(hook):
        tokens = visual(images)[1]
    visual.output_tokens = False
    return tokens @ visual.proj.detach()


@pytest.mark.parametrize("changes", [{}, {"ls_init_value": 0.3}, {"pool_type": "avg", "no_ln_pre": True}])
def test_identity_is_the_model_whose_last_attention_a_hook_replaces(tmp_path, changes):
    model = build(tmp_path, CLIP | changes)
    visual, images = model.network.visual, torch.randn(3, 3, 24, 24)

    def own_values(attention, inputs, _output):
        values = linear(inputs[2], attention.in_proj_weight[64:], attention.in_proj_bias[64:])
        return attention.out_proj(values), None

    expected = tokens_with(visual, visual.transformer.resblocks[-1].attn, own_values, images)
    found = of_places(model, "identity", images)
    assert found.shape == (3, 16, 24)
    assert_close(found, expected)


def test_key_key_is_the_model_whose_last_block_a_hook_replaces(tmp_path):
    model = build(tmp_path, CLIP)
    visual, images = model.network.visual, torch.randn(3, 3, 24, 24)

    def literal(block, inputs, _output):
        """Image by image, head by head and place by place."""
        x = block.ln_1(inputs[0])
        mixed = torch.zeros_like(x)
        weight, bias = block.attn.in_proj_weight, block.attn.in_proj_bias
        keys, values = (linear(x, weight[s : s + 32], bias[s : s + 32]) for s in (32, 64))
        for image in range(len(x)):
            for head in range(0, 32, 8):
                for place in range(16):
                    logits = []
                    for other in range(16):
                        square = (place // 4 - other // 4) ** 2 + (place % 4 - other % 4) ** 2
                        k, k_other = keys[image, 1 + place, head : head + 8], keys[image, 1 + other, head : head + 8]
                        logits.append(k @ k_other / 8**0.5 + torch.exp(torch.tensor(-square / (2 * SIGMA**2))))
                    weights = torch.stack(logits).softmax(0)
                    mixed[image, 1 + place, head : head + 8] = weights @ values[image, 1:, head : head + 8]
        return block.attn.out_proj(mixed)

    expected = tokens_with(visual, visual.transformer.resblocks[-1], literal, images)
    assert_close(of_places(model, "key_key", images), expected)


def test_what_comes_to_the_last_block_is_not_changed_by_looking(tmp_path):
    model = build(tmp_path, CLIP)
    images = torch.randn(2, 3, 24, 24)
    before = model.embed_images(images)
    with torch.no_grad():
        block, tokens = last_block(model.network.visual, images)
        torch.testing.assert_close(block(tokens), model.network.visual.transformer(tokens_before(model, images)))
    assert torch.equal(model.embed_images(images), before)


def tokens_before(model: image_text.ImageTextModel, images: torch.Tensor) -> torch.Tensor:
    seen = []
    with model.network.visual.transformer.register_forward_pre_hook(lambda _m, inputs: seen.append(inputs[0])):
        model.network.visual(images)
    return seen[0]


SMALL = Path(__file__).parents[4] / "workflow" / "resources"


@pytest.mark.parametrize("vision", [CONVNEXT, CONVNEXT | {"timm_proj": "linear"}])
def test_a_convnext_at_one_cell_is_the_model_itself(tmp_path, vision):
    model = build(tmp_path, vision)
    images = torch.randn(4, 3, 96, 96)
    assert_close(PlaceEncoder(model, WAYS["convolutional"], 1).embed(images)[:, 0], model.embed_images(images))


@pytest.mark.parametrize("name", ["small_byobnet", "small_resnet", "small_efficientnet"])
def test_so_are_the_small_networks_of_the_project(name):
    model = image_text.build({"model": str(SMALL / f"{name}.json")})
    images = torch.randn(4, 3, 64, 64)
    assert way_of(model.network.visual).name == "convolutional"
    assert_close(PlaceEncoder(model, WAYS["convolutional"], 1).embed(images)[:, 0], model.embed_images(images))


def test_a_convnext_at_its_own_grid_is_both_heads_at_each_place(tmp_path):
    model = build(tmp_path, CONVNEXT)
    visual, images = model.network.visual, torch.randn(2, 3, 96, 96)
    found = PlaceEncoder(model, WAYS["convolutional"], 3).embed(images)
    with torch.no_grad():
        maps = visual.trunk.forward_features(images)
        for place in range(9):
            at_place = maps[:, :, place // 3, place % 3][:, :, None, None]
            expected = visual.head(visual.trunk.forward_head(at_place))
            assert_close(found[:, place], normalize(expected, dim=-1))


def test_a_crop_around_a_cell_is_embedded_as_an_image(tmp_path):
    model = build(tmp_path, CLIP)
    image = Image.effect_noise((120, 90), 80).convert("RGB")
    encoder = PlaceEncoder(model, WAYS["crops"], 4)
    found = encoder.embed(encoder.prepared(image, (0.25, 0, 0.75, 1))[None])
    assert found.shape == (1, 16, 24) and encoder.inputs == 16
    squashed = image_text.squashing(model.network)
    for cell, pixels in {0: (30, 0, 54, 36), 6: (54, 18, 78, 54), 15: (66, 54, 90, 90)}.items():
        alone = image.resize((24, 24), Image.Resampling.BICUBIC, pixels)
        assert_close(found[:, cell], model.embed_images(squashed(alone)[None]))


# --- grids


@pytest.fixture
def without_weights(monkeypatch):
    monkeypatch.setattr("open_clip.get_tokenizer", lambda name: name)
    monkeypatch.setattr(nn.Module, "to", lambda self, *_args, **_kwargs: self)
    with torch.device("meta"):
        yield


def random(name: str) -> nn.Module:
    """The image encoder of a model of open_clip, of which only shapes count."""
    tag = open_clip.list_pretrained_tags_by_model(name)
    return image_text.build({"model": name, "pretrained": tag[0] if tag else "none"}).network.visual


def guessed_cut(name: str) -> bool:
    """Whether places are expected to be crops before the model is there."""
    config = {"image_text_models": {"one": {"model": name}}}
    return is_cut(config, SimpleNamespace(image_text_model="one"))


@pytest.mark.parametrize(
    ("name", "size", "way", "shape"),
    [
        ("ViT-L-16-SigLIP-384", 384, "attention_pool", (1024, 24, 24)),
        ("ViT-L-14-336", 336, "key_key", (768, 24, 24)),
        ("ViT-L-14-CLIPA-336", 336, "key_key", (768, 24, 24)),
        ("convnext_base_w_320", 320, "convolutional", (1024, 10, 10)),
    ],
)
def test_models_of_open_clip_have_the_places_of_their_kind(without_weights, name, size, way, shape):
    visual = random(name)
    found = way_of(visual)
    assert found.name == way and not guessed_cut(name)
    with torch.no_grad():
        maps = found.maps(visual, torch.empty(2, 3, size, size))
        assert maps.shape == (2, *shape)
        if found.head:
            assert found.head(visual, maps.flatten(2)[:, :, 0]).shape == (2, visual.head.proj.out_features)


@pytest.mark.parametrize("name", ["RN50", "EVA02-B-16", "coca_ViT-B-32", "ViTamin-S", "swin_base_patch4_window7_224"])
def test_models_of_other_kinds_take_crops(without_weights, name):
    assert way_of(random(name)).name == "crops" and guessed_cut(name)


def test_a_way_can_be_chosen_and_one_that_does_not_suit_is_refused(tmp_path, capsys):
    model = build(tmp_path, CLIP)
    assert place_encoder(model, 7).way.name == "key_key"
    assert place_encoder(model, 7, "identity").way.name == "identity"
    assert "embedding 7 × 7 places by identity: one pass an image" in capsys.readouterr().err
    assert place_encoder(model, 7, "crops").way.name == "crops"
    assert "by crops: 49 times the passes of whole images" in capsys.readouterr().err
    with pytest.raises(LinexpError) as caught:
        place_encoder(model, 7, "convolutional")
    assert str(caught.value) == (
        "dense: convolutional is for convolutional networks that pool by a mean, such as ConvNeXt, which this model is "
        "not; take key_key or identity or crops, or leave dense out"
    )


# --- what is seen


def test_embeddings_of_tokens_are_averaged_over_cells_by_area(tmp_path):
    model = build(tmp_path, CLIP)
    images = torch.randn(2, 3, 24, 24)
    tokens = of_places(model, "identity", images).unflatten(1, (4, 4))
    found = PlaceEncoder(model, WAYS["identity"], 3).embed(images)
    pixels = tokens.repeat_interleave(3, 1).repeat_interleave(3, 2)  # 12 × 12, of which 4 × 4 are a cell
    for cell in range(9):
        rows, columns = (slice(4 * n, 4 * n + 4) for n in divmod(cell, 3))
        assert_close(found[:, cell], normalize(pixels[:, rows, columns].mean((1, 2)), dim=-1))


@pytest.mark.parametrize("way", ["identity", "crops"])
def test_the_whole_of_an_image_is_seen_as_its_model_squeezes_it(tmp_path, way):
    model = build(tmp_path, CLIP)
    image = Image.effect_noise((120, 40), 80).convert("RGB")
    seen = PlaceEncoder(model, WAYS[way], 1).prepared(image, (0.0, 0.0, 1.0, 1.0))
    assert torch.equal(seen if way == "identity" else seen[0], image_text.squashing(model.network)(image))
    assert seen.shape[-3:] == (3, 24, 24)


def test_only_the_box_is_seen(tmp_path):
    striped = Image.new("RGB", (120, 40), "black")
    striped.paste("white", (0, 0, 75, 40))
    seen = PlaceEncoder(build(tmp_path, CLIP), WAYS["identity"], 2).prepared(striped, (0.5, 0.0, 0.75, 1.0))
    bright = seen[0] > seen[0].mean()
    assert bright[:, :11].all() and not bright[:, 13:].any()


# --- many images


@pytest.mark.parametrize("way", ["key_key", "crops"])
@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_places_of_all_images_come_by_image_whatever_the_batch(tmp_path, way, batch_size):
    model = build(tmp_path, CLIP)
    images = [Image.effect_noise((40 + 10 * n, 60), 80).convert("RGB") for n in range(5)]
    boxes = np.array([[0.1 * n, 0, 1, 0.8] for n in range(5)])
    encoder = PlaceEncoder(model, WAYS[way], 2)
    found = np.concatenate(list(embedded_places(encoder, Views(images, boxes), batch_size, threads=2)))
    assert found.shape == (5 * 4, 24) and found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    for row, image in enumerate(images):
        alone = encoder.embed(encoder.prepared(image, tuple(boxes[row]))[None])[0]
        np.testing.assert_allclose(found[4 * row : 4 * row + 4], alone, atol=1e-5)


def test_the_ways_are_those_of_the_configuration():
    schema = whole_schema(SCHEMA)["$defs"]["image_text_model"]["properties"]["dense"]
    assert schema["enum"] == list(WAYS)
    assert all(f" {name}, " in schema["description"] for name in WAYS if name != "crops")
