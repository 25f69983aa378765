// Gives the frame of an author's own layout the height of its content. The frame runs no scripts itself.

for (const frame of document.querySelectorAll("iframe.custom-layout")) {
  const fit = () => {
    const body = frame.contentDocument?.body;
    if (!body) return;
    frame.height = "";
    frame.style.height = `${Math.min(20000, Math.ceil(body.getBoundingClientRect().height) + 4)}px`;
  };
  const watch = () => {
    const body = frame.contentDocument?.body;
    if (!body) return;
    new ResizeObserver(fit).observe(body);
    fit();
  };
  frame.addEventListener("load", watch);
  if (frame.contentDocument?.readyState === "complete") watch();
}
