"""Capital letters as heights: how far each place lies from the letter's edge, in and out of the ink.

A height map is smooth where a picture of the letter has hard edges, so a small network learns it well, and cutting
it off at `EDGE` gives an edge that is sharp at any size. Heights run from 0 (`REACH` px or more outside) over 1 (the
edge) to 2 (`REACH` px or more inside).
"""

import string

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import distance_transform_edt

from common import fonts
from common.photo import tones

LABELS = list(string.ascii_uppercase)
SIZE = 64
CAPITAL = 40
REACH = 6.0
EDGE = 1.0
# Drawn at this many times SIZE, and kept at twice SIZE for warping.
FINE, KEPT = 4, 2
# Seven segments, lace and blackletter: not what a reader takes for capitals.
LEFT_OUT = ("DSEG", "Isabella", "Kristi", "Bajaderka")


def mask(path, letter):
    """A letter as booleans [256, 256]: capitals are 160 high and in the middle, wide ones are shrunk to fit."""
    canvas, trial = SIZE * FINE, ImageFont.truetype(str(path), 100)
    left, top, right, bottom = trial.getbbox(letter)
    size = 100 * CAPITAL * FINE / height_of_capitals(trial)
    size *= min(1, (canvas - 12) / (max(right - left, 1) * size / 100))
    font = ImageFont.truetype(str(path), round(size))
    left, top, right, bottom = font.getbbox(letter)
    _, high, _, low = font.getbbox("H")
    image = Image.new("L", (canvas, canvas))
    ImageDraw.Draw(image).text(((canvas - right - left) / 2, (canvas - low - high) / 2), letter, font=font, fill=255)
    return np.asarray(image) > 127


def height_of_capitals(font):
    """Pixels from the foot of an H to its head."""
    _, top, _, bottom = font.getbbox("H")
    return bottom - top


def heights(ink):
    """Heights [128, 128] of a mask [256, 256]."""
    distance = (distance_transform_edt(ink) - distance_transform_edt(~ink)) / FINE
    side = SIZE * KEPT
    coarse = distance.reshape(side, FINE // KEPT, side, FINE // KEPT).mean((1, 3))
    return (EDGE + np.clip(coarse / REACH, -1, 1)).astype(np.float32)


def bank(families):
    """All letters of a family table's fonts: heights [n, 128, 128] and labels [n]."""
    paths = fonts.locate({name: stems for name, stems in families.items() if name not in LEFT_OUT})
    maps = [heights(mask(path, letter)) for path in paths.values() for letter in LABELS]
    return np.stack(maps), np.tile(np.arange(len(LABELS)), len(paths))


def plain(maps):
    """Heights [n, 128, 128] as they are, at [n, 64, 64]."""
    return maps.reshape(len(maps), SIZE, KEPT, SIZE, KEPT).mean((2, 4))


def warped(rng, height):
    """One height map [128, 128] as [64, 64]: stretched, slanted, turned a little, and perhaps bolder."""
    turn, slant = np.deg2rad(rng.uniform(-3, 3)), rng.uniform(-0.06, 0.16)
    across, down = rng.uniform(0.88, 1.12) * np.array([rng.uniform(0.85, 1.15), 1])
    rotate = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    # From the new picture's places to the old one's.
    matrix = KEPT * np.linalg.inv(rotate @ np.array([[1, -slant], [0, 1]]) @ np.diag([across, down]))
    middle, old = np.array([SIZE / 2, SIZE / 2]) - rng.uniform(-1.5, 1.5, 2), SIZE * KEPT / 2
    x, y = old - matrix @ middle
    coefficients = (matrix[0, 0], matrix[0, 1], x, matrix[1, 0], matrix[1, 1], y)
    image = Image.fromarray(height).transform((SIZE, SIZE), Image.AFFINE, coefficients, Image.BILINEAR)
    bolder = rng.uniform(-0.02, 0.16)
    return np.clip(np.asarray(image) + bolder * (np.asarray(image) > 0), 0, 2)


def draw(rng, maps, labels, count):
    """`count` warped heights [count, 64, 64] and their labels, drawn at random."""
    chosen = rng.integers(len(maps), size=count)
    return np.stack([warped(rng, maps[i]) for i in chosen]).astype(np.float32), labels[chosen]


def coverage(maps, softness=12.0):
    """How much of each place is ink, 0..1: a steep slope at the edge."""
    return 1 / (1 + np.exp(-softness * (maps - EDGE)))


def printed(rng, maps):
    """Heights [n, 64, 64] as gray pictures 0..255 of random ink on random paper."""
    ink, paper = tones(rng, len(maps), 60)
    return (paper + (ink - paper) * coverage(maps)).astype(np.float32)
