"""Writes the examples of the sample app `palette`, which has no model: a paint box, and two photographs free of rights.

Run: python sample-apps/training/palette_examples.py
"""

from pathlib import Path

from PIL import Image, ImageDraw
from skimage import data as skimage_data

from common import package

APP = Path(__file__).resolve().parent.parent / "palette"
CELL = 120
# Five paints and their places in a grid of 6 x 4 cells, the largest first: left, top, right, bottom.
PAINTS = {
    "crimson": ((220, 20, 60), (0, 0, 3, 3)), "steel blue": ((70, 130, 180), (4, 0, 6, 3)),
    "indigo": ((75, 0, 130), (3, 0, 4, 4)), "forest green": ((34, 139, 34), (0, 3, 3, 4)),
    "gold": ((255, 215, 0), (4, 3, 6, 4)),
}
# The photographs, and how the app sees them: the names of colours whose places in the order are clear, with percents.
PHOTOS = {"coffee-time": ("coffee", {"sienna": 29.2}),
          "rocket-at-dawn": ("rocket", {"deep navy": 39.3, "dusk blue": 25.8, "ink": 20.2, "graphite": 9.6})}


def paint_box():
    """The picture, and what the app should say of it."""
    image, palette = Image.new("RGB", (6 * CELL, 4 * CELL)), []
    pen = ImageDraw.Draw(image)
    for name, (colour, (left, top, right, bottom)) in PAINTS.items():
        pen.rectangle((left * CELL, top * CELL, right * CELL - 1, bottom * CELL - 1), fill=colour)
        palette.append({"colour": name, "percent": round(100 * (right - left) * (bottom - top) / 24, 1)})
    return image, palette


def rows(colours):
    """Colours with their percents, as rows of the app's table."""
    return [{"colour": colour, "percent": percent} for colour, percent in colours.items()]


def main():
    """Writes every example."""
    image, palette = paint_box()
    package.write_example(APP, "paint-box", image, {"palette": palette}, 0.5)
    package.write_json(APP / "examples" / "paint-box" / "inputs.json",
                       {"Image": "photo.jpg", "Colours": len(PAINTS), "EdgeThreshold": 20})
    for name, (photo, colours) in PHOTOS.items():
        image = Image.fromarray(getattr(skimage_data, photo)())
        package.write_example(APP, name, image, {"palette": rows(colours)}, 1.5)


if __name__ == "__main__":
    main()
