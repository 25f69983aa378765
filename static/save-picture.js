// Saves the photo together with what is drawn over it: boxes, points, outlines. The browser draws; nothing is sent.

const saver = document.querySelector("[data-save-picture]");
const stage = document.querySelector("[data-test=result] .stage");
if (saver && stage?.querySelector("img") && stage.querySelector("svg")) {
  saver.hidden = false;
  saver.addEventListener("click", save);
}

// What the style sheet says of the drawing, which a picture of its own does not know.
const LOOKS = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-opacity", "opacity",
  "vector-effect", "font-family", "font-size", "font-weight", "dominant-baseline", "text-anchor", "display", "visibility",
];

async function save() {
  saver.disabled = true;
  try {
    const photo = stage.querySelector("img");
    await photo.decode();
    const canvas = document.createElement("canvas");
    canvas.width = photo.naturalWidth;
    canvas.height = photo.naturalHeight;
    const context = canvas.getContext("2d");
    context.drawImage(photo, 0, 0, canvas.width, canvas.height);
    for (const svg of stage.querySelectorAll("svg")) {
      const drawing = await drawn(svg, photo);
      context.drawImage(drawing, 0, 0, canvas.width, canvas.height);
    }
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = saver.dataset.savePicture;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } finally {
    saver.disabled = false;
  }
}

async function drawn(svg, photo) {
  const copy = svg.cloneNode(true);
  const originals = [svg, ...svg.querySelectorAll("*")];
  for (const [index, element] of [copy, ...copy.querySelectorAll("*")].entries()) {
    const look = getComputedStyle(originals[index]);
    for (const property of LOOKS) element.setAttribute(property, look.getPropertyValue(property));
  }
  // Lines of a fixed width on the screen are as wide, in comparison, on the whole photo.
  const scale = photo.naturalWidth / Math.max(1, photo.getBoundingClientRect().width);
  for (const element of copy.querySelectorAll("[vector-effect='non-scaling-stroke']")) {
    element.setAttribute("stroke-width", String(parseFloat(element.getAttribute("stroke-width")) * scale));
  }
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", photo.naturalWidth);
  copy.setAttribute("height", photo.naturalHeight);
  const picture = new Image();
  const text = new XMLSerializer().serializeToString(copy);
  picture.src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  await picture.decode();
  return picture;
}
