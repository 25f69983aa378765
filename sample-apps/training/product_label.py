"""What is printed on a drawn product: colours, patterns, brand marks, names, and the label made of them."""

import colorsys
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from common import fonts
from silhouette_pen import blade, ellipse, moved

FONTS = {"Lobster": ["lobster"], "BebasNeue": ["BebasNeue-Bold"], "LeagueSpartan": ["LeagueSpartan-Black"],
         "Quicksand": ["Quicksand-Bold"], "Play": ["Play-Bold"], "Vollkorn": ["Vollkorn-Black"],
         "Averia": ["AveriaSerifGWF-Regular"], "Comfortaa": ["Comfortaa-Bold"], "Caladea": ["Caladea-Bold"],
         "DejaVu": ["DejaVuSans-Bold"]}
PANELS = ("none", "disc", "plate", "band", "shield")
SYLLABLES = ("al", "mi", "ro", "ten", "da", "vo", "lu", "sa", "bel", "ko", "ri", "na", "fer", "pi", "mo", "zu", "tal",
             "es")


def ring(sides, inner=None, start=-90.0):
    """Corners of a regular polygon of radius 1, or of a star when `inner` is its inner radius."""
    count = sides if inner is None else 2 * sides
    angles = np.deg2rad(start + 360 / count * np.arange(count))
    radius = np.ones(count) if inner is None else np.where(np.arange(count) % 2, inner, 1.0)
    return np.stack([np.cos(angles), np.sin(angles)], 1) * radius[:, None]


def heart_points():
    """A heart of about radius 1."""
    t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return np.stack([16 * np.sin(t) ** 3, -y], 1) / 16


def drop_points():
    """A drop, its point above."""
    t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return np.stack([0.75 * np.sin(t) * np.sin(t / 2) ** 1.4, 0.15 - np.cos(t)], 1) * (1, 0.95)


# A mark is a list of outlines about the origin, of radius 1; True fills with its colour, False with the ground's.
MARKS = {
    "star": lambda: [(ring(5, 0.42), True)],
    "sun": lambda: [(ring(12, 0.68), True), (ellipse(0, 0, 0.42, 0.42), False)],
    "drop": lambda: [(drop_points(), True)],
    "heart": lambda: [(heart_points(), True)],
    "leaf": lambda: [(moved(blade(1.9, 0.55, 0.45), 25, -0.4, 0.9), True)],
    "diamond": lambda: [(ring(4) * (0.75, 1), True), (ring(4) * (0.35, 0.5), False)],
    "ring": lambda: [(ellipse(0, 0, 0.95, 0.95), True), (ellipse(0, 0, 0.55, 0.55), False)],
    "flower": lambda: [(ellipse(*(0.58 * p), 0.38, 0.38), True) for p in ring(6)] + [(ellipse(0, 0, 0.3, 0.3), False)],
    "mountain": lambda: [(np.array([(-1, 0.7), (-0.35, -0.5), (0.3, 0.7)]), True),
                         (np.array([(-0.2, 0.7), (0.4, -0.85), (1, 0.7)]), True)],
    "moon": lambda: [(ellipse(0, 0, 0.95, 0.95), True), (ellipse(0.4, -0.12, 0.78, 0.78), False)],
    "plus": lambda: [(np.array([(-0.32, -0.95), (0.32, -0.95), (0.32, 0.95), (-0.32, 0.95)]), True),
                     (np.array([(-0.95, -0.32), (0.95, -0.32), (0.95, 0.32), (-0.95, 0.32)]), True)],
    "chevrons": lambda: [(np.array([(-0.9, 0.2 + s), (0, -0.55 + s), (0.9, 0.2 + s), (0.9, 0.55 + s), (0, -0.15 + s),
                                    (-0.9, 0.55 + s)]), True) for s in (-0.3, 0.4)],
}
HELD_OUT_MARKS = {
    "crown": lambda: [(np.array([(-0.95, 0.7), (-0.95, -0.55), (-0.45, 0.05), (0, -0.8), (0.45, 0.05), (0.95, -0.55),
                                 (0.95, 0.7)]), True)],
    "bolt": lambda: [(np.array([(0.25, -1), (-0.6, 0.2), (-0.05, 0.2), (-0.25, 1), (0.6, -0.25), (0.08, -0.25)]),
                      True)],
    "fish": lambda: [(ellipse(-0.2, 0, 0.72, 0.45), True), (np.array([(0.3, 0), (0.98, -0.5), (0.98, 0.5)]), True),
                     (ellipse(-0.55, -0.1, 0.09, 0.09), False)],
    "cup": lambda: [(ellipse(0.6, -0.05, 0.38, 0.38), True), (ellipse(0.6, -0.05, 0.2, 0.2), False),
                    (np.array([(-0.8, -0.6), (0.62, -0.6), (0.42, 0.65), (-0.6, 0.65)]), True)],
}

