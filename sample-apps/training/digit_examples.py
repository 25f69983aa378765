"""The digit reader's example photos: unseen fonts and hands on paper, slate and plates."""

import numpy as np
from PIL import Image, ImageFilter

import digit_data as data
from common import fonts, package, textures, warp
from common.photo import finish

SEED = 90210


def ink_mask(source, digit, size, high, turn, at, lean):
    """A digit as a mask of `size` (width, height), 0..1.

    source: font stem, or None for a held-out handwritten one. high: ink height
    in px. turn: degrees. at: centre in px. lean: [4, 2] corner shifts in px.
    """
    if source is None:
        images, labels = data.handwritten()
        index = len(images) - data.HANDWRITTEN_TEST + np.flatnonzero(labels[-data.HANDWRITTEN_TEST:] == digit)[3]
        mask = data.hand_mask(images[index]).resize((512, 512), Image.BICUBIC)
        mask = mask.filter(ImageFilter.GaussianBlur(9)).point(lambda v: int(np.clip((v - 96) * 5, 0, 255)))
    else:
        path = fonts.locate(fonts.TEST_FAMILIES)[source]
        mask = data.glyph(path, str(digit), scale=4)
    left, top, right, bottom = mask.getbbox()
    quad = warp.corners(high * (right - left) / (bottom - top), high)
    quad = warp.rotate(quad, turn) + np.asarray(lean) + np.asarray(at)
    double = warp.place(mask, (left, top, right, bottom), 2 * quad, (2 * size[0], 2 * size[1]), Image.BICUBIC)
    return np.asarray(double.reduce(2), np.float32) / 255


def on_paper(rng):
    """A blue pen-like 5 on ruled paper."""
    size = (480, 480)
    sheet = textures.paper(rng, size[1], size[0], np.array([244, 240, 228]), "lines")
    mask = ink_mask("Rufscript010", 5, size, 300, 3, (244, 236), [[6, 0], [-4, 8], [0, -6], [2, 0]])
    uneven = (0.8 + 0.2 * textures.fractal_noise(rng, size[1], size[0], 20, 3)) * mask
    return finish(rng, sheet + (np.array([32, 52, 140]) - sheet) * uneven[..., None])


def on_slate(rng):
    """A handwritten 3 in chalk on a blackboard."""
    size = (480, 480)
    board = np.array([44, 62, 54]) + (textures.fractal_noise(rng, 480, 480, 4, 4)[..., None] - 0.5) * 34
    mask = ink_mask(None, 3, size, 290, 5, (238, 244), np.zeros((4, 2)))
    grit = np.clip(textures.fractal_noise(rng, 480, 480, 110, 2) * 1.7 - 0.1, 0.25, 1) * mask
    return finish(rng, board + (np.array([236, 236, 226]) - board) * grit[..., None], 0.9)


def house_number(rng):
    """A white 4 on an enamelled blue plate, on a wall, in a wide photo."""
    width, height = 640, 480
    wall = textures.concrete(rng, height, width) * 0.4 + np.array([118, 92, 76])
    y, x = np.mgrid[0:height, 0:width]
    inside = np.maximum(np.abs(x - 320) - 200, np.abs(y - 240) - 196)
    plate = np.clip(12 - inside, 0, 1)[..., None]
    shade = np.clip(np.exp(-np.maximum(inside - 12, 0) / 9.0), 0, 1)[..., None] * (1 - plate)
    image = wall * (1 - 0.55 * shade)
    image = image + (np.array([26, 62, 138]) - image) * plate
    mask = ink_mask("OpenSans-CondBold", 4, (width, height), 310, 2, (320, 240), np.zeros((4, 2)))
    return finish(rng, image + (np.array([244, 244, 240]) - image) * mask[..., None])


def stamped(rng):
    """A red 9 printed on kraft paper, seen at an angle, in a tall photo."""
    width, height = 480, 600
    card = textures.paper(rng, height, width, np.array([196, 160, 118]), "")
    mask = ink_mask("Caladea-Bold", 9, (width, height), 300, 8, (236, 304), [[10, 8], [-12, -4], [8, 6], [-6, -4]])
    worn = np.clip(textures.fractal_noise(rng, height, width, 45, 3) * 2.4 - 0.25, 0.3, 1) * mask
    return finish(rng, card + (np.array([150, 24, 30]) - card) * worn[..., None], 0.8)


EXAMPLES = {"pen-on-paper": (on_paper, 5), "chalk-on-slate": (on_slate, 3),
            "house-number": (house_number, 4), "stamp-on-kraft": (stamped, 9)}


def prepare(photo):
    """As the app's manifest says: gray, centre square, 48 x 48, antialiased bilinear. [1, 1, 48, 48]."""
    side = min(photo.size)
    left, top = (photo.width - side) // 2, (photo.height - side) // 2
    square = photo.crop((left, top, left + side, top + side)).convert("L")
    small = square.resize((data.SIZE, data.SIZE), Image.BILINEAR)
    return np.asarray(small, np.float32)[None, None] / 255


def write(app, session, labels):
    """Writes every example and returns {name: probability of the right digit}; a wrong answer raises."""
    scores = {}
    for index, (name, (draw, digit)) in enumerate(EXAMPLES.items()):
        photo = draw(np.random.default_rng([SEED, index]))
        package.write_example(app, name, photo, {"labels": [{"label": labels[digit]}]}, 0.1)
        reread = Image.open(app / "examples" / name / "photo.jpg")
        logits = session(prepare(reread))[0]
        if logits.argmax() != digit:
            raise AssertionError(f"example {name}: read as {labels[logits.argmax()]}")
        scores[name] = round(float(np.exp(logits - np.logaddexp.reduce(logits))[digit]), 4)
    return scores
