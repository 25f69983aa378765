"""Photos of silhouettes, made up: [n, 64, 64] grays from drawn outlines.

A sample starts as a drawing (`silhouette_pen.py`), is inked in one of the
styles below, warped into the frame, and then gets a surface, light, a cover,
blur and noise. Everything after the warp is done for a whole batch at once.
"""

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from common import photo, textures, warp
from silhouette_creatures import CREATURES
from silhouette_leaves import LEAVES
from silhouette_pen import DETAIL, INK, Pen

SIZE = 64
CANVAS = 160
MIN_CONTRAST = 45
OUTLINES = LEAVES | CREATURES
LABELS = list(OUTLINES)
TURN = 35

SOLID = [255 if level else 0 for level in range(256)]
CUT = [255 if level == INK else 0 for level in range(256)]
LINES = [255 if level == DETAIL else 0 for level in range(256)]
FULL = [255 if level >= 250 else 0 for level in range(256)]


def filled(_rng, levels):
    """All ink."""
    return levels.point(SOLID)


def cut(_rng, levels):
    """Ink, with veins, spots and seams left out."""
    return levels.point(CUT)


def outlined(rng, levels):
    """The edge as a stroke, at times with veins, spots and seams in ink."""
    solid = levels.point(SOLID)
    wide = rng.uniform(3, 6) * levels.width / CANVAS
    inner = solid.filter(ImageFilter.BoxBlur(wide)).point(FULL)
    edge = ImageChops.subtract(solid, inner)
    return ImageChops.lighter(edge, levels.point(LINES)) if rng.random() < 0.5 else edge


def hatched(rng, levels):
    """The edge as a stroke, and slanted lines within."""
    wide = levels.width / CANVAS
    y, x = np.mgrid[0:levels.height, 0:levels.width] / wide
    turn, pitch = rng.uniform(0, np.pi), rng.uniform(8, 14)
    lines = ((x * np.cos(turn) + y * np.sin(turn)) % pitch) < rng.uniform(0.35, 0.6) * pitch
    inside = ImageChops.multiply(levels.point(SOLID), Image.fromarray(lines.astype(np.uint8) * 255))
    return ImageChops.lighter(inside, outlined(rng, levels))


def worn(rng, levels):
    """A stamp whose ink did not take everywhere."""
    noise = textures.fractal_noise(rng, levels.height, levels.width, int(rng.integers(8, 30)), 3)
    took = (noise > np.quantile(noise, rng.uniform(0.15, 0.4))).astype(np.uint8) * 255
    return ImageChops.multiply(levels.point(SOLID), Image.fromarray(took))


TRAIN_STYLES, TRAIN_SHARES = (filled, cut, outlined), (0.45, 0.27, 0.28)
TEST_STYLES = (hatched, worn)
TRAIN_SURFACES = (textures.clouds, textures.gradient, textures.stripes, textures.paper, textures.bokeh)
TEST_SURFACES = (textures.wood, textures.marble, textures.concrete)


def drawing(rng, name, beyond=0.0):
    """One drawing of a class by name, as a pen that has drawn it."""
    pen = Pen(rng, beyond)
    OUTLINES[name](pen)
    return pen


def draw_bank(rng, per_class, beyond=0.0):
    """A list of (levels, label) with `per_class` drawings of each class, proportions up to `beyond` out of range."""
    return [(drawing(rng, name, beyond).levels(CANVAS), label)
            for label, name in enumerate(LABELS) for _ in range(per_class)]


def surface_bank(rng, kinds, count):
    """Gray surfaces [count, 96, 96] without their mean, scaled to within -1..1."""
    bank = np.empty((count, 96, 96), np.float32)
    for i in range(count):
        gray = np.asarray(kinds[i % len(kinds)](rng, 96, 96)) @ photo.LUMA
        gray = gray - gray.mean()
        bank[i] = gray / max(np.abs(gray).max(), 1e-6)
    return bank


