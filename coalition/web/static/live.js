// The tracker moves by itself: told that something has happened, it fetches its own page's live part and takes over
// what differs, so that ticks, focus, scrolling, an open list and what is being typed stay.

const NAP = 1000; // milliseconds between two fetches at least
let live = document.querySelector("[data-live]");
let stream = null;
let fetching = null;
let again = false;

const said = document.createElement("p");
said.className = "live-said";
said.setAttribute("role", "status"); // polite

function open() {
  if (stream || document.hidden) return;
  stream = new EventSource(`${live.dataset.live}?seen=${encodeURIComponent(live.dataset.seen)}`);
  stream.addEventListener("changed", (event) => {
    const news = JSON.parse(event.data);
    if (news.length) said.textContent = `${news.join(", ")}.`;
    fetching ? (again = true) : take();
  });
  stream.addEventListener("end", close);
}

// A browser has few connections to one site: a window that nobody sees gives its own back.
function close() {
  stream?.close();
  stream = null;
}

async function take() {
  fetching = new AbortController();
  try {
    const answer = await fetch(location.href, { headers: { "X-Part": "live" }, signal: fetching.signal });
    const type = answer.headers.get("content-type") ?? "";
    if (answer.ok && !answer.redirected && type.startsWith("text/html")) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-live]");
      if (fresh) become(live, fresh);
      document.dispatchEvent(new Event("live"));
    }
  } catch {
    // Offline: the next event, or a reload, shows it.
  }
  await new Promise((done) => setTimeout(done, NAP));
  fetching = null;
  if (again) {
    again = false;
    take();
  }
}

// Makes `old` like `fresh`, changing as little as that needs. What a person has done to a field is theirs.
function become(old, fresh) {
  if (old.isEqualNode(fresh) || old.dataset?.keep !== undefined) return;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  let place = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const kept = wanted.id ? [...old.children].find((child) => child.id === wanted.id) : null;
    if (kept) {
      if (kept === place) place = place.nextSibling;
      else old.insertBefore(kept, place);
      become(kept, wanted);
    } else if (place && !place.id && !wanted.id && place.nodeName === wanted.nodeName) {
      const next = place.nextSibling;
      if (place.nodeType === Node.ELEMENT_NODE) become(place, wanted);
      else if (place.nodeValue !== wanted.nodeValue) place.nodeValue = wanted.nodeValue;
      place = next;
    } else {
      old.insertBefore(wanted, place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

if (live) {
  live.before(said);
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
}
