"""Drawn products: bottles, cans, boxes, jars, bags and tubes, each with its label, seen from before at any turn.

Bodies are drawn as solids of revolution, or nearly so: a half width for every row, and a skin that is wrapped about it.
A box has a front and a side instead.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

import product_label as print_
from common import textures, warp

KINDS = ["bottle", "can", "box", "jar", "bag", "tube"]
WORDS = {"bottle": ("apple juice", "lemonade", "olive oil", "iced tea", "syrup", "vinegar", "cider", "ketchup"),
         "can": ("tomato soup", "cola", "peaches", "beans", "tonic", "sweet corn", "lentils", "ginger ale"),
         "box": ("corn flakes", "rice", "tea", "crackers", "pasta", "cocoa", "muesli", "biscuits"),
         "jar": ("honey", "pickles", "jam", "mustard", "olives", "pesto", "beetroot", "chutney"),
         "bag": ("crisps", "coffee", "nuts", "flour", "toffees", "oats", "popcorn", "sugar"),
         "tube": ("toothpaste", "hand cream", "tomato paste", "sun cream", "glue", "wasabi", "balm", "icing")}
# How tall each kind stands, in shares of the tallest, and how wide that is in shares of the height.
HEIGHTS = {"bottle": (0.85, 1.0), "can": (0.42, 0.6), "box": (0.6, 0.95), "jar": (0.42, 0.6), "bag": (0.6, 0.85),
           "tube": (0.6, 0.8)}
SHAPES = {"bottle": (0.3, 0.4), "can": (0.52, 0.7), "box": (0.55, 0.85), "jar": (0.66, 0.85), "bag": (0.62, 0.8),
          "tube": (0.32, 0.42)}
ROUND = {"bottle": 1.0, "can": 1.0, "jar": 1.0, "bag": 0.45, "tube": 0.7}
DETAIL = 400
TURN, FLAT_TURN = 28, 9
METAL = (206, 208, 212)


@dataclass
class Product:
    """One product of the made-up market. Heights are in shares of the tallest."""

    name: str
    kind: str
    maker: print_.Brand
    tones: print_.Colours
    word: str
    height: float
    shape: float
    form: float
    cap: tuple
    filling: tuple
    price: float


def product(rng, maker, kind):
    """A product of a brand."""
    word = str(rng.choice(WORDS[kind]))
    cap = rng.choice(("tone", "white", "dark", "metal"))
    tones = print_.colours(rng)
    cap = {"tone": tones.second, "white": (240, 240, 236), "dark": (46, 44, 50), "metal": (188, 172, 120)}[cap]
    filling = print_.rgb(rng.random(), rng.uniform(0.3, 0.85), rng.uniform(0.35, 0.85))
    return Product(f"{maker.name} {word}", kind, maker, tones, word, float(rng.uniform(*HEIGHTS[kind])),
                   float(rng.uniform(*SHAPES[kind])), float(rng.random()), cap, filling,
                   float(round(rng.uniform(0.6, 6.5), 1)) - 0.01)


def range_of(rng, count, held_out=False):
    """`count` products, kinds in turn, up to three of a maker, no name twice."""
    products, names = [], set()
    while len(products) < count:
        maker = print_.brand(rng, held_out)
        for _ in range(rng.integers(1, 4)):
            item = product(rng, maker, KINDS[len(products) % len(KINDS)])
            if item.name not in names and len(products) < count:
                names.add(item.name)
                products.append(item)
    return products


def profile(item, t):
    """Half widths (1 is the widest) at heights `t`, 0 at the top and 1 at the bottom."""
    f = item.form
    points = {
        "bottle": [(0, 0.36), (0.09, 0.36), (0.091, 0.3), (0.2 + 0.06 * f, 0.32), (0.32 + 0.1 * f, 0.94),
                   (0.4 + 0.08 * f, 1), (0.97, 1), (1, 0.94)],
        "can": [(0, 0.86), (0.02, 0.92), (0.07, 1), (0.94, 1), (0.98, 0.93), (1, 0.88)],
        "jar": [(0, 0.84), (0.17, 0.84), (0.171, 0.76), (0.21, 0.8), (0.3, 1), (0.94, 1), (1, 0.9)],
        "bag": [(0, 0.96), (0.07, 0.94), (0.2, 1 - 0.04 * f), (0.5, 0.96), (0.8, 1), (0.93, 0.95), (1, 0.97)],
        "tube": [(0, 1), (0.06, 1), (0.3, 0.97), (0.76, 0.8), (0.8, 0.62), (0.81, 0.52), (1, 0.46 + 0.08 * f)],
    }[item.kind]
    return np.interp(t, *np.array(points).T)


def printed(item):
    """The rows, as shares of the height, that the label covers."""
    f = item.form
    return {"bottle": (0.46 + 0.06 * f, 0.9), "can": (0.07, 0.94), "jar": (0.33, 0.9), "bag": (0.07, 0.93),
            "tube": (0.06, 0.76)}[item.kind]


def skin(item, height, width, front):
    """All that is wrapped about the body: [height, width, 3] uint8, `front` px of it seen from before."""
    t = (np.arange(height) + 0.5) / height
    x = np.arange(width)
    ridges = 0.82 + 0.18 * np.cos(2 * np.pi * x / front * 22)[None, :, None]
    body = {"bottle": item.filling, "jar": item.filling, "can": METAL}.get(item.kind, item.tones.base)
    image = np.broadcast_to(np.array(body, np.float32), (height, width, 3)).copy()
    lid = {"bottle": (0, 0.09), "jar": (0, 0.17), "tube": (0.8, 1)}.get(item.kind)
    if lid:
        rows = (t >= lid[0]) & (t < lid[1])
        image[rows] = np.array(item.cap, np.float32) * ridges
    if item.kind in ("bottle", "jar"):
        empty = (t > lid[1]) & (t < lid[1] + 0.09 + 0.06 * item.form)
        image[empty] = 0.55 * image[empty] + 0.45 * np.array((226, 232, 230))
    if item.kind in ("bag", "tube"):
        crimp = (t < 0.06) | ((t > 0.94) & (item.kind == "bag"))
        image[crimp] *= 0.86 + 0.14 * np.cos(2 * np.pi * x / front * 40)[None, :, None]
    top, bottom = (round(v * height) for v in printed(item))
    image[top:bottom] = print_.label(item.maker, item.tones, item.word, width, bottom - top, front)
    return image


def lit(rng, theta, gloss):
    """Light on a round body by angle: a soft fall-off to the sides and a bright streak. rng places the light."""
    side = rng.uniform(-0.7, 0.7)
    soft = 0.5 + 0.5 * np.cos(0.85 * (theta - side))
    streak = gloss * np.exp(-((theta - 1.25 * side) / 0.12) ** 2)
    return soft[..., None], 255 * streak[..., None]


def wrapped(rng, item, turn, tilt, height):
    """A round or nearly round product as an RGBA image, turned by degrees and seen from above by `tilt`."""
    round_ = ROUND[item.kind]
    widest = 0.5 * item.shape * height
    tilt = tilt if round_ == 1 else 0.0
    room = int(np.ceil(tilt * widest)) + 2
    y, x = np.mgrid[0:height + 2 * room, 0:2 * int(widest) + 6].astype(np.float32)
    y, x = y - room, x - x.mean()

    def across(rows):
        half = widest * profile(item, np.clip(rows / height, 0, 1))
        return half, x / half

    half, u = across(y)
    rows = y - tilt * half * np.sqrt(np.clip(1 - u * u, 0, 1))
    half, u = across(rows)
    edge = 2 * np.abs((x / widest * 14) % 1 - 0.5) * 0.012 * height if item.kind == "bag" else 0.0
    alpha = np.clip((1 - np.abs(u)) * half + 0.5, 0, 1)
    alpha = alpha * np.clip(rows - edge + 0.5, 0, 1) * np.clip(height - edge - rows + 0.5, 0, 1)
    theta = np.arcsin(np.clip(u, -1, 1) * round_)
    front = int(widest * np.pi) if round_ == 1 else int(2 * widest)
    span = 2 * np.arcsin(round_)
    wide = int(1.7 * front)
    cover = skin(item, height, wide, front)
    column = wide / 2 + (theta + np.deg2rad(turn)) / span * front
    colour = cover[np.clip(rows, 0, height - 1).astype(int), np.clip(column, 0, wide - 1).astype(int)]
    soft, streak = lit(rng, theta * (1.0 if round_ == 1 else 1.6), {"bag": 0.12, "tube": 0.2}.get(item.kind, 0.38))
    if item.kind == "bag":
        folds = textures.fractal_noise(rng, *y.shape, 5, 3)
        soft = soft * (0.8 + 0.4 * folds[..., None])
    colour = colour * (0.42 + 0.66 * soft) + streak
    if tilt:
        colour, alpha = topped(item, colour, alpha, x, y, widest * profile(item, 0.0), tilt)
    return image_of(colour, alpha)


def topped(item, colour, alpha, x, y, half, tilt):
    """Adds the lid that one sees from above."""
    away = np.hypot(x / half, y / (tilt * half))
    share = np.clip((1 - away) * tilt * half + 0.5, 0, 1)
    lid = METAL if item.kind == "can" else item.cap
    shade = np.where((away > 0.8) & (away < 0.88), 0.78, 1.02)[..., None]
    return colour + (np.array(lid) * shade - colour) * share[..., None], np.maximum(alpha, share)


def boxed(rng, item, turn, tilt, height):
    """A box as an RGBA image: its front, and the side that a turn shows."""
    front = max(8, round(item.shape * height))
    depth = max(8, round((0.35 + 0.3 * item.form) * front))
    seen, side = round(front * np.cos(np.deg2rad(turn))), max(2, round(depth * abs(np.sin(np.deg2rad(turn)))))
    low, size = (0.06 + 0.35 * tilt) * side, (seen + side + 4, height + 4)
    bright = rng.uniform(0.88, 1.04)
    face = print_.label(item.maker, item.tones, item.word, front, height, front)
    edge = print_.label(item.maker, item.tones, item.word, depth, height, depth)
    left, middle, right = (2, seen + 2, seen + side + 2) if turn >= 0 else (2, side + 2, seen + side + 2)
    drops = (0, 0, low) if turn >= 0 else (low, 0, 0)
    first, second = (face, edge) if turn >= 0 else (edge, face)
    dim = rng.uniform(0.55, 0.8)
    canvas = Image.new("RGBA", size)
    for pixels, (x, over), (x2, over2) in ((first, (left, drops[0]), (middle, drops[1])),
                                           (second, (middle, drops[1]), (right, drops[2]))):
        shade = bright * (dim if pixels is edge else 1) * np.linspace(1.05, 0.93, height)[:, None, None]
        picture = Image.fromarray(textures.to_bytes(pixels * shade))
        quad = [(x, 2 + over), (x2, 2 + over2), (x2, height + 2 - over2), (x, height + 2 - over)]
        box = (0, 0, *picture.size)
        mask = warp.place(Image.new("L", picture.size, 255), box, quad, size)
        canvas.paste(warp.place(picture, box, quad, size), (0, 0), mask)
    return canvas


def image_of(colour, alpha):
    """RGBA of floats: colour [H, W, 3] in 0..255 and alpha [H, W] in 0..1."""
    return Image.fromarray(textures.to_bytes(np.dstack([colour, 255 * alpha])), "RGBA")


def view(rng, item, turn, tilt, height=DETAIL):
    """A product as an RGBA image `height` px high or a little more, cut to what is seen.

    turn: -1 to 1, of as far as the kind may be turned about its own axis. tilt: how far one looks down on it, 0 to 0.2.
    rng places the light.
    """
    turn = turn * (FLAT_TURN if item.kind in ("bag", "tube") else TURN)
    draw = boxed if item.kind == "box" else wrapped
    image = draw(rng, item, turn, tilt, height)
    return image.crop(image.getchannel("A").point(lambda v: 255 if v > 40 else 0).getbbox())
