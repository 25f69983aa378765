// Boxes on a photo: captions of readable size at any scale, and each box linked with its line in the list.

const CAPTION = 13;

for (const stage of document.querySelectorAll(".stage[data-boxes]")) {
  const svg = stage.querySelector("svg");
  const lines = [...document.querySelectorAll(`[data-boxes-of="${stage.id}"] [data-index]`)];
  const boxes = [...svg.querySelectorAll(".box")];

  const fit = () => {
    const { width, height } = svg.viewBox.baseVal;
    const drawn = svg.getBoundingClientRect();
    if (!drawn.width) return;
    // Where the photo is squeezed unevenly nothing is lost but a little beauty.
    const scale = width / drawn.width;
    for (const box of boxes) caption(box, CAPTION * scale, width, height);
  };
  new ResizeObserver(fit).observe(svg);

  const pick = (index) => {
    stage.classList.toggle("picking", index !== null);
    for (const part of [...boxes, ...lines]) part.classList.toggle("picked", part.dataset.index === index);
  };
  for (const part of [...boxes, ...lines]) {
    part.addEventListener("pointerenter", () => pick(part.dataset.index));
    part.addEventListener("pointerleave", () => pick(null));
  }
  for (const line of lines) {
    line.tabIndex = 0;
    line.addEventListener("focus", () => pick(line.dataset.index));
    line.addEventListener("blur", () => pick(null));
  }
}

function caption(box, size, width) {
  const edge = box.querySelector(".edge");
  const plate = box.querySelector(".plate");
  const text = box.querySelector("text");
  const [x, y] = [edge.x.baseVal.value, edge.y.baseVal.value];
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
}
