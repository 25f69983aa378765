// Write the code of an app in JavaScript: see README.md.

import * as assetsHost from "vision:app/assets@0.1.0";
import * as imagesHost from "vision:app/images@0.1.0";
import * as inferenceHost from "vision:app/inference@0.1.0";
import * as tensorsHost from "vision:app/tensors@0.1.0";
import { article, bytes, color, normalization, number, numbers, oneOf, rectangle, show, text, whole } from "./checks.js";
import { describe, installConsole, installDate, note } from "./globals.js";

installConsole();
installDate();

// Kept out of sight, so that nobody mistakes a handle for what it stands for.
const handles = new WeakMap();

function wrap(type, handle) {
    const made = Object.create(type.prototype);
    handles.set(made, handle);
    return made;
}

function handle(value, type, what) {
    const found = value instanceof type ? handles.get(value) : undefined;
    if (found === undefined) {
        throw new TypeError(value instanceof type ? `${what} was closed` : `${what} must be ${article(type.name)}, not ${show(value)}`);
    }
    return found;
}

function close(value) {
    const found = handles.get(value);
    handles.delete(value);
    if (found !== undefined && typeof found[Symbol.dispose] === "function") {
        found[Symbol.dispose]();
    }
}

// A call of the host; its words become an error that knows the line of the app's code.
function ask(call) {
    try {
        return call();
    } catch (error) {
        if (error instanceof TypeError || error instanceof RangeError) {
            throw error;
        }
        throw new Error(typeof error === "string" ? error : String(error?.message ?? error));
    }
}

/** What an app says to the person who runs it: `throw new Failure("no face found")`. */
export class Failure extends Error {
    get name() {
        return "Failure";
    }
}

/** A dense array that the host holds. */
export class Tensor {
    constructor() {
        throw new TypeError("a Tensor is made by Tensor.from, Tensor.stack, image.toTensor or a model");
    }

    /** A tensor of these numbers: a Float32Array, Uint8Array, Int32Array or BigInt64Array. */
    static from(shape, data) {
        const element = [
            [Float32Array, "float32"],
            [Uint8Array, "uint8"],
            [Int32Array, "int32"],
            [BigInt64Array, "int64"],
        ].find(([type]) => data instanceof type)?.[1];
        if (element === undefined) {
            throw new TypeError(`data must be a Float32Array, Uint8Array, Int32Array or BigInt64Array, not ${show(data)}`);
        }
        const lengths = numbers(shape, "shape").map((length, axis) => whole(length, `shape[${axis}]`));
        return ask(() => wrap(Tensor, tensorsHost.Tensor.fromBytes(lengths, element, bytes(data, "data"))));
    }

    /** Several tensors behind each other along the first axis, as a model takes a batch. */
    static stack(tensors) {
        const list = [...tensors];
        if (list.length === 0) {
            throw new TypeError("there are no tensors to stack");
        }
        const [, ...rest] = list[0].shape;
        const parts = list.map((tensor) => {
            const [, ...others] = handle(tensor, Tensor, "a part of the stack") && tensor.shape;
            if (tensor.element !== list[0].element || String(others) !== String(rest)) {
                throw new TypeError(`tensors of [${list[0].shape}] and [${tensor.shape}] cannot be stacked: they may differ in the first axis only`);
            }
            return tensor.bytes();
        });
        const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
        let place = 0;
        for (const part of parts) {
            all.set(part, place);
            place += part.length;
        }
        const length = list.reduce((sum, tensor) => sum + tensor.shape[0], 0);
        return ask(() => wrap(Tensor, tensorsHost.Tensor.fromBytes([length, ...rest], list[0].element, all)));
    }

    /** The length of each axis. */
    get shape() {
        return Array.from(handle(this, Tensor, "the tensor").shape());
    }

    /** What it holds: "float32", "uint8", "int32" or "int64". */
    get element() {
        return handle(this, Tensor, "the tensor").element();
    }

