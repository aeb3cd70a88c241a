"""Strange images in folders and Parquet files: shown as a viewer shows them, or refused by name, and never black."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import EpsImagePlugin, Image
from PIL.PngImagePlugin import PngInfo

from linexp.errors import LinexpError
from linexp.probes.index import IndexedImages, index_images
from linexp.probes.sources import open_source

WHOLE = {"train": 1.0, "val": 0.0, "test": 0.0}
RED, GREEN, BLUE, WHITE = (200, 20, 30), (10, 180, 40), (30, 40, 220), (255, 255, 255)
HALF = 16
FINE = {"quality": 95, "subsampling": 0}


def quadrants(*colours) -> np.ndarray:
    """(2·HALF, 4·HALF, channels) uint8: the colours top left, top right, bottom left, bottom right."""
    blocks = [np.full((HALF, 2 * HALF, len(colour)), colour, np.uint8) for colour in colours]
    return np.block([[[blocks[0]], [blocks[1]]], [[blocks[2]], [blocks[3]]]])


PICTURE = quadrants(RED, GREEN, BLUE, WHITE)


def encoded(pixels: np.ndarray | Image.Image, kind: str, **options) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def raw_png(width: int, height: int, depth: int, colour: int, rows: bytes, *further: tuple[bytes, bytes]) -> bytes:
    """A PNG file by its specification, for what Pillow does not write."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    before = b"".join(png_chunk(*chunk) for chunk in further)
    data = png_chunk(b"IHDR", header) + before + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


def bomb(side: int = 20_000) -> bytes:
    """A PNG file of side × side grey pixels, which a megabyte of zeros is repeated for."""
    compressor, row = zlib.compressobj(1), bytes(side + 1)
    rows = b"".join(compressor.compress(row) for _ in range(side)) + compressor.flush()
    return raw_png(side, side, 8, 0, rows)


def with_exif(orientation: int, **options) -> bytes:
    """PICTURE as a JPEG file whose pixels are stored so that the orientation sets them upright."""
    stored = {
        1: PICTURE,
        2: PICTURE[:, ::-1],
        3: PICTURE[::-1, ::-1],
        4: PICTURE[::-1],
        5: PICTURE.transpose(1, 0, 2),
        6: np.rot90(PICTURE, 1),
        7: PICTURE[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(PICTURE, -1),
    }[orientation]
    exif = Image.Exif()
    exif[274] = orientation
    return encoded(np.ascontiguousarray(stored), "JPEG", **FINE, exif=exif, **options)


def sixteen_bits(levels: list[int]) -> bytes:
    """An RGB PNG file with 16 bits a channel, of one row whose grey pixels have the levels."""
    return raw_png(
        len(levels), 1, 16, 2, zlib.compress(b"\0" + b"".join(struct.pack(">HHH", *[v] * 3) for v in levels))
    )


def animation(kind: str) -> bytes:
    frames = [Image.fromarray(pixels) for pixels in (PICTURE, PICTURE[::-1], 0 * PICTURE)]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50, **LOSSLESS.get(kind, {}))


def no_hexadecimal() -> PngInfo:
    """Exif data as ImageMagick writes them into a PNG file, but for their digits."""
    info = PngInfo()
    info.add_text("Raw profile type exif", "\nexif\n       4\nzz")
    return info


def large_text(compressed: bool, international: bool) -> PngInfo:
    """A text of 3 MB, as image editors write their history into a file."""
    info, text = PngInfo(), "history " * 400_000
    if international:
        info.add_itxt("history", text, zip=compressed)
    else:
        info.add_text("history", text, zip=compressed)
    return info


def many_texts() -> PngInfo:
    """Compressed texts of 40 MB in all."""
    info = PngInfo()
    for number in range(20):
        info.add_text(f"text {number}", "a" * 2_000_000, zip=True)
    return info


