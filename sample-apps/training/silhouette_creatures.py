"""Outlines of twelve small animals. Most are seen from above with the head up, three from the side."""

import numpy as np

from silhouette_pen import DETAIL, blade, curve, ellipse, moved


def legs(pen, pairs, width, stray=0.04):
    """Pairs of bent legs. pairs: for each, its points from the hip outwards, on the right side."""
    for points in pairs:
        pen.line_pair(points, width, stray=stray)


def feelers(pen, x, y, out, up, width=0.03):
    """A pair of curved antennae from (x, y)."""
    pen.line_pair(curve([(x, y), (x + 0.4 * out, y - 0.65 * up), (x + out, y - up)]), width, stray=0.02)


def ladybird(pen):
    """A round back with spots, short legs."""
    wide, high = pen.pick(0.66, 0.78), pen.pick(0.74, 0.86)
    reach, width = pen.pick(0.14, 0.26), pen.pick(0.06, 0.085)
    legs(pen, [[(0.9 * wide, 0.45 * y), (wide + reach, 0.5 * y + lift)]
               for y, lift in ((-0.9, -0.12), (0.1, 0.03), (0.95, 0.16))], width, 0.03)
    feelers(pen, 0.1, -high - 0.15, pen.pick(0.12, 0.22), pen.pick(0.12, 0.24), 0.035)
    pen.fill(ellipse(0, 0, wide, high))
    pen.fill(ellipse(0, -high, pen.pick(0.3, 0.4), pen.pick(0.2, 0.27)))
    pen.line([(0, -0.6 * high), (0, 0.92 * high)], 0.03, DETAIL)
    spot = pen.pick(0.09, 0.14)
    for x, y in [(0.3, -0.32), (0.44, 0.08), (0.26, 0.42)][:pen.count(1, 3)]:
        pen.fill_pair(ellipse(x, y, spot, spot), DETAIL)
    pen.deform(0.03, 0.06)


def stag_beetle(pen):
    """A long back and large jaws."""
    wide, width, jaw = pen.pick(0.34, 0.44), pen.pick(0.05, 0.075), pen.pick(0.45, 0.7)
    legs(pen, [[(0.28, -0.15), (0.6, -0.4), (0.78, -0.2 - pen.pick(0.3, 0.6))],
               [(0.3, 0.05), (0.68, 0.15), (0.9, 0.42)],
               [(0.3, 0.25), (0.6, 0.55), (0.74, pen.pick(0.85, 1.05))]], width)
    pen.fill(blade(pen.pick(1.15, 1.3), wide, 0.5) + (0, 0.98))
    pen.fill(ellipse(0, 0.35, wide, 0.55))
    pen.fill([(-0.36, -0.2), (-0.4, -0.42), (-0.3, -0.52), (0.3, -0.52), (0.4, -0.42), (0.36, -0.2)])
    pen.fill([(-0.3, -0.5), (-0.32, -0.72), (0.32, -0.72), (0.3, -0.5)])
    out = pen.pick(0.3, 0.46)
    pen.line_pair(curve([(0.22, -0.7), (out, -0.7 - 0.4 * jaw), (out, -0.7 - 0.75 * jaw), (0.12, -0.7 - jaw)]),
                  pen.pick(0.07, 0.1))
    pen.line_pair([(out, -0.7 - 0.5 * jaw), (0.6 * out, -0.7 - 0.55 * jaw)], 0.06)
    pen.line([(0, -0.15), (0, 0.85)], 0.03, DETAIL)
    pen.line([(-0.3, -0.17), (0.3, -0.17)], 0.03, DETAIL)
    pen.deform(0.03, 0.08)