    /** All numbers, as bytes. */
    bytes() {
        return handle(this, Tensor, "the tensor").bytes();
    }

    /** All numbers, as a typed array of its element. */
    numbers() {
        const { buffer, byteOffset, byteLength } = this.bytes();
        const type = { float32: Float32Array, uint8: Uint8Array, int32: Int32Array, int64: BigInt64Array }[this.element];
        return new type(buffer, byteOffset, byteLength / type.BYTES_PER_ELEMENT);
    }

    /** The same numbers under another shape. */
    reshape(shape) {
        const lengths = numbers(shape, "shape").map((length, axis) => whole(length, `shape[${axis}]`));
        return ask(() => wrap(Tensor, handle(this, Tensor, "the tensor").reshape(lengths)));
    }

    /** The part from `start` up to, not including, `end` along one axis. */
    slice(axis, start, end) {
        const [a, b, c] = [whole(axis, "axis"), whole(start, "start"), whole(end, "end")];
        return ask(() => wrap(Tensor, handle(this, Tensor, "the tensor").slice(a, b, c)));
    }

    /** Softmax along one axis (float32 only). */
    softmax(axis) {
        return ask(() => wrap(Tensor, handle(this, Tensor, "the tensor").softmax(whole(axis, "axis"))));
    }

    /** Index of the largest number along one axis, which is removed (float32 to int32). */
    argmax(axis) {
        return ask(() => wrap(Tensor, handle(this, Tensor, "the tensor").argmax(whole(axis, "axis"))));
    }

    /** The `k` largest numbers of the flattened tensor, best first: `[{ index, score }…]` (float32 only). */
    topK(k) {
        return ask(() => handle(this, Tensor, "the tensor").topK(whole(k, "k")));
    }

    /** Lets the host free it now. */
    close() {
        close(this);
    }
}

/** An eight-bit RGB picture that the host holds, upright: a photo's EXIF orientation has been applied. */
export class Image {
    constructor() {
        throw new TypeError("an Image is an input, or made by Image.decode or Image.fromTensor");
    }

    /** Decodes a picture, for example one read with `assets.read`. */
    static decode(file) {
        return ask(() => wrap(Image, imagesHost.Image.decode(bytes(file, "the picture's file"))));
    }

    /** A picture from a tensor [1, 3, h, w], [3, h, w], [1, h, w, 3] or [h, w, 3] (or one channel). */
    static fromTensor(tensor, options) {
        const steps = normalization(options);
        return ask(() => wrap(Image, imagesHost.Image.fromTensor(handle(tensor, Tensor, "tensor"), steps)));
    }

    /** Pixels. */
    get width() {
        return handle(this, Image, "the image").width();
    }

    /** Pixels. */
    get height() {
        return handle(this, Image, "the image").height();
    }

    /** Scales to exactly this size. */
    resize(width, height) {
        const size = [whole(width, "width"), whole(height, "height")];
        return ask(() => wrap(Image, handle(this, Image, "the image").resize(...size)));
    }

    /** Cuts out a rectangle `{ x, y, width, height }`; what lies outside the picture is left away. */
    crop(area) {
        const cut = rectangle(area, "area");
        return ask(() => wrap(Image, handle(this, Image, "the image").crop(cut)));
    }

    /** Scales into a frame with the aspect ratio kept, and fills the rest: `{ picture, scale, offsetX, offsetY }`. */
    letterbox(width, height, { fill = 114, anchor = "center" } = {}) {
        const frame = [
            whole(width, "width"),
            whole(height, "height"),
            color(fill, "fill"),
            oneOf(anchor, ["top-left", "center"], "anchor"),
        ];
        const { picture, scale, offsetX, offsetY } = ask(() => handle(this, Image, "the image").letterbox(...frame));
        return { picture: wrap(Image, picture), scale, offsetX, offsetY };
    }

