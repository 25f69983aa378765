"""Makes what the token reader has beside its code: the digit reader's model with one more output, a gallery of embeddings,
example scenes, and figures of how good it is on scenes that it was not tuned on.

Run: python shared/sdk/examples/tokens/make.py   (needs the packages of tests/reference/requirements.txt and DejaVu's fonts)

Nothing is trained: shapes are found by the model of sample-apps/shape-finder, digits read by that of digit-reader.
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from PIL import Image, ImageDraw, ImageFilter, ImageFont

HERE = Path(__file__).resolve().parent
APP = HERE / "package"
SAMPLES = HERE.parents[3] / "sample-apps"
FONTS = {
    "Sans": "DejaVuSans",
    "Sans Bold": "DejaVuSans-Bold",
    "Serif": "DejaVuSerif",
    "Serif Bold": "DejaVuSerif-Bold",
    "Mono": "DejaVuSansMono",
}
FONT_DIR = Path("/usr/share/fonts/truetype/dejavu")
LABELS = (SAMPLES / "shape-finder/assets/labels.txt").read_text().split()
FRAME, STRIDES, SIZE = 192, (8, 16, 32), 48
# The same as in src/lib.rs.
MIN_SCORE, MIN_SIMILARITY, ZOOM = 0.4, 0.9, 0.62


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def with_embedding(source, target):
    """The same model, with what goes into its last layer as a second output."""
    model = onnx.load(source)
    last = model.graph.node[-1]
    width = next(w.dims for w in model.graph.initializer if w.name == last.input[1])
    inside = onnx.helper.make_tensor_value_info("embedding", onnx.TensorProto.FLOAT, ["N", max(width)])
    before = last.input[0]
    for names in (names for node in model.graph.node for names in (node.input, node.output)):
        for place, name in enumerate(names):
            if name == before:
                names[place] = "embedding"
    model.graph.output.append(inside)
    onnx.checker.check_model(model)
    target.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, target)


def outline(rng, label, size, turn):
    """Corners [n, 2] of a shape whose box is `size` pixels on its long side, about 0."""
    def ring(sides, inner=None, start=-90.0):
        count = sides if inner is None else 2 * sides
        angles = np.deg2rad(start + 360 / count * np.arange(count))
        radius = np.ones(count) if inner is None else np.where(np.arange(count) % 2, inner, 1.0)
        return np.stack([np.cos(angles), np.sin(angles)], 1) * radius[:, None]

    t = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    heart = np.stack([16 * np.sin(t) ** 3, -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))], 1)
    points = {
        "circle": ring(90),
        "triangle": ring(3),
        "square": ring(4, start=-45),
        "star": ring(5, inner=rng.uniform(0.5, 0.56)),
        "pentagon": ring(5),
        "heart": heart / 16,
    }[label]
    angle = np.deg2rad(turn)
    points = points @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]).T
    points = points * (size / np.ptp(points, axis=0).max())
    return points - (points.min(0) + points.max(0)) / 2


def colours(rng):
    """A ground, and for each token a face and an ink that stand apart."""
    while True:
        ground, face = rng.uniform(30, 235, 3), rng.uniform(10, 245, 3)
        luma = face @ [0.299, 0.587, 0.114]
        if np.abs(ground - face).sum() > 200 and not 95 < luma < 150:
            return ground, face, (250, 250, 245) if luma < 120 else (15, 15, 25)


def scene(rng, size=(640, 480), shapes=("circle", "square", "pentagon", "heart")):
    """A picture of two to four tokens, some of them blank: the picture, and [(label, digit or None, box)…]."""
    width, height = size
    ground = colours(rng)[0]
    noise = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)).resize(size, Image.BICUBIC)
    sheet = ground + (np.asarray(noise, np.float32) - 128) * 0.12
    picture = Image.fromarray(np.clip(sheet, 0, 255).astype(np.uint8)).resize((2 * width, 2 * height))
    draw, tokens = ImageDraw.Draw(picture), []
    for _ in range(rng.integers(2, 5)):
        side = rng.uniform(0.3, 0.46) * height
        for _ in range(60):
            at = np.array([rng.uniform(side / 2 + 8, width - side / 2 - 8), rng.uniform(side / 2 + 8, height - side / 2 - 8)])
            if all(np.hypot(*(at - other[3])) > (side + other[4]) * 0.62 for other in tokens):
                break
        else:
            continue
        while True:
            _, face, ink = colours(rng)
            if np.abs(ground - face).sum() > 200:
                break
        label = str(rng.choice(shapes))
        points = outline(rng, label, side, rng.uniform(-12, 12)) + at
        draw.polygon([tuple(2 * p) for p in points], fill=tuple(int(v) for v in face))
        digit = None if rng.random() < 0.25 else int(rng.integers(10))
        if digit is not None:
            font = ImageFont.truetype(str(FONT_DIR / f"{rng.choice(list(FONTS.values()))}.ttf"), round(side * rng.uniform(0.8, 0.95)))
            middle = (points.min(0) + points.max(0)) / 2
            draw.text(tuple(2 * middle), str(digit), font=font, fill=ink, anchor="mm")
        tokens.append((label, digit, np.concatenate([points.min(0), points.max(0)]), at, side))
    picture = picture.resize(size, Image.LANCZOS).filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.9)))
    grain = np.asarray(picture, np.float32) + rng.normal(0, 3, (height, width, 3))
    return Image.fromarray(np.clip(grain, 0, 255).astype(np.uint8)), [token[:3] for token in tokens]


def detect(model, photo):
    """Shapes in a photo, best first: [(box, score, label)…]."""
    scale = min(FRAME / photo.width, FRAME / photo.height)
    small = photo.resize((round(photo.width * scale), round(photo.height * scale)), Image.BILINEAR)
    frame = np.full((FRAME, FRAME, 3), 114, np.float32)
    frame[: small.height, : small.width] = np.asarray(small)
    rows = model.run(None, {"image": ((frame / 255 - 0.5) / 0.25).transpose(2, 0, 1)[None].astype(np.float32)})[0][0]
    found, start = [], 0
    for stride in STRIDES:
        side = FRAME // stride
        for n, row in enumerate(rows[start : start + side * side]):
            best = int(row[5:].argmax())
            score = float(row[4] * row[5 + best])
            if score >= MIN_SCORE:
                x, y = (row[0] + n % side) * stride, (row[1] + n // side) * stride
                w, h = np.exp(row[2]) * stride, np.exp(row[3]) * stride
                found.append((np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2]) / scale, score, LABELS[best]))
        start += side * side
    kept = []
    for one in sorted(found, key=lambda one: -one[1]):
        if all(overlap(one[0], other[0]) <= 0.5 for other in kept):
            kept.append(one)
    return kept


def overlap(a, b):
    corner = np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0)
    both = corner.prod()
    return both / max((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - both, 1e-6)


def crop(photo, box):
    """The middle of a shape, as the digits' model wants it: [1, 48, 48]."""
    side = ZOOM * max(box[2:] - box[:2])
    x, y = (box[:2] + box[2:]) / 2 - side / 2
    part = photo.crop((round(x), round(y), round(x + side), round(y + side)))
    return np.asarray(part.convert("L").resize((SIZE, SIZE), Image.BILINEAR), np.float32)[None] / 255


