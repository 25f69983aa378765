"""Text detection: from a map of how likely each pixel is text to rectangles as they lie, in the manner of PP-OCR."""

import numpy as np


def components(mask):
    """Regions that touch at sides, as lists of rows and columns."""
    labels = np.zeros(mask.shape, int)
    count = 0
    for start in zip(*np.nonzero(mask)):
        if labels[start]:
            continue
        count += 1
        labels[start] = count
        open_ends = [start]
        while open_ends:
            row, column = open_ends.pop()
            for place in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
                inside = 0 <= place[0] < mask.shape[0] and 0 <= place[1] < mask.shape[1]
                if inside and mask[place] and not labels[place]:
                    labels[place] = count
                    open_ends.append(place)
    return labels, count


def smallest_rectangle(points):
    """Of the rectangles at all angles of a fine scale the smallest: its middle, axes and half sides."""
    best = None
    for angle in np.radians(np.arange(0, 90, 0.05)):
        axes = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        places = points @ axes.T
        least, most = places.min(0), places.max(0)
        area = np.prod(most - least)
        if best is None or area < best[0] - 1e-9:
            best = (area, ((least + most) / 2) @ axes, axes, (most - least) / 2)
    return best[1:]


def corners_of_pixels(rows, columns):
    """The corners of a region's first and last pixel in each row: its hull needs no others."""
    points = []
    for row in np.unique(rows):
        left, right = columns[rows == row].min(), columns[rows == row].max() + 1
        points += [[left, row], [right, row], [left, row + 1], [right, row + 1]]
    return np.array(points, float)


def text_detection(app, frame, outputs):
    probability = next(iter(outputs.values()))
    probability = probability.reshape(probability.shape[-2:])
    labels, count = components(probability > app.output.get("MaskThreshold", 0.3))
    rows, columns = np.indices(probability.shape) + 0.5
    pixels = np.stack([columns.ravel(), rows.ravel()], 1)
    found = []
    for region in range(1, count + 1):
        middle, axes, half = smallest_rectangle(corners_of_pixels(*np.nonzero(labels == region)))
        if half.min() * 2 < 3:
            continue
        within = (np.abs((pixels - middle) @ axes.T) <= half).all(1)
        score = float(probability.ravel()[within].mean())
        grown = half + app.output.get("Unclip", 1.5) * np.prod(half * 2) / (half * 4).sum()
        if score < app.output.get("ScoreThreshold", 0.5) or grown.min() * 2 < 5:
            continue
        ends = [middle + (np.array(signs) * grown) @ axes for signs in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        found.append({"label": "text", "score": score, "points": frame.on_photo(np.array(ends)).tolist()})
    width, height = frame.photo.size
    return {"regions": {"width": width, "height": height, "polygons": found}}, None
