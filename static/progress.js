// Follows something that changes by itself (a run, a release being checked) and loads the page anew when it has ended.

const place = document.querySelector("[data-events]");
if (place) follow(place);

function follow(place) {
  const status = document.querySelector("[data-status]");
  const headline = place.querySelector("[data-headline]");
  const detail = place.querySelector("[data-detail]");
  const events = new EventSource(place.dataset.events);
  // A marketplace that is being restarted may take a while to answer again.
  const again = (delay) => {
    events.close();
    if (delay === 0) {
      location.reload();
      return;
    }
    setTimeout(async () => {
      const alive = await fetch("/health/live").then((answer) => answer.ok, () => false);
      if (alive) location.reload();
      else again(delay);
    }, delay);
  };
  // A list of what is followed, which changes with it: taken from the page anew, one request at a time.
  const list = document.querySelector("[data-renew]");
  let renewing = false;
  let afterwards = false;
  const renew = async () => {
    if (renewing) {
      afterwards = true;
      return;
    }
    renewing = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const rows = page.querySelectorAll("[data-renew] > *");
      for (const [index, row] of [...list.children].entries()) {
        if (rows[index] && rows[index].outerHTML !== row.outerHTML) row.replaceWith(document.adoptNode(rows[index]));
      }
    } catch {
      // The next news, or the end, bring it up to date.
    }
    renewing = false;
    if (afterwards) {
      afterwards = false;
      renew();
    }
  };
  events.addEventListener("progress", (event) => {
    const news = JSON.parse(event.data);
    if (news.final) {
      again(0);
      return;
    }
    if (status) {
      status.className = `pill ${news.status}`;
      status.textContent = news.label;
    }
    place.className = place.className.replace(/\b(queued|running|checking)\b/, news.status);
    if (headline) headline.textContent = news.headline;
    if (detail) detail.textContent = news.detail;
    if (list) renew();
  });
  // "end" without a final state: the marketplace is being restarted.
  events.addEventListener("end", () => again(2000));
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) again(3000);
  });
  window.addEventListener("pagehide", () => events.close());
}
