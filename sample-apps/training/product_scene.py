"""Scenes of drawn products on shelves and tables. Boxes are (left, top, right, bottom) in px."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

import product_draw as draw
import shape_scene
from common import textures

VIEWS, BANK_DETAIL = 4, 300
TILTS = (0.02, 0.15)
MOST = 24


@dataclass
class Stock:
    """Products, and what each looks like: `views[i]` are RGBA images of `products[i]`."""

    products: list
    views: list


@dataclass
class Placed:
    """A product in a scene: which one, its picture, and where its top left corner lies."""

    index: int
    picture: Image.Image
    at: tuple

    def box(self):
        """Left, top, right, bottom in px."""
        return np.array([*self.at, self.at[0] + self.picture.width, self.at[1] + self.picture.height], float)


def stock(rng, products, views=VIEWS, height=BANK_DETAIL):
    """Draws each product from `views` sides."""
    return Stock(products, [[draw.view(rng, item, turn, rng.uniform(*TILTS), height)
                             for turn in rng.permutation(np.linspace(-1, 1, views)) * rng.uniform(0.7, 1)]
                            for item in products])


def picture(rng, stock_, index, unit, lean):
    """A view of a product, where the tallest of all is `unit` px high, leaning by up to `lean` degrees."""
    item, views = stock_.products[index], stock_.views[index]
    view = views[rng.integers(len(views))]
    high = max(8, round(unit * item.height))
    wide = max(5, round(high * view.width / view.height * rng.uniform(0.96, 1.04)))
    image = view.resize((wide, high), Image.BILINEAR)
    turn = rng.uniform(-lean, lean)
    if abs(turn) > 0.4:
        image = image.rotate(turn, Image.BICUBIC, expand=True)
        image = image.crop(image.getchannel("A").point(lambda v: 255 if v > 60 else 0).getbbox())
    return image


def covered(first, second):
    """Share of the smaller of two boxes that the other covers."""
    corner = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
    return np.prod(np.maximum(corner, 0)) / min(np.prod(first[2:] - first[:2]), np.prod(second[2:] - second[:2]))


def choice(rng, count, before):
    """A product's index: at times the one before again, as shops have several of a thing."""
    return before if before is not None and rng.random() < 0.2 else int(rng.integers(count))


def shelf(rng, image, stock_, rows=None, tone=None):
    """Boards across the picture with products standing in rows. Returns what is placed. tone: of the boards, RGB."""
    rows = int(rng.choice((1, 2, 2, 3))) if rows is None else rows
    width, step = image.width, image.height / rows
    unit, board = step * rng.uniform(0.72, 0.86), max(2, step * rng.uniform(0.03, 0.07))
    tone = textures.random_colour(rng, 60, 240) if tone is None else tone
    pen, placed, before = ImageDraw.Draw(image), [], None
    for row in range(rows):
        base = round((row + 1) * step - board)
        pen.rectangle((0, base, width, base + board), tuple(int(v) for v in tone))
        pen.rectangle((0, base + 0.7 * board, width, base + board), tuple(int(v * 0.7) for v in tone))
        x = rng.uniform(-0.05, 0.2) * unit
        while len(placed) < MOST:
            before = choice(rng, len(stock_.products), before)
            item = picture(rng, stock_, before, unit, 1.5)
            if x + 0.9 * item.width > width:
                break
            if rng.random() > 0.12:
                placed.append(Placed(before, item, (round(x), base - item.height + 1)))
            x += item.width + rng.choice((0.01, 0.06, 0.2)) * unit * rng.uniform(0.3, 1.5)
    return placed


def table(rng, image, stock_, edge=0.3, count=None, lean=6):
    """Products that stand about below the table's far edge (a share of the height), leaning by up to `lean` degrees.

    Returns them, the farthest first.
    """
    count = count or int(rng.integers(1, 9))
    unit = image.height * rng.uniform(0.3, 0.9 if count < 4 else 0.55)
    placed, before = [], None
    for base in np.sort(rng.uniform(edge + 0.08, 0.98, count)) * image.height:
        before = choice(rng, len(stock_.products), before)
        item = picture(rng, stock_, before, unit * (0.75 + 0.3 * base / image.height), lean)
        for _ in range(20):
            x = rng.uniform(-0.06 * item.width, image.width - 0.94 * item.width)
            one = Placed(before, item, (round(x), round(base - item.height)))
            if one.at[1] > -0.08 * item.height and all(covered(one.box(), other.box()) < 0.18 for other in placed):
                placed.append(one)
                break
    return placed


