// Pictures of a gallery, large: in a dialog with arrow keys. Without scripts each is a link to the picture alone.

// Later than a script that takes some of the links away.
for (const gallery of document.querySelectorAll("[data-gallery]")) {
  gallery.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link?.querySelector("img") || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    open(gallery, link);
  });
}

function open(gallery, link) {
  const links = [...gallery.querySelectorAll("a:has(img)")];
  const pictures = links.map((each) => ({ url: each.href, text: each.querySelector("img").alt }));
  let index = links.indexOf(link);

  const dialog = document.createElement("dialog");
  dialog.className = "lightbox";
  const picture = new Image();
  const words = document.createElement("p");
  words.setAttribute("aria-live", "polite");
  const button = (text, label, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  };
  const go = (by) => {
    index = (index + by + pictures.length) % pictures.length;
    picture.src = pictures[index].url;
    picture.alt = pictures[index].text;
    words.textContent = pictures.length > 1 ? `${pictures[index].text} · ${index + 1} of ${pictures.length}` : pictures[index].text;
    dialog.setAttribute("aria-label", pictures[index].text);
  };
  const bar = document.createElement("div");
  bar.className = "actions";
  if (pictures.length > 1) bar.append(button("‹", "Previous picture", () => go(-1)), button("›", "Next picture", () => go(1)));
  bar.append(words, button("×", "Close", () => dialog.close()));
  dialog.append(bar, picture);

  dialog.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && pictures.length > 1) {
      event.preventDefault();
      go(by);
    }
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  swipe(picture, (by) => pictures.length > 1 && go(by));
  dialog.addEventListener("close", () => {
    dialog.remove();
    links[index]?.focus();
  });
  document.body.append(dialog);
  go(0);
  dialog.showModal();
}

function swipe(picture, go) {
  let from = null;
  picture.addEventListener("touchstart", (event) => (from = event.touches.length === 1 ? event.touches[0].clientX : null));
  picture.addEventListener("touchend", (event) => {
    if (from === null) return;
    const moved = event.changedTouches[0].clientX - from;
    if (Math.abs(moved) > 50) go(moved < 0 ? 1 : -1);
  });
}
