// What was found on a photo: captions of readable size at any scale, each mark linked with its line in the list, marks
// that can be hidden by label and by score, and a photo that can be looked at closely.

const CAPTION = 13;
const CLOSEST = 8;
const SVG = "http://www.w3.org/2000/svg";

for (const viewer of document.querySelectorAll("[data-viewer]")) {
  const stage = viewer.querySelector(".stage");
  const shapes = [...viewer.querySelectorAll(".shape")];
  const lines = [...viewer.querySelectorAll("[data-list] [data-index]")];
  if (stage) {
    captions(stage, shapes);
    zoom(viewer, stage);
  }
  picking(stage, shapes, lines);
  filters(viewer, shapes, lines);
}

/* Captions */

function captions(stage, shapes) {
  const svg = stage.querySelector("svg");
  for (const shape of shapes) if (shape.dataset.caption) addCaption(shape);
  const fit = () => {
    const drawn = svg.getBoundingClientRect();
    if (!drawn.width) return;
    const { width } = svg.viewBox.baseVal;
    // Where captions would lie over one another, the surest is shown; the others wait until they are picked.
    const taken = [];
    for (const shape of [...shapes].sort((a, b) => a.dataset.index - b.dataset.index)) {
      // Where the photo is squeezed unevenly nothing is lost but a little beauty.
      const place = caption(shape, (CAPTION * width) / drawn.width, width);
      if (!place || shape.dataset.caption || shape.hasAttribute("hidden")) continue;
      const free = !taken.some((other) => overlap(place, other));
      shape.classList.toggle("quiet", !free);
      if (free) taken.push(place);
    }
  };
  stage.addEventListener("filtered", fit);
  new ResizeObserver(fit).observe(svg);
}

// An outline or a point shows its caption only while it is picked.
function addCaption(shape) {
  const group = document.createElementNS(SVG, "g");
  group.setAttribute("class", "caption");
  group.setAttribute("aria-hidden", "true");
  const plate = document.createElementNS(SVG, "rect");
  plate.setAttribute("class", "plate");
  const text = document.createElementNS(SVG, "text");
  text.textContent = shape.dataset.caption.trim();
  group.append(plate, text);
  shape.append(group);
}

function caption(shape, size, width) {
  const plate = shape.querySelector(".plate");
  const text = shape.querySelector("text");
  if (!plate || !text) return null;
  const edge = shape.querySelector(".edge, .outline, .dot");
  const { x, y } = edge.getBBox();
  text.setAttribute("font-size", size);
  const length = text.getComputedTextLength() + size * 0.8;
  const tall = size * 1.5;
  const left = Math.max(0, Math.min(x, width - length));
  const top = y >= tall ? y - tall : y;
  plate.setAttribute("x", left);
  plate.setAttribute("y", top);
  plate.setAttribute("width", length);
  plate.setAttribute("height", tall);
  text.setAttribute("x", left + size * 0.4);
  text.setAttribute("y", top + tall / 2);
  return { left, top, right: left + length, bottom: top + tall };
}

function overlap(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/* A mark and its line are picked together */

function picking(stage, shapes, lines) {
  const pick = (index) => {
    stage?.classList.toggle("picking", index !== null);
    for (const part of [...shapes, ...lines]) part.classList.toggle("picked", part.dataset.index === index);
    // What is picked lies on top.
    const picked = shapes.find((shape) => shape.dataset.index === index);
    if (picked && picked.nextElementSibling) picked.parentNode.append(picked);
  };
  for (const part of [...shapes, ...lines]) {
    part.addEventListener("pointerenter", (event) => event.pointerType !== "touch" && pick(part.dataset.index));
    part.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && pick(null));
    // A finger has no way to hover: a tap picks, another one lets go.
    part.addEventListener("click", () => pick(part.classList.contains("picked") ? null : part.dataset.index));
  }
  if (!stage) return;
  for (const line of lines) {
    line.tabIndex = 0;
    line.addEventListener("focus", () => line.matches(":focus-visible") && pick(line.dataset.index));
    line.addEventListener("blur", () => pick(null));
  }
}

/* Hidden by label and by score */

