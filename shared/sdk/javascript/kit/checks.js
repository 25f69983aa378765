// Whether values are of the types that the interface has. The runtime ends a run without a word where one is not, so that it
// is looked at before.

import { describe } from "./globals.js";

export function article(name) {
    return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}

export function show(value) {
    return typeof value === "string" ? JSON.stringify(value) : describe(value);
}

export function whole(value, what) {
    if (!Number.isInteger(value) || value < 0 || value > 0x7fffffff) {
        throw new TypeError(`${what} must be a whole number from 0, not ${show(value)}`);
    }
    return value;
}

export function number(value, what) {
    if (typeof value !== "number") {
        throw new TypeError(`${what} must be a number, not ${show(value)}`);
    }
    return value;
}

export function numbers(value, what, length) {
    const list = Array.from(value ?? [], (one, place) => number(one, `${what}[${place}]`));
    if (length !== undefined && list.length !== length) {
        throw new TypeError(`${what} must be ${length} numbers, not ${list.length}`);
    }
    return list;
}

export function text(value, what) {
    if (typeof value !== "string") {
        throw new TypeError(`${what} must be a string, not ${show(value)}`);
    }
    return value;
}

export function oneOf(value, choices, what) {
    if (!choices.includes(value)) {
        throw new TypeError(`${what} must be one of ${choices.map((choice) => `"${choice}"`).join(", ")}, not ${show(value)}`);
    }
    return value;
}

export function color(value, what) {
    const [red, green, blue] = typeof value === "number" ? [value, value, value] : numbers(value, what, 3);
    for (const part of [red, green, blue]) {
        if (whole(part, what) > 255) {
            throw new TypeError(`${what} must be 0 to 255, not ${part}`);
        }
    }
    return { red, green, blue };
}

export function rectangle(value, what) {
    const { x, y, width, height } = value ?? {};
    return {
        x: number(x, `${what}.x`),
        y: number(y, `${what}.y`),
        width: number(width, `${what}.width`),
        height: number(height, `${what}.height`),
    };
}

export function bytes(value, what) {
    if (value instanceof Uint8Array) {
        return value;
    }
    if (ArrayBuffer.isView(value)) {
        return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    }
    throw new TypeError(`${what} must be a Uint8Array, not ${show(value)}`);
}

export function normalization({ layout = "nchw", channels = "rgb", divisor = 255, mean = [0], deviation = [1] } = {}) {
    return {
        layout: oneOf(layout, ["nchw", "nhwc"], "layout"),
        channels: oneOf(channels, ["rgb", "bgr", "gray"], "channels"),
        divisor: number(divisor, "divisor"),
        mean: numbers(mean, "mean"),
        deviation: numbers(deviation, "deviation"),
    };
}
