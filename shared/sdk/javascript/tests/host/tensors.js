export class Tensor {
    static freed = 0;

    static fromBytes(shape, element, bytes) {
        return Object.assign(new Tensor(), { values: [shape, element, bytes] });
    }

    shape() {
        return this.values[0];
    }

    element() {
        return this.values[1];
    }

    bytes() {
        return this.values[2];
    }

    [Symbol.dispose ?? Symbol.for("dispose")]() {
        Tensor.freed++;
    }
}

export function nonMaximumSuppression(boxes, scores, options) {
    return [options];
}
