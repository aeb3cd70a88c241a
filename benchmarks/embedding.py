"""Embedding and recording as their rules do it, beside what they cannot do without, and the memory it takes.

    python benchmarks/embedding.py                     # a few minutes on 2 cores
    python benchmarks/embedding.py --cases resnet50 decoding memory --images 16 --decoded 128 --rounds 1 --width 250
    python benchmarks/embedding.py --cases vit_l_16_siglip_384 so400m_14_siglip_384 --images 1024    # on a GPU

Where the network takes the time: `resnet50`, torchvision's ResNet-50 up to layer4, recorded, and open_clip's ViT-B-32,
ViT-L-16-SigLIP-384 and ViT-SO400M-14-SigLIP-384, embedding. Their floor is the forward pass over a batch in memory,
the GPU's where there is one, in the same precision. `share` is the floor's time by the rule's: 1 is all there is. The
path of the rule is files, checksums, decoding, preprocessing, network, HDF5; in `share_decoded` images are decoded and
preprocessed before, and the rest of the path is as it is. In `decoding` the network does little more than read its
input; the floor is a pool of threads that reads, decodes and preprocesses the same images and does nothing else. Rule
and floor take turns for some rounds, of which the best counts. In `memory`, the peak of a process that records some
images, and of one that records four times as many.

Images are JPEGs of 500 × 375 pixels by default, like ImageNet's in their spectrum (amplitudes fall as 1/frequency),
with shapes drawn over it, about 100 kB each; --photos takes those of a Parquet file instead. Weights are random.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import open_clip
import torch
from measuring import argument_parser, beside, cores, peak_gib, show
from PIL import Image, ImageDraw
from torch import nn

from linexp.artifacts import store
from linexp.concepts import image_text
from linexp.jobs import runtime
from linexp.jobs.gpu_memory import map_what_fits
from linexp.networks import recording, targets
from linexp.networks.units.neurons import Neurons
from linexp.probes import index, sources
from linexp.probes.batches import ImageRows, image_batches

DIFFERENT = 64
EMBEDDING = {
    "vit_b_32": "ViT-B-32",
    "vit_l_16_siglip_384": "ViT-L-16-SigLIP-384",
    "so400m_14_siglip_384": "ViT-SO400M-14-SigLIP-384",
}
NO_NETWORK = ("decoding", "memory")
RESNET = {"source": "torchvision", "name": "resnet50", "weights": "IMAGENET1K_V1"}


def picture(width: int, height: int, rng: np.random.Generator) -> Image.Image:
    """A field whose amplitudes fall as 1/frequency, the same for the most part in all colours, under a few shapes."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None] * height, np.fft.rfftfreq(width) * width)
    spectrum = np.fft.rfft2(rng.normal(size=(4, height, width))) / np.maximum(frequency, 1)
    field = np.fft.irfft2(spectrum, (height, width))
    field = field[:1] + 0.4 * field[1:]
    pixels = np.clip(128 + 55 * field / field.std(), 0, 255).astype(np.uint8)
    image = Image.fromarray(pixels.transpose(1, 2, 0).copy())
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        (x, y), (w, h) = rng.uniform(0, (width, height)), rng.uniform(0.05, 0.3, 2) * (width, height)
        draw.ellipse((x - w, y - h, x + w, y + h), fill=tuple(map(int, rng.integers(0, 256, 3))))
    return Image.blend(Image.fromarray(pixels.transpose(1, 2, 0).copy()), image, 0.6)


def write_images(folder: Path, n_images: int, width: int, height: int, photos: str | None) -> None:
    """Files under `n_images` names, of which `DIFFERENT` are different."""
    rng = np.random.default_rng(0)
    source = photos and sources.open_source({"kind": "parquet", "files": [photos], "image": "image"})
    (folder / "images").mkdir()
    for number in range(n_images):
        path = folder / "images" / f"{number:07d}.jpg"
        if number >= DIFFERENT:
            os.link(folder / "images" / f"{number % DIFFERENT:07d}.jpg", path)
            continue
        content = io.BytesIO()
        if source:
            content.write(source.content(number % len(source)))
        else:
            picture(width, height, rng).save(content, "JPEG", quality=92)
        path.write_bytes(content.getvalue())