def ant(pen):
    """Three knots with a thin waist, long legs, bent feelers."""
    width, reach = pen.pick(0.035, 0.055), pen.pick(0.6, 0.85)
    legs(pen, [[(0.05, -0.22), (0.35, -0.5), (reach, -0.55 - pen.pick(0.1, 0.4))],
               [(0.05, -0.12), (0.5, -0.2), (1.05 * reach, pen.pick(-0.1, 0.2))],
               [(0.05, 0.0), (0.45, 0.15), (reach, pen.pick(0.65, 0.95))]], width, 0.05)
    pen.fill(ellipse(0, -0.66, pen.pick(0.19, 0.25), pen.pick(0.2, 0.26)))
    pen.fill(ellipse(0, -0.2, pen.pick(0.11, 0.15), pen.pick(0.26, 0.32)))
    pen.fill(ellipse(0, 0.12, 0.07, 0.09))
    tail = pen.pick(0.32, 0.42)
    pen.fill(ellipse(0, 0.18 + tail, pen.pick(0.22, 0.3), tail))
    out = pen.pick(0.3, 0.45)
    pen.line_pair([(0.1, -0.82), (out, -0.95), (out + 0.05, -0.95 - pen.pick(0.2, 0.4))], 0.8 * width, stray=0.04)
    pen.line([(-0.2, 0.18 + tail), (0.2, 0.18 + tail)], 0.03, DETAIL)
    pen.deform(0.03, 0.12)


def spider(pen):
    """Two knots and eight long legs."""
    width, reach = pen.pick(0.035, 0.06), pen.pick(0.75, 1.05)
    for turn, knee in ((28, 0.5), (62, 0.46), (112, 0.46), (150, 0.54)):
        a, b = np.deg2rad(turn + pen.pick(-6, 6)), np.deg2rad(turn + (-16 if turn < 90 else 16))
        middle, foot = 1.1 * knee * reach, reach * pen.pick(0.95, 1.1)
        hip = (0.1 * np.sin(a), -0.1 - 0.14 * np.cos(a))
        pen.line_pair([hip, (1.15 * middle * np.sin(a), -0.1 - 1.15 * middle * np.cos(a)),
                       (foot * np.sin(b), -0.1 - 1.15 * foot * np.cos(b))], width, stray=0.04)
    pen.fill(ellipse(0, -0.16, pen.pick(0.16, 0.21), pen.pick(0.18, 0.23)))
    belly = pen.pick(0.26, 0.38)
    pen.fill(ellipse(0, 0.02 + belly, pen.pick(0.2, 0.32), belly))
    pen.line_pair([(0.05, -0.32), (0.1, -0.45)], 0.05, stray=0.01)
    if pen.count(0, 1):
        pen.line([(0, 0.1 + 0.5 * belly), (0, 1.4 * belly)], 0.04, DETAIL)
        pen.line([(-0.08, belly), (0.08, belly)], 0.04, DETAIL)
    pen.deform(0.04, 0.06)


def bee(pen):
    """A stout striped body, short wings held back."""
    wide, tail, sweep = pen.pick(0.27, 0.35), pen.pick(0.75, 0.9), pen.pick(98, 122)
    long, broad = pen.pick(0.72, 0.9), pen.pick(0.15, 0.2)
    pen.fill_pair(moved(blade(long, broad, 0.64), sweep, 0.12, -0.3))
    pen.fill_pair(moved(blade(0.68 * long, 0.8 * broad, 0.62), sweep + pen.pick(18, 30), 0.12, -0.18))
    legs(pen, [[(0.15, -0.35), (0.36, -0.55), (0.42, -0.72)], [(0.2, 0.2), (0.46, 0.46), (0.5, 0.72)]],
         pen.pick(0.035, 0.055), 0.03)
    pen.fill(ellipse(0, -0.3, 0.95 * wide, pen.pick(0.24, 0.3)))
    pen.fill(ellipse(0, -0.62, pen.pick(0.17, 0.22), pen.pick(0.14, 0.18)))
    pen.fill(np.concatenate([ellipse(0, 0.22, wide, 0.42)[20:], [(wide, 0.25), (0.6 * wide, 0.25 + 0.6 * (tail - 0.25)),
                             (0, tail), (-0.6 * wide, 0.25 + 0.6 * (tail - 0.25)), (-wide, 0.25)]]))
    for y in np.linspace(0.08, 0.5, pen.count(2, 4)):
        pen.line([(-0.75 * wide, y), (0.75 * wide, y)], 0.055, DETAIL)
    feelers(pen, 0.07, -0.74, pen.pick(0.12, 0.22), pen.pick(0.16, 0.28), 0.035)
    pen.deform(0.03, 0.08)


