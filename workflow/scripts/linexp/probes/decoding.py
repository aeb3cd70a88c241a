"""Encoded images as RGB pixels, as a viewer would show them; what has no such pixels is refused."""

import io

import numpy as np
from PIL import ExifTags, Image, PngImagePlugin

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM")
"""What is read, by Pillow's names. Others are not tried: among them are those that call further programs (EPS)."""

# colour profiles and texts of a PNG say nothing of its pixels: one may be as large as Pillow lets all be together
PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY

_TURNS: dict[int | None, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What sets an image upright, by its orientation in Exif 2.32 (tag 274)."""


def decode(content: bytes) -> Image.Image:
    """The RGB image in a file: the first one of an animation, upright, on white where it is transparent.

    Raises
    ------
    ValueError
        It has more than 8 bits a channel, and is no PNG.
    Exception
        Whatever Pillow raises on damaged data, on other formats, and on more than 178,956,970 pixels.
    """
    image = Image.open(io.BytesIO(content), formats=FORMATS)
    deep = image.format == "PNG" and image.mode.startswith("I")
    if not deep and image.mode.startswith(("I", "F")):
        # Pillow would cut every value above 255 off: a white image
        raise ValueError("more than 8 bits a channel, save it with 8")
    image.load()
    turn = _TURNS.get(_orientation(image))
    image = _of_eight_bits(image) if deep else image
    if turn is not None:
        image = image.transpose(turn)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def _of_eight_bits(image: Image.Image) -> Image.Image:
    """A grey PNG of 16 bits with the upper 8 of each pixel, as Pillow has it of colours; with its clear level."""
    levels = np.asarray(image)
    grey = Image.fromarray((levels >> 8).astype(np.uint8))
    if "transparency" not in image.info:
        return grey
    alpha = np.where(levels == image.info["transparency"], 0, 255).astype(np.uint8)
    return Image.merge("LA", [grey, Image.fromarray(alpha)])


def _orientation(image: Image.Image) -> int | None:
    try:
        return image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # Pillow raises almost anything on damaged Exif data, which say nothing of the pixels
        return None
