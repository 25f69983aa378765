// What JavaScript has everywhere and an app has not: a console, a clock, and someone who reads an uncaught error.

import { log } from "vision:app/logging@0.1.0";

const levels = { debug: "debug", trace: "debug", log: "info", info: "info", warn: "warn", error: "error" };

/** A value as the log shows it. */
export function describe(value) {
    if (typeof value === "string") {
        return value;
    }
    if (value instanceof Error) {
        return `${value}\n${stack(value)}`.trimEnd();
    }
    if (typeof value === "function") {
        return `[function ${value.name || "without a name"}]`;
    }
    if (ArrayBuffer.isView(value)) {
        const more = value.length > 20 ? `, … ${value.length - 20} more` : "";
        return `${value.constructor.name}(${value.length}) [${Array.from(value.slice(0, 20)).join(", ")}${more}]`;
    }
    if (value === null || typeof value !== "object") {
        return String(value);
    }
    try {
        return JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part)) ?? String(value);
    } catch {
        return String(value);
    }
}

/** `console` writes into the run's log. */
export function installConsole() {
    const console = {};
    for (const [name, level] of Object.entries(levels)) {
        console[name] = (...values) => log(level, values.map(describe).join(" "));
    }
    console.assert = (holds, ...values) => {
        if (!holds) {
            console.error("assertion failed:", ...values);
        }
    };
    globalThis.console = console;
    globalThis.print = console.log;
}

/** Apps have no clock. Asking for one would end the run without a word; so time stands still, and the log says so once. */
export function installDate() {
    const Host = Date;
    const parts = Host.UTC(2000, 0, 1);
    let told = false;
    const now = () => {
        if (!told) {
            told = true;
            log("warn", "apps have no clock: Date.now() is always 2000-01-01T00:00:00Z, performance.now() always 0");
        }
        return parts;
    };
    function Clockless(...values) {
        if (new.target === undefined) {
            return new Host(now()).toISOString();
        }
        return Reflect.construct(Host, values.length === 0 ? [now()] : values, new.target);
    }
    Clockless.prototype = Host.prototype;
    Clockless.UTC = Host.UTC;
    Clockless.parse = Host.parse;
    Clockless.now = now;
    Object.defineProperty(Host.prototype, "constructor", { value: Clockless, configurable: true, writable: true });
    globalThis.Date = Clockless;
    globalThis.performance = {
        now: () => {
            now();
            return 0;
        },
    };
}

// The lines of a stack that lie in the app's own code, first the innermost; the kit's and the runtime's lie around them.
function stack(error) {
    const lines = String(error.stack ?? "").split("\n").map((line) => line.trim());
    return lines.filter((line) => /\.m?js:\d+/.test(line) && !/\/vision-app\/\w+\.js:/.test(line)).map(shorten).join("\n");
}

// Paths as the author knows them: from the app's folder on, which is where this file lies below when it is evaluated.
const root = /[\s(]([^\s(]*)node_modules\/vision-app\//.exec(String(new Error("").stack))?.[1] ?? "";

function shorten(line) {
    return line.replace(`(${root}`, "(").replace(`at ${root}`, "at ");
}

/** Writes what was thrown into the log, and answers with what the run's caller is told. */
export function note(error, Failure) {
    if (!(error instanceof Error)) {
        log("error", `thrown: ${describe(error)}`);
        return `the app failed: ${describe(error)}`;
    }
    log("error", describe(error));
    if (error instanceof Failure) {
        return error.message;
    }
    const place = /([\w./-]+\.m?js:\d+)/.exec(stack(error))?.[1];
    return place === undefined ? String(error) : `${error} (${place})`;
}