    /** A view in which pixel (x, y) shows the original at `matrix` * (x, y, 1); `matrix` is 3 x 3, row by row. */
    warp(matrix, width, height) {
        const steps = [numbers(matrix, "matrix", 9), whole(width, "width"), whole(height, "height")];
        return ask(() => wrap(Image, handle(this, Image, "the image").warp(...steps)));
    }

    /** A tensor [1, c, h, w] or [1, h, w, c] of float32: (pixel / divisor - mean) / deviation. */
    toTensor(options) {
        const steps = normalization(options);
        return ask(() => wrap(Tensor, handle(this, Image, "the image").toTensor(steps)));
    }

    /** A copy with frames and captions: `[{ area, caption, color }…]`. */
    drawBoxes(boxes, lineWidth = 2) {
        const list = Array.from(boxes, (box, place) => ({
            area: rectangle(box.area, `boxes[${place}].area`),
            caption: text(box.caption ?? "", `boxes[${place}].caption`),
            color: color(box.color ?? [255, 0, 0], `boxes[${place}].color`),
        }));
        return ask(() => wrap(Image, handle(this, Image, "the image").drawBoxes(list, whole(lineWidth, "lineWidth"))));
    }

    /** A copy with a colour laid over the picture where `mask` ([h, w] of float32) is above .5. */
    drawMask(mask, paint, opacity = 0.5) {
        const steps = [handle(mask, Tensor, "mask"), color(paint, "color"), number(opacity, "opacity")];
        return ask(() => wrap(Image, handle(this, Image, "the image").drawMask(...steps)));
    }

    /** A copy with connected line segments: `[[x, y]…]`. */
    drawPolyline(points, { closed = false, color: paint = [255, 0, 0], lineWidth = 2 } = {}) {
        const list = Array.from(points, (point, place) => numbers(point, `points[${place}]`, 2));
        const steps = [list, Boolean(closed), color(paint, "color"), whole(lineWidth, "lineWidth")];
        return ask(() => wrap(Image, handle(this, Image, "the image").drawPolyline(...steps)));
    }

    /** The picture as a file, "jpeg" or "png". */
    encode(format) {
        return ask(() => handle(this, Image, "the image").encode(oneOf(format, ["jpeg", "png"], "format")));
    }

    /** Lets the host free it now. */
    close() {
        close(this);
    }
}

/** A model, by the name that the manifest gives it. */
export class Model {
    constructor() {
        throw new TypeError("a Model is loaded: Model.load(name)");
    }

    /** The model that stands under this name in `Models` of app.json. */
    static load(name) {
        return ask(() => wrap(Model, inferenceHost.Model.loadByName(text(name, "the model's name"))));
    }

    /** Its inputs: `[{ name, shape, element }…]`. A length that the model leaves open is 0. */
    get inputs() {
        return handle(this, Model, "the model").inputs();
    }

    /** Its outputs: `[{ name, shape, element }…]`. A length that the model leaves open is 0. */
    get outputs() {
        return handle(this, Model, "the model").outputs();
    }

    /** Runs it, on one tensor or on several by name. Answers a Map of its outputs by name, in its order. */
    run(inputs) {
        const pairs = inputs instanceof Tensor ? [["", inputs]] : Object.entries(inputs);
        const tensors = pairs.map(([name, tensor]) => [name, handle(tensor, Tensor, `the input ${name}`.trim())]);
        const outputs = ask(() => handle(this, Model, "the model").compute(tensors));
        return new Map(outputs.map(([name, tensor]) => [name, wrap(Tensor, tensor)]));
    }
}

/** The package's own files, app.json among them. */
export const assets = Object.freeze({
    /** The content of a file, by its path in the package, such as "assets/labels.txt". */
    read: (path) => ask(() => assetsHost.read(text(path, "path"))),
    /** A file's text. */
    text: (path) => decodeUtf8(assets.read(path), path),
    /** A text's lines, without the empty ones at its end: the labels of a model. */
    lines: (path) => {
        const lines = assets.text(path).replace(/^\ufeff/, "").trimEnd();
        return lines === "" ? [] : lines.split("\n").map((line) => line.trim());
    },
    /** A file of JSON. */
    json: (path) => JSON.parse(assets.text(path)),
});