def dragonfly(pen):
    """A stick of a body, four long narrow wings."""
    long, half = pen.pick(0.95, 1.15), pen.pick(0.085, 0.13)
    fore, hind = pen.pick(66, 86), pen.pick(98, 114)
    pen.fill_pair(moved(blade(long, half, 0.62), fore, 0.04, -0.5))
    pen.fill_pair(moved(blade(0.95 * long, 1.15 * half, 0.5), hind, 0.04, -0.34))
    pen.line([(0, -0.5), (0, pen.pick(0.95, 1.2))], pen.pick(0.06, 0.09))
    pen.fill(ellipse(0, -0.45, pen.pick(0.09, 0.13), 0.22))
    pen.fill(ellipse(0, -0.7, pen.pick(0.12, 0.16), pen.pick(0.08, 0.11)))
    pen.line_pair(moved([(0, -0.15), (0, -0.75 * long)], fore, 0.04, -0.5), 0.02, DETAIL)
    pen.line_pair(moved([(0, -0.15), (0, -0.7 * long)], hind, 0.04, -0.34), 0.02, DETAIL)
    pen.deform(0.03, 0.1)


def butterfly(pen):
    """Broad wings spread above and below a thin body, knobbed feelers."""
    out, up, low = pen.pick(0.85, 1.05), pen.pick(0.6, 0.85), pen.pick(0.55, 0.8)
    fore = curve([(0.03, -0.22), (0.4 * out, -0.8 * up), (0.9 * out, -1.08 * up), (out, -0.8 * up), (0.86 * out, -0.25),
                  (0.62 * out, 0.0), (0.03, 0.05)], 6)
    hind = curve([(0.03, -0.05), (0.6 * out, -0.06), (0.8 * out, 0.25 * low), (0.7 * out, 0.75 * low),
                  (0.42 * out, pen.pick(0.95, 1.25) * low), (0.2, 0.65 * low), (0.03, 0.3)], 6)
    pen.fill_pair(fore)
    pen.fill_pair(hind)
    pen.fill(ellipse(0, 0.02, pen.pick(0.05, 0.075), pen.pick(0.38, 0.48)))
    pen.fill(ellipse(0, -0.42, 0.07, 0.07))
    tip = (pen.pick(0.18, 0.34), -0.46 - pen.pick(0.28, 0.45))
    pen.line_pair(curve([(0.03, -0.44), (0.1, -0.62), tip], 4), 0.025)
    pen.fill_pair(ellipse(*tip, 0.04, 0.04))
    spot = pen.pick(0.07, 0.12)
    pen.fill_pair(ellipse(0.68 * out, -0.62 * up, spot, spot), DETAIL)
    pen.fill_pair(ellipse(0.5 * out, 0.5 * low, spot, spot), DETAIL)
    pen.line_pair([(0.1, 0.0), (0.58 * out, -0.02)], 0.025, DETAIL)
    pen.deform(0.04, 0.08)


def moth(pen):
    """Wings folded back into a triangle, a thick body, feathered feelers."""
    out, back, thick = pen.pick(0.72, 0.95), pen.pick(0.55, 0.8), pen.pick(0.13, 0.19)
    pen.fill_pair(np.concatenate([curve([(0.05, -0.5), (0.45 * out, -0.3), (out, 0.75 * back)], 5),
                                  curve([(0.8 * out, back), (0.4 * out, 0.92 * back), (0.03, 0.7 * back)], 5)]))
    pen.fill(ellipse(0, 0.1, thick, pen.pick(0.55, 0.75)))
    pen.fill(ellipse(0, -0.5, 1.1 * thick, 0.18))
    base, tip = np.array((0.06, -0.62)), np.array((pen.pick(0.3, 0.45), -pen.pick(0.85, 1.0)))
    pen.line_pair([base, tip], 0.035)
    for t in np.linspace(0.25, 0.95, 6):
        at, barb = base + t * (tip - base), 0.13 * (1.15 - t)
        pen.line_pair([at, at + (barb, 0.2 * barb)], 0.022)
        pen.line_pair([at, at + (-0.4 * barb, -barb)], 0.022)
    pen.line_pair(curve([(0.3 * out, -0.2), (0.45 * out, 0.2), (0.3 * out, 0.7 * back)], 4), 0.03, DETAIL)
    pen.line_pair(curve([(0.6 * out, 0.1), (0.68 * out, 0.4 * back), (0.55 * out, 0.85 * back)], 4), 0.03, DETAIL)
    pen.deform(0.03, 0.06)


