"""Image-text models: open_clip's own embeddings, with the preprocessing that belongs to the weights."""

import json
import socket
from pathlib import Path

import huggingface_hub
import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from linexp.artifacts.seals import Provenance
from linexp.artifacts.weights import write_weights
from linexp.concepts import image_text
from linexp.errors import LinexpError

PROVENANCE = Provenance("test", {}, "")
RESOURCES = Path(__file__).parents[3] / "workflow" / "resources"
SMALL = [RESOURCES / "small_resnet.json", RESOURCES / "small_byobnet.json"]
CONCEPTS = ["dog", "a hot dog", "{curly} braces {}", "snow and ice", "Grünfink", "x" * 300]


def tiny(path: Path, preprocess: dict | None = None, **changes) -> str:
    """A tiny open_clip configuration as a file; with `preprocess` in the wrapping that open_clip publishes."""
    configuration = json.loads(SMALL[0].read_text()) | {"embed_dim": 24} | changes
    configuration["vision_cfg"]["image_size"] = 32
    configuration["text_cfg"] |= {"width": 16, "heads": 2}
    wrapped = {"model_cfg": configuration, "preprocess_cfg": preprocess} if preprocess else configuration
    path.write_text(json.dumps(wrapped))
    return str(path)


@pytest.fixture(scope="module", params=[path.stem for path in SMALL])
def small(request) -> image_text.ImageTextModel:
    torch.manual_seed(0)
    return image_text.build({"model": str(RESOURCES / f"{request.param}.json")})


@pytest.fixture(scope="module")
def published() -> image_text.ImageTextModel:
    """A vision transformer that open_clip knows by name."""
    torch.manual_seed(0)
    return image_text.build({"model": "ViT-S-32-alt", "pretrained": "none", "prompt": "a photo of a {}."})


def photo(width: int, height: int) -> Image.Image:
    y, x = np.mgrid[:height, :width]
    return Image.fromarray(np.stack([x * 255 / width, y * 255 / height, (x > width / 3) * 200.0], -1).astype(np.uint8))


def assert_unit_norm(embeddings: torch.Tensor) -> None:
    assert embeddings.dtype == torch.float32 and embeddings.device.type == "cpu"
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(len(embeddings)))


def test_the_project_s_models_embed_images_and_concepts_as_open_clip_does(small):
    batch = torch.randn(3, 3, 64, 64)
    images, concepts = small.embed_images(batch), small.embed_concepts(CONCEPTS)
    assert images.shape == (3, 96) and concepts.shape == (len(CONCEPTS), 96)
    assert_unit_norm(images)
    assert_unit_norm(concepts)
    with torch.no_grad():
        torch.testing.assert_close(images, small.network.encode_image(batch, normalize=True))
        tokens = open_clip.SimpleTokenizer(context_length=16)(CONCEPTS)
        torch.testing.assert_close(concepts, small.network.encode_text(tokens, normalize=True))
    assert small.preprocess(photo(90, 50)).shape == (3, 64, 64)


def test_what_is_done_for_a_gpu_changes_no_bit_on_a_cpu(tmp_path):
    settings = {"model": tiny(tmp_path / "a.json")}
    built = image_text.build(settings).network
    write_weights(tmp_path / "w.safetensors", built.state_dict(), PROVENANCE)
    model = image_text.load(settings, tmp_path / "w.safetensors")
    assert all(parameter.is_contiguous() for parameter in model.network.parameters()), "channels first"
    batch = torch.randn(5, 3, 32, 32)
    with torch.no_grad():
        assert torch.equal(model.embed_images(batch), built.encode_image(batch, normalize=True))


def test_a_batch_in_which_half_precision_overflows_is_embedded_again(tmp_path):
    model = image_text.build({"model": tiny(tmp_path / "a.json")})
    batch = torch.randn(2, 3, 32, 32)
    expected, overflows = model.embed_images(batch), [float("inf"), 1.0]
    with model.network.visual.register_forward_hook(lambda _module, _inputs, output: output * overflows.pop(0)):
        assert torch.equal(model.embed_images(batch), expected)


def test_a_built_in_model_embeds_images_and_prompted_concepts_as_open_clip_does(published):
    batch = torch.stack([published.preprocess(photo(300, 200)), published.preprocess(photo(100, 240))])
    assert batch.shape == (2, 3, 224, 224)
    images, concepts = published.embed_images(batch), published.embed_concepts(CONCEPTS[:2])
    assert_unit_norm(images)
    assert_unit_norm(concepts)
    with torch.no_grad():
        torch.testing.assert_close(images, published.network.encode_image(batch, normalize=True))
        tokens = open_clip.get_tokenizer("ViT-S-32-alt")(["a photo of a dog.", "a photo of a a hot dog."])
        torch.testing.assert_close(concepts, published.network.encode_text(tokens, normalize=True))