def reference(rng, digit, font):
    """A digit as it may stand on a token, right in the middle."""
    luma = rng.uniform(0, 255)
    ink = luma + (1 if luma < 128 else -1) * rng.uniform(90, 127 + abs(luma - 128))
    picture = Image.new("L", (2 * SIZE, 2 * SIZE), round(luma))
    face = ImageFont.truetype(str(FONT_DIR / f"{font}.ttf"), round(2 * SIZE * rng.uniform(0.62, 0.82) / 0.73 * 0.8))
    at = SIZE + rng.uniform(-6, 6, 2)
    ImageDraw.Draw(picture).text(tuple(at), str(digit), font=face, fill=int(np.clip(ink, 0, 255)), anchor="mm")
    picture = picture.resize((SIZE, SIZE), Image.BILINEAR).filter(ImageFilter.GaussianBlur(rng.uniform(0, 0.7)))
    return np.asarray(picture, np.float32)[None] / 255


def gallery(model, rng):
    """One embedding per digit and font, the mean of many: names, and [n, d] float32 of length 1."""
    names, rows = [], []
    for name, font in FONTS.items():
        for digit in range(10):
            batch = np.stack([reference(rng, digit, font) for _ in range(64)])
            mean = model.run(["embedding"], {"image": batch})[0].mean(0)
            names.append({"digit": digit, "font": f"DejaVu {name}"})
            rows.append(mean / np.linalg.norm(mean))
    return names, np.stack(rows).astype("<f4")


