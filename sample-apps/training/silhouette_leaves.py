"""Outlines of fourteen leaves. Each function draws one with a pen: stem below, tip above."""

import numpy as np

from silhouette_pen import DETAIL, blade, curve, half_width, mirrored, moved


def stem(pen, low=0.25, high=0.6):
    """A stalk from the blade's base at the origin downwards."""
    long, sway = pen.pick(low, high), pen.pick(-0.15, 0.15)
    pen.line(curve([(0, -0.06), (0.3 * sway, 0.5 * long), (sway, long)]), pen.pick(0.035, 0.06))


def veins(pen, length, half, widest, pairs):
    """A midrib and pairs of side veins within a blade."""
    thin = pen.pick(0.02, 0.03)
    pen.line([(0, -0.02), (0, -0.88 * length)], thin, DETAIL)
    for t in np.linspace(0.16, 0.72, pairs):
        reach = 0.62 * half_width(t, half, widest)
        pen.line_pair([(0, -length * t), (reach, -length * t - 0.5 * reach)], thin, DETAIL)


def willow(pen):
    """Long and narrow."""
    length, half, widest = pen.pick(1.7, 2.1), pen.pick(0.12, 0.2), pen.pick(0.38, 0.55)
    pen.fill(blade(length, half, widest, pen.count(16, 24), pen.pick(0.02, 0.12)))
    stem(pen, 0.1, 0.25)
    pen.line([(0, -0.02), (0, -0.88 * length)], 0.025, DETAIL)
    pen.deform(0.04, 0.14)


def birch(pen):
    """A rhomb, widest near its base, coarsely toothed."""
    length, half, low = pen.pick(1.1, 1.35), pen.pick(0.42, 0.54), pen.pick(0.24, 0.34)
    teeth = pen.count(7, 10)
    t = np.linspace(0, 1, 8 * teeth + 1)
    width = half * np.where(t < low, (t / low) ** 0.8, ((1 - t) / (1 - low)) ** pen.pick(0.95, 1.2))
    saw = (t * teeth) % 1.0 * np.where(t > 0.6 * low, 1, 0)
    pen.fill(mirrored(np.stack([width * (1 + pen.pick(0.16, 0.28) * saw), -length * t - 0.05 * saw], 1)))
    stem(pen)
    veins(pen, length, 0.8 * half, 0.35, pen.count(5, 7))
    pen.deform()


def linden(pen):
    """A heart with fine teeth and a drawn-out tip."""
    wide, tip, lobe = pen.pick(0.52, 0.64), pen.pick(1.0, 1.25), pen.pick(0.12, 0.22)
    half = curve([(0, -0.02), (0.24 * wide / 0.58, lobe), (0.47 * wide / 0.58, 0.75 * lobe), (wide, -0.22),
                  (0.85 * wide, -0.52), (0.42 * wide, -0.82), (0.1, -0.92 * tip), (0, -tip)], 9)
    saw = np.arange(len(half)) % 3 / 2.0 * pen.pick(0.02, 0.05)
    saw[:6] = saw[-4:] = 0
    pen.fill(mirrored(half * (1 + saw[:, None])))
    stem(pen, 0.4, 0.75)
    veins(pen, 0.85 * tip, 0.75 * wide, 0.4, pen.count(4, 5))
    pen.deform()


def holly(pen):
    """Few large spines with hollows between them."""
    length, half = pen.pick(1.3, 1.6), pen.pick(0.36, 0.46)
    spines, hollow = pen.count(3, 5), pen.pick(0.42, 0.6)
    t = np.linspace(0, 1, 12 * (spines + 1) + 1)
    arch = np.abs(np.sin(np.pi * t * (spines + 1))) ** 0.6
    body = 0.12 * np.sin(np.pi * t) ** 0.7 + half_width(t, half, 0.5)
    body[0] = body[-1] = 0
    pen.fill(mirrored(np.stack([body * (1.1 - hollow * arch), -length * t], 1)))
    stem(pen, 0.1, 0.3)
    pen.line([(0, -0.02), (0, -0.88 * length)], 0.03, DETAIL)
    pen.deform(0.05, 0.1)


