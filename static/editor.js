// Comfort for the editor of apps: previews that follow what is typed, rows that show only what fits their type, and
// uploads that go on where they broke off (tus 1.0, https://tus.io/protocols/resumable-upload).

const form = document.querySelector("#step-form");

// Previews

function later(delay, action) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, delay);
  };
}

const preview = document.querySelector("[data-form-preview]");
if (form?.dataset.preview && preview) {
  const legend = preview.querySelector("legend");
  let asked = 0;
  const show = async () => {
    const mine = ++asked;
    const answer = await fetch(form.dataset.preview, {
      method: "POST",
      headers: { Accept: "text/html" },
      body: new URLSearchParams(new FormData(form)),
    }).catch(() => null);
    // What cannot be shown right now leaves the last good preview in its place.
    if (!answer?.ok || mine !== asked) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    preview.replaceChildren(legend, ...page.body.childNodes);
    preview.dataset.fresh = String(mine);
  };
  form.addEventListener("input", later(400, show));
}

const previewButton = document.querySelector("[data-preview-button]");
if (form?.dataset.layoutPreview && previewButton) {
  form.addEventListener("input", later(600, () => form.requestSubmit(previewButton)));
}

// Rows

for (const row of document.querySelectorAll(".row")) {
  const type = row.querySelector("select[name$='.ParameterType']");
  if (!type) continue;
  const fit = () => {
    for (const part of row.querySelectorAll("[data-for]")) {
      const fits = part.dataset.for.split(" ").includes(type.value);
      const input = part.querySelector("input, textarea");
      // What is filled in stays in sight, so that nothing is sent unseen.
      part.hidden = !fits && !input.value;
    }
  };
  type.addEventListener("change", fit);
  fit();
}

// Uploads

const PIECE = 4 * 1024 * 1024;
const fileForm = document.querySelector("form[data-uploads]");
if (fileForm) uploads(fileForm);

function uploads(fileForm) {
  const token = fileForm.querySelector("[name=csrf]").value;
  const list = document.querySelector("[data-upload-list]");
  const faults = document.querySelector("[data-upload-faults]");
  const button = fileForm.querySelector("[type=submit]");
  const input = fileForm.querySelector("[type=file]");
  const shared = { Accept: "application/json", "Tus-Resumable": "1.0.0", "X-CSRF-Token": token };

  const line = (url, name, length) => {
    const known = [...list.children].find((item) => item.dataset.upload === url);
    if (known) return known;
    const item = document.createElement("li");
    Object.assign(item.dataset, { upload: url, name, length });
    const title = document.createElement("code");
    title.textContent = name;
    const bar = document.createElement("progress");
    bar.max = length;
    bar.setAttribute("aria-label", name);
    const state = document.createElement("span");
    state.className = "soft small";
    state.dataset.uploadState = "";
    state.setAttribute("aria-live", "polite");
    item.append(title, bar, state);
    list.append(item);
    return item;
  };
  const tell = (item, text) => {
    item.querySelector("[data-upload-state]").textContent = text;
  };
  const refuse = (problem) => {
    const told = problem?.faults?.length ? problem.faults : [{ place: "", message: problem?.detail || "The file was not taken." }];
    faults.replaceChildren(
      ...told.map((fault) => {
        const item = document.createElement("li");
        item.dataset.test = "fault";
        if (fault.place) {
          const place = document.createElement("code");
          place.textContent = fault.place;
          item.append(place);
        }
        const text = document.createElement("span");
        text.textContent = fault.message;
        item.append(text);
        return item;
      }),
    );
    faults.focus();
  };

  const begin = async (file, kind) => {
    const encode = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
    const metadata = `filename ${encode(file.name)},kind ${encode(kind)}`;
    const answer = await fetch(fileForm.dataset.uploads, {
      method: "POST",
      headers: { ...shared, "Upload-Length": String(file.size), "Upload-Metadata": metadata },
    });
    if (answer.status !== 201) throw await problem(answer);
    return answer.headers.get("Location");
  };
  const offsetOf = async (url) => {
    const answer = await fetch(url, { method: "HEAD", headers: shared });
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(String(answer.status));
    return Number(answer.headers.get("Upload-Offset"));
  };
  const problem = async (answer) => (await answer.json().catch(() => null)) ?? { detail: "The file was not taken." };

  // Sends what is left of a file. What breaks off is tried again for as long as the page is open.
  const send = async (url, file) => {
    const item = line(url, file.name, file.size);
    const bar = item.querySelector("progress");
    const show = (offset) => {
      bar.value = offset;
      tell(item, `${Math.floor((100 * offset) / file.size)} % of ${(file.size / 1e6).toFixed(1)} MB`);
    };
    let pause = 500;
    for (;;) {
      try {
        let offset = await offsetOf(url);
        if (offset === null) return { detail: "The upload is gone; send the file again." };
        while (offset < file.size) {
          show(offset);
          const answer = await fetch(url, {
            method: "PATCH",
            headers: { ...shared, "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset) },
            body: file.slice(offset, offset + PIECE),
          });
          if (answer.status === 413 || answer.status === 422) return await problem(answer);
          if (answer.status !== 204) throw new Error(String(answer.status));
          offset = Number(answer.headers.get("Upload-Offset"));
          pause = 500;
        }
        show(offset);
        return null;
      } catch {
        tell(item, "Interrupted. Trying again…");
        await new Promise((done) => setTimeout(done, pause));
        pause = Math.min(pause * 2, 15000);
      }
    }
  };

  const run = async (url, file) => {
    button.disabled = true;
    try {
      const wrong = await send(url, file);
      await forget(url);
      if (!wrong) {
        location.reload();
        return;
      }
      [...list.children].find((item) => item.dataset.upload === url)?.remove();
      refuse(wrong);
    } finally {
      button.disabled = false;
    }
  };

  fileForm.addEventListener("submit", async (event) => {
    const file = input.files[0];
    if (!file) return;
    event.preventDefault();
    faults.replaceChildren();
    button.disabled = true;
    try {
      // The same file as one that broke off: it goes on.
      const known = [...list.children].find(
        (item) => item.dataset.name === file.name && Number(item.dataset.length) === file.size,
      );
      const url = known?.dataset.upload ?? (await begin(file, fileForm.elements.kind.value));
      await keep(url, file);
      await run(url, file);
    } catch (wrong) {
      button.disabled = false;
      refuse(wrong instanceof Error ? { detail: "The marketplace could not be reached. Try again." } : wrong);
    }
  });

  // After a reload: the browser still has the files that were on their way.
  (async () => {
    for (const item of [...list.children]) {
      const file = await kept(item.dataset.upload);
      if (file) await run(item.dataset.upload, file);
    }
  })();
}

// Files on their way, kept by the browser itself. Where it cannot, one chooses the file again.

function store(mode, action) {
  return new Promise((done) => {
    const open = indexedDB.open("uploads", 1);
    open.onupgradeneeded = () => open.result.createObjectStore("files");
    open.onerror = () => done(undefined);
    open.onsuccess = () => {
      const request = action(open.result.transaction("files", mode).objectStore("files"));
      request.onsuccess = () => done(request.result);
      request.onerror = () => done(undefined);
    };
  });
}

function keep(url, file) {
  return store("readwrite", (files) => files.put(file, url));
}

function kept(url) {
  return store("readonly", (files) => files.get(url));
}

function forget(url) {
  return store("readwrite", (files) => files.delete(url));
}
