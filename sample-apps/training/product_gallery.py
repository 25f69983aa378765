"""The product finder's gallery: makes it of reference views, and adds products to it.

Run: python sample-apps/training/product_gallery.py add "Alvo olive oil" --price 4.99 front.jpg left.jpg right.jpg
     python sample-apps/training/product_gallery.py remove "Alvo olive oil"
     python sample-apps/training/product_gallery.py list

Each photo shows one product, upright, from the front or a little from the side. Three or four photos are enough; no
model is trained.
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
VIEWS, STUDIO = 4, 420
MODELS = ("products", "kinds", "vectors")


def models(app=APP):
    """The app's three models, by name."""
    return {name: package.Session(app / "models" / f"{name}.onnx") for name in MODELS}


def reference_photos(rng, item, views=VIEWS):
    """Photos of a drawn product from several sides, alone before a pale wall."""
    for turn in np.linspace(-0.8, 0.8, views):
        view = draw.view(rng, item, turn, 0.08)
        wall = rng.uniform(205, 240) + textures.fractal_noise(rng, STUDIO + 60, STUDIO + 60, 3, 3)[..., None] * 12
        image = Image.fromarray(textures.to_bytes(np.broadcast_to(wall, (STUDIO + 60, STUDIO + 60, 3))))
        image.paste(view.convert("RGB"), ((image.width - view.width) // 2, (image.height - view.height) // 2),
                    view.getchannel("A"))
        yield image


def vector(sessions, photo):
    """The vector [96] of the product in a photo: of the box that is found best, or of the whole photo if none is."""
    boxes, _ = product_eval.found(sessions["products"], photo)
    box = boxes[0] if len(boxes) else np.array([0, 0, photo.width, photo.height], float)
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
        for photo in reference_photos(rng, item):
            names.append({"product": item.name, "price": round(item.price, 2)})
            vectors.append(vector(sessions, photo))
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
    does.add_parser("remove").add_argument("product")
    does.add_parser("list")
    args = parser.parse_args()
    names, vectors = read(args.app)
    if args.does == "add":
        sessions = models(args.app)
        photos = [Image.open(path).convert("RGB") for path in args.photos]
        vectors = np.concatenate([vectors, [vector(sessions, photo) for photo in photos]])
        names += [{"product": args.product, "price": args.price}] * len(photos)
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