def oak(pen):
    """Rounded lobes, widest above the middle."""
    length, half, widest = pen.pick(1.5, 1.8), pen.pick(0.42, 0.56), pen.pick(0.58, 0.68)
    lobes, depth = pen.count(4, 5), pen.pick(0.26, 0.4)
    t = np.linspace(0, 1, 91)
    wave = 1 - 2 * depth * (0.5 + 0.5 * np.cos(2 * np.pi * (t * lobes + 0.1))) ** 2.5
    width = 0.05 + half_width(0.02 + 0.9 * t, half, widest) * wave
    top = np.sqrt(np.clip((1 - t) / 0.1, 0, 1))
    pen.fill(mirrored(np.stack([width * top, -length * t], 1)))
    stem(pen, 0.1, 0.3)
    veins(pen, length, 0.62 * half, widest, lobes)
    pen.deform()


MAPLE = [(0.0, -1.0), (0.11, -0.78), (0.23, -0.84), (0.17, -0.46), (0.38, -0.66), (0.44, -0.54), (0.66, -0.60),
         (0.60, -0.40), (0.74, -0.32), (0.42, -0.05), (0.47, 0.08), (0.06, 0.02)]


def maple(pen):
    """Five pointed lobes with points of their own."""
    half = np.array(MAPLE)
    half[3] *= (pen.pick(0.8, 1.5), pen.pick(0.75, 1.15))
    half[4:9] *= (pen.pick(0.9, 1.25), pen.pick(0.85, 1.15))
    half[1:3, 0] *= pen.pick(0.8, 1.3)
    half[9:11] *= (pen.pick(0.8, 1.2), 1)
    half[1:] += pen.rng.normal(0, 0.012, half[1:].shape)
    pen.fill(mirrored(half))
    stem(pen, 0.35, 0.7)
    pen.line([(0, 0), (0, -0.8)], 0.025, DETAIL)
    pen.line_pair([(0, 0), 0.75 * half[6]], 0.025, DETAIL)
    pen.deform()


def ivy(pen):
    """Three to five broad plain lobes."""
    side, low, waist = pen.pick(0.62, 0.82), pen.pick(0.12, 0.3), pen.pick(0.28, 0.4)
    half = [(0.0, -1.0), (0.13, -0.78), (waist, -0.48), (side, -pen.pick(0.38, 0.52)), (0.55 * side + 0.1, -0.08),
            (0.62 * side, low), (0.22, low * 0.9), (0.0, 0.0)]
    smooth = curve(half[:4], 5)[:-1], curve(half[3:6], 5)[:-1], curve(half[5:], 5)
    pen.fill(mirrored(np.concatenate(smooth)))
    stem(pen, 0.4, 0.8)
    pen.line([(0, -0.02), (0, -0.8)], 0.025, DETAIL)
    pen.line_pair([(0, -0.02), (0.7 * side, -0.32)], 0.025, DETAIL)
    pen.deform()


def ginkgo(pen):
    """A fan with a cleft, on a long stalk."""
    spread, cleft = np.deg2rad(pen.pick(50, 78)), pen.pick(0.08, 0.5)
    angle = np.linspace(-spread, spread, 81)
    radius = 1 + pen.pick(0.01, 0.04) * np.sin(pen.pick(10, 22) * angle + pen.pick(0, 6))
    radius *= 1 - 0.12 * (np.abs(angle) / spread) ** 6
    radius -= cleft * np.clip(1 - np.abs(angle - pen.pick(-0.08, 0.08)) / pen.pick(0.06, 0.16), 0, 1)
    fan = np.stack([radius * np.sin(angle), -radius * np.cos(angle)], 1)
    inner = pen.pick(0.72, 0.88)
    left, right = fan[0] * (0.5 * inner, 0.5), fan[-1] * (0.5 * inner, 0.5)
    pen.fill(np.concatenate([[(-0.03, 0)], [left], fan, [right], [(0.03, 0)]]))
    stem(pen, 0.5, 0.9)
    for turn in np.linspace(-0.7, 0.7, pen.count(5, 9)) * spread:
        if abs(turn) > 0.15:
            pen.line([(0.15 * np.sin(turn), -0.15 * np.cos(turn)), (0.8 * np.sin(turn), -0.8 * np.cos(turn))],
                     0.018, DETAIL)
    pen.deform()


def clover(pen):
    """Three hearts about one point."""
    wide, notch = pen.pick(0.36, 0.48), pen.pick(0.08, 0.22)
    heart = curve([(0, 0), (0.55 * wide, -0.28), (wide, -0.6), (0.72 * wide, -0.86), (0.3 * wide, -0.88),
                   (0, -0.88 + notch)], 5)
    for turn in (-pen.pick(100, 122), pen.pick(-8, 8), pen.pick(100, 122)):
        size = pen.pick(0.9, 1.1)
        pen.fill(moved(mirrored(size * heart), turn))
        pen.line(moved([(0, -0.12), (0, -0.6 * size)], turn), 0.025, DETAIL)
    stem(pen, 0.9, 1.4)
    pen.deform(0.05, 0.12)