def read(digits, names, rows, photo, boxes):
    """Per box (digit or None, similarity): what the nearest of the gallery says."""
    if not boxes:
        return []
    logits, inside = digits.run(["logits", "embedding"], {"image": np.stack([crop(photo, box) for box in boxes])})
    likeness = inside / np.linalg.norm(inside, axis=1, keepdims=True) @ rows.T
    best = likeness.max(1)
    return [(int(l.argmax()) if b >= MIN_SIMILARITY else None, float(b)) for l, b in zip(logits, best)]


def measure(shapes, digits, names, rows, rng, scenes=300):
    """Shares of tokens found, and of those found read rightly (blank ones as blank)."""
    total = found = right = blank = blank_right = 0
    likeness = {"digit": [], "blank": []}
    for _ in range(scenes):
        photo, truth = scene(rng)
        boxes = detect(shapes, photo)
        read_as = read(digits, names, rows, photo, [box for box, _, _ in boxes])
        for label, digit, box in truth:
            total += 1
            hits = [n for n, one in enumerate(boxes) if overlap(one[0], box) > 0.5]
            if not hits:
                continue
            found += 1
            said, similar = read_as[hits[0]]
            likeness["blank" if digit is None else "digit"].append(similar)
            if digit is None:
                blank, blank_right = blank + 1, blank_right + (said is None)
            else:
                right += said == digit
    spread = {kind: [round(float(v), 3) for v in np.percentile(all_, [1, 5, 50, 95, 99])] for kind, all_ in likeness.items()}
    return {"scenes": scenes, "tokens": total, "found": found / total, "digits_right": right / max(found - blank, 1),
            "blanks_right": blank_right / max(blank, 1), "similarity_percentiles_1_5_50_95_99": spread}


def example(name, seed, shapes, digits, names, rows):
    """A scene that is answered rightly and with room to spare, drawn anew until there is one."""
    for attempt in range(200):
        photo, truth = scene(np.random.default_rng([seed, attempt]))
        folder = APP / "examples" / name
        folder.mkdir(parents=True, exist_ok=True)
        photo.save(folder / "photo.jpg", quality=88, subsampling=0)
        photo = Image.open(folder / "photo.jpg").convert("RGB")
        boxes = detect(shapes, photo)
        said = read(digits, names, rows, photo, [box for box, _, _ in boxes])
        scores = [score for _, score, _ in boxes]
        clear = len(truth) == len(boxes) >= 3 and any(digit is None for digit, _ in said) and sum(d is not None for d, _ in said) >= 2
        clear = clear and min(scores) > MIN_SCORE + 0.15 and all(a - b > 0.004 for a, b in zip(scores, scores[1:]))
        clear = clear and all(abs(similar - MIN_SIMILARITY) > 0.02 for _, similar in said)
        rows_ = []
        for (box, _, label), (digit, _) in zip(boxes, said):
            match = [t for t in truth if overlap(t[2], box) > 0.7 and t[0] == label and t[1] == digit]
            clear = clear and len(match) == 1
            rows_.append({"shape": label, "digit": "blank" if digit is None else str(digit)})
        if clear:
            total = sum(digit for digit, _ in said if digit is not None)
            (folder / "inputs.json").write_text('{ "Image": "photo.jpg" }\n')
            result = {"sum": total, "tokens": rows_}
            (folder / "expected.json").write_text(json.dumps({"Tolerance": 0, "Result": result}, indent=2) + "\n")
            return attempt
    raise SystemExit(f"no clear scene for the example {name}")


def main():
    digits_path = APP / "models/digits.onnx"
    with_embedding(SAMPLES / "digit-reader/models/digits.onnx", digits_path)
    shapes, digits = session(SAMPLES / "shape-finder/models/shapes.onnx"), session(digits_path)
    names, rows = gallery(digits, np.random.default_rng(1))
    (APP / "assets").mkdir(exist_ok=True)
    (APP / "assets/gallery.f32").write_bytes(rows.tobytes())
    (APP / "assets/gallery.json").write_text(json.dumps(names) + "\n")
    figures = measure(shapes, digits, names, rows, np.random.default_rng(2))
    figures["gallery"] = len(names)
    for name, seed in {"one-blank": 11, "on-the-table": 12}.items():
        figures[f"attempts_{name}"] = example(name, seed, shapes, digits, names, rows)
    (HERE / "figures.json").write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
