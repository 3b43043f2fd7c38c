// The order by hand without leaving the page: each button's form is sent from here, and its answer, which is this page
// as it is then, takes the list's place. A handle for the pointer is added to each row. What cannot be done from here
// (signed out, say) is sent as without scripts: a move that comes twice is done once.

const list = () => document.querySelector("[data-order]");
const said = document.createElement("p");
said.className = "live-said";
said.setAttribute("role", "status"); // polite
document.querySelector("h1").after(said);

let sending = false;

addHandles();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches(".order-deeds")) return;
  event.preventDefault();
  send(form, event.submitter);
});

async function send(form, submitter, to = "") {
  if (sending) return;
  sending = true;
  list().setAttribute("aria-busy", "true");
  const fields = new FormData(form, to ? null : submitter);
  if (to) fields.set("to", to);
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(fields) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-order]");
    if (fresh) show(fresh, form.closest("[data-standing]").id, submitter?.dataset.kind);
    else leave(form, fields);
  } catch {
    said.textContent = "The site could not be reached, so nothing was moved. Try again in a moment.";
    document.dispatchEvent(new Event("order-lost"));
  }
  list().removeAttribute("aria-busy");
  sending = false;
}

function show(fresh, row, kind) {
  const moved = fresh.querySelector("[data-moved]");
  const sentence = moved?.textContent.trim().replace(/\s+/g, " ") ?? "";
  if (moved && !moved.closest(".notice").querySelector("a")) moved.closest(".notice").remove(); // it is said, and seen
  list().replaceChildren(...fresh.childNodes);
  addHandles();
  said.textContent = sentence; // a refusal is an alert of its own
  const place = document.getElementById(row);
  const wanted = kind === "down" ? ["down", "up"] : [kind, "down"]; // at an end, the button that leads back
  const again = wanted.map((one) => place?.querySelector(`[data-kind="${one}"]:enabled`)).find(Boolean);
  if (kind === "place") place?.querySelector("input[name=place]").focus();
  else if (kind) (again ?? list().querySelector("[data-kind]:enabled"))?.focus();
}

// As the browser itself would have sent it.
function leave(form, fields) {
  if (!form.elements.namedItem("to")?.value) {
    const chosen = document.createElement("input");
    Object.assign(chosen, { type: "hidden", name: "to", value: fields.get("to") ?? `place:${fields.get("place")}` });
    form.append(chosen);
  }
  form.submit();
}

// By pointer: the row follows it among its own group, and is sent to stand next to its new neighbour.

function addHandles() {
  for (const row of document.querySelectorAll(".order-row:has(form)")) {
    const handle = document.createElement("span");
    handle.className = "order-handle";
    handle.setAttribute("aria-hidden", "true"); // the buttons do the same for everybody else
    handle.addEventListener("pointerdown", (event) => drag(event, row, handle));
    row.prepend(handle);
  }
}

function drag(event, row, handle) {
  if (sending || event.button !== 0) return;
  event.preventDefault();
  const rows = row.parentElement;
  const order = [...rows.children];
  const at = order.indexOf(row);
  const put = { x: event.clientX, y: event.clientY };
  handle.setPointerCapture(event.pointerId);
  row.classList.add("order-dragged");
  let scrolling = requestAnimationFrame(scroll);

  // Near the edge of the window the page moves on.
  function scroll() {
    const edge = 60;
    const speed = put.y < edge ? put.y - edge : Math.max(0, put.y - innerHeight + edge);
    if (speed) {
      scrollBy(0, speed / 4);
      settle();
    }
    scrolling = requestAnimationFrame(scroll);
  }

  function settle() {
    for (const other of rows.children) {
      if (other === row) continue;
      const { top, bottom } = other.getBoundingClientRect();
      if (put.y < top || put.y > bottom) continue;
      const later = row.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
      const past = put.y > (top + bottom) / 2;
      const now = [...rows.children];
      const [here, there] = [now.indexOf(row), now.indexOf(other)];
      // The others make way: a row that is taken out and put back would lose its pointer.
      if (later && past) row.before(...now.slice(here + 1, there + 1));
      else if (!later && !past) row.after(...now.slice(there, here));
      return;
    }
  }

  function back() {
    row.before(...order.slice(0, at));
    row.after(...order.slice(at + 1));
  }

  function move(moved) {
    put.x = moved.clientX;
    put.y = moved.clientY;
    settle();
  }

  function end(dropped) {
    cancelAnimationFrame(scrolling);
    row.classList.remove("order-dragged");
    handle.removeEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel"]) handle.removeEventListener(name, end);
    removeEventListener("keydown", key);
    if (dropped.type !== "pointerup") return back();
    const next = row.nextElementSibling;
    if (next === (order[at + 1] ?? null)) return;
    const to = next ? `before:${next.dataset.standing}` : `after:${row.previousElementSibling.dataset.standing}`;
    document.addEventListener("order-lost", back, { once: true });
    send(row.querySelector("form"), null, to).then(() => document.removeEventListener("order-lost", back));
  }

  function key(pressed) {
    if (pressed.key === "Escape") end(pressed);
  }

  handle.addEventListener("pointermove", move);
  for (const name of ["pointerup", "pointercancel"]) handle.addEventListener(name, end);
  addEventListener("keydown", key);
}
