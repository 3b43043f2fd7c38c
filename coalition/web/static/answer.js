// The answer page: the line as it will be printed, while it is typed; and that a person has the page open.

for (const form of document.querySelectorAll("form[data-line]")) {
  const line = form.querySelector(".printed-line");
  const { name, signatory, role, show_signatory: shown } = form.elements;
  const draw = () => {
    const who = shown.checked ? [one(signatory), one(role)].filter(Boolean).join(", ") : "";
    line.replaceChildren(span("printed-organisation", one(name)), ...(who ? [span("printed-signatory", who)] : []));
  };
  form.addEventListener("input", draw);
  draw(); // a browser may have put back what was typed before

  const detail = form.elements.authority_detail;
  const ask = () => {
    const authority = form.elements.authority.value;
    detail.closest(".field").hidden = !["trustees", "other"].includes(authority) && !detail.value;
    // A date is easier picked than typed; what is no date yet would be lost in a date field.
    detail.type = authority === "trustees" && /^(\d{4}-\d\d-\d\d)?$/.test(detail.value) ? "date" : "text";
  };
  form.addEventListener("change", ask);
  ask();
}

function one(field) {
  return field.value.trim().replace(/\s+/g, " ");
}

function span(kind, text) {
  const made = document.createElement("span");
  made.className = kind;
  made.dir = "auto";
  made.textContent = text;
  return made;
}

// Mail scanners open links, run scripts and wait. So nothing is told on loading nor by a timer: only when somebody
// really touches the page, after having had time to see it.
const SEEN_AFTER = 2000; // milliseconds
const TOUCHES = ["pointerdown", "keydown", "touchstart"];
const page = document.querySelector("[data-read]");
let loaded = Infinity;

function touched(event) {
  if (!event.isTrusted || document.visibilityState !== "visible" || performance.now() - loaded < SEEN_AFTER) return;
  for (const kind of TOUCHES) removeEventListener(kind, touched);
  fetch(page.dataset.read, { method: "POST", keepalive: true }).catch(() => {});
}

addEventListener("load", () => { loaded = performance.now(); });
for (const kind of TOUCHES) addEventListener(kind, touched, { passive: true });
