// An app that fails in the way that it is told to. The lines at which it does are named by their words.

import { Failure, Image, Model, Tensor, app, assets } from "vision-app";

const modes = {
    log() {
        console.debug("a", "debug");
        console.info("an info");
        console.log("a line");
        console.warn("a warning");
        console.error("an error");
        return null;
    },
    failure() {
        throw new Failure("hold the camera closer");
    },
    exception() {
        return undefined.seven; // here it fails
    },
    missing: () => assets.text("assets/none.txt"), // here the host fails
    model: () => Model.load("none").inputs.length, // here the model fails
    deep() {
        return modes.deep() + 1;
    },
    handle: () => Tensor.from([1.5], new Float32Array(1)), // here the type is wrong
    result: () => ({ answer: () => 7 }),
    clock() {
        return { now: Date.now(), year: new Date().getUTCFullYear(), given: new Date(0).toISOString() };
    },
    stack() {
        const row = (n) => Tensor.from([1, 2], new Float32Array([n, n + 0.5]));
        const stacked = Tensor.stack([row(1), row(2), row(3)]);
        return {
            shape: stacked.shape,
            top: stacked.topK(1)[0].index,
            last: [...stacked.slice(0, 2, 3).numbers()],
            argmax: [...stacked.argmax(1).numbers()],
            flat: stacked.reshape([6]).shape,
            sums: [...Tensor.from([2], new BigInt64Array([1n, -1n])).numbers()].map(Number),
        };
    },
    inputs: ({ Share = null, Yes = null, Day = null, Image: image }) => ({
        share: Share,
        yes: Yes,
        day: Day,
        image: image instanceof Image,
    }),
    images({ Image: image }) {
        const tensor = image.resize(2, 2).toTensor({ divisor: 1 });
        const again = Image.decode(Image.fromTensor(tensor, { divisor: 1 }).encode("png"));
        const warped = again.warp([1, 0, 1, 0, 1, 0, 0, 0, 1], 2, 2);
        return {
            size: [image.width, image.height],
            tensor: tensor.shape,
            again: [again.width, again.height],
            warped: [...warped.toTensor({ divisor: 1 }).numbers()],
        };
    },
    many() {
        // More than a run may hold at once, if none were let go of.
        for (let n = 0; n < 6000; n++) {
            Tensor.from([1], new Float32Array(1)).close();
        }
        return { done: 6000 };
    },
};

export const run = app((inputs) => {
    const mode = modes[inputs.Mode];
    if (mode === undefined) {
        throw new Failure(`no mode “${inputs.Mode}”`);
    }
    const answer = mode(inputs);
    return inputs.Mode === "result" ? answer : { answer: answer === null ? { none: null } : answer };
});
