// Forms with files: preview, drag and drop, paste; and sending without losing the chosen file when something is wrong.

for (const zone of document.querySelectorAll(".drop")) dropZone(zone);
for (const form of document.querySelectorAll("form[data-live]")) liveForm(form);

function dropZone(zone) {
  const input = zone.querySelector("input[type=file]");
  const chosen = zone.querySelector(".chosen");
  const title = zone.querySelector("strong");
  const words = title.textContent;
  const most = Number(input.dataset.most ?? 1);
  let previews = [];

  const show = () => {
    const files = [...input.files];
    for (const preview of previews) {
      URL.revokeObjectURL(preview.src);
      preview.remove();
    }
    previews = files.slice(0, most).filter((file) => file.type.startsWith("image/")).map(picture);
    zone.classList.toggle("filled", files.length > 0);
    zone.classList.toggle("several", files.length > 1);
    chosen.textContent = summary(files);
    title.textContent = files.length > 0 ? "Choose another" : words;
    zone.closest(".field").querySelector(".kept")?.classList.toggle("replaced", files.length > 0);
    if (files.length === 0) return;
    clear(zone.closest(".field"));
    zone.prepend(...previews);
    if (files.length > most) say(zone, `At most ${most} photos at a time: these are ${files.length}.`);
  };
  const take = (files) => {
    const transfer = new DataTransfer();
    for (const file of most > 1 ? files : files.slice(0, 1)) transfer.items.add(file);
    input.files = transfer.files;
    show();
  };
  const summary = (files) => {
    const bytes = size(files.reduce((sum, file) => sum + file.size, 0));
    if (files.length > 1) return `${files.length} photos · ${bytes}`;
    return files.length === 1 ? `${files[0].name || "pasted picture"} · ${bytes}` : "";
  };

  input.addEventListener("change", show);
  // A photo from the camera, or from wherever else a script has one.
  zone.addEventListener("photo", (event) => take([event.detail]));
  // The browser brings a chosen file back on "back" without telling anybody.
  window.addEventListener("pageshow", show);
  for (const kind of ["dragenter", "dragover"]) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  for (const kind of ["dragleave", "drop"]) zone.addEventListener(kind, () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    const files = [...event.dataTransfer.files];
    if (files.length === 0) return;
    event.preventDefault();
    take(files);
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])].filter((f) => f.type.startsWith("image/"));
    if (files.length === 0 || !input.accept.includes("image") || zone !== firstFreeZone()) return;
    event.preventDefault();
    take(files);
  });
}

function picture(file) {
  const preview = new Image();
  preview.className = "preview";
  preview.alt = "Preview of the chosen picture";
  preview.onerror = () => preview.remove();
  preview.src = URL.createObjectURL(file);
  return preview;
}

function say(zone, text) {
  const slot = zone.closest(".field").querySelector("[data-wrong]");
  if (slot) slot.textContent = text;
}

// A pasted picture goes into the first empty zone or, when all are full, into the first.
function firstFreeZone() {
  const zones = [...document.querySelectorAll(".drop")].filter((z) => z.querySelector("input").accept.includes("image"));
  return zones.find((z) => z.querySelector("input").files.length === 0) ?? zones[0];
}

function liveForm(form) {
  const button = form.querySelector("button[type=submit]");
  const status = form.querySelector("[data-form-status]");
  const words = button.textContent;
  const idle = () => {
    button.disabled = false;
    button.removeAttribute("aria-busy");
    button.textContent = words;
    status.textContent = "";
  };
  window.addEventListener("pageshow", idle);
  form.addEventListener("input", (event) => clear(event.target.closest(".field")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
    button.textContent = form.dataset.live;
    for (const field of form.querySelectorAll(".field")) clear(field);
    form.querySelector("[data-form-faults]").replaceChildren();

    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.onprogress = (progress) => {
      if (!progress.lengthComputable || progress.total < 1_000_000) return;
      const percent = Math.floor((100 * progress.loaded) / progress.total);
      status.textContent = percent < 100 ? `Sending… ${percent} %` : form.dataset.sent ?? "";
    };
    request.onload = () => {
      const answer = request.response ?? {};
      if (request.status === 201 && answer.location) {
        location.assign(answer.location);
        return;
      }
      if (request.status === 401) {
        location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
        return;
      }
      idle();
      showFaults(form, answer.faults?.length ? answer.faults : [{ place: "", message: answer.detail ?? "Something went wrong. Try again." }]);
    };
    request.onerror = () => {
      idle();
      showFaults(form, [{ place: "", message: "The marketplace could not be reached. Check your connection and try again." }]);
    };
    request.send(new FormData(form));
  });
}

function showFaults(form, faults) {
  const rest = form.querySelector("[data-form-faults]");
  let first = null;
  for (const fault of faults) {
    const slot = [...form.querySelectorAll("[data-wrong]")].find((s) => s.dataset.wrong === fault.place);
    if (slot) {
      slot.textContent = slot.textContent ? `${slot.textContent}; ${fault.message}` : fault.message;
      const input = slot.closest(".field").querySelector("input, select, textarea");
      input.setAttribute("aria-invalid", "true");
      input.closest(".drop")?.classList.add("invalid");
      first ??= input;
      continue;
    }
    const item = document.createElement("li");
    item.dataset.test = "fault";
    if (fault.place) {
      const place = document.createElement("code");
      place.textContent = fault.place;
      item.append(place);
    }
    const message = document.createElement("span");
    message.textContent = fault.message;
    item.append(message);
    rest.append(item);
    first ??= rest;
  }
  first?.focus();
  first?.scrollIntoView({ block: "center", behavior: "smooth" });
}

function clear(field) {
  const slot = field?.querySelector("[data-wrong]");
  if (!slot) return;
  slot.textContent = "";
  for (const input of field.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  field.querySelector(".drop")?.classList.remove("invalid");
}

function size(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
