// Before and after, laid over one another with a slider between them. Pictures of different shapes stay side by side.

const DIFFERENCE = 0.02;

for (const pair of document.querySelectorAll("[data-compare]")) {
  const [before, after] = pair.querySelectorAll(".stage > img");
  if (!before || !after) continue;
  Promise.all([before.decode(), after.decode()]).then(() => overlay(pair, before, after), () => {});
}

function overlay(pair, before, after) {
  const shape = (picture) => picture.naturalWidth / picture.naturalHeight;
  if (!before.naturalWidth || !after.naturalWidth) return;
  if (Math.abs(shape(before) / shape(after) - 1) > DIFFERENCE) return;

  const first = before.closest("figure");
  const second = after.closest("figure");
  const stage = before.closest(".stage");
  const words = second.querySelector("figcaption").textContent;
  const top = after.cloneNode();
  top.className = "after";
  const line = document.createElement("span");
  line.className = "divide";
  const slider = document.createElement("input");
  Object.assign(slider, { type: "range", min: 0, max: 100, step: 1, value: 50 });
  slider.setAttribute("aria-label", `How much of the photo before is shown, beside ${words}`);
  stage.append(top, line);

  const show = () => {
    top.style.clipPath = `inset(0 0 0 ${slider.value}%)`;
    line.style.left = `${slider.value}%`;
    slider.setAttribute("aria-valuetext", `${slider.value} % before, ${100 - slider.value} % after`);
  };
  slider.addEventListener("input", show);
  // Dragging on the photo itself moves the slider.
  const follow = (event) => {
    const frame = stage.getBoundingClientRect();
    slider.value = Math.round((100 * (event.clientX - frame.x)) / frame.width);
    show();
  };
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    stage.setPointerCapture(event.pointerId);
    follow(event);
  });
  stage.addEventListener("pointermove", (event) => stage.hasPointerCapture(event.pointerId) && follow(event));

  const caption = first.querySelector("figcaption");
  caption.className = "ends";
  const link = document.createElement("a");
  link.href = second.querySelector("a").href;
  link.textContent = words;
  caption.replaceChildren(span("Before"), link);
  caption.before(slider);
  second.remove();
  first.classList.add("compare");
  pair.classList.toggle("whole", pair.children.length === 1);
  show();
}

function span(text) {
  const element = document.createElement("span");
  element.textContent = text;
  return element;
}
