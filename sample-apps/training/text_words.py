"""What the lines of text say: prose from documentation that Python packages bring along, numbers, made-up words, and
characters at random, so that a reader cannot lean on the language."""

import inspect
import pydoc_data.topics
import re
import string
from importlib import resources

import numpy as np

CHARACTERS = string.printable[:94] + " "
LETTERS, DIGITS, SIGNS = string.ascii_letters, string.digits, string.punctuation
LONGEST = 64


def _flat(texts):
    """One line of printable ASCII."""
    text = re.sub(r"[^\x20-\x7e]+", " ", " ".join(texts))
    text = re.sub(r"([^\w\s])\1{2,}", " ", text)
    return re.sub(r"\s+", " ", text)


def training_prose():
    """Python's language reference and the documentation of numpy's functions."""
    documented = (inspect.getdoc(getattr(np, name)) for name in sorted(dir(np)) if not name.startswith("_"))
    return _flat([*pydoc_data.topics.topics.values(), *(text for text in documented if text)])


def test_prose():
    """scikit-learn's descriptions of its data sets, which training never reads."""
    folder = resources.files("sklearn.datasets.descr")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".rst")), key=lambda file: file.name)
    return _flat(file.read_text(encoding="utf-8") for file in files)


def _pick(rng, characters, count):
    return "".join(characters[i] for i in rng.integers(0, len(characters), count))


def passage(rng, prose):
    """A stretch of prose from the start of a word on, now and then in other case."""
    start = prose.index(" ", rng.integers(0, len(prose) - 2 * LONGEST - 100)) + 1
    text, case = prose[start:start + LONGEST], rng.random()
    return text.upper() if case < 0.12 else text.title() if case < 0.2 else text.lower() if case < 0.27 else text


def number(rng):
    """One number, price, date, time, share, telephone number or code."""
    digits = _pick(rng, DIGITS, rng.integers(1, 6))
    short = [_pick(rng, DIGITS, 2) for _ in range(3)]
    kind = rng.integers(0, 9)
    if kind == 0:
        return digits
    if kind == 1:
        return digits + rng.choice([".", ","]) + _pick(rng, DIGITS, rng.integers(1, 4))
    if kind == 2:
        return rng.choice(["$", "EUR ", "-", "+", "#", "No. "]) + digits + "." + short[0]
    if kind == 3:
        return rng.choice(["-", "/", ".", ":"]).join(short)
    if kind == 4:
        return "20" + "-".join(short)
    if kind == 5:
        return digits + rng.choice(["%", "kg", "km", " x ", " = ", "!", "?", ";"])
    if kind == 6:
        return "(" + _pick(rng, DIGITS, 3) + ") " + _pick(rng, DIGITS, 3) + "-" + _pick(rng, DIGITS, 4)
    if kind == 7:
        return _pick(rng, string.ascii_uppercase + DIGITS, rng.integers(2, 9))
    return short[0] + ":" + short[1]


def word(rng):
    """A made-up word, often with a sign at one end."""
    letters, case = _pick(rng, string.ascii_lowercase, rng.integers(1, 10)), rng.random()
    if case < 0.3:
        letters = letters.upper()
    elif case < 0.55:
        letters = letters.capitalize()
    elif case < 0.65:
        letters = "".join(c.upper() if rng.random() < 0.5 else c for c in letters)
    sign = rng.random()
    if sign < 0.2:
        letters += rng.choice(list(".,;:!?"))
    elif sign < 0.3:
        opening, closing = rng.choice(["()", "[]", "{}", '""', "''", "<>", "**", "``"])
        letters = opening + letters + closing
    elif sign < 0.4:
        letters += rng.choice(list("-_/@&+=.'|\\~^#")) + _pick(rng, LETTERS, rng.integers(1, 5))
    return letters


def scramble(rng):
    """Any characters, with a space here and there."""
    text = _pick(rng, CHARACTERS[:94], LONGEST)
    return "".join(" " if rng.random() < 0.1 else c for c in text).strip()


def line(rng, prose):
    """A line of text of up to LONGEST characters, without two spaces in a row. Returns its kind too."""
    kind = rng.choice(["prose", "words", "numbers", "characters"], p=[0.5, 0.2, 0.15, 0.15])
    if kind == "prose":
        text = passage(rng, prose)
    elif kind == "characters":
        text = scramble(rng)
    else:
        text = ""
        while len(text) < LONGEST:
            text += (number(rng) if kind == "numbers" or rng.random() < 0.1 else word(rng)) + " "
    return re.sub(" +", " ", text[:LONGEST]).strip(), str(kind)
