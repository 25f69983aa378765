"""Photos of single digits, made up: [n, 48, 48] grays from fonts and handwriting.

A sample starts as an ink mask (1 where ink is), is warped into the frame, and
then gets paper, light, blur and noise. Everything after the warp is done for a
whole batch at once.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from sklearn.datasets import load_digits

from common import warp
from common.photo import blurred, field, tones

SIZE = 48
CANVAS = 128
GLYPH = 88
HANDWRITTEN_TEST = 500
MIN_CONTRAST = 45


def glyph(font_path, digit, scale=1):
    """One digit of a font as a mask [128, 128] uint8 times `scale`, its ink 88 px high and centred."""
    canvas = CANVAS * scale
    left, top, right, bottom = ImageFont.truetype(str(font_path), 100).getbbox(digit)
    font = ImageFont.truetype(str(font_path), round(100 * GLYPH * scale / (bottom - top)))
    left, top, right, bottom = font.getbbox(digit)
    mask = Image.new("L", (max(canvas, right - left), max(canvas, bottom - top)))
    at = ((mask.width - right - left) / 2, (mask.height - bottom - top) / 2)
    ImageDraw.Draw(mask).text(at, digit, font=font, fill=255)
    return mask.resize((canvas, canvas), Image.BILINEAR)


def weights_of(mask):
    """The mask, with a bolder one and, where strokes allow it, a finer one."""
    fine = mask.filter(ImageFilter.MinFilter(3))
    variants = [mask, mask.filter(ImageFilter.MaxFilter(5))]
    if np.asarray(fine, float).sum() > 0.6 * np.asarray(mask, float).sum():
        variants.append(fine)
    return variants


def font_bank(fonts):
    """fonts: {stem: Path}. Returns one list of (variants, label) with ten entries per font."""
    return [(weights_of(glyph(path, str(d))), d) for path in fonts.values() for d in range(10)]


def handwritten():
    """scikit-learn's digits: images [1797, 8, 8] of 0..16 ink and labels; the last 500 are for testing.

    They are listed writer by writer, so the tail is mostly other hands than the head.
    """
    data = load_digits()
    return data.images.astype(np.float32), data.target


def hand_mask(image):
    """An 8 x 8 ink image, enlarged to a mask [128, 128] whose ink spans about 88 px of height."""
    rows = np.flatnonzero(image.max(1) > 3)
    small = Image.fromarray(np.round(image * 255 / 16).astype(np.uint8))
    scale = GLYPH / (rows[-1] - rows[0] + 1)
    side = round(8 * scale)
    big = small.resize((side, side), Image.BICUBIC)
    mask = Image.new("L", (CANVAS, CANVAS))
    middle = (rows[0] + rows[-1] + 1) / 2 * scale
    mask.paste(big, ((CANVAS - side) // 2, round(CANVAS / 2 - middle)))
    return mask


def hand_bank(images, labels):
    """The same as `font_bank`, from handwriting: as scanned, and with sharpened strokes."""
    bank = []
    for image, label in zip(images, labels):
        mask = hand_mask(image)
        bank.append(([mask, mask.point(lambda v: int(np.clip((v - 70) * 2.2, 0, 255)))], int(label)))
    return bank


def warped(rng, mask):
    """A mask set into the frame: [48, 48] uint8, with a random size, place, turn and perspective."""
    double = 2 * SIZE
    left, top, right, bottom = mask.getbbox()
    high = rng.uniform(0.35, 0.97) * double
    wide = high * (right - left) / (bottom - top) * rng.uniform(0.85, 1.15)
    if wide > 0.97 * double:
        high, wide = high * 0.97 * double / wide, 0.97 * double
    quad = warp.rotate(warp.corners(wide, high), rng.uniform(-15, 15))
    quad += rng.uniform(-0.09, 0.09, (4, 2)) * min(wide, high)
    room = np.maximum(double / 2 - np.abs(quad).max(0), 0)
    quad += double / 2 + rng.uniform(-1, 1, 2) * room
    return warp.place(mask, (left, top, right, bottom), quad, (double, double)).reduce(2)


def with_neighbours(rng, masks, chance=0.07):
    """Lets a part of another digit, or a rule, show at the edge of some masks [n, 48, 48] in 0..1."""
    for i in np.flatnonzero(rng.random(len(masks)) < chance):
        shift = int(rng.integers(36, 45))
        other = np.roll(masks[rng.integers(len(masks))], shift, 1)
        other[:, :shift] = 0
        masks[i] = np.maximum(masks[i], other if rng.random() < 0.5 else other[:, ::-1])
    for i in np.flatnonzero(rng.random(len(masks)) < chance):
        row, strength = rng.integers(SIZE), rng.uniform(0.2, 0.8)
        line = np.zeros((SIZE, SIZE), np.float32)
        line[row] = strength
        masks[i] = np.maximum(masks[i], line if rng.random() < 0.7 else line.T)
    return masks


def with_edges(rng, grays, masks, chance=0.25):
    """Lets the card or plate that carries the digit end within some photos [n, 48, 48], on one to four sides."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    for i in np.flatnonzero(rng.random(len(grays)) < chance):
        beyond = rng.uniform(0, 255) + field(rng, 1, SIZE, 6)[0] * rng.uniform(0, 25)
        for side in rng.permutation(4)[:rng.integers(1, 5)]:
            along, across = (rows, columns) if side < 2 else (columns, rows)
            across = across if side % 2 else SIZE - 1 - across
            last = across[masks[i] > 0.2].max(initial=SIZE // 2)
            edge = rng.uniform(last + 1, SIZE + 1) + rng.uniform(-0.08, 0.08) * (along - SIZE / 2)
            share = np.clip(across - edge, 0, 1)
            grays[i] += (beyond - grays[i]) * share
    return grays


def photographed(rng, masks):
    """Ink masks [n, 48, 48] uint8 to photos [n, 48, 48] uint8."""
    digits = masks.astype(np.float32) / 255
    n = len(masks)
    masks = with_neighbours(rng, digits.copy())
    ink, paper = tones(rng, n, MIN_CONTRAST)
    ink = ink + field(rng, n, SIZE, 10) * rng.uniform(0, 14, (n, 1, 1))

    def amount(low, high):
        return rng.uniform(low, high, (n, 1, 1)).astype(np.float32)

    paper = paper + field(rng, n, SIZE, 5) * amount(0, 14) + field(rng, n, SIZE, 20) * amount(0, 12)
    gray = with_edges(rng, paper + (ink - paper) * masks, digits)
    gray = gray * (1 + field(rng, n, SIZE, 2) * amount(0, 0.35)) + field(rng, n, SIZE, 3) * amount(0, 12)
    gray = blurred(rng, gray.astype(np.float32))
    gray += rng.standard_normal(gray.shape, np.float32) * amount(0, 13)
    return np.clip(np.round(gray), 0, 255).astype(np.uint8)


def draw(rng, bank, count):
    """`count` samples off a bank, its entries taken in turn. Returns uint8 [n, 48, 48] and labels [n]."""
    order = np.concatenate([rng.permutation(len(bank)) for _ in range(-(-count // len(bank)))])[:count]
    masks = np.empty((count, SIZE, SIZE), np.uint8)
    labels = np.empty(count, np.int32)
    for i, entry in enumerate(order):
        variants, labels[i] = bank[entry]
        masks[i] = np.asarray(warped(rng, variants[rng.integers(len(variants))]))
    photos = np.concatenate([photographed(rng, masks[i:i + 500]) for i in range(0, count, 500)])
    return photos, labels


def scans(images, dark_ink):
    """Handwriting without augmentation: 8 x 8 ink enlarged to [n, 48, 48] uint8, filling the frame."""
    grays = np.round(images * 255 / 16).astype(np.uint8)
    if dark_ink:
        grays = 255 - grays
    return np.stack([np.asarray(Image.fromarray(g).resize((SIZE, SIZE), Image.BICUBIC)) for g in grays])
