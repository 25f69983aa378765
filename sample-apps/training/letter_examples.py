"""The letter maker's examples: a class and a seed each."""

from common import package

EXAMPLES = {"an-a": ("A", 7), "an-r": ("R", 12), "a-g": ("G", 3)}


def write(app):
    """Writes every example. Pictures are not compared when an app is checked, so no answer is expected."""
    for name, (letter, seed) in EXAMPLES.items():
        folder = app / "examples" / name
        package.write_json(folder / "inputs.json", {"Class": letter, "Seed": seed})
        package.write_json(folder / "expected.json", {"Tolerance": 0, "Result": {}})
