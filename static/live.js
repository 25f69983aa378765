// Follows the runs of an app: each that is new or has changed is told once.

const list = document.querySelector("[data-live]");
const state = document.querySelector("[data-live-state]");
const empty = document.querySelector("[data-live-empty]");
const MOST = 100;

function line(run) {
  const item = document.createElement("li");
  item.dataset.run = run.id;
  item.dataset.test = "live-run";
  const head = document.createElement("div");
  head.className = "live-head";
  const part = (tag, name, className = "") => {
    const element = document.createElement(tag);
    if (name) element.dataset.part = name;
    element.className = className;
    return element;
  };
  const time = document.createElement("time");
  time.dateTime = run.time;
  time.textContent = new Date(run.time).toLocaleTimeString();
  const version = part("span", "", "soft small");
  version.textContent = `version ${run.version}`;
  head.append(part("span", "status", "pill"), time, version, part("span", "took", "took"));
  if (run.url) {
    const link = document.createElement("a");
    link.href = run.url;
    link.textContent = "Your run";
    head.append(link);
  }
  item.append(head, part("p", "failure", "wrong"), part("ol", "logs", "logs"));
  list.prepend(item);
  while (list.children.length > MOST) list.lastElementChild.remove();
  return item;
}

function show(run) {
  const item = list.querySelector(`[data-run="${CSS.escape(run.id)}"]`) ?? line(run);
  const part = (name) => item.querySelector(`[data-part="${name}"]`);
  part("status").className = `pill ${run.status}`;
  part("status").textContent = run.label;
  part("took").textContent = run.took;
  part("failure").textContent = run.failure;
  const logs = run.logs.map((log) => {
    const entry = document.createElement("li");
    entry.className = log.level;
    const level = document.createElement("span");
    level.className = "level";
    level.textContent = log.level;
    const text = document.createElement("span");
    text.className = "text";
    text.textContent = log.text;
    entry.append(level, text);
    return entry;
  });
  part("logs").replaceChildren(...logs);
  part("logs").hidden = logs.length === 0;
  empty.hidden = true;
}

const events = new EventSource(list.dataset.live);
events.addEventListener("open", () => (state.textContent = "Connected. New runs appear by themselves."));
events.addEventListener("progress", (event) => show(JSON.parse(event.data)));
events.addEventListener("error", () => (state.textContent = "Interrupted. Connecting again…"));
window.addEventListener("pagehide", () => events.close());
