"""Strips with one line of text each, as a detector would cut them out of a photo or a scan."""

import io

import numpy as np
from PIL import Image, ImageFilter

import text_words

HIGH, WIDE = 24, 256
# What a strip holds, in heights of a capital: this much above the baseline, this much below it.
ABOVE, BELOW = 1.3, 0.4
STEP = 2
# Sizes as a scanner sees type are set large and reduced; sizes as a screen draws them are set as they are.
LARGE, SMALL = (26, 32, 40), (10, 11, 12, 13, 14, 16, 18, 20)
CLASS = {character: index + 1 for index, character in enumerate(text_words.CHARACTERS)}
LONGEST = text_words.LONGEST


def _tones(rng):
    """Gray values of ink and paper: mostly dark on light, at times faint or reversed."""
    paper = rng.uniform(120, 235)
    ink = paper - (rng.uniform(45, 65) if rng.random() < 0.1 else rng.uniform(60, paper))
    return (paper, ink) if rng.random() < 0.2 else (ink, paper)


def _turned(rng, mask, x, y):
    """A mask slightly turned about a point, and slanted."""
    angle = np.tan(np.deg2rad(rng.normal(0, 0.8)))
    slant = rng.normal(0, 0.08)
    return mask.transform(mask.size, Image.AFFINE, (1, slant, -slant * y, angle, 1, -angle * x), Image.BILINEAR)


def _beside(rng, mask, em):
    """The mask with parts of other lines above and below it, as close as lines stand."""
    other = mask
    for direction in (-1, 1):
        if rng.random() < 0.7:
            rows = round(direction * em * rng.uniform(1.15, 1.7))
            shifted = np.zeros_like(mask)
            source = np.roll(mask, int(rng.integers(mask.shape[1])), 1)
            if rows < 0:
                shifted[:rows] = source[-rows:]
            else:
                shifted[rows:] = source[:-rows]
            other = np.maximum(other, shifted)
    return other


def _jpeg(image, quality):
    """A picture as JPEG of that quality leaves it."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("L")


def _photographed(rng, mask):
    """Ink on paper under uneven light, blurred, noisy, compressed. mask: [h, w] uint8 at the resolution of the scan."""
    ink, paper = _tones(rng)
    height, width = mask.shape
    cover = np.float32(mask) / 255
    if rng.random() < 0.4:
        cover = cover ** rng.uniform(0.6, 1.7)
    image = paper + (ink - paper) * cover
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    light = rng.normal(0, 0.1) * x + rng.normal(0, 0.05) * y + rng.normal(0, 0.06) * x * x
    image = image * (1 + light)
    contrast = abs(paper - ink)
    if rng.random() < 0.3:
        blotches = Image.fromarray(rng.normal(0, 1, (3, max(3, width // 12))).astype(np.float32))
        image = image + np.asarray(blotches.resize((width, height), Image.BICUBIC)) * contrast * rng.uniform(0, 0.12)
    shot = Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))
    if rng.random() < 0.6:
        shot = shot.filter(ImageFilter.GaussianBlur(height * rng.uniform(0.01, 0.035)))
    if rng.random() < 0.7:
        noise = rng.normal(0, contrast * rng.uniform(0.005, 0.05), mask.shape)
        shot = Image.fromarray(np.clip(np.asarray(shot) + noise, 0, 255).astype(np.uint8))
    return _jpeg(shot, int(rng.integers(40, 93))) if rng.random() < 0.45 else shot


def strip(rng, face, text):
    """One strip.

    Returns its pixels [HIGH, width] uint8 with width up to WIDE, the text in it, and the step of STEP columns in which
    each of its characters has its middle.
    """
    small = rng.random() < 0.2
    em = int(rng.choice(SMALL if small else LARGE))
    mask, baseline, middles = face.line(text, em, max(-0.03, rng.normal(0.005, 0.03)))
    capital = face.capital * em
    high = capital * (ABOVE + BELOW) * np.exp(rng.normal(0.0, 0.1))
    top = baseline - capital * ((ABOVE - BELOW) / 2 + rng.normal(0, 0.06)) - high / 2
    # Pixels of the scan in the height of the strip; below HIGH it is enlarged later.
    rows = max(8, round(high)) if small else int(round(np.exp(rng.uniform(np.log(13), np.log(36)))))
    wider = np.exp(rng.normal(0, 0.08))
    columns_per_px = HIGH / high * wider
    half = [face.glyph(em, character)[3] / 2 for character in text]
    left = middles[0] - half[0] - capital * rng.uniform(0.05, 0.7)
    most = WIDE if rng.random() < 0.7 else rng.integers(40, WIDE)
    beyond = capital * rng.uniform(0.02, 0.5)
    shown = np.flatnonzero((middles + half - left + beyond) * columns_per_px < most)
    count = max(1, len(shown))
    while text[count - 1] == " ":
        count -= 1
    right = middles[count - 1] + half[count - 1] + beyond
    if count < len(text):
        cut = round((middles[count - 1] + middles[count]) / 2)
        mask = mask.copy()
        mask[:, cut:] = 0
    if rng.random() < 0.35:
        mask = _beside(rng, mask, em)
    canvas = Image.fromarray(mask)
    if rng.random() < 0.6:
        canvas = _turned(rng, canvas, (left + right) / 2, baseline - capital / 2)
    width = int(min(max((right - left) * columns_per_px, 12), WIDE))
    columns = max(6, round((right - left) * rows / high * wider ** 0.5))
    padded = canvas.crop((int(left) - 40, int(top) - 40, int(right) + 40, int(top + high) + 40))
    dx, dy = left - int(left) + 40, top - int(top) + 40
    scan = padded.resize((columns, rows), Image.BILINEAR, (dx, dy, dx + right - left, dy + high))
    shot = _photographed(rng, np.asarray(scan))
    pixels = np.asarray(shot.resize((width, HIGH), Image.BILINEAR))
    places = np.clip((middles[:count] - left) * width / (right - left) / STEP, 0, WIDE // STEP - 1).astype(int)
    return pixels, text[:count], places


def batch(rng, faces, prose, count):
    """Random strips of random faces.

    faces: {family: [Face]}; families are drawn evenly, but large ones more often. Returns images [n, HIGH, WIDE] uint8,
    their widths [n] in px, classes [n, LONGEST] padded with 0, targets [n, WIDE / STEP] with the class whose middle
    lies there or 0, and texts and kinds as lists.
    """
    families = list(faces)
    weights = np.sqrt([len(faces[family]) for family in families])
    images = np.zeros((count, HIGH, WIDE), np.uint8)
    widths, classes = np.zeros(count, np.int32), np.zeros((count, LONGEST), np.int32)
    targets, texts, kinds = np.zeros((count, WIDE // STEP), np.int32), [], []
    for row in range(count):
        text = ""
        while not text:
            family = faces[families[rng.choice(len(families), p=weights / weights.sum())]]
            face = family[rng.integers(len(family))]
            text, kind = text_words.line(rng, prose)
            text = " ".join(face.fitting(text).split())
        pixels, text, places = strip(rng, face, text)
        images[row, :, :pixels.shape[1]], widths[row] = pixels, pixels.shape[1]
        classes[row, :len(text)] = [CLASS[c] for c in text]
        targets[row, places] = classes[row, :len(text)]
        texts.append(text)
        kinds.append(kind)
    return images, widths, classes, targets, texts, kinds
