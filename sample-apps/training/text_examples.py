"""The text reader's example photos, set in families kept out of training: a page, a receipt, a door plate, a label.

What each says is known. Whether the app reads it is found out by the app itself: `vision test sample-apps/text-reader`.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from common import fonts, package, textures, warp
from common.photo import finish

SEED = 41015

PAGE = ["Morning in the harbour",
        "The ferry leaves at 6:45, long before the", "market opens. Crates of lemons, bread and",
        "salted fish stand in rows along the quay,", "and two old men argue about the weather.",
        "Nobody minds the rain; it has been coming", "since Tuesday, and it will be gone by noon."]
RECEIPT = [("CORNER BAKERY", ""), ("18 Mill Lane", ""), ("2 Rye bread", "7.80"), ("1 Apple cake", "3.25"),
           ("4 Pretzels", "5.60"), ("Coffee, large", "2.90"), ("TOTAL EUR", "19.55"), ("Paid by card", "19.55"),
           ("Thank you!", "")]
PLATE = ["Room 204", "Dr. Helen Vogt", "Please knock twice"]
LABEL = ["Wild Blossom Honey", "Net weight 250 g", "Best before 03/2029", "Lot K7-1184"]


class Sheet:
    """Ink for a photo of `size`, drawn at twice its resolution."""

    def __init__(self, size):
        self.size, self.mask = size, Image.new("L", (2 * size[0], 2 * size[1]))
        self.draw = ImageDraw.Draw(self.mask)

    def line(self, stem, text, em, at, anchor="ls"):
        """Sets a line at a point of the photo, in px."""
        path = fonts.locate(fonts.TEST_FAMILIES)[stem]
        font = ImageFont.truetype(str(path), 2 * em, layout_engine=ImageFont.Layout.BASIC)
        self.draw.text((2 * at[0], 2 * at[1]), text, fill=255, font=font, anchor=anchor)

    def seen(self, turn=0.0, lean=((0, 0),) * 4):
        """The ink as a mask [H, W] in 0..1, turned by degrees and with its corners moved by `lean` [4, 2] px."""
        width, height = self.size
        quad = warp.rotate(warp.corners(2 * width, 2 * height), turn) + 2 * np.asarray(lean) + np.array([width, height])
        placed = warp.place(self.mask, (0, 0, 2 * width, 2 * height), quad, self.mask.size, Image.BICUBIC)
        return np.asarray(placed.reduce(2), np.float32) / 255


def inked(surface, mask, colour):
    """Ink of a colour laid over a surface."""
    return surface + (np.asarray(colour) - surface) * mask[..., None]


def page(rng):
    """A book page under a lamp, slightly turned."""
    sheet = Sheet((760, 520))
    sheet.line("LinBiolinum_R", PAGE[0], 40, (60, 90))
    for row, text in enumerate(PAGE[1:]):
        sheet.line("LinLibertine_R", text, 31, (60, 165 + 52 * row))
    paper = textures.paper(rng, 520, 760, np.array([240, 233, 214]), "")
    ink = sheet.seen(1.2, [[0, 0], [-8, 4], [-4, -4], [4, 0]])
    return finish(rng, inked(paper, ink, (40, 36, 34)), 0.6), "\n".join(PAGE)


def receipt(rng):
    """A receipt on a wooden table."""
    sheet = Sheet((520, 640))
    for row, (left, right) in enumerate(RECEIPT):
        y = 110 + 52 * row
        if right:
            sheet.line("OpenSans-Regular", left, 27, (90, y))
            sheet.line("OpenSans-Regular", right, 27, (430, y), "rs")
        else:
            sheet.line("Lato-Black", left, 27, (260, y), "ms")
    table = textures.wood(rng, 640, 520, np.array([120, 82, 52]))
    slip = Sheet(sheet.size)
    slip.draw.rectangle([2 * 56, 2 * 52, 2 * 464, 2 * 590], fill=255)
    turn = -2.0
    slip_seen, text = slip.seen(turn), "\n".join(" ".join(part for part in row if part) for row in RECEIPT)
    paper = textures.paper(rng, 640, 520, np.array([246, 245, 242]), "")
    scene = table + (paper - table) * slip_seen[..., None]
    return finish(rng, inked(scene, sheet.seen(turn), (58, 58, 66)), 0.6), text


def plate(rng):
    """White letters on a dark door plate on a concrete wall."""
    sheet = Sheet((640, 480))
    for text, em, y in zip(PLATE, (60, 44, 34), (210, 285, 342)):
        sheet.line("Cabin-Bold" if em == 60 else "Cabin-Regular", text, em, (320, y), "ms")
    wall = textures.concrete(rng, 480, 640) * 0.3 + np.array([134, 130, 122])
    panel = Sheet(sheet.size)
    panel.draw.rounded_rectangle([2 * 96, 2 * 110, 2 * 544, 2 * 390], 36, fill=255)
    lean = [[6, 4], [-10, 8], [-8, -10], [6, -2]]
    scene = inked(wall, panel.seen(0, lean), (38, 52, 70))
    return finish(rng, inked(scene, sheet.seen(0, lean), (232, 234, 230)), 0.7), "\n".join(PLATE)


def label(rng):
    """A label on kraft paper."""
    sheet = Sheet((640, 420))
    for text, em, y in zip(LABEL, (50, 34, 34, 34), (120, 205, 265, 325)):
        sheet.line("Caladea-Bold" if em == 50 else "Caladea-Regular", text, em, (320, y), "ms")
    paper = textures.paper(rng, 420, 640, np.array([206, 172, 128]), "")
    return finish(rng, inked(paper, sheet.seen(-3), (58, 34, 22)), 0.7), "\n".join(LABEL)


EXAMPLES = {"book-page": page, "receipt": receipt, "door-plate": plate, "honey-label": label}


def write(app):
    """Writes every example."""
    for index, (name, draw) in enumerate(EXAMPLES.items()):
        photo, text = draw(np.random.default_rng([SEED, index]))
        package.write_example(app, name, photo, {"text": text}, 0.0)