function filters(viewer, shapes, lines) {
  const tools = viewer.querySelector("[data-tools]");
  if (!tools) return;
  const boxes = [...tools.querySelectorAll("[data-class]")];
  const slider = tools.querySelector("[type=range]");
  const told = tools.querySelector("output");
  const note = viewer.querySelector("[data-hidden-note]");
  const scores = lines.map((line) => Number(line.dataset.score));
  const lowest = Math.floor(100 * Math.min(...scores));
  const highest = Math.floor(100 * Math.max(...scores));
  slider.min = Math.max(0, Math.min(lowest, 100));
  slider.max = Math.max(Number(slider.min), Math.min(highest, 100));
  slider.value = slider.min;
  slider.closest("label").hidden = slider.min === slider.max;

  const apply = () => {
    const shown = new Set(boxes.filter((box) => box.checked).map((box) => box.dataset.class));
    const least = slider.value === slider.min ? 0 : Number(slider.value) / 100;
    const visible = (part) => (boxes.length === 0 || shown.has(part.dataset.class)) && Number(part.dataset.score) >= least;
    for (const part of [...shapes, ...lines]) part.toggleAttribute("hidden", !visible(part));
    told.textContent = `${slider.value} %`;
    const left = lines.filter((line) => !line.hasAttribute("hidden")).length;
    note.hidden = left === lines.length;
    note.textContent = `${left} of ${lines.length} shown`;
    viewer.querySelector(".stage")?.dispatchEvent(new Event("filtered"));
  };
  tools.addEventListener("input", apply);
  // The browser brings choices back on "back" without telling anybody.
  window.addEventListener("pageshow", apply);
  tools.hidden = boxes.length === 0 && slider.min === slider.max;
  apply();
}

/* A closer look: the photo grows within its frame, which can then be scrolled */

function zoom(viewer, stage) {
  const lens = stage.querySelector(".lens");
  const group = viewer.querySelector("[data-zoom]");
  if (!lens || !group) return;
  const level = group.querySelector("[data-level]");
  let scale = 1;

  const show = (wanted, at) => {
    const next = Math.max(1, Math.min(CLOSEST, wanted));
    const frame = stage.getBoundingClientRect();
    const point = at ?? { x: frame.width / 2, y: frame.height / 2 };
    const [x, y] = [(stage.scrollLeft + point.x) / scale, (stage.scrollTop + point.y) / scale];
    if (next === 1) {
      for (const part of [stage, lens]) part.removeAttribute("style");
      stage.classList.remove("close");
      stage.removeAttribute("tabindex");
    } else {
      if (scale === 1) {
        stage.style.width = `${frame.width}px`;
        stage.style.height = `${frame.height}px`;
        stage.classList.add("close");
        stage.tabIndex = 0;
      }
      lens.style.width = `${frame.width * next}px`;
      lens.style.height = `${frame.height * next}px`;
      stage.scrollLeft = x * next - point.x;
      stage.scrollTop = y * next - point.y;
    }
    scale = next;
    level.textContent = `${Math.round(100 * scale)} %`;
  };

  group.addEventListener("click", (event) => {
    const by = Number(event.target.closest("button")?.dataset.by ?? NaN);
    if (!Number.isNaN(by)) show(by === 0 ? 1 : scale * by);
  });
  stage.addEventListener("keydown", (event) => {
    const wanted = { "+": scale * 1.5, "=": scale * 1.5, "-": scale / 1.5, 0: 1 }[event.key];
    if (wanted === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(wanted);
  });
  stage.addEventListener("wheel", (event) => {
    // As on a map: with a key held, so that the page can be scrolled past the photo.
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const frame = stage.getBoundingClientRect();
    show(scale * Math.exp(-event.deltaY / 300), { x: event.clientX - frame.x, y: event.clientY - frame.y });
  }, { passive: false });
  stage.addEventListener("dblclick", (event) => {
    const frame = stage.getBoundingClientRect();
    show(scale > 1 ? 1 : 2.5, { x: event.clientX - frame.x, y: event.clientY - frame.y });
  });
  drag(stage, () => scale > 1);
  // Turned by a quarter, a telephone has another width.
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth !== width) show(1);
    width = window.innerWidth;
  });
  group.hidden = false;
}

// A finger scrolls by itself; a mouse drags.
function drag(stage, active) {
  let last = null;
  stage.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button === 0 && active()) {
      last = event;
      event.preventDefault();
      stage.setPointerCapture(event.pointerId);
    }
  });
  stage.addEventListener("pointermove", (event) => {
    if (!last) return;
    stage.scrollLeft -= event.clientX - last.clientX;
    stage.scrollTop -= event.clientY - last.clientY;
    last = event;
  });
  for (const kind of ["pointerup", "pointercancel"]) stage.addEventListener(kind, () => (last = null));
}
