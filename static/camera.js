// Photos from the camera: on a phone by its own camera app, anywhere by a live picture in a dialog.

for (const place of document.querySelectorAll("[data-camera]")) {
  const zone = place.closest(".field")?.querySelector(".drop");
  if (zone) offer(place, zone);
}

// An installed marketplace opens with the camera of the app that was used last.
addEventListener("load", () => {
  if (!new URLSearchParams(location.search).has("camera")) return;
  document.querySelector("[data-camera] [data-test=open-camera]")?.click();
});

function offer(place, zone) {
  const hasLive = Boolean(navigator.mediaDevices?.getUserMedia);
  // A finger points coarsely: such a machine has a camera app that takes better photos than a live picture gives.
  const isPhone = matchMedia("(pointer: coarse)").matches;
  if (isPhone || !hasLive) place.append(byCameraApp(zone));
  if (hasLive) place.append(byLivePicture(zone, isPhone));
  // Without a camera and without a phone, a file is chosen in the field above.
  place.hidden = !hasLive && !isPhone;
}

function hand(zone, file) {
  zone.dispatchEvent(new CustomEvent("photo", { detail: file }));
}

function button(text, name) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "small-button";
  made.textContent = text;
  made.dataset.test = name;
  return made;
}

function byCameraApp(zone) {
  const made = button("Take a photo", "take-photo");
  const input = document.createElement("input");
  input.type = "file";
  input.accept = "image/*";
  input.setAttribute("capture", "environment");
  input.hidden = true;
  input.addEventListener("change", () => {
    if (input.files[0]) hand(zone, input.files[0]);
    input.value = "";
  });
  made.append(input);
  made.addEventListener("click", (event) => {
    if (event.target !== input) input.click();
  });
  return made;
}

function byLivePicture(zone, isPhone) {
  const made = button(isPhone ? "Live picture" : "Use the camera", "open-camera");
  made.addEventListener("click", () => new Camera(zone, made).open());
  return made;
}

class Camera {
  constructor(zone, opener) {
    this.zone = zone;
    this.opener = opener;
    this.facing = "environment";
    this.stream = null;
    this.dialog = document.createElement("dialog");
    this.dialog.className = "camera";
    this.dialog.setAttribute("aria-label", "Camera");
    this.video = document.createElement("video");
    this.video.muted = true;
    this.video.playsInline = true;
    this.status = document.createElement("p");
    this.status.className = "soft small";
    this.status.setAttribute("role", "status");
    this.shutter = button("Take the photo", "shutter");
    this.shutter.classList.add("main");
    this.shutter.disabled = true;
    this.turn = button("Other camera", "turn-camera");
    this.turn.hidden = true;
    const close = button("Close", "close-camera");
    const actions = document.createElement("div");
    actions.className = "actions";
    actions.append(this.shutter, this.turn, close);
    this.dialog.append(this.video, this.status, actions);
    this.shutter.addEventListener("click", () => this.shoot());
    this.turn.addEventListener("click", () => this.other());
    close.addEventListener("click", () => this.dialog.close());
    // Escape closes it as well.
    this.dialog.addEventListener("close", () => this.end());
  }

  open() {
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.start();
  }

  async start() {
    this.stop();
    this.shutter.disabled = true;
    this.status.textContent = "Waiting for the camera…";
    try {
      const video = { facingMode: this.facing, width: { ideal: 1920 }, height: { ideal: 1080 } };
      const stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
      // Closed while the browser was asking.
      if (!this.dialog.open) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      this.stream = stream;
      this.video.srcObject = stream;
      await this.video.play();
      this.shutter.disabled = false;
      this.status.textContent = "";
      const devices = await navigator.mediaDevices.enumerateDevices();
      this.turn.hidden = devices.filter((device) => device.kind === "videoinput").length < 2;
      this.shutter.focus();
    } catch (error) {
      if (this.dialog.open) this.status.textContent = reason(error);
    }
  }

  other() {
    this.facing = this.facing === "environment" ? "user" : "environment";
    this.start();
  }

  shoot() {
    const canvas = document.createElement("canvas");
    canvas.width = this.video.videoWidth;
    canvas.height = this.video.videoHeight;
    canvas.getContext("2d").drawImage(this.video, 0, 0);
    canvas.toBlob((blob) => {
      if (!blob) {
        this.status.textContent = "The photo could not be made. Try once more.";
        return;
      }
      hand(this.zone, new File([blob], "camera.jpg", { type: "image/jpeg" }));
      this.dialog.close();
    }, "image/jpeg", 0.92);
  }

  stop() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
  }

  end() {
    this.stop();
    this.dialog.remove();
    this.opener.focus();
  }
}

function reason(error) {
  switch (error.name) {
    case "NotAllowedError":
      return "The browser may not use the camera. Allow it in the address bar, or choose a file instead.";
    case "NotFoundError":
    case "OverconstrainedError":
      return "No camera was found. Choose a file instead.";
    case "NotReadableError":
      return "Another program is using the camera. Close it, and try once more.";
    default:
      return "The camera does not start. Choose a file instead.";
  }
}
