"""The silhouette guide's example photos: a pressed leaf, chalk on slate, a stamp and a shadow."""

import numpy as np
from PIL import Image, ImageFilter

import silhouette_data as data
from common import package, textures, warp
from common.photo import finish

SEED, ATTEMPTS, SURE = 90211, 30, 0.85
BEYOND = 0.1  # examples, like tests, may leave the ranges of training


def ink_mask(rng, name, style, size, long, turn, at, lean=0.03):
    """A drawing as a mask of `size` (width, height), 0..1.

    long: its greater side in px. turn: degrees. at: centre in px. lean: how far corners stray, as a share of `long`.
    """
    mask = style(rng, data.drawing(rng, name, BEYOND).levels(1200))
    left, top, right, bottom = mask.getbbox()
    scale = long / max(right - left, bottom - top)
    quad = warp.rotate(warp.corners(scale * (right - left), scale * (bottom - top)), turn)
    quad = quad + rng.uniform(-lean, lean, (4, 2)) * long + np.asarray(at)
    double = warp.place(mask, (left, top, right, bottom), 2 * quad, (2 * size[0], 2 * size[1]), Image.BICUBIC)
    return np.asarray(double.reduce(2), np.float32) / 255


def soft(mask, sigma):
    """A mask out of focus."""
    image = Image.fromarray(textures.to_bytes(255 * mask)).filter(ImageFilter.GaussianBlur(sigma))
    return np.asarray(image, np.float32) / 255


def pressed_maple(rng):
    """A red maple leaf with pale veins, pressed on cream paper."""
    sheet = textures.paper(rng, 480, 480, np.array([242, 236, 220]), "")
    mask = ink_mask(rng, "maple", data.cut, (480, 480), 390, 14, (240, 240))
    blotch = textures.fractal_noise(rng, 480, 480, 6, 4)
    leaf = textures.ramp(blotch, [np.array([120, 30, 26]), np.array([176, 52, 30]), np.array([196, 104, 40])])
    shade = np.roll(soft(mask, 5), (6, 4), (0, 1))[..., None]
    sheet = sheet * (1 - 0.35 * shade)
    return finish(rng, sheet + (leaf - sheet) * mask[..., None])


def chalk_dragonfly(rng):
    """A dragonfly outlined in chalk on a blackboard, in a wide photo."""
    board = np.array([44, 60, 56]) + (textures.fractal_noise(rng, 480, 640, 4, 4)[..., None] - 0.5) * 34
    mask = ink_mask(rng, "dragonfly", data.outlined, (640, 480), 390, -12, (320, 244))
    grit = np.clip(textures.fractal_noise(rng, 480, 640, 110, 2) * 1.7, 0.35, 1) * mask
    return finish(rng, board + (np.array([238, 236, 226]) - board) * grit[..., None], 0.9)


def stamped_ladybird(rng):
    """A blue stamp of a ladybird on kraft paper, in a tall photo."""
    card = textures.paper(rng, 600, 480, np.array([200, 166, 124]), "")
    mask = ink_mask(rng, "ladybird", data.cut, (480, 600), 360, 9, (238, 302))
    took = np.clip(textures.fractal_noise(rng, 600, 480, 45, 3) * 2.4 - 0.25, 0.3, 1) * mask
    return finish(rng, card + (np.array([30, 44, 112]) - card) * took[..., None], 0.8)


def fern_shadow(rng):
    """The soft shadow of a fern on a concrete wall."""
    wall = textures.concrete(rng, 480, 480) * 0.3 + np.array([140, 134, 122])
    mask = ink_mask(rng, "fern", data.filled, (480, 480), 430, -18, (240, 240))
    return finish(rng, wall * (1 - 0.62 * soft(mask, 1.6)[..., None]), 0.9)


EXAMPLES = {"pressed-maple": (pressed_maple, "maple"), "chalk-dragonfly": (chalk_dragonfly, "dragonfly"),
            "stamped-ladybird": (stamped_ladybird, "ladybird"), "fern-shadow": (fern_shadow, "fern")}


def prepare(photo):
    """As the app's manifest says: gray, centre square, 64 x 64, antialiased bilinear. [1, 1, 64, 64]."""
    side = min(photo.size)
    left, top = (photo.width - side) // 2, (photo.height - side) // 2
    square = photo.crop((left, top, left + side, top + side)).convert("L")
    return np.asarray(square.resize((data.SIZE, data.SIZE), Image.BILINEAR), np.float32)[None, None] / 255


def write(app, session, labels):
    """Writes every example, drawn again from the next seed until it is answered rightly and surely.

    Returns {name: probability of the right class, and which attempt it was}.
    """
    report = {}
    for index, (name, (draw, label)) in enumerate(EXAMPLES.items()):
        for attempt in range(ATTEMPTS):
            photo = draw(np.random.default_rng([SEED, index, attempt]))
            package.write_example(app, name, photo, {"labels": [{"label": label}]}, 0.1)
            logits = session(prepare(Image.open(app / "examples" / name / "photo.jpg")))[0]
            sure = float(np.exp(logits - np.logaddexp.reduce(logits))[labels.index(label)])
            if sure >= SURE:
                report[name] = {"probability": round(sure, 4), "attempt": attempt}
                break
        else:
            raise AssertionError(f"example {name}: no photo was answered surely")
    return report
