"""The stylizer's example photos: photographs that training never saw."""

import numpy as np
from PIL import Image

import painterly
import stylizer_data as data
from common import package, textures

EXAMPLES = {"a-cat": "chelsea", "coffee-time": "coffee", "portrait": "astronaut"}
# The one that the app's test holds against the effect; a square photo, which the app does not stretch.
HELD = "portrait"


def write(app, references, side):
    """Writes every example, and what the effect makes of one.

    Pictures are not compared when an app is checked, so no answer is expected.
    """
    photos = data.test_photos()
    for name, photo in EXAMPLES.items():
        package.write_example(app, name, Image.fromarray(photos[photo]), {}, 0)
    photo = np.asarray(Image.open(app / "examples" / HELD / "photo.jpg"))
    painting = textures.to_bytes(255 * painterly.paint(data.fitted(photo, side)))
    references.mkdir(parents=True, exist_ok=True)
    Image.fromarray(painting).save(references / f"painted-{HELD}.jpg", quality=92, subsampling=0)