def fern(pen):
    """Many narrow leaflets that shorten towards the tip."""
    pairs, long, rise = pen.count(10, 15), pen.pick(0.5, 0.68), pen.pick(58, 76)
    pen.line([(0, 0.3), (0, -1.75)], pen.pick(0.035, 0.055))
    for i in range(pairs):
        t = i / pairs
        reach = long * (0.6 + 1.5 * t if t < 0.22 else 1.18 * (1 - t) ** 0.85)
        leaflet = blade(reach, pen.pick(0.042, 0.058), 0.4)
        for side in (-1, 1):
            pen.fill(moved(leaflet, side * (rise - 18 * t) + pen.rng.normal(0, 2), 0, -1.75 * t))
    pen.fill(moved(blade(0.3, 0.05, 0.4), 0, 0, -1.65))
    pen.deform(0.05, 0.16)


def rowan(pen):
    """Few pairs of equal oval leaflets and one at the end."""
    pairs, long, half = pen.count(4, 6), pen.pick(0.5, 0.66), pen.pick(0.1, 0.145)
    gap = pen.pick(0.27, 0.34)
    leaflet = blade(long, half, 0.5, pen.count(6, 10), pen.pick(0.02, 0.15))
    pen.line([(0, 0.45), (0, -gap * pairs)], pen.pick(0.035, 0.05))
    for i in range(pairs):
        for side in (-1, 1):
            turn = side * pen.pick(56, 74)
            pen.fill(moved(leaflet * (1 - 0.12 * (i == 0)), turn, 0, -gap * i))
            pen.line(moved([(0, -0.05), (0, -0.8 * long)], turn, 0, -gap * i), 0.02, DETAIL)
    pen.fill(moved(leaflet, pen.pick(-8, 8), 0, -gap * (pairs - 0.3)))
    pen.deform(0.05, 0.14)


def chestnut(pen):
    """Five or seven leaflets about one point, widest near their ends."""
    count, half, spread = 2 * pen.count(2, 3) + 1, pen.pick(0.15, 0.2), pen.pick(95, 125)
    for turn in np.linspace(-spread, spread, count):
        size = (1 - 0.38 * (abs(turn) / spread) ** 1.5) * pen.pick(0.94, 1.04)
        pen.fill(moved(blade(size, half, pen.pick(0.62, 0.7), pen.count(8, 12), 0.08), turn))
        pen.line(moved([(0, -0.15), (0, -0.85 * size)], turn), 0.022, DETAIL)
    stem(pen, 0.6, 1.1)
    pen.deform()


def water_lily(pen):
    """A round pad with one cut to its middle."""
    gap, flat = pen.pick(8, 24), pen.pick(0.8, 1.0)
    angle = np.deg2rad(np.linspace(gap, 360 - gap, 70)) + np.pi
    radius = 1 + pen.pick(0.0, 0.025) * np.sin(pen.pick(6, 14) * angle)
    rim = np.stack([radius * np.sin(angle), -flat * radius * np.cos(angle)], 1)
    centre = (pen.pick(-0.05, 0.05), pen.pick(0.0, 0.2))
    pen.fill(np.concatenate([[centre], rim]))
    for i in range(6, 66, pen.count(7, 10)):
        pen.line([0.15 * rim[i] + centre, 0.85 * rim[i]], 0.022, DETAIL)
    pen.deform(0.06, 0.08)


def pine(pen):
    """A twig with straight needles."""
    needles, rise, long = pen.count(15, 22), pen.pick(28, 50), pen.pick(0.5, 0.75)
    thin = pen.pick(0.022, 0.034)
    pen.line([(0, 0.35), (0, -1.2)], pen.pick(0.055, 0.085))
    for t in np.linspace(0, 1, needles):
        for side in (-1, 1):
            turn = side * (rise * (1.1 - 0.75 * t) + pen.rng.normal(0, 5))
            pen.line(moved([(0, 0), (0, -long * pen.pick(0.85, 1.1))], turn, 0, 0.1 - 1.3 * t), thin)
    pen.deform(0.04, 0.14)


LEAVES = {"maple": maple, "oak": oak, "ginkgo": ginkgo, "fern": fern, "willow": willow, "birch": birch,
          "clover": clover, "holly": holly, "ivy": ivy, "horse chestnut": chestnut, "rowan": rowan,
          "linden": linden, "water lily": water_lily, "pine": pine}
