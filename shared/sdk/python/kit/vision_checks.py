"""Whether values are of the types that the interface has.

The runtime ends a run without a word where one is not, so that it is looked at before.
"""

from wit_world.imports import images, tensors


def whole(value, what):
    """A whole number that an u32 can hold."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 32:
        raise TypeError(f"{what} must be a whole number from 0, not {value!r}")
    return value


def number(value, what):
    """A number, as a float."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{what} must be a number, not {value!r}")
    return float(value)


def numbers(values, what, length=None):
    """Numbers, as floats."""
    values = [number(value, f"{what}[{place}]") for place, value in enumerate(values)]
    if length is not None and len(values) != length:
        raise TypeError(f"{what} must be {length} numbers, not {len(values)}")
    return values


def text(value, what):
    """A string."""
    if not isinstance(value, str):
        raise TypeError(f"{what} must be a str, not {value!r}")
    return value


def choice(kind, value, what):
    """One of an enum's cases, by its name in the interface."""
    name = str(value).upper().replace("-", "_")
    if name not in kind.__members__:
        names = ", ".join(repr(name.lower().replace("_", "-")) for name in kind.__members__)
        raise ValueError(f"{what} must be one of {names}, not {value!r}")
    return kind[name]


def color(value, what):
    """A color, from three parts or a shade of gray."""
    red, green, blue = (value, value, value) if isinstance(value, int) else value
    for part in (red, green, blue):
        if whole(part, what) > 255:
            raise ValueError(f"{what} must be 0 to 255, not {part}")
    return images.Color(red=red, green=green, blue=blue)


def rectangle(area, what):
    """A rectangle, from x, y, width and height."""
    x, y, width, height = numbers(area, what, 4)
    return tensors.Rectangle(x=x, y=y, width=width, height=height)


def normalization(layout, channels, divisor, mean, deviation):
    """How pixels become numbers."""
    return images.Normalization(
        layout=choice(images.Layout, layout, "layout"),
        channels=choice(images.Channels, channels, "channels"),
        divisor=number(divisor, "divisor"),
        mean=numbers(mean, "mean"),
        deviation=numbers(deviation, "deviation"),
    )