# A pattern tells where its second colour is: x to the right about the middle, y down 0..1, n repeats, f their share.
PATTERNS = {
    "plain": lambda x, y, n, f: np.zeros(x.shape, bool),
    "levels": lambda x, y, n, f: (y * n) % 1 < f,
    "uprights": lambda x, y, n, f: (x * n) % 1 < f,
    "slanted": lambda x, y, n, f: ((x + y) * n) % 1 < f,
    "dots": lambda x, y, n, f: np.hypot((x * n) % 1 - 0.5, (y * n) % 1 - 0.5) < 0.2 + 0.35 * f,
    "checks": lambda x, y, n, f: (np.floor(x * n) + np.floor(y * n)) % 2 < 1,
    "zigzag": lambda x, y, n, f: ((y + np.abs((x * n) % 1 - 0.5) / n) * n) % 1 < f,
    "sash": lambda x, y, n, f: np.abs(y - 0.5 + 0.5 * x) < 0.5 * f,
    "halves": lambda x, y, n, f: y > 0.35 + 0.5 * f,
    "rays": lambda x, y, n, f: (np.arctan2(y - 0.45, x) * n / np.pi) % 1 < 0.5,
}
HELD_OUT_PATTERNS = {
    "waves": lambda x, y, n, f: ((y + 0.25 / n * np.sin(2 * np.pi * x * n)) * n) % 1 < f,
    "scales": lambda x, y, n, f: np.hypot((x * n + 0.5 * (np.floor(y * n) % 2)) % 1 - 0.5, (y * n) % 1) < 0.2 + 0.4 * f,
    "argyle": lambda x, y, n, f: np.abs((x * n) % 1 - 0.5) + np.abs((y * n) % 1 - 0.5) < 0.25 + 0.25 * f,
}


@dataclass
class Brand:
    """What a maker's products share."""

    name: str
    mark: str
    pattern: str
    repeats: int
    share: float
    panel: str
    font: str
    low: bool


@dataclass
class Colours:
    """A product's colours, RGB 0..255."""

    base: tuple
    second: tuple
    panel: tuple
    mark: tuple
    ink: tuple


def brand(rng, held_out=False):
    """A made-up maker; one held out has a mark and a pattern that training never shows."""
    marks, patterns = (HELD_OUT_MARKS, HELD_OUT_PATTERNS) if held_out else (MARKS, PATTERNS)
    name = "".join(rng.choice(SYLLABLES, rng.integers(2, 4), replace=False)).capitalize()
    return Brand(name, str(rng.choice(list(marks))), str(rng.choice(list(patterns))), int(rng.integers(3, 8)),
                 float(rng.uniform(0.3, 0.6)), str(rng.choice(PANELS)),
                 str(rng.choice([stem for stems in FONTS.values() for stem in stems])), bool(rng.random() < 0.5))


def rgb(hue, saturation, value):
    """A colour by hue, saturation and value (0..1), as RGB 0..255."""
    return tuple(round(255 * v) for v in colorsys.hsv_to_rgb(hue % 1, saturation, value))


def luma(colour):
    """Brightness of an RGB colour, 0..255."""
    return float(np.dot(colour, (0.299, 0.587, 0.114)))