def test_concepts_take_the_place_in_the_prompt_braces_and_all(tmp_path):
    model = image_text.build({"model": tiny(tmp_path / "a.json"), "prompt": "{}, photo of {}"})
    seen = []

    def tokenize(texts):
        seen.extend(texts)
        return model.tokenize(texts)

    image_text.ImageTextModel(model.network, model.preprocess, tokenize, model.prompt).embed_concepts(
        ["{a}", "{}", "b"]
    )
    assert seen == ["{a}, photo of {a}", "{}, photo of {}", "b, photo of b"]


def test_the_size_of_batches_does_not_matter_and_order_is_kept(small):
    words = [f"word {number}" for number in range(11)]
    expected = small.embed_concepts(words)
    for size in (1, 4, 11):
        torch.testing.assert_close(small.embed_concepts(words, batch_size=size), expected, atol=1e-5, rtol=0)


# --- preprocessing


def steps_of(transform) -> dict:
    return {type(step).__name__: step for step in transform.transforms}


@pytest.fixture
def without_hub(monkeypatch):
    """Tokenizers of SigLIP come from the Hugging Face hub, and weights are not needed: neither is fetched or filled."""
    monkeypatch.setattr(open_clip, "get_tokenizer", lambda name: name)
    monkeypatch.setattr(torch.nn.Module, "to", lambda self, *_args, **_kwargs: self)
    with torch.device("meta"):
        yield


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    """No host has an address, and nothing is in the cache."""

    def unknown(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))


SIGLIP = ["webli", "somewhere/siglip.safetensors"]


@pytest.mark.parametrize("pretrained", SIGLIP)
def test_siglip_images_are_squashed_and_scaled_to_its_mean_and_deviation(without_hub, pretrained):
    model = image_text.build({"model": "ViT-B-16-SigLIP", "pretrained": pretrained})
    with torch.device("cpu"):
        tensor = model.preprocess(photo(448, 112))
        image = np.asarray(photo(448, 112).resize((224, 224), Image.Resampling.BICUBIC), np.float32)
    assert tensor.shape == (3, 224, 224)
    np.testing.assert_allclose(tensor.numpy(), (image.transpose(2, 0, 1) / 255 - 0.5) / 0.5, atol=0.02)
    assert model.network.visual.preprocess_cfg["mean"] == (0.5, 0.5, 0.5)


def test_clip_images_are_cropped_and_scaled_to_its_mean_and_deviation(without_hub):
    model = image_text.build({"model": "ViT-B-32", "pretrained": "openai"})
    normalise = steps_of(model.preprocess)["Normalize"]
    assert tuple(normalise.mean) == open_clip.OPENAI_DATASET_MEAN
    assert tuple(normalise.std) == open_clip.OPENAI_DATASET_STD
    assert "CenterCrop" in steps_of(model.preprocess)


@pytest.mark.parametrize(("pretrained", "quick"), [("openai", True), ("laion2b_s34b_b79k", False)])
def test_quick_gelu_is_taken_from_the_tag(without_hub, pretrained, quick):
    network = image_text.build({"model": "ViT-B-32", "pretrained": pretrained}).network
    assert any(type(module).__name__ == "QuickGELU" for module in network.modules()) == quick


def test_weights_in_a_file_are_not_guessed_to_be_those_of_any_tag(without_hub):
    with pytest.raises(LinexpError) as caught:
        image_text.build({"model": "ViT-B-32", "pretrained": "my.safetensors"})
    message = str(caught.value)
    assert message.startswith("pretrained: my.safetensors is no tag of ViT-B-32")
    assert "; use one such as openai, or as model a JSON configuration" in message