def grasshopper(pen):
    """From the side: a long body and a large bent hind leg."""
    high, long, width = pen.pick(0.13, 0.19), pen.pick(0.85, 1.0), pen.pick(0.04, 0.06)
    knee = (pen.pick(0.25, 0.5), -pen.pick(0.5, 0.75))
    hip, foot = (-0.1, 0.06), (knee[0] + pen.pick(0.12, 0.35), pen.pick(0.42, 0.58))
    pen.fill(curve([(-0.7, 0.0), (-0.62, -high), (-0.2, -1.1 * high), (0.4, -0.8 * high), (long, -0.3 * high),
                    (0.9 * long, 0.05), (0.3, 0.8 * high), (-0.3, high), (-0.62, 0.8 * high), (-0.7, 0.0)], 5))
    pen.fill(ellipse(-0.74, -0.02, pen.pick(0.13, 0.17), pen.pick(0.17, 0.22), 14))
    thigh = np.hypot(knee[0] - hip[0], knee[1] - hip[1])
    turn = np.rad2deg(np.arctan2(knee[0] - hip[0], hip[1] - knee[1]))
    pen.fill(moved(blade(1.04 * thigh, pen.pick(0.07, 0.105), 0.36), turn, *hip))
    pen.line([knee, foot, (foot[0] + 0.13, foot[1] + 0.02)], width)
    for x in (-0.5, -0.28):
        pen.line([(x, 0.08), (x - pen.pick(0.02, 0.16), 0.3), (x - pen.pick(0.0, 0.16), pen.pick(0.46, 0.56))], width)
    sweep = pen.pick(-0.5, 0.3)
    for shift in (0.0, 0.14):
        tip = (-1.0 + sweep + shift, -pen.pick(0.6, 0.85))
        pen.line(curve([(-0.8, -0.15), (-0.95 + 0.3 * sweep, -0.42), tip]), 0.026)
    pen.line(curve([(-0.4, -0.3 * high), (0.2, -0.2 * high), (0.8 * long, -0.2 * high)], 4), 0.025, DETAIL)
    pen.deform(0.03, 0.0)


def caterpillar(pen):
    """From the side: a chain of rings with stubby legs."""
    count, thick, hump = pen.count(8, 11), pen.pick(0.15, 0.2), pen.pick(0.05, 0.5)
    x = np.linspace(-1, 0.85, count)
    y = -hump * np.sin(pen.pick(0.9, 1.7) * np.pi * (x + 1) / 2 + pen.pick(-0.3, 0.3))
    for i in range(count):
        foot = (x[i] + pen.pick(-0.03, 0.03), y[i] + thick + pen.pick(0.07, 0.14))
        pen.line([(x[i], y[i]), foot], pen.pick(0.05, 0.08))
        pen.fill(ellipse(x[i], y[i], thick * pen.pick(0.85, 1.05), thick))
    for i in range(1, count):
        middle = ((x[i] + x[i - 1]) / 2, (y[i] + y[i - 1]) / 2)
        pen.line([(middle[0], middle[1] - 0.7 * thick), (middle[0], middle[1] + 0.7 * thick)], 0.03, DETAIL)
    head = (x[-1] + 0.18, y[-1] - pen.pick(0.0, 0.1))
    pen.fill(ellipse(*head, thick * pen.pick(1.05, 1.3), thick * pen.pick(1.05, 1.3)))
    for lean in (0.0, 0.16):
        tip = (head[0] + lean, head[1] - thick - pen.pick(0.14, 0.26))
        pen.line([(head[0] + lean / 2, head[1] - thick), tip], 0.035)
    pen.deform(0.04, 0.0)


