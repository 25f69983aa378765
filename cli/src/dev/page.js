// The page of `vision dev`: the app's form, its result, and both anew whenever a file changes.

const byId = (id) => document.getElementById(id);
const STAGES = [
  ["appLoadingMs", "starting the app"],
  ["preProcessingMs", "preparing the inputs"],
  ["loadingModelMs", "loading the model"],
  ["runningModelMs", "running the model"],
  ["generatingResultMs", "making the result"],
  ["miscMs", "everything else"],
  ["totalMs", "total"],
];
const COLORS = ["#e6194b", "#3cb44b", "#ffe119", "#0082c8", "#f58230", "#911eb4", "#46f0f0", "#f032e6"];

let app = null;
/** What was given, by the parameter's name; files stay when the form is made anew. */
const files = new Map();
const texts = new Map();
let hasRun = false;

/** An element with attributes and children. Text stays text: what an app says is a stranger's. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function list(id, faults) {
  byId(id).replaceChildren(
    ...faults.map((fault) => make("li", {}, fault.place ? `${fault.place}: ${fault.message}` : fault.message)),
  );
}

async function load() {
  app = await (await fetch("/app")).json();
  list("faults", app.faults);
  list("warnings", app.warnings ?? []);
  byId("run").disabled = app.faults.length > 0;
  if (app.faults.length > 0) return;
  document.title = app.name;
  byId("name").textContent = `${app.name} ${app.version}`;
  byId("description").textContent = app.description;
  byId("fields").replaceChildren(...app.parameters.map(field));
  byId("examples").replaceChildren(...app.examples.map(exampleButton));
}

function field(parameter) {
  const { Name: name, ParameterType: kind } = parameter;
  const label = make("label", {}, make("span", { class: "name" }, parameter.Label || name));
  if (parameter.Description) label.append(make("span", { class: "help" }, parameter.Description));
  if (kind === "Image") {
    const input = make("input", { type: "file", accept: "image/*", name });
    const preview = make("img", { alt: "" });
    preview.hidden = true;
    const show = () => {
      const given = files.get(name);
      preview.hidden = !given;
      if (given) preview.src = given.url;
    };
    input.addEventListener("change", () => {
      const [file] = input.files;
      if (file) files.set(name, { file, url: URL.createObjectURL(file) });
      show();
    });
    show();
    label.append(input, preview);
    return label;
  }
  const type = { Number: "number", Date: "date", Boolean: "checkbox" }[kind] ?? "text";
  const input = kind === "Select" ? make("select", { name }) : make("input", { type, name });
  for (const option of parameter.Options ?? []) input.append(make("option", {}, option));
  for (const [key, attribute] of [["Min", "min"], ["Max", "max"], ["Step", "step"]]) {
    if (parameter[key] !== undefined) input.setAttribute(attribute, parameter[key]);
  }
  if (kind === "Number" && parameter.Step === undefined) input.step = "any";
  const value = texts.get(name) ?? parameter.Default;
  if (kind === "Boolean") input.checked = value === true || value === "true";
  else if (value !== undefined) input.value = value;
  input.addEventListener("input", () => texts.set(name, kind === "Boolean" ? String(input.checked) : input.value));
  label.append(input);
  return label;
}

function exampleButton(example) {
  const button = make("button", { type: "button", class: "example" }, example.name);
  button.addEventListener("click", () => {
    for (const [name, value] of Object.entries(example.inputs)) {
      const isImage = app.parameters.some((known) => known.Name === name && known.ParameterType === "Image");
      const url = `/examples/${encodeURIComponent(example.name)}/${encodeURIComponent(value)}`;
      if (isImage) files.set(name, { example: [example.name, value], url });
      else texts.set(name, value);
    }
    byId("fields").replaceChildren(...app.parameters.map(field));
    run();
  });
  return button;
}

async function base64(file) {
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
  return url.slice(url.indexOf(",") + 1);
}

async function given() {
  const inputs = {};
  for (const { Name: name, ParameterType: kind } of app.parameters) {
    const file = files.get(name);
    if (kind === "Image" && file) {
      inputs[name] = file.example ? { example: file.example } : { file: await base64(file.file) };
    } else if (kind !== "Image") {
      const input = byId("form").elements[name];
      inputs[name] = { text: kind === "Boolean" ? String(input.checked) : input.value };
    }
  }
  return inputs;
}

async function run() {
  hasRun = true;
  byId("run").disabled = true;
  byId("state").textContent = "running…";
  try {
    const body = JSON.stringify(await given());
    const headers = { "Content-Type": "application/json" };
    show(await (await fetch("/run", { method: "POST", headers, body })).json());
  } finally {
    byId("run").disabled = false;
    byId("state").textContent = "";
  }
}

function show(answer) {
  list("faults", answer.faults ?? []);
  byId("answer").hidden = false;
  const parts = [];
  if (answer.html) parts.push(make("iframe", { sandbox: "", srcdoc: answer.html, title: "The app's own layout" }));
  else if (answer.result) parts.push(...app.results.map((variable) => part(variable, answer.result[variable.Name])));
  byId("result").replaceChildren(...parts);
  const rows = STAGES.map(([key, words]) =>
    make("tr", {}, make("th", {}, words), make("td", { class: "number" }, `${answer.timings?.[key]?.toFixed(1) ?? "?"} ms`)),
  );
  byId("timings").replaceChildren(...(answer.timings ? rows : []));
  const lines = (answer.logs ?? []).map((line) => `${line.atMs} ms  ${line.level}  ${line.message}`);
  byId("log-title").hidden = lines.length === 0;
  byId("logs").textContent = lines.join("\n");
}

function part(variable, value) {
  const title = make("h2", {}, variable.Label || variable.Name);
  const shape = { Labels: labels, Boxes: marks, Points: marks, Polygons: marks, Image: image, Table: table }[variable.ResultType];
  const plain = () => make("p", {}, typeof value === "boolean" ? (value ? "yes" : "no") : String(value));
  const json = () => make("pre", {}, JSON.stringify(value, null, 2));
  const shown = shape ? shape(value) : typeof value === "object" ? json() : plain();
  return make("div", { "data-result": variable.Name }, title, shown);
}

function labels(rows) {
  const row = ({ label, score }) =>
    make("tr", {}, make("td", {}, label), make("td", {}, make("meter", { value: score })), make("td", { class: "number" }, score.toFixed(2)));
  return make("table", {}, ...(rows ?? []).map(row));
}

function image(source) {
  return make("img", { src: source ?? "", alt: "The result" });
}

function table(rows) {
  const columns = [...new Set((rows ?? []).flatMap((row) => Object.keys(row)))];
  const cell = (value) => make("td", {}, typeof value === "object" ? JSON.stringify(value ?? "") : String(value ?? ""));
  return make(
    "table",
    {},
    make("tr", {}, ...columns.map((column) => make("th", {}, column))),
    ...(rows ?? []).map((row) => make("tr", {}, ...columns.map((column) => cell(row[column])))),
  );
}

const SVG = "http://www.w3.org/2000/svg";

function draw(tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Boxes, points or outlines on the first photo that was given. */
function marks(found) {
  const all = found?.boxes ?? found?.polygons ?? found?.points ?? [];
  const names = [...new Set(all.map((one) => one.label))];
  const color = (one) => COLORS[names.indexOf(one.label) % COLORS.length];
  const size = Math.max(found.width, found.height) / 40;
  const svg = draw("svg", { viewBox: `0 0 ${found.width} ${found.height}`, preserveAspectRatio: "none" });
  for (const one of all.toReversed()) {
    let [x, y] = [one.x, one.y];
    if (one.width !== undefined) {
      svg.append(draw("rect", { x, y, width: one.width, height: one.height, stroke: color(one) }));
      for (const point of one.points ?? []) svg.append(draw("circle", { cx: point[0], cy: point[1], r: size / 5, fill: color(one) }));
    } else if (one.points) {
      [x, y] = one.points[0] ?? [0, 0];
      svg.append(draw("polygon", { points: one.points.join(" "), stroke: color(one) }));
    } else {
      svg.append(draw("circle", { cx: x, cy: y, r: size / 5, fill: color(one) }));
      continue;
    }
    const caption = one.score === undefined ? one.label : `${one.label} ${one.score.toFixed(2)}`;
    svg.append(draw("text", { x, y: Math.max(y - size / 4, size), "font-size": size }, caption));
  }
  const photo = files.values().next().value;
  const stage = make("div", { class: "stage" }, ...(photo ? [make("img", { src: photo.url, alt: "The photo" })] : []));
  if (photo) stage.append(svg);
  const rows = all.map((one) => ({ label: one.label, score: one.score ?? 1 }));
  return make("div", {}, stage, all.length ? labels(rows) : make("p", {}, "Nothing was found."));
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});

new EventSource("/events").addEventListener("message", async () => {
  await load();
  // What was looked at is looked at again, with the app as it is now.
  if (hasRun && app.faults.length === 0) await run();
});

await load();