function decodeUtf8(content, path) {
    let escaped = "";
    for (const byte of content) {
        escaped += byte < 128 && byte !== 37 ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, "0")}`;
    }
    try {
        return decodeURIComponent(escaped);
    } catch {
        throw new Error(`${path} is not UTF-8 text`);
    }
}

/** Non-maximum suppression over `boxes` [n, 4] (x, y, width, height) and `scores` [n, classes], both float32. */
export function nonMaximumSuppression(boxes, scores, options = {}) {
    const { scoreThreshold = 0.3, iouThreshold = 0.5, limit = 100, classAgnostic = false } = options;
    const steps = {
        scoreThreshold: number(scoreThreshold, "scoreThreshold"),
        iouThreshold: number(iouThreshold, "iouThreshold"),
        limit: whole(limit, "limit"),
        classAgnostic: Boolean(classAgnostic),
    };
    const [a, b] = [handle(boxes, Tensor, "boxes"), handle(scores, Tensor, "scores")];
    return ask(() => tensorsHost.nonMaximumSuppression(a, b, steps));
}

/** Cosine similarity of `query` [d] to each row of `gallery` [n, d]: the `k` nearest, best first. */
export function cosineNearest(query, gallery, k) {
    const [a, b] = [handle(query, Tensor, "query"), handle(gallery, Tensor, "gallery")];
    return ask(() => tensorsHost.cosineNearest(a, b, whole(k, "k")));
}

/** Outlines of the regions of `mask` [height, width] (float32) above `threshold`, as lists of [x, y] in pixels. */
export function maskToPolygons(mask, threshold = 0.5) {
    return ask(() => tensorsHost.maskToPolygons(handle(mask, Tensor, "mask"), number(threshold, "threshold")));
}

function read([name, { tag, val }]) {
    return [name, tag === "picture" ? wrap(Image, val) : tag === "json" ? JSON.parse(val) : val];
}

function write(name, value) {
    if (typeof value === "string") {
        return [name, { tag: "text", val: value }];
    }
    if (typeof value === "number") {
        return [name, { tag: "number", val: value }];
    }
    if (typeof value === "boolean") {
        return [name, { tag: "boolean", val: value }];
    }
    if (value instanceof Image) {
        return [name, { tag: "picture", val: handle(value, Image, `the result “${name}”`) }];
    }
    const json = JSON.stringify(value, (key, part) => {
        if (part instanceof Image || part instanceof Tensor) {
            throw new TypeError(`${key || "it"} is ${article(part.constructor.name)}, which cannot stand within JSON`);
        }
        return ArrayBuffer.isView(part) ? Array.from(part) : part;
    });
    if (json === undefined) {
        throw new TypeError(`the result “${name}” is ${describe(value)}, which is no result`);
    }
    return [name, { tag: "json", val: json }];
}

/**
 * Makes a function the app's own: it is called once per run, with an object of the inputs by name, and answers with an
 * object of the results by name. `export const run = app(({ Image: photo }) => ({ answer: "…" }));`
 */
export function app(main) {
    return (inputs) => {
        try {
            const results = main(Object.fromEntries(inputs.map(read)));
            if (results === null || typeof results !== "object" || typeof results.then === "function") {
                throw new TypeError(`the app's function must return an object of results by name, not ${describe(results)}`);
            }
            const given = Object.entries(results).filter(([, value]) => value !== undefined && value !== null);
            return given.map(([name, value]) => write(name, value));
        } catch (error) {
            // The runtime gives a string to the run's caller, and ends the run on anything else.
            throw note(error, Failure);
        }
    };
}
