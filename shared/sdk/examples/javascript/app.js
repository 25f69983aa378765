// Finds drawn shapes in a photo, frames them and counts them. The same app stands beside this one in Rust and in Python,
// and gives the same results.

import { Model, Tensor, app, assets, nonMaximumSuppression } from "vision-app";

const FRAME = 192;
const STRIDES = [8, 16, 32];
// Numbers before a cell's scores: centre, size, objectness.
const GEOMETRY = 5;
const COLORS = [
    [230, 25, 75],
    [60, 180, 75],
    [0, 130, 200],
    [245, 130, 48],
    [145, 30, 180],
    [240, 50, 230],
];

export const run = app(({ Image: photo, MinScore: minScore = 0.4 }) => {
    const labels = assets.lines("assets/labels.txt");
    const boxed = photo.letterbox(FRAME, FRAME, { fill: 114, anchor: "top-left" });
    const tensor = boxed.picture.toTensor({ mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25] });
    const [output] = Model.load("shapes").run(tensor).values();
    const kept = find(output.numbers(), labels.length, minScore);
    console.info(`${kept.length} shapes with a score of at least ${minScore}`);

    const { width, height } = photo;
    const boxes = kept.map((one) => place(one, boxed, labels, width, height));
    const counts = labels
        .map((shape) => ({ shape, count: boxes.filter((one) => one.label === shape).length }))
        .filter(({ count }) => count > 0);
    return {
        picture: photo.drawBoxes(
            boxes.map((area, n) => ({
                area,
                caption: `${area.label} ${round(area.score * 100, 1)}%`,
                color: COLORS[kept[n].class % COLORS.length],
            })),
            3,
        ),
        answer: counts.map(({ shape, count }) => `${count} ${shape}`).join(", ") || "no shapes",
        counts,
        boxes: { width, height, boxes },
    };
});

// From a row per grid cell (offsets in cells, sizes on a log scale, objectness, scores) to the boxes that stay.
function find(numbers, classes, minScore) {
    const areas = [];
    const scores = [];
    let start = 0;
    for (const stride of STRIDES) {
        const side = FRAME / stride;
        for (let row = 0; row < side; row++) {
            for (let column = 0; column < side; column++) {
                const cell = numbers.subarray(start, start + GEOMETRY + classes);
                start += GEOMETRY + classes;
                const best = bestOf(cell.subarray(GEOMETRY));
                const score = cell[4] * cell[GEOMETRY + best];
                if (score < minScore) {
                    continue;
                }
                const [x, y] = [(cell[0] + column) * stride, (cell[1] + row) * stride];
                const [width, height] = [Math.exp(cell[2]) * stride, Math.exp(cell[3]) * stride];
                areas.push(x - width / 2, y - height / 2, width, height);
                for (let n = 0; n < classes; n++) {
                    scores.push(n === best ? score : 0);
                }
            }
        }
    }
    if (areas.length === 0) {
        return [];
    }
    const count = areas.length / 4;
    return nonMaximumSuppression(
        Tensor.from([count, 4], new Float32Array(areas)),
        Tensor.from([count, classes], new Float32Array(scores)),
        { scoreThreshold: minScore },
    );
}

function bestOf(scores) {
    let best = 0;
    for (let n = 1; n < scores.length; n++) {
        if (scores[n] > scores[best]) {
            best = n;
        }
    }
    return best;
}

// Where a box lies on the photo, to a hundredth of a pixel.
function place(one, { scale, offsetX, offsetY }, labels, width, height) {
    const across = (x) => Math.min(Math.max((x - offsetX) / scale, 0), width);
    const down = (y) => Math.min(Math.max((y - offsetY) / scale, 0), height);
    const { area } = one;
    const [left, top] = [across(area.x), down(area.y)];
    return {
        label: labels[one.class],
        score: round(one.score, 1e6),
        x: round(left, 100),
        y: round(top, 100),
        width: round(across(area.x + area.width) - left, 100),
        height: round(down(area.y + area.height) - top, 100),
    };
}

// Half a step up, in every language the same.
function round(number, steps) {
    return Math.floor(number * steps + 0.5) / steps;
}