def snail(pen):
    """From the side: a coiled shell on a long foot, two horns."""
    shell, lift = pen.pick(0.5, 0.64), pen.pick(0.8, 0.95)
    neck, horn = pen.pick(0.28, 0.5), pen.pick(0.2, 0.36)
    centre = (-0.1, -lift * shell)
    pen.fill(curve([(-1.05, 0.14), (-0.6, -0.02), (0.3, -0.05), (0.66, -0.12 - 0.5 * neck), (0.8, -0.2 - neck),
                    (1.0, -0.12 - neck), (0.95, 0.02 - 0.3 * neck), (0.75, 0.14), (-1.05, 0.14)], 6))
    pen.fill(ellipse(*centre, shell, 0.94 * shell))
    for lean in (pen.pick(-0.1, 0.04), pen.pick(0.1, 0.25)):
        pen.line([(0.9, -0.15 - neck), (0.92 + lean, -0.2 - neck - horn)], pen.pick(0.035, 0.05))
    angle = np.linspace(0, pen.pick(3.6, 4.8) * np.pi, 60)
    radius = 0.86 * shell * (1 - angle / (5 * np.pi))
    start = pen.pick(0.2, 1.2)
    coil = np.stack([radius * np.cos(angle + start), 0.94 * radius * np.sin(angle + start)], 1) + centre
    pen.line(coil, pen.pick(0.035, 0.05), DETAIL)
    pen.deform(0.03, 0.0)


def scorpion(pen):
    """Two claws in front, eight legs, a jointed tail with a sting."""
    width, reach, curl = pen.pick(0.04, 0.06), pen.pick(0.5, 0.65), pen.pick(0.25, 0.55)
    for y, foot in ((-0.3, -0.35), (-0.16, -0.02), (-0.02, 0.3), (0.1, 0.62)):
        pen.line_pair([(0.15, y), (0.62 * reach, 0.5 * (y + foot) - 0.1), (reach, foot)], width, stray=0.035)
    out = pen.pick(0.42, 0.6)
    pen.line_pair([(0.12, -0.42), (out, -0.55), (0.95 * out, -0.82)], 0.075, stray=0.03)
    claw = blade(pen.pick(0.34, 0.44), 0.1, 0.4)
    pen.fill_pair(moved(claw, pen.pick(-4, 8), 0.95 * out - 0.02, -0.76))
    pen.line_pair([(0.95 * out + 0.04, -0.86), (0.95 * out - 0.12, -1.02), (0.95 * out - 0.1, -1.12)], 0.05, stray=0.01)
    pen.fill(blade(0.95, pen.pick(0.17, 0.23), 0.58) + (0, 0.42))
    pen.fill(ellipse(0, -0.32, pen.pick(0.16, 0.2), 0.2))
    tail = curve([(0, 0.3), (0.03, 0.65), (0.3 * curl, 0.95), (curl, 1.02), (1.25 * curl, 0.75)], 3)
    for i, (x, y) in enumerate(tail[:-1]):
        pen.fill(ellipse(x, y, 0.085 - 0.002 * i, 0.085 - 0.002 * i, count=16))
    pen.line([tail[-1], tail[-1] + (-0.08, -0.16)], 0.04)
    for y in np.linspace(-0.1, 0.25, 4):
        pen.line([(-0.12, y), (0.12, y)], 0.025, DETAIL)
    pen.deform(0.03, 0.05)


CREATURES = {"ladybird": ladybird, "butterfly": butterfly, "dragonfly": dragonfly, "stag beetle": stag_beetle,
             "ant": ant, "bee": bee, "moth": moth, "grasshopper": grasshopper, "spider": spider,
             "caterpillar": caterpillar, "snail": snail, "scorpion": scorpion}