def stamp(image, item, strength):
    """Draws a product and the shadow it throws onto an RGB image."""
    mask, (left, top) = item.picture.getchannel("A"), item.at
    soft = max(1.0, 0.03 * item.picture.height)
    room = round(3 * soft)
    dark = Image.new("L", (mask.width + 2 * room, mask.height + 2 * room))
    dark.paste(mask, (room, room))
    dark = dark.reduce(2).filter(ImageFilter.GaussianBlur(soft / 2)).resize(dark.size)
    image.paste((14, 12, 16), (left - room + round(soft), top - room + round(0.4 * soft)),
                dark.point(lambda v: int(v * strength)))
    image.paste(item.picture.convert("RGB"), item.at, mask)


def fruit(rng, image):
    """Round things that are no products."""
    for _ in range(rng.integers(1, 4)):
        side = round(image.height * rng.uniform(0.06, 0.2))
        y, x = np.mgrid[-1:1:side * 1j, -1:1:side * 1j]
        away = np.hypot(x, y)
        shade = 1.05 - 0.55 * np.hypot(x + 0.35, y + 0.4)
        ball = textures.to_bytes(textures.random_colour(rng, 40, 250) * shade[..., None])
        mask = textures.to_bytes(255 * np.clip((1 - away) * side / 2, 0, 1))
        at = rng.integers(0, image.width - side // 2), rng.integers(image.height // 4, image.height - side // 2)
        image.paste(Image.fromarray(ball), tuple(int(v) for v in at), Image.fromarray(mask))


def finished(rng, image, blur=1.1):
    """Light, a tint, lens blur of up to `blur` px in 640, and sensor noise."""
    shot = textures.light(rng, np.asarray(image, np.float32), 0.3)
    image = Image.fromarray(textures.to_bytes(shot * rng.uniform(0.92, 1.08, 3) * rng.uniform(0.8, 1.15)))
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.1, blur) * max(image.size) / 640))
    noise = rng.standard_normal((image.height, image.width, 3), np.float32) * rng.uniform(0, 7)
    return Image.fromarray(textures.to_bytes(np.asarray(image, np.float32) + noise))


def ground(rng, surfaces, width, height):
    """A wall, and at times a table before it: the image, and where the table begins, as a share of the height."""
    def some(high):
        return shape_scene.laid(rng, surfaces[rng.integers(len(surfaces))], width, high)

    image = some(height)
    if rng.random() < 0.4:
        return image, 0.3
    edge = rng.uniform(0.2, 0.6)
    line = round(height * edge)
    image.paste(some(height - line), (0, line))
    return image, edge


def render(rng, stock_, surfaces, long_side, aspect):
    """A whole scene.

    surfaces: from `shape_scene.background`. long_side: px. aspect: width over height. Returns the RGB image, boxes
    [n, 4] in px and which product each is [n].
    """
    width, height = (long_side, round(long_side / aspect)) if aspect >= 1 else (round(long_side * aspect), long_side)
    image, edge = ground(rng, surfaces, width, height)
    if rng.random() < 0.3:
        shape_scene.litter(rng, image, long_side / shape_scene.UNITS)
    if rng.random() < 0.3:
        fruit(rng, image)
    placed = shelf(rng, image, stock_) if rng.random() < 0.5 else table(rng, image, stock_, edge)
    return photographed(rng, image, placed)


def photographed(rng, image, placed, shadow=(0.1, 0.6), blur=1.1):
    """Puts products into an RGB image and takes the photo.

    shadow: least and greatest strength. Returns the photo, boxes [n, 4] in px and which product each is [n].
    """
    strength = rng.uniform(*shadow)
    for item in placed:
        stamp(image, item, strength)
    boxes = np.array([item.box() for item in placed]).reshape(-1, 4)
    boxes = np.clip(boxes, 0, [image.width, image.height] * 2)
    return finished(rng, image, blur), boxes, np.array([item.index for item in placed], int)