LOSSLESS = {"WEBP": {"lossless": True}}
CLEAR = quadrants((*RED, 255), (0, 0, 0, 0), (*BLUE, 255), (0, 0, 0, 0))
ON_WHITE = quadrants(RED, WHITE, BLUE, WHITE)
HALF_CLEAR = quadrants((0, 0, 0, 128), (255, 0, 0, 128), (0, 0, 0, 255), (0, 0, 0, 0))
CMYK = quadrants((0, 255, 255, 0), (255, 0, 255, 0), (255, 255, 0, 0), (0, 0, 0, 255))
GREY = quadrants((0,), (90,), (180,), (255,))[..., 0]
DAMAGED_EXIF = b"Exif\0\0" + b"no header of TIFF"

# a file's suffix and content, the pixels that a viewer shows, and by how much they may differ
GOOD = {
    "jpeg": (".jpg", encoded(PICTURE, "JPEG", **FINE), PICTURE, 12),
    "progressive jpeg": (".jpg", encoded(PICTURE, "JPEG", **FINE, progressive=True), PICTURE, 12),
    "cmyk jpeg": (
        ".jpg",
        encoded(Image.fromarray(CMYK, "CMYK"), "JPEG", **FINE),
        quadrants((255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)),
        12,
    ),
    "grey jpeg": (".jpg", encoded(GREY, "JPEG", **FINE), np.stack([GREY] * 3, -1), 12),
    "grey png": (".png", encoded(GREY, "PNG"), np.stack([GREY] * 3, -1), 0),
    "palette png": (".png", encoded(Image.fromarray(PICTURE).quantize(4), "PNG"), PICTURE, 0),
    "bilevel tiff": (
        ".tif",
        encoded(Image.fromarray(GREY > 100), "TIFF"),
        np.stack([255 * (GREY > 100)] * 3, -1),
        0,
    ),
    "bmp": (".bmp", encoded(PICTURE, "BMP"), PICTURE, 0),
    "ppm": (".ppm", encoded(PICTURE, "PPM"), PICTURE, 0),
    "webp": (".webp", encoded(PICTURE, "WEBP", lossless=True), PICTURE, 0),
    "transparent png": (".png", encoded(CLEAR, "PNG"), ON_WHITE, 0),
    "transparent webp": (".webp", encoded(CLEAR, "WEBP", lossless=True, exact=True), ON_WHITE, 0),
    "transparent gif": (".gif", encoded(CLEAR, "GIF"), ON_WHITE, 0),
    "half transparent png": (
        ".png",
        encoded(HALF_CLEAR, "PNG"),
        quadrants((127,) * 3, (255, 127, 127), (0,) * 3, WHITE),
        1,
    ),
    "transparent colour": (".png", encoded(ON_WHITE, "PNG", transparency=BLUE), quadrants(RED, *[WHITE] * 3), 0),
    "transparent palette": (
        ".png",
        encoded(Image.fromarray(CLEAR).quantize(8), "PNG"),
        ON_WHITE,
        0,
    ),
    "animated gif": (".gif", animation("GIF"), PICTURE, 0),
    "animated webp": (".webp", animation("WEBP"), PICTURE, 0),
    "animated png": (".png", animation("PNG"), PICTURE, 0),
    "several pages": (".tiff", animation("TIFF"), PICTURE, 0),
    "png in the clothes of jpeg": (".jpg", encoded(PICTURE, "PNG"), PICTURE, 0),
    "one pixel": (".png", encoded(PICTURE[:1, :1], "PNG"), PICTURE[:1, :1], 0),
    "one pixel jpeg": (".jpg", encoded(PICTURE[:1, :1], "JPEG", **FINE), PICTURE[:1, :1], 12),
    "16 bits of three channels": (
        ".png",
        sixteen_bits([0, 1000, 30000, 65535]),
        np.array([[0, 1000 >> 8, 30000 >> 8, 255]])[..., None].repeat(3, -1),
        1,
    ),
    "16 bits of grey": (
        ".png",
        encoded(np.array([[0, 255, 256, 30000, 65535]], np.uint16), "PNG"),
        np.array([[0, 0, 1, 30000 >> 8, 255]])[..., None].repeat(3, -1),
        0,
    ),
    "16 bits of grey, one of them clear": (
        ".png",
        raw_png(3, 1, 16, 0, zlib.compress(b"\0" + struct.pack(">HHH", 10, 30000, 500)), (b"tRNS", b"\x75\x30")),
        np.array([[0, 255, 1]])[..., None].repeat(3, -1),
        0,
    ),
    "damaged exif of a png": (".png", encoded(PICTURE, "PNG", pnginfo=no_hexadecimal()), PICTURE, 0),
    "colour profile of 3 MB": (".png", encoded(PICTURE, "PNG", icc_profile=bytes(3_000_000)), PICTURE, 0),
    **{
        f"text of 3 MB, {compressed}, {international}": (
            ".png",
            encoded(PICTURE, "PNG", pnginfo=large_text(compressed, international)),
            PICTURE,
            0,
        )
        for compressed in (True, False)
        for international in (True, False)
    },
    "texts of 40 MB": (".png", encoded(PICTURE, "PNG", pnginfo=many_texts()), PICTURE, 0),
    "colour profile of a jpeg": (".jpg", encoded(PICTURE, "JPEG", **FINE, icc_profile=bytes(300_000)), PICTURE, 12),
    "several pictures in a jpeg": (
        ".jpg",
        encoded(PICTURE, "MPO", save_all=True, append_images=[Image.fromarray(0 * PICTURE)], **FINE),
        PICTURE,
        12,
    ),
    "damaged exif": (".jpg", encoded(PICTURE, "JPEG", **FINE, exif=DAMAGED_EXIF), PICTURE, 12),
    "unknown orientation": (
        ".jpg",
        with_exif(1).replace(b"\x12\x01\x03\x00\x01\x00\x00\x00\x01", b"\x12\x01\x03\x00\x01\x00\x00\x00\x09"),
        PICTURE,
        12,
    ),
} | {f"orientation {n}": (".jpg", with_exif(n), PICTURE, 12) for n in range(1, 9)}