def warped(rng, mask):
    """A mask set into the frame: [64, 64] uint8, with a random size, place, turn, perspective and handedness."""
    double = 2 * SIZE
    left, top, right, bottom = mask.getbbox()
    ratio = (right - left) / (bottom - top) * rng.uniform(0.87, 1.15)
    high = rng.uniform(0.55, 0.98) * double / max(1, ratio)
    quad = warp.rotate(warp.corners(high * ratio, high), rng.uniform(-TURN, TURN))
    quad += rng.uniform(-0.09, 0.09, (4, 2)) * high * min(ratio, 1)
    quad *= min(1, 0.99 * double / 2 / np.abs(quad).max()) * np.array([rng.choice((-1, 1)), 1])
    room = np.maximum(double / 2 - np.abs(quad).max(0), 0)
    quad += double / 2 + rng.uniform(-1, 1, 2) * room
    return warp.place(mask, (left, top, right, bottom), quad, (double, double)).reduce(2)


def covered(rng, grays, masks, chance=0.2):
    """Lets a thumb, a leaf or an edge of something hide a part of some photos [n, 64, 64]."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    for i in np.flatnonzero(rng.random(len(grays)) < chance):
        turn, inside = rng.uniform(0, 2 * np.pi), masks[i] > 0.3
        along = columns * np.cos(turn) + rows * np.sin(turn)
        if not inside.any():
            continue
        edge = np.quantile(along[inside], rng.uniform(0.86, 1.0))
        if rng.random() < 0.5:
            radius = rng.uniform(6, 20)
            centre = rng.choice(np.argwhere(inside & (along >= edge - 1)))
            middle = centre + np.array([np.sin(turn), np.cos(turn)]) * radius
            share = np.clip(radius - np.hypot(rows - middle[0], columns - middle[1]), 0, 1)
        else:
            share = np.clip(along - edge, 0, 1)
        tone = rng.uniform(0, 255) + photo.field(rng, 1, SIZE, 6)[0] * rng.uniform(0, 25)
        grays[i] += (tone - grays[i]) * share
    return grays


def photographed(rng, masks, surfaces):
    """Ink masks [n, 64, 64] uint8 to photos [n, 64, 64] uint8, on crops of `surfaces` [m, 96, 96]."""
    n, masks = len(masks), masks.astype(np.float32) / 255

    def amount(low, high):
        return rng.uniform(low, high, (n, 1, 1)).astype(np.float32)

    ink, paper = photo.tones(rng, n, MIN_CONTRAST)
    ground = np.empty((n, SIZE, SIZE), np.float32)
    for i, (which, top, left) in enumerate(rng.integers(0, (len(surfaces), 33, 33), (n, 3))):
        ground[i] = surfaces[which, top:top + SIZE, left:left + SIZE]
    texture = np.minimum(30, 0.4 * np.abs(ink - paper)) * amount(0, 1)
    ink = ink + photo.field(rng, n, SIZE, 10) * amount(0, 16)
    shadow = np.roll(masks, (2, 1), (1, 2)) * amount(-0.25, 0.35).clip(0)
    paper = (paper + ground * texture) * (1 - shadow)
    gray = covered(rng, paper + (ink - paper) * masks, masks)
    gray = gray * (1 + photo.field(rng, n, SIZE, 2) * amount(0, 0.35)) + photo.field(rng, n, SIZE, 3) * amount(0, 12)
    gray = photo.blurred(rng, gray.astype(np.float32), 1.2)
    gray += rng.standard_normal(gray.shape, np.float32) * amount(0, 12)
    return np.clip(np.round(gray), 0, 255).astype(np.uint8)


def draw(rng, bank, count, surfaces, styles=TRAIN_STYLES, shares=TRAIN_SHARES):
    """`count` samples off a bank, its entries taken in turn. Returns uint8 [n, 64, 64] and labels [n]."""
    order = np.concatenate([rng.permutation(len(bank)) for _ in range(-(-count // len(bank)))])[:count]
    chosen = rng.choice(len(styles), count, p=shares)
    masks = np.empty((count, SIZE, SIZE), np.uint8)
    labels = np.empty(count, np.int32)
    for i, entry in enumerate(order):
        levels, labels[i] = bank[entry]
        masks[i] = np.asarray(warped(rng, styles[chosen[i]](rng, levels)))
    photos = np.concatenate([photographed(rng, masks[i:i + 500], surfaces) for i in range(0, count, 500)])
    return photos, labels