def open_case(case: str) -> tuple[Callable, Callable, Callable]:
    """The preprocessing, a bare forward pass, and what the rule makes of batches."""
    if case in EMBEDDING:
        model = image_text.to_device(open_embedding(EMBEDDING[case]))

        def encode(batch: torch.Tensor) -> torch.Tensor:
            with torch.autocast("cuda", torch.float16, enabled=batch.is_cuda):
                return model.network.encode_image(batch)

        def embedded(batches: Iterator[torch.Tensor]) -> Iterator[np.ndarray]:
            return map_what_fits(lambda batch: model.embed_images(batch).numpy(), batches)

        return model.preprocess, encode, embedded
    small = nn.Sequential(nn.AvgPool2d(8), nn.Conv2d(3, 16, 3))
    network, layer = (small, "1") if case in NO_NETWORK else (targets.build_network(RESNET).eval(), "layer4")
    runtime.on_device(network)

    def forward(batch: torch.Tensor) -> torch.Tensor:
        with recording.run_to_module(network, layer) as output_of:
            return output_of(batch)

    def recorded(batches: Iterator[torch.Tensor]) -> Iterator[np.ndarray]:
        return (block.numpy() for block in recording.record_activations(network, layer, Neurons("avg"), batches))

    return targets.preprocessing(RESNET), forward, recorded


def open_embedding(name: str) -> image_text.ImageTextModel:
    """A model of open_clip's for images alone: its texts, whose tokenizer may be on the hub, go through a small one."""
    configuration = open_clip.get_model_config(name)
    text = {"context_length": 16, "vocab_size": 49408, "width": 64, "heads": 4, "layers": 1}
    tag = open_clip.get_pretrained_cfg(name, open_clip.list_pretrained_tags_by_model(name)[0])
    wanted = {key: tag[key] for key in ("mean", "std", "interpolation", "resize_mode") if key in tag}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.json")
        path.write_text(json.dumps({"model_cfg": configuration | {"text_cfg": text}, "preprocess_cfg": wanted}))
        return image_text.build({"model": str(path)})


class Rule:
    """What a rule does between its index and its output, on some of the images in a folder."""

    def __init__(self, folder: Path, case: str, n_images: int, batch_size: int, threads: int):
        self.folder, self.n_images, self.batch_size, self.threads = folder, n_images, batch_size, threads
        settings = {"kind": "image_folder", "root": str(folder / "images"), "limit": n_images}
        self.source = sources.open_source(settings)
        self.index = index.index_images(self.source, {"train": 0.7, "val": 0.1, "test": 0.2}, 0, threads)
        self.preprocess, self.forward, self.rows_of = open_case(case)

    def run(self) -> None:
        self._run(index.IndexedImages(self.source, self.index), self.preprocess)

    def run_decoded(self) -> None:
        """The same on images that are decoded and preprocessed."""
        self._run(ImageRows(self.decoded, np.arange(self.n_images) % len(self.decoded)), lambda image: image)

    def _run(self, images: Sequence, preprocess: Callable) -> None:
        batches = image_batches(images, preprocess, self.batch_size, self.threads, "recording")
        with store.create_arrays(self.folder / "out.h5", store.Provenance("benchmark", {}, "")) as file:
            store.write_rows(file, "rows", self.rows_of(batches), self.n_images)

    def run_network(self) -> None:
        """The forward pass alone, as often as the rule needs it, over a batch that is in memory."""
        with torch.inference_mode():
            for begin in range(0, self.n_images, self.batch_size):
                self.forward(self.in_memory[: self.n_images - begin])
        if self.in_memory.is_cuda:
            torch.cuda.synchronize()

    def run_decoder(self) -> None:
        """Decoding and preprocessing alone."""

        def decode(row: int) -> None:
            self.preprocess(self.source.image(row))

        with ThreadPoolExecutor(self.threads, initializer=lambda: torch.set_num_threads(1)) as pool:
            list(pool.map(decode, range(self.n_images)))

    def prepare(self) -> None:
        """A batch in memory, and one forward pass, which sets up what PyTorch keeps."""
        self.decoded = [self.preprocess(self.source.image(row)) for row in range(min(DIFFERENT, self.n_images))]
        rows = np.arange(min(self.batch_size, self.n_images)) % len(self.decoded)
        self.in_memory = torch.stack([self.decoded[row] for row in rows]).to(runtime.device())
        self.run_network()