def test_a_local_configuration_may_bring_its_preprocessing(tmp_path):
    given = {"mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6], "resize_mode": "squash", "interpolation": "bilinear"}
    model = image_text.build({"model": tiny(tmp_path / "a.json", given)})
    tensor = model.preprocess(photo(64, 64).resize((64, 16)))
    image = np.asarray(photo(64, 64).resize((64, 16)).resize((32, 32), Image.Resampling.BILINEAR), np.float32)
    expected = (image / 255 - given["mean"]) / given["std"]
    np.testing.assert_allclose(tensor.numpy(), expected.transpose(2, 0, 1), atol=0.02)
    assert model.network.visual.preprocess_cfg["mean"] == given["mean"], "training normalises by this"


def test_two_local_configurations_of_one_name_are_not_confused(tmp_path):
    (tmp_path / "other").mkdir()
    first, second = tiny(tmp_path / "a.json"), tiny(tmp_path / "other" / "a.json", embed_dim=40)
    dims = [image_text.build({"model": path}).embed_concepts(["dog"]).shape[1] for path in (first, second, first)]
    assert dims == [24, 40, 24]


def test_a_local_configuration_does_not_change_a_built_in_model(tmp_path):
    before = open_clip.get_model_config("ViT-S-32-alt")
    image_text.build({"model": tiny(tmp_path / "ViT-S-32-alt.json")})
    assert open_clip.get_model_config("ViT-S-32-alt") == before


@pytest.mark.parametrize("bias", [None, -7.5])
def test_the_logit_bias_is_there_where_the_configuration_has_one(tmp_path, bias):
    network = image_text.build({"model": tiny(tmp_path / "a.json", init_logit_bias=bias)}).network
    assert network.logit_bias is None if bias is None else network.logit_bias.item() == bias


# --- texts that are too long


BEGIN = "things that are red or round and " * 14
LONG = ["dog", f"{BEGIN}a fire engine", "snow and ice", f"{BEGIN}a flock of crows"]


def hugging_face_tokenizer(
    folder: Path, words: str = "a dog cat on grass", end: bool = True, pad: str = "<pad>"
) -> str:
    """The files of a tokenizer of whole words."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    known = {word: number for number, word in enumerate(dict.fromkeys(["<pad>", "</s>", "<unk>", *words.split()]))}
    tokenizer = Tokenizer(models.WordLevel(known, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if end:
        tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=pad, eos_token="</s>", unk_token="<unk>"
    ).save_pretrained(folder)
    return str(folder)


def test_texts_that_the_model_does_not_take_whole_are_told(tmp_path, capsys):
    model = image_text.build({"model": tiny(tmp_path / "a.json"), "prompt": "a photo of {}"})
    made = image_text.embedded(model, LONG)
    assert made["cut"].tolist() == [False, True, False, True] and made["concepts"] == LONG
    torch.testing.assert_close(torch.from_numpy(made["embeddings"]), model.embed_concepts(LONG))
    said = capsys.readouterr().err
    assert "2 of 4 texts are longer than the 16 tokens that the model takes, and were cut; the first is 'things" in said
    image_text.embedded(model, LONG[::2])
    assert "cut" not in capsys.readouterr().err


@pytest.mark.parametrize("end", [True, False])
@pytest.mark.parametrize("pad", ["<pad>", "</s>"])
@pytest.mark.parametrize("prompt", ["{}", "a {} on grass"])
def test_exactly_what_has_a_token_too_many_is_cut(tmp_path, end, pad, prompt):
    folder = hugging_face_tokenizer(tmp_path / "tokenizer", end=end, pad=pad)
    model = image_text.build({"model": tiny(tmp_path / "a.json"), "prompt": prompt}, folder)
    texts = [" ".join(["dog"] * n) for n in range(1, 25)]
    room = 16 - end - len(prompt.replace("{}", "").split())
    assert model.cut(texts).tolist() == [n > room for n in range(1, 25)]


# --- tokenizers


def test_a_tokenizer_in_a_folder_is_used_and_asks_nobody(tmp_path, no_network):
    folder = hugging_face_tokenizer(tmp_path / "tokenizer")
    for settings in ({"model": tiny(tmp_path / "a.json")}, {"model": "ViT-S-32-alt", "pretrained": "none"}):
        tokens = image_text.build(settings, folder).tokenize(["a dog on grass"])
        assert tokens[0, :6].tolist() == [3, 4, 6, 7, 1, 0] and not tokens[0, 6:].any()


def test_images_are_embedded_without_a_tokenizer(tmp_path, no_network):
    named = json.loads(Path(tiny(tmp_path / "a.json")).read_text())
    named["text_cfg"]["hf_tokenizer_name"] = "timm/ViT-B-16-SigLIP"
    (tmp_path / "a.json").write_text(json.dumps(named))
    model = image_text.build({"model": str(tmp_path / "a.json")})
    assert model.embed_images(torch.randn(2, 3, 32, 32)).shape == (2, 24)
    with pytest.raises(LinexpError) as caught:
        model.embed_concepts(["dog"])
    message = str(caught.value)
    assert message.startswith(
        f"the tokenizer of {tmp_path / 'a.json'} cannot be downloaded (Name or service not known); "
    )
    assert message.endswith("give the folder of its files as `tokenizer`")


def test_a_text_encoder_of_hugging_face_is_built_from_the_folder_of_its_tokenizer(tmp_path, no_network):
    from transformers import RobertaConfig

    folder = hugging_face_tokenizer(tmp_path / "roberta")
    RobertaConfig(vocab_size=9, hidden_size=16, num_hidden_layers=1, num_attention_heads=2).save_pretrained(folder)
    configuration = json.loads(Path(tiny(tmp_path / "a.json")).read_text())
    configuration["text_cfg"] = {"hf_model_name": "roberta-base", "hf_tokenizer_name": "roberta-base"}
    (tmp_path / "a.json").write_text(json.dumps(configuration))
    with pytest.raises(LinexpError, match=r"configuration of .* cannot be downloaded \(Name or service not known\)"):
        image_text.build({"model": str(tmp_path / "a.json")})
    model = image_text.build({"model": str(tmp_path / "a.json")}, folder)
    assert model.embed_concepts(["a dog", "cat"]).shape == (2, 24)


# --- weights


def test_saved_weights_give_the_same_embeddings(tmp_path):
    settings = {"model": tiny(tmp_path / "a.json")}
    torch.manual_seed(1)
    model = image_text.build(settings)
    write_weights(tmp_path / "w.safetensors", model.network.state_dict(), PROVENANCE)
    torch.manual_seed(2)
    assert not torch.allclose(image_text.build(settings).embed_concepts(CONCEPTS), model.embed_concepts(CONCEPTS))
    loaded = image_text.load(settings, tmp_path / "w.safetensors")
    assert not loaded.network.training
    batch = torch.randn(2, 3, 32, 32)
    assert torch.equal(loaded.embed_images(batch), model.embed_images(batch))
    assert torch.equal(loaded.embed_concepts(CONCEPTS), model.embed_concepts(CONCEPTS))


def test_weights_of_another_model_are_refused(tmp_path):
    model = image_text.build({"model": tiny(tmp_path / "a.json")})
    write_weights(tmp_path / "w.safetensors", model.network.state_dict(), PROVENANCE)
    with pytest.raises(LinexpError, match=r"w.safetensors: .* has shape .* the network needs"):
        image_text.load({"model": tiny(tmp_path / "b.json", embed_dim=40)}, tmp_path / "w.safetensors")


# --- what cannot be built


def refusal(settings: dict, use=image_text.build) -> str:
    with pytest.raises(LinexpError) as caught:
        use(settings)
    message = str(caught.value)
    assert "\n" not in message and ";" in message
    return message


def test_a_configuration_that_cannot_be_read_is_named(tmp_path):
    for name, text in {"broken": "{", "list": "[]", "empty": "{}", "incomplete": '{"embed_dim": 3}'}.items():
        (tmp_path / f"{name}.json").write_text(text)
        assert f"image-text model {tmp_path / name}.json" in refusal({"model": str(tmp_path / f"{name}.json")})
    assert "nowhere.json cannot be read" in refusal({"model": "nowhere.json"})


def test_an_unknown_model_is_named():
    for use in (image_text.build, image_text.download):
        message = refusal({"model": "ViT-B-33", "pretrained": "openai"}, use)
        assert message == "image-text model: 'ViT-B-33' is no model of open_clip; did you mean 'ViT-B-32'?"


@pytest.mark.parametrize("name", ["ViT-B/32", "ViT-L/14"])
def test_a_name_with_a_slash_is_the_model_that_open_clip_makes_of_it(without_hub, name):
    message = refusal({"model": name, "pretrained": "my.safetensors"})
    assert message.startswith(f"pretrained: my.safetensors is no tag of {name.replace('/', '-')}; ") or (
        message.startswith(f"pretrained: my.safetensors is no tag of {name.replace('/', '-')}, ")
    )
    network = image_text.build({"model": name, "pretrained": "openai"}).network
    assert any(type(module).__name__ == "QuickGELU" for module in network.modules())
    message = refusal({"model": name, "pretrained": "opeani"}, image_text.download)
    assert message.startswith(f"pretrained: 'opeani' is no tag of {name.replace('/', '-')}; use one of openai")


def test_an_unknown_tag_is_named_before_anything_is_downloaded(monkeypatch):
    message = refusal({"model": "RN50", "pretrained": "opeani"}, image_text.download)
    assert message.startswith("pretrained: 'opeani' is no tag of RN50; use one of openai, yfcc15m, cc12m")