def colours(rng):
    """Colours that go together and stand apart where they meet."""
    hue, dark = rng.random(), rng.random() < 0.35
    base = rgb(hue, rng.uniform(0.45, 0.95), rng.uniform(0.2, 0.5) if dark else rng.uniform(0.6, 0.98))
    if rng.random() < 0.15:
        base = rgb(hue, rng.uniform(0, 0.12), rng.uniform(0.88, 0.98))
    other = hue + rng.choice((0.08, -0.08, 0.33, 0.5, -0.33))
    second = rgb(other, rng.uniform(0.4, 0.9), rng.uniform(0.75, 1) if luma(base) < 130 else rng.uniform(0.3, 0.7))
    if rng.random() < 0.3:
        second = (248, 244, 232) if luma(base) < 150 else (44, 40, 48)
    panel = (250, 247, 238) if rng.random() < 0.7 else rgb(other + 0.5, 0.25, 0.98)
    mark = rgb(rng.choice((hue, other, other + 0.5)), rng.uniform(0.7, 1), rng.uniform(0.35, 0.75))
    return Colours(base, second, panel, mark, (36, 32, 40) if rng.random() < 0.6 else rgb(hue, 0.9, 0.3))


@cache
def font_files():
    """Paths of the fonts for labels."""
    return fonts.locate(FONTS)


@cache
def font(stem, size):
    """A font at a size in px, read once."""
    return ImageFont.truetype(str(font_files()[stem]), size)


def draw_mark(pen, name, at, radius, colour, ground):
    """Draws a brand mark of `radius` px about `at`."""
    for points, inked in (MARKS | HELD_OUT_MARKS)[name]():
        pen.polygon([tuple(p) for p in points * radius + at], colour if inked else ground)


def draw_word(pen, word, stem, at, width, height, colour, halo=None):
    """Draws a word about `at`, as large as fits `width` x `height` px. halo: a colour to set it off from a pattern."""
    size = max(6, round(height))
    long = font(stem, size).getlength(word)
    if long > width:
        size = max(6, int(size * width / long))
    edge = 0 if halo is None else max(1, round(0.14 * size))
    pen.text(tuple(at), word, colour, font(stem, size), anchor="mm", stroke_width=edge, stroke_fill=halo)


def draw_panel(pen, maker, box, colour):
    """Draws the quiet ground under mark and name; returns whether there is one."""
    left, top, right, bottom = box
    if maker.panel == "none":
        return False
    if maker.panel == "disc":
        side = min(right - left, bottom - top) / 2
        x, y = (left + right) / 2, (top + bottom) / 2
        pen.ellipse((x - 1.1 * side, y - side, x + 1.1 * side, y + side), colour)
    elif maker.panel == "plate":
        pen.rounded_rectangle(box, 0.16 * (right - left), colour)
    elif maker.panel == "band":
        pen.rectangle((-4, top, 1e4, bottom), colour)
    else:
        middle, low = (left + right) / 2, top + 0.66 * (bottom - top)
        pen.polygon([(left, top), (right, top), (right, low), (middle, bottom), (left, low)], colour)
    return True


def label(maker, tones, word, width, height, front):
    """A printed label [height, width, 3] uint8 whose middle `front` px are what one sees from before."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    pattern = (PATTERNS | HELD_OUT_PATTERNS)[maker.pattern]
    second = pattern((x - width / 2) / height, y / height, maker.repeats, maker.share)
    image = Image.fromarray(np.where(second[..., None], tones.second, tones.base).astype(np.uint8))
    pen, middle = ImageDraw.Draw(image), width / 2
    half, top, bottom = 0.42 * front, 0.1 * height, 0.9 * height
    if maker.panel == "band":
        top, bottom = 0.2 * height, 0.8 * height
    quiet = draw_panel(pen, maker, (middle - half, top, middle + half, bottom), tones.panel)
    ground = tones.panel if quiet else tones.base
    ink = tones.ink if luma(ground) > 120 else (252, 250, 244)
    mark = tones.mark if quiet and abs(luma(tones.mark) - luma(ground)) > 50 else ink
    halo = None if quiet or maker.pattern == "plain" else ground
    inner, span = (1.25 if maker.panel in ("disc", "shield") else 1.6) * half, bottom - top
    order = (0.66, 0.36, 0.19) if maker.low else (0.36, 0.68, 0.84)
    radius = min(0.46 * inner, 0.21 * span)
    draw_mark(pen, maker.mark, np.array([middle, top + order[0] * span]), radius, mark, ground)
    draw_word(pen, maker.name, maker.font, (middle, top + order[1] * span), inner, 0.2 * span, ink, halo)
    draw_word(pen, word, "DejaVuSans-Bold", (middle, top + order[2] * span), 0.8 * inner, 0.085 * span, ink, halo)
    return np.asarray(image)