def seconds_of(work: Callable[[], None]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def measure(rule: Rule, case: str, rounds: int) -> dict[str, float]:
    """The rule and its floor in turn, the best of each; where there is a network, the rule without its decoder too."""
    rule.prepare()
    works = [rule.run_decoder, rule.run] if case == "decoding" else [rule.run_network, rule.run, rule.run_decoded]
    least, seconds, *decoded = np.min([[seconds_of(work) for work in works] for _ in range(rounds)], axis=0)
    result = {
        "images": rule.n_images,
        **beside(seconds, least),
        "share": least / seconds,
        "images_per_second": rule.n_images / seconds,
        "floor_images_per_second": rule.n_images / least,
    }
    if decoded:
        result |= {"share_decoded": least / decoded[0], "decoded_images_per_second": rule.n_images / decoded[0]}
    if torch.cuda.is_available():
        result["gpu_gib"] = torch.cuda.max_memory_allocated() / 2**30
    return result


def peak_of_recording(folder: Path, n_images: int, options) -> float:
    """The peak memory of a process of its own that records images, GiB."""
    arguments = ["--batch-size", options.batch_size, "--threads", options.threads, "--record", folder, n_images]
    command = [sys.executable, __file__, *map(str, arguments)]
    return float(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--cases", nargs="+", default=["vit_b_32", "resnet50", *NO_NETWORK])
    parser.add_argument("--images", type=int, default=256, help="for networks that take the time")
    parser.add_argument("--decoded", type=int, default=2048, help="where decoding takes the time")
    parser.add_argument("--width", type=int, default=500)
    parser.add_argument("--height", type=int, default=375)
    parser.add_argument("--photos", help="a Parquet file with photos, column `image`")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--threads", type=int, default=cores())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--record", nargs=2, metavar=("FOLDER", "IMAGES"), help="only record, and print the peak")
    options = parser.parse_args()
    runtime.keep_freed_memory()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    if options.record:
        Rule(Path(options.record[0]), "decoding", int(options.record[1]), options.batch_size, options.threads).run()
        print(peak_gib())
        return
    result, timed = {}, [case for case in options.cases if case != "memory"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_images(folder, max(options.images, options.decoded), options.width, options.height, options.photos)
        files = list((folder / "images").iterdir())
        result["kilobytes_an_image"] = sum(path.stat().st_size for path in files) / len(files) / 1000
        for case in timed:
            n_images = options.decoded if case == "decoding" else options.images
            rule = Rule(folder, case, n_images, options.batch_size, options.threads)
            result[case] = measure(rule, case, options.rounds)
        if "memory" in options.cases:
            sizes = (options.decoded // 4, options.decoded)
            result["memory_gib"] = {f"{size} images": peak_of_recording(folder, size, options) for size in sizes}
    worst = min((result[case] for case in timed), key=lambda measured: measured["share"])
    show({key: worst[key] for key in ("seconds", "floor_seconds", "ratio")} | result, options.json)


if __name__ == "__main__":
    main()
