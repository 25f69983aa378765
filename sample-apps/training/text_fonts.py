"""The typefaces that lines of text are set in, split by family, and their glyphs."""

import functools

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import text_words
from common import fonts

# Handwriting and ornaments: this is a reader of print.
NOT_PRINT = {"DSEG", "Kristi", "Isabella", "Bajaderka", "PenguinAttack", "ElAbogadoLoco", "DomesticManners",
             "HumorSans", "Breip", "DancingScript", "Rufscript", "Junkyard"}
NOT_TEXT_FACES = {"Z003-MediumItalic"}

# Running text is often slanted, and typewritten.
MORE_FACES = {
    "DejaVu": ["DejaVuSans-Oblique", "DejaVuSans-BoldOblique", "DejaVuSansMono-Bold", "DejaVuSerif-Italic",
               "DejaVuSansCondensed-Bold"],
    "Liberation": ["LiberationSans-BoldItalic", "LiberationSerif-BoldItalic", "LiberationMono-Bold",
                   "LiberationMono-Italic"],
    "FreeFont": ["FreeSansBoldOblique", "FreeSerifBold", "FreeMonoOblique"],
    "URW": ["NimbusSansNarrow-Regular", "URWGothic-BookOblique", "C059-Bold", "P052-Italic", "NimbusMonoPS-Regular",
            "NimbusMonoPS-Bold", "NimbusRoman-Italic", "NimbusSans-Regular"],
    "Roboto": ["Roboto-Italic", "Roboto-Medium", "RobotoCondensed-Regular", "RobotoCondensed-Italic"],
    "Inter": ["Inter-Italic", "Inter-SemiBold"],
    "Hack": ["Hack-Bold", "Hack-Italic"],
    "Gentium": ["GenBasI", "GenBkBasR"],
    "Vollkorn": ["Vollkorn-Italic", "Vollkorn-Bold"],
    "ADF": ["LibrisADFStd-Italic", "LibrisADFStd-Bold", "BaskervaldADFStd-Italic", "RomandeADFStd-DemiBold",
            "UniversalisADFStd-Italic"],
    "Mononoki": ["mononoki-Italic"],
    "CourierPrime": ["Courier Prime Italic"],
    "Averia": ["AveriaSerifGWF-Italic", "AveriaSerifGWF-Bold"],
    "Karla": ["Karla-Italic"],
    "Essays1743": ["Essays1743-Italic"],
}


def train_families():
    """{family: [file stems]} to learn from."""
    kept = {family: [stem for stem in stems if stem not in NOT_TEXT_FACES]
            for family, stems in fonts.TRAIN_FAMILIES.items() if family not in NOT_PRINT}
    return {family: stems + MORE_FACES.get(family, []) for family, stems in kept.items()}


def test_families():
    """{family: [file stems]} to be tested on; none of them is learned from."""
    return {family: stems for family, stems in fonts.TEST_FAMILIES.items() if family not in NOT_PRINT}


class Face:
    """A typeface: glyphs as masks, and which characters it tells apart.

    A face whose small letters look like its capitals, or that lacks a sign, is not asked for these.
    """

    def __init__(self, stem, path):
        self.stem, self.path = stem, path
        self.capital = self.glyph(40, "H")[0].shape[0] / 40
        absent = self.glyph(40, "\uffff")[0]
        known = [c for c in text_words.CHARACTERS[:94] if not self._same(c, absent)]
        known = [c for c in known if not (c.islower() and self._same(c, self.glyph(40, c.upper())[0]))]
        if sum(c.islower() for c in known) < 20:
            known = [c for c in known if not c.islower()]
        self.characters = frozenset(known) | {" "}

    def _same(self, character, mask):
        own = self.glyph(40, character)[0]
        return own.size == 0 or own.shape == mask.shape and bool((own == mask).all())

    @functools.cache
    def _font(self, em):
        return ImageFont.truetype(str(self.path), em, layout_engine=ImageFont.Layout.BASIC)

    @functools.cache
    def glyph(self, em, character):
        """A glyph as a mask [h, w] uint8, the place of its top left corner from the pen on the baseline (x, y), and how
        far the pen moves on, in px."""
        font = self._font(em)
        left, top, right, bottom = (int(n) for n in font.getbbox(character, anchor="ls"))
        mask = Image.new("L", (max(right - left, 0), max(bottom - top, 0)))
        if mask.width and mask.height:
            ImageDraw.Draw(mask).text((-left, -top), character, fill=255, font=font, anchor="ls")
        return np.asarray(mask), left, top, font.getlength(character)

    def fitting(self, text):
        """The text without what this face does not have; small letters become capitals where it has none."""
        text = "".join(c if c in self.characters else c.upper() for c in text)
        return "".join(c for c in text if c in self.characters)

    def line(self, text, em, tracking=0.0, spacing=0.0):
        """A line of text set at `em` px, letters `tracking` em further apart and words `spacing` em.

        Returns a mask [h, w] uint8 with half an em around, the row of its baseline, and the middle of each character
        in px, [len(text)].
        """
        margin, pen, middles, places = em // 2, 0.0, [], []
        for character in text:
            mask, left, top, advance = self.glyph(em, character)
            places.append((mask, round(pen) + left, top))
            middles.append(pen + advance / 2)
            pen += advance + em * (tracking + spacing * (character == " "))
        baseline = round(1.1 * em) + margin
        canvas = np.zeros((baseline + round(0.4 * em) + margin, round(pen) + 2 * margin + em), np.uint8)
        for mask, left, top in places:
            y, x = baseline + top, max(0, margin + left)
            part = canvas[y:y + mask.shape[0], x:x + mask.shape[1]]
            np.maximum(part, mask[:part.shape[0], :part.shape[1]], out=part)
        return canvas[:, :round(pen) + 2 * margin], baseline, np.array(middles) + margin


def load(families):
    """{family: [Face]}."""
    found = fonts.locate(families)
    return {family: [Face(stem, found[stem]) for stem in stems] for family, stems in families.items()}
