// The kit on a host of a few lines (host/): what it checks, what it says, and what it hands over.

import assert from "node:assert/strict";
import { register } from "node:module";
import { beforeEach, test } from "node:test";

const hooks = `export async function resolve(specifier, context, next) {
    const name = /^vision:app\\/(\\w+)@0\\.1\\.0$/.exec(specifier)?.[1];
    return name === undefined ? next(specifier, context)
        : { url: new URL("host/" + name + ".js", ${JSON.stringify(import.meta.url)}).href, shortCircuit: true };
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);

const { console: hostConsole, Date: hostDate, performance: hostPerformance } = globalThis;
const { lines } = await import("./host/logging.js");
const { Image: HostImage } = await import("./host/images.js");
const { Failure, Image, Model, Tensor, app, assets, nonMaximumSuppression } = await import("../kit/vision.js");
const { console: appConsole, Date: AppDate, performance: appPerformance } = globalThis;
// The test runner wants its own back.
Object.assign(globalThis, { console: hostConsole, Date: hostDate, performance: hostPerformance });

beforeEach(() => lines.splice(0));

/** What a run of this function answers, or is told to have failed with. */
function run(main, inputs = []) {
    try {
        return { results: app(main)(inputs) };
    } catch (told) {
        assert.equal(typeof told, "string", "the runtime ends a run without a word on anything else");
        return { told };
    }
}

test("the console writes into the log", () => {
    appConsole.log("a", 1, { b: [2] }, new Float32Array([0.5]), null);
    appConsole.warn("careful");
    appConsole.assert(false, "odd");
    assert.deepEqual(lines, ['info: a 1 {"b":[2]} Float32Array(1) [0.5] null', "warn: careful", "error: assertion failed: odd"]);
});

test("time stands still, and that is said once", () => {
    assert.equal(AppDate.now(), 946684800000);
    assert.equal(new AppDate().getUTCFullYear(), 2000);
    assert.equal(new AppDate(0).toISOString(), "1970-01-01T00:00:00.000Z");
    assert.ok(new AppDate(5) instanceof AppDate && new hostDate(5) instanceof AppDate);
    assert.equal(appPerformance.now(), 0);
    assert.equal(lines.length, 1);
});

test("inputs are read and results written by their types", () => {
    const { results } = run((inputs) => ({ ...inputs, list: [1.5, new Uint8Array([7])], none: null }), [
        ["Age", { tag: "number", val: 7 }],
        ["Name", { tag: "text", val: "Ada" }],
        ["Sure", { tag: "boolean", val: true }],
        ["Photo", { tag: "picture", val: new HostImage() }],
    ]);
    assert.deepEqual(results.map(([name, { tag }]) => [name, tag]), [
        ["Age", "number"],
        ["Name", "text"],
        ["Sure", "boolean"],
        ["Photo", "picture"],
        ["list", "json"],
    ]);
    assert.equal(results[4][1].val, "[1.5,[7]]");
});

test("words for people are told as they are, other errors with their line", () => {
    assert.equal(run(() => { throw new Failure("no face found"); }).told, "no face found");
    assert.match(run(() => undefined.seven).told, /^TypeError: .*kit\.test\.mjs:\d+\)$/);
    assert.match(lines[1], /^error: TypeError: /);
    assert.equal(run(() => { throw 7; }).told, "the app failed: 7");
    assert.match(run(() => 7).told, /must return an object of results by name, not 7/);
    assert.match(run(() => ({ f: () => 1 })).told, /the result “f” is \[function f\], which is no result/);
});

test("what does not fit the interface is named before the runtime sees it", () => {
    const wrong = [
        [() => Tensor.from([1.5], new Float32Array(1)), "shape[0] must be a whole number from 0, not 1.5"],
        [() => Tensor.from([1], [1]), "data must be a Float32Array, Uint8Array, Int32Array or BigInt64Array, not [1]"],
        [() => Tensor.stack([Tensor.from([1, 2], new Float32Array(2)), Tensor.from([1], new Float32Array(1))]),
            "tensors of [1,2] and [1] cannot be stacked: they may differ in the first axis only"],
        [() => Model.load(7), "the model's name must be a string, not 7"],
        [() => Model.load("m").run({ a: {} }), "the input a must be a Tensor, not {}"],
        [() => new Image(), "an Image is an input, or made by Image.decode or Image.fromTensor"],
    ];
    for (const [call, message] of wrong) {
        assert.throws(call, { name: "TypeError", message });
    }
});

test("tensors keep their numbers, and a batch is laid behind each other", () => {
    const row = (a, b) => Tensor.from([1, 2], new Float32Array([a, b]));
    const stacked = Tensor.stack([row(1, 2), row(3, 4)]);
    assert.deepEqual(stacked.shape, [2, 2]);
    assert.deepEqual([...stacked.numbers()], [1, 2, 3, 4]);
    const outputs = Model.load("m").run({ a: stacked, b: row(5, 6) });
    assert.deepEqual([...outputs.keys()], ["m/a", "m/b"]);
    assert.deepEqual([...outputs.get("m/b").numbers()], [5, 6]);
});

test("a handle that was closed is of no use any more", () => {
    const tensor = Tensor.from([1], new Uint8Array(1));
    tensor.close();
    tensor.close();
    assert.throws(() => tensor.shape, /the tensor was closed/);
});

test("options have defaults", () => {
    const one = Tensor.from([1, 4], new Float32Array(4));
    const [options] = nonMaximumSuppression(one, one, { limit: 5 });
    assert.deepEqual(options, { scoreThreshold: 0.3, iouThreshold: 0.5, limit: 5, classAgnostic: false });
});

test("labels lose what editors leave", () => {
    assert.deepEqual(assets.lines("assets/labels.txt"), ["cät", "", "dog"]);
    assert.throws(() => assets.text("assets/none.txt"), /the package has no file “assets\/none.txt”/);
});
