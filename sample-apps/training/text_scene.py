"""Scenes with lines of text: pages, columns and signs, and the bands in which their lines run."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from sklearn.datasets import load_sample_images

import text_words
from common import textures, warp

SIDE = 512
STRIDE = 2
# The band of a line: from this many heights of a capital above its baseline to that many. Two lines, however close,
# have two bands.
BAND_TOP, BAND_BOTTOM = 0.8, 0.2
# The part of the photographs that training may see.
TRAIN_PART = 0.6


def surface(rng, training):
    """A gray background [SIDE, SIDE], 0..255: mostly paper, else a texture or a piece of a photograph.

    training: whether the photographs' left part is used, or the rest.
    """
    kind = rng.random()
    if kind < 0.45:
        colour = textures.paper(rng, SIDE, SIDE, ruled="" if rng.random() < 0.8 else None)
    elif kind < 0.8:
        colour = textures.SURFACES[rng.integers(len(textures.SURFACES))](rng, SIDE, SIDE)
    else:
        photo = load_sample_images().images[rng.integers(2)]
        cut = round(TRAIN_PART * photo.shape[1])
        photo = photo[:, :cut] if training else photo[:, cut:]
        side = int(rng.integers(120, min(photo.shape[:2])))
        y, x = (int(rng.integers(0, n - side + 1)) for n in photo.shape[:2])
        colour = np.asarray(Image.fromarray(photo[y:y + side, x:x + side]).resize((SIDE, SIDE), Image.BILINEAR))
    gray = np.asarray(colour, np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return gray * rng.uniform(0.6, 1.0)


class Canvas:
    """A background on which lines are set, and their bands. strength: which share of the contrast to be had is used."""

    def __init__(self, gray, strength):
        self.gray, self.bands, self.strength = gray, Image.new("L", (SIDE, SIDE)), strength
        self.taken = np.zeros((SIDE, SIDE), bool)

    def tone(self, left, top, right, bottom, reverse):
        """A tone well apart from what lies there: dark where it is light, or the reverse if another stands out too."""
        around = self.gray[max(0, min(top, SIDE - 1)):max(1, bottom), max(0, min(left, SIDE - 1)):max(1, right)]
        mean, spread = float(around.mean()), float(around.std())
        darker = (mean > 128) != (reverse and 70 < mean < 185)
        room = mean if darker else 255 - mean
        step = max(self.strength * room, min(35 + 2 * spread, room))
        return mean - step if darker else mean + step

    def set(self, face, text, em, x, baseline, tone, spacing=0.0, tracking=0.0):
        """Sets one line with its pen starting at x. Returns its right end."""
        mask, row, middles = face.line(text, em, tracking, spacing)
        columns = np.flatnonzero(mask.any(0))
        if not len(columns):
            return x
        left, top = x - em // 2, baseline - row
        y0, x0, y1, x1 = max(0, top), max(0, left), min(SIDE, top + mask.shape[0]), min(SIDE, left + mask.shape[1])
        if y0 >= y1 or x0 >= x1:
            return x
        cover = mask[y0 - top:y1 - top, x0 - left:x1 - left] / np.float32(255)
        part = self.gray[y0:y1, x0:x1]
        part += (tone - part) * cover
        capital = face.capital * em
        upper, lower = round(baseline - BAND_TOP * capital), round(baseline - BAND_BOTTOM * capital)
        ImageDraw.Draw(self.bands).rectangle([left + columns[0], upper, left + columns[-1], lower - 1], fill=255)
        return left + columns[-1] + 1


def _face(rng, faces):
    family = faces[list(faces)[rng.integers(len(faces))]]
    return family[rng.integers(len(family))]


def _words(rng, face, prose):
    return " ".join(face.fitting(text_words.line(rng, prose)[0]).split())


def page(rng, canvas, faces, prose):
    """Paragraphs in one or two columns, a heading now and then."""
    em = int(np.exp(rng.uniform(np.log(9), np.log(36))))
    face, pitch = _face(rng, faces), em * rng.uniform(1.1, 1.8)
    columns = 2 if em < 14 and rng.random() < 0.4 else 1
    edges = np.linspace(rng.uniform(-20, 40), SIDE - rng.uniform(-40, 40), columns + 1)
    reverse = rng.random() < 0.1
    justified = rng.random() < 0.5
    for left, right in zip(edges[:-1], edges[1:]):
        left, right, y = int(left), int(right - (1.5 * em if columns == 2 else 0)), rng.uniform(0, 60)
        while y < SIDE + em:
            heading = rng.random() < 0.06
            own_em, own_face = (int(em * rng.uniform(1.2, 2)), _face(rng, faces)) if heading else (em, face)
            y += own_em * 1.2 if heading else pitch
            text = ""
            while len(text) < 130 and not heading:
                text += _words(rng, own_face, prose) + " "
            text = (text or _words(rng, own_face, prose)).strip()
            share = rng.uniform(0.15, 0.9) if heading or rng.random() < 0.15 else 1.0
            fits = own_em * own_face.glyph(40, "n")[3] / 40
            text = text[:max(1, int((right - left) * share / fits * 0.92))].strip() or "-"
            spacing = rng.uniform(0, 0.6) if justified and share == 1 else 0.0
            tone = canvas.tone(left, int(y - own_em), right, int(y) + 2, reverse)
            canvas.set(own_face, text, own_em, left, int(y), tone, spacing)
            if heading or share < 1:
                y += pitch * rng.uniform(0, 1.2)
    if rng.random() < 0.3:
        draw_rules(rng, canvas.gray)


def signs(rng, canvas, faces, prose):
    """A few lines of any size, on panels or straight on the background."""
    for _ in range(rng.integers(2, 14)):
        em = int(np.exp(rng.uniform(np.log(10), np.log(150))))
        face, text = _face(rng, faces), ""
        text = _words(rng, face, prose)[:rng.integers(1, 30)].strip() or "-"
        mask, row, _ = face.line(text, em)
        width, height = mask.shape[1], round(1.5 * em)
        x, y = int(rng.integers(-em, SIDE - 40)), int(rng.integers(0, SIDE))
        area = slice(max(0, y - height), max(0, y + em // 2)), slice(max(0, x - em // 2), max(0, x + width))
        if canvas.taken[area].any() or not canvas.gray[area].size:
            continue
        canvas.taken[area] = True
        if rng.random() < 0.5:
            canvas.gray[area] += (rng.uniform(0, 255) - canvas.gray[area]) * rng.uniform(0.6, 1.0)
        tone = canvas.tone(area[1].start, area[0].start, area[1].stop, area[0].stop, rng.random() < 0.35)
        canvas.set(face, text, em, x, y, tone, rng.uniform(0, 0.3), max(0, rng.normal(0, 0.04)))


def draw_rules(rng, gray):
    """Lines, frames and discs, which are no text."""
    image = Image.fromarray(np.zeros((SIDE, SIDE), np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(1, 9)):
        x, y, u, v = (int(n) for n in rng.integers(-40, SIDE + 40, 4))
        kind, width = rng.integers(0, 4), int(rng.integers(1, 7))
        if kind == 0:
            draw.line([x, y, x + (u - x), y], 255, width)
        elif kind == 1:
            draw.line([x, y, u, v], 255, width)
        elif kind == 2:
            draw.rectangle([min(x, u), min(y, v), max(x, u), max(y, v)], None, 255, width)
        else:
            filled = 255 if rng.random() < 0.5 else None
            draw.ellipse([x, y, x + abs(u - x) // 3 + 4, y + abs(v - y) // 3 + 4], filled, 255, width)
    cover = np.asarray(image, np.float32) / 255 * rng.uniform(0.3, 1)
    gray += (rng.uniform(0, 255) - gray) * cover


def render(rng, faces, prose, training=True):
    """One scene: gray [SIDE, SIDE] uint8, and its bands [SIDE / STRIDE, SIDE / STRIDE] uint8, 0..255."""
    canvas = Canvas(surface(rng, training), rng.uniform(0.3, 1.0))
    kind = rng.random()
    if rng.random() < 0.35 or kind > 0.93:
        draw_rules(rng, canvas.gray)
    if kind < 0.55:
        page(rng, canvas, faces, prose)
    elif kind < 0.93:
        signs(rng, canvas, faces, prose)
    shot = Image.fromarray(np.clip(canvas.gray, 0, 255).astype(np.uint8))
    bands = canvas.bands
    if rng.random() < 0.7:
        whole = warp.corners(SIDE, SIDE)
        seen = warp.rotate(whole, rng.normal(0, 4 if kind < 0.55 else 8)) * rng.uniform(0.95, 1.1)
        seen = seen + rng.normal(0, 0.015 * SIDE, (4, 2)) + SIDE / 2
        box = (0, 0, SIDE, SIDE)
        inside = warp.place(Image.new("L", (SIDE, SIDE), 255), box, seen, (SIDE, SIDE))
        ground = Image.new("L", (SIDE, SIDE), int(canvas.gray.mean()))
        shot = Image.composite(warp.place(shot, box, seen, (SIDE, SIDE), Image.BICUBIC), ground, inside)
        bands = warp.place(bands, box, seen, (SIDE, SIDE))
    gray = np.asarray(shot.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1.1))), np.float32)
    gray = textures.light(rng, gray[..., None], 0.45)[..., 0]
    gray = gray + rng.normal(0, rng.uniform(0, 9), gray.shape)
    return textures.to_bytes(gray), np.asarray(bands.reduce(STRIDE))
