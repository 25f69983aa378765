// Feedback on a run: boxes are drawn, moved, resized and removed on the photo. What is sent stands in the rows of plain
// fields below it; this module only writes into them.

const NS = "http://www.w3.org/2000/svg";
const MARKS = 8;
const HANDLES = ["nw", "ne", "sw", "se"];
const SMALLEST = 2;

for (const form of document.querySelectorAll("form[data-feedback]")) {
  const corrections = form.querySelector("[data-corrections]");
  form.addEventListener("change", (event) => {
    if (event.target.name === "verdict" && corrections) corrections.open = event.target.value !== "right";
  });
  for (const editor of form.querySelectorAll("[data-box-editor]")) boxEditor(editor);
}

function boxEditor(editor) {
  const name = editor.dataset.name;
  const [width, height] = [Number(editor.dataset.width) || 1, Number(editor.dataset.height) || 1];
  const list = editor.querySelector("[data-rows]");
  const canvas = editor.querySelector("[data-canvas]");
  const said = editor.querySelector("[data-said]");
  const pattern = list.querySelector("[data-row][data-spare]").cloneNode(true);
  let next = list.children.length;
  for (const spare of list.querySelectorAll("[data-spare]")) spare.remove();

  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", "Boxes on the photo");
  canvas?.append(svg);

  const boxes = new Map();
  const field = (row, part) => row.querySelector(`[data-part="${part}"]`);
  const sides = (row) => ["x", "y", "width", "height"].map((part) => Number(field(row, part).value) || 0);

  const put = (row, [x, y, w, h]) => {
    w = Math.min(Math.max(w, SMALLEST), width);
    h = Math.min(Math.max(h, SMALLEST), height);
    x = Math.min(Math.max(x, 0), width - w);
    y = Math.min(Math.max(y, 0), height - h);
    [["x", x], ["y", y], ["width", w], ["height", h]].forEach(([part, value]) => {
      field(row, part).value = Math.round(value * 10) / 10;
    });
    draw(row);
  };

  // Screen pixels are what a finger and an eye need, whatever the photo's size.
  const scale = () => width / (svg.getBoundingClientRect().width || width);

  const draw = (row) => {
    const group = boxes.get(row);
    const [x, y, w, h] = sides(row);
    const label = field(row, "label").value || "box without a label";
    const place = [...list.children].indexOf(row);
    group.setAttribute("class", `mark-${place % MARKS}${row.classList.contains("current") ? " current" : ""}`);
    group.setAttribute("aria-label", `Box ${place + 1}: ${label}, ${Math.round(w)} by ${Math.round(h)} pixels, at ${Math.round(x)}, ${Math.round(y)}`);
    set(group.querySelector(".edge"), { x, y, width: w, height: h });
    const size = 11 * scale();
    HANDLES.forEach((corner) => {
      const handle = group.querySelector(`[data-corner="${corner}"]`);
      const [cx, cy] = [corner.endsWith("w") ? x : x + w, corner.startsWith("n") ? y : y + h];
      set(handle, { x: cx - size / 2, y: cy - size / 2, width: size, height: size });
    });
    const text = group.querySelector("text");
    set(text, { x: x + size * 0.4, y: y + size * 1.3, "font-size": size * 1.1 });
    text.textContent = field(row, "label").value;
  };
  const redraw = () => [...boxes.keys()].forEach(draw);

  const choose = (row) => {
    for (const other of boxes.keys()) other.classList.toggle("current", other === row);
    redraw();
  };

  const remove = (row) => {
    const following = row.nextElementSibling ?? row.previousElementSibling;
    boxes.get(row).remove();
    boxes.delete(row);
    row.remove();
    redraw();
    said.textContent = `Removed. ${boxes.size} left.`;
    (following ? boxes.get(following) : editor.querySelector("[data-add-box]")).focus();
  };

  const adopt = (row) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain";
    button.textContent = "Remove this box";
    button.addEventListener("click", () => remove(row));
    row.append(button);

    const group = document.createElementNS(NS, "g");
    group.setAttribute("tabindex", "0");
    group.setAttribute("role", "button");
    const edge = document.createElementNS(NS, "rect");
    edge.setAttribute("class", "edge");
    group.append(edge);
    for (const corner of HANDLES) {
      const handle = document.createElementNS(NS, "rect");
      handle.setAttribute("class", "handle");
      handle.dataset.corner = corner;
      group.append(handle);
    }
    group.append(document.createElementNS(NS, "text"));
    group.addEventListener("focus", () => choose(row));
    group.addEventListener("keydown", (event) => key(event, row));
    row.addEventListener("focusin", () => choose(row));
    row.addEventListener("input", () => draw(row));
    boxes.set(row, group);
    svg.append(group);
    draw(row);
  };

  const add = (box, label) => {
    const row = pattern.cloneNode(true);
    row.removeAttribute("data-spare");
    for (const input of row.querySelectorAll("input")) {
      input.name = `b.${name}.${next}.${input.dataset.part}`;
      input.value = "";
    }
    field(row, "label").value = label;
    next += 1;
    list.append(row);
    adopt(row);
    put(row, box);
    choose(row);
    return row;
  };

  // The label that was used last is most often the next one too.
  const usual = () => {
    const labels = [...list.querySelectorAll('[data-part="label"]')].map((input) => input.value).filter(Boolean);
    return labels.at(-1) ?? document.querySelector("#feedback-labels option")?.value ?? "";
  };

  const key = (event, row) => {
    const step = event.altKey ? 1 : Math.max(1, Math.round(width / 100));
    const [dx, dy] = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key] ?? [0, 0];
    const [x, y, w, h] = sides(row);
    if (event.key === "Delete" || event.key === "Backspace") remove(row);
    else if (event.key === "Enter") field(row, "label").focus();
    else if (!dx && !dy) return;
    else if (event.shiftKey) put(row, [x, y, Math.min(w + dx, width - x), Math.min(h + dy, height - y)]);
    else put(row, [x + dx, y + dy, w, h]);
    event.preventDefault();
  };

  const point = (event) => {
    const at = svg.getBoundingClientRect();
    const inside = (value, most) => Math.min(Math.max(value, 0), most);
    return [
      inside(((event.clientX - at.left) / at.width) * width, width),
      inside(((event.clientY - at.top) / at.height) * height, height),
    ];
  };

  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    const start = point(event);
    const group = event.target.closest("g");
    const row = [...boxes.keys()].find((one) => boxes.get(one) === group);
    const corner = event.target.dataset?.corner;
    const before = row && sides(row);
    let made = null;
    if (row) group.focus();

    const move = (later) => {
      const [x, y] = point(later);
      if (row && corner) {
        put(row, stretched(before, corner, x, y));
      } else if (row) {
        put(row, [before[0] + x - start[0], before[1] + y - start[1], before[2], before[3]]);
      } else {
        const box = [Math.min(x, start[0]), Math.min(y, start[1]), Math.abs(x - start[0]), Math.abs(y - start[1])];
        // A tap is no box.
        if (!made && Math.max(box[2], box[3]) < 6 * scale()) return;
        if (made) put(made, box);
        else made = add(box, usual());
      }
    };
    const up = () => {
      svg.removeEventListener("pointermove", move);
      if (made) {
        boxes.get(made).focus();
        said.textContent = "A box is added. Say what it is.";
      }
    };
    svg.setPointerCapture(event.pointerId);
    svg.addEventListener("pointermove", move);
    svg.addEventListener("pointerup", up, { once: true });
    svg.addEventListener("pointercancel", up, { once: true });
  });

  editor.querySelector("[data-add-box]").addEventListener("click", () => {
    const row = add([width * 0.35, height * 0.35, width * 0.3, height * 0.3], usual());
    boxes.get(row).focus();
    said.textContent = "A box is added in the middle of the photo.";
  });
  for (const row of [...list.children]) adopt(row);
  new ResizeObserver(redraw).observe(svg);
}

// The corner follows the pointer, the one across stays.
function stretched([x, y, w, h], corner, px, py) {
  const [right, bottom] = [x + w, y + h];
  const left = corner.endsWith("w") ? Math.min(px, right - SMALLEST) : x;
  const top = corner.startsWith("n") ? Math.min(py, bottom - SMALLEST) : y;
  const newRight = corner.endsWith("e") ? Math.max(px, x + SMALLEST) : right;
  const newBottom = corner.startsWith("s") ? Math.max(py, y + SMALLEST) : bottom;
  return [left, top, newRight - left, newBottom - top];
}

function set(element, values) {
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
}
