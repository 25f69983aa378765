export class Model {
    static loadByName(name) {
        return Object.assign(new Model(), { name });
    }

    compute(inputs) {
        return inputs.map(([name, tensor]) => [`${this.name}/${name}`, tensor]);
    }
}