WORDS = b"These are words and no image.\n" * 20
BAD = {
    "torn jpeg": (".jpg", encoded(PICTURE, "JPEG", **FINE)[:-200]),
    "torn progressive jpeg": (".jpg", encoded(PICTURE, "JPEG", progressive=True)[:-100]),
    "torn png": (".png", encoded(PICTURE, "PNG")[:-30]),
    "half a header": (".jpg", encoded(PICTURE, "JPEG")[:10]),
    "nothing": (".jpg", b""),
    "one byte": (".png", b"\x89"),
    "zeros": (".jpg", bytes(5000)),
    "text": (".jpg", WORDS),
    "a page that says not found": (".jpg", b"<!doctype html><html><title>404 Not found</title></html>"),
    "svg": (".png", b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect/></svg>'),
    "xbm, an image in words": (".jpg", b"#define w_width 8\n#define w_height 1\nstatic char w_bits[] = { 0x00 };\n"),
    "postscript": (".jpg", encoded(PICTURE, "EPS")),
    "a format that nobody expects": (".png", encoded(PICTURE, "PCX")),
    "grey of 16 bits in another format": (".tif", encoded(np.full((4, 4), 30_000, np.uint16), "TIFF")),
    "grey of 32 bits": (".tif", encoded(np.full((4, 4), 30_000, np.int32), "TIFF")),
    "numbers that are not whole": (".tif", encoded(np.full((4, 4), 0.5, np.float32), "TIFF")),
    "20,000 pixels a side": (".png", bomb()),
    "no pixels": (".png", raw_png(0, 0, 8, 2, zlib.compress(b""))),
}


def folder_of(place: Path, suffix: str, content: bytes):
    (place / "cat").mkdir()
    (place / "cat" / f"strange{suffix}").write_bytes(content)
    return open_source({"kind": "image_folder", "root": str(place)}), f"cat/strange{suffix}"


def parquet_of(place: Path, suffix: str, content: bytes):
    column = pa.array([{"bytes": content, "path": "../../etc/passwd"}])
    pq.write_table(pa.table({"image": column}), place / "a.parquet")
    return open_source({"kind": "parquet", "files": [str(place / "a.parquet")], "image": "image"}), "row00000000"


KINDS = pytest.mark.parametrize("source_of", [folder_of, parquet_of])


@pytest.mark.filterwarnings("error")
@KINDS
@pytest.mark.parametrize("case", GOOD)
def test_a_strange_image_is_read_as_a_viewer_shows_it(tmp_path, source_of, case):
    suffix, content, expected, tolerance = GOOD[case]
    source, key = source_of(tmp_path, suffix, content)
    index = index_images(source, WHOLE, 0)
    assert index["key"].to_pylist() == [key]
    image = IndexedImages(source, index)[0]
    assert (image.mode, image.size) == ("RGB", expected.shape[1::-1])
    np.testing.assert_allclose(np.asarray(image, int), expected, atol=tolerance)


@KINDS
@pytest.mark.parametrize("case", BAD)
def test_a_file_without_a_right_image_is_refused_by_name(tmp_path, source_of, case):
    source, key = source_of(tmp_path, *BAD[case])
    with pytest.raises(LinexpError) as caught:
        index_images(source, WHOLE, 0)
    message = str(caught.value)
    assert message.startswith(f"image {key} ") and message.endswith("; repair or remove it")
    assert "\n" not in message and len(message) < 250


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM"])
@pytest.mark.parametrize("options", [{}, {"progressive": True, "lossless": True, "compression": "tiff_lzw"}])
def test_an_image_cut_off_anywhere_is_whole_or_refused(tmp_path, kind, options):
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    content = encoded(pixels, kind, **options)
    lengths = sorted({*range(0, len(content), len(content) // 25), *range(len(content) - 8, len(content) + 1)})
    column = pa.array([{"bytes": content[:length], "path": None} for length in lengths])
    pq.write_table(pa.table({"image": column}), tmp_path / "a.parquet")
    source = open_source({"kind": "parquet", "files": [str(tmp_path / "a.parquet")], "image": "image"})
    whole = np.asarray(source.image(len(lengths) - 1))
    refused = 0
    for row in range(len(lengths)):
        try:
            np.testing.assert_array_equal(np.asarray(source.image(row)), whole)
        except LinexpError as error:
            refused += 1
            assert f"image row{row:08d} " in str(error)
    assert refused >= 20


def test_no_further_program_is_started(tmp_path, monkeypatch):
    (tmp_path / "gs").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (tmp_path / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None)
    content = BAD["postscript"][1]
    source, _ = parquet_of(tmp_path, ".jpg", content)
    with pytest.raises(LinexpError):
        source.image(0)
    assert not (tmp_path / "ran").exists()
    with pytest.raises(OSError, match=r"."):
        Image.open(io.BytesIO(content)).load()
    assert (tmp_path / "ran").exists(), "Pillow alone would have started it"


def test_a_link_that_leads_nowhere_is_refused_by_name(tmp_path):
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat/a.png").write_bytes(encoded(PICTURE, "PNG"))
    (tmp_path / "cat/b.png").symlink_to("gone.png")
    source = open_source({"kind": "image_folder", "root": str(tmp_path)})
    with pytest.raises(LinexpError, match=r"image cat/b.png cannot be read \(No such file"):
        index_images(source, WHOLE, 0)


@pytest.mark.parametrize("name", [b"caf\xe9.png", b"two\nlines.png", b"tab\tbed.png", b"bell\a.png"])
def test_a_name_that_cannot_be_a_key_is_refused(tmp_path, name):
    (tmp_path / "cat").mkdir()
    Path(os.fsdecode(bytes(tmp_path / "cat") + b"/" + name)).write_bytes(encoded(PICTURE, "PNG"))
    source = open_source({"kind": "image_folder", "root": str(tmp_path)})
    with pytest.raises(LinexpError, match=r"; rename it$") as caught:
        index_images(source, WHOLE, 0)
    message = str(caught.value)
    assert message.isprintable() and message.encode() and "png" in message


def test_names_in_any_script_are_keys(tmp_path):
    for name in ("雪.png", "Grünfink.png", "Bild\u202f3.png", "a b's (1).png", "=1+1.png"):
        (tmp_path / name).write_bytes(encoded(PICTURE, "PNG"))
    source = open_source({"kind": "image_folder", "root": str(tmp_path)})
    assert sorted(index_images(source, WHOLE, 0)["key"].to_pylist()) == sorted(os.listdir(tmp_path))
