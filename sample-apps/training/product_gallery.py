"""The product finder's gallery: makes it of reference views, and adds products to it.

Run: python sample-apps/training/product_gallery.py add "Alvo olive oil" --price 4.99 front.jpg left.jpg right.jpg
     python sample-apps/training/product_gallery.py remove "Alvo olive oil"
     python sample-apps/training/product_gallery.py list

Each photo shows one product, upright, from the front or a little from the side, about half as high as the photo. Three
or four photos are enough; no model is trained.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image

import product_data as data
import product_draw as draw
import product_eval
from common import package, textures

APP = Path(__file__).resolve().parent.parent / "product-finder"
VIEWS, STUDIO, TALL, SURE = 4, 720, 380, 0.6
MODELS = ("products", "kinds", "vectors")


def models(app=APP):
    """The app's three models, by name."""
    return {name: package.Session(app / "models" / f"{name}.onnx") for name in MODELS}


def reference_photos(rng, item, views=VIEWS):
    """Photos of a drawn product from several sides, alone before a pale wall, and the box [4] of it in each."""
    for turn in np.linspace(-0.8, 0.8, views):
        view = draw.view(rng, item, turn, 0.08, TALL)
        wall = rng.uniform(205, 240) + textures.fractal_noise(rng, STUDIO, STUDIO, 3, 3)[..., None] * 12
        image = Image.fromarray(textures.to_bytes(np.broadcast_to(wall, (STUDIO, STUDIO, 3))))
        at = (STUDIO - view.width) // 2, (STUDIO - view.height) // 2
        image.paste(view.convert("RGB"), at, view.getchannel("A"))
        yield image, np.array([*at, at[0] + view.width, at[1] + view.height], float)


def box_of(sessions, photo, path, whole):
    """The box [4] of the one product in a photo. whole: the photo is cut to it already."""
    if whole:
        return np.array([0, 0, photo.width, photo.height], float)
    boxes, scores = product_eval.found(sessions["products"], photo, SURE)
    if len(boxes) != 1:
        raise SystemExit(f"{len(boxes)} products are seen surely in {path}, not one: take it before a plain wall "
                         "and half as high as the photo, or cut the photo to the product's edges and say --whole")
    return boxes[0]


def vector(sessions, photo, box):
    """The vector [96] of what a photo shows in a box."""
    return sessions["vectors"](product_eval.prepare(data.crop(photo, box)[None]))[0]


def read(app=APP):
    """What each row of the gallery is ({"product", "price"}), and the rows [n, 96]."""
    names = json.loads((app / "assets" / "gallery.json").read_text())
    return names, np.fromfile(app / "assets" / "gallery.f32", "<f4").reshape(len(names), -1)


def write(names, vectors, app=APP):
    """Writes the gallery into the app's folder."""
    package.write_json(app / "assets" / "gallery.json", names)
    np.asarray(vectors, "<f4").tofile(app / "assets" / "gallery.f32")


def of_products(sessions, products, rng):
    """A gallery of drawn products: what each row is, and for whoever measures, an index into `products`."""
    names, vectors, owners = [], [], []
    for index, item in enumerate(products):
        for photo, box in reference_photos(rng, item):
            names.append({"product": item.name, "price": round(item.price, 2)})
            vectors.append(vector(sessions, photo, box))
            owners.append(index)
    return names, product_eval.Gallery(np.stack(vectors), np.array(owners))


def main():
    """Adds to, takes from or lists the gallery of the app."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--app", type=Path, default=APP, help="the app's folder")
    does = parser.add_subparsers(dest="does", required=True)
    add = does.add_parser("add")
    add.add_argument("product")
    add.add_argument("photos", type=Path, nargs="+")
    add.add_argument("--price", type=float, default=0.0)
    add.add_argument("--whole", action="store_true", help="the photos are cut to the product's edges")
    does.add_parser("remove").add_argument("product")
    does.add_parser("list")
    args = parser.parse_args()
    names, vectors = read(args.app)
    if args.does == "add":
        sessions = models(args.app)
        for path in args.photos:
            photo = Image.open(path).convert("RGB")
            box = box_of(sessions, photo, path, args.whole)
            vectors = np.concatenate([vectors, vector(sessions, photo, box)[None]])
            names.append({"product": args.product, "price": args.price})
        write(names, vectors, args.app)
    elif args.does == "remove":
        keep = [row["product"] != args.product for row in names]
        if all(keep):
            raise SystemExit(f"the gallery has no product {args.product!r}; `list` tells which it has")
        write([row for row, stays in zip(names, keep) if stays], vectors[keep], args.app)
    counts = {}
    for row in read(args.app)[0]:
        counts[row["product"]] = counts.get(row["product"], 0) + 1
    print("\n".join(f"{name}  ({count} views)" for name, count in counts.items()))


if __name__ == "__main__":
    main()
