// The answer page: the line as it will be printed, while it is typed; and that a person has the page open.

for (const form of document.querySelectorAll("form[data-line]")) {
  const printed = form.querySelector(".printed");
  const line = printed.querySelector(".printed-line");
  const { name, group, signatory, role, show_signatory: shown } = form.elements;
  const draw = () => {
    const who = shown.checked ? [one(signatory), one(role)].filter(Boolean).join(", ") : "";
    const parts = [words("printed-organisation", one(name))];
    if (who) parts.push(document.createElement("br"), words("printed-signatory", who));
    line.replaceChildren(...parts);
    if (group) printed.querySelector(".printed-group bdi")?.replaceChildren(group.value);
  };
  form.addEventListener("input", draw);
  draw(); // a browser may have put back what was typed before

  const detail = form.elements.authority_detail;
  const field = detail.closest(".field");
  const [label, hint] = [field.querySelector("label"), field.querySelector(".hint")];
  const asked = label.textContent;
  const ask = () => {
    const authority = form.elements.authority.value;
    const told = field.parentElement.dataset[authority];
    field.hidden = !told && !detail.value;
    label.textContent = told ?? asked;
    if (hint) hint.hidden = Boolean(told);
    // A date is easier picked than typed; what is no date yet would be lost in a date field.
    detail.type = authority === "trustees" && /^(\d{4}-\d\d-\d\d)?$/.test(detail.value) ? "date" : "text";
  };
  form.addEventListener("change", ask);
  ask();

  const part = form.querySelector("[data-logo]");
  if (part) logo(form, printed, part);
}

// The logo beside the line, at its size on paper, as soon as a file is chosen and that it may be printed is ticked.
function logo(form, printed, part) {
  const LARGEST = 4 * 1024 * 1024; // bytes, as the site has it
  const { logo: file, show_logo: shown, remove_logo: gone } = form.elements;
  const wrong = document.createElement("p");
  const errors = document.createElement("div");
  errors.className = "errors";
  errors.setAttribute("role", "alert");
  file.before(errors);
  const kept = part.querySelector("img");
  let chosen = null;

  const draw = () => {
    const what = chosen ?? (kept && !gone?.checked ? kept : null);
    printed.querySelector(".printed-logo")?.remove();
    if (!what || !shown.checked) return;
    const place = document.createElement("p");
    place.className = "printed-logo";
    place.append(what === kept ? kept.cloneNode() : what);
    printed.append(place);
  };
  const choose = async () => {
    chosen = null;
    errors.replaceChildren();
    const [picked] = file.files;
    if (picked?.size > LARGEST) {
      wrong.textContent = "This file is larger than 4 MB. Choose a smaller copy of the logo.";
      errors.replaceChildren(wrong);
      file.value = ""; // sent, it would be refused, and one far too large would take the whole form with it
    } else if (picked) {
      chosen = await picture(picked, form.elements.name).catch(() => null); // the site says what is wrong with it
    }
    draw();
  };
  file.addEventListener("change", choose);
  for (const tick of [shown, gone]) tick?.addEventListener("change", draw);
  if (file.files.length) choose();
  draw();
}

async function picture(file, name) {
  const bitmap = await createImageBitmap(file);
  const canvas = document.createElement("canvas");
  // Enough points for a sharp screen; the style sheet gives it its size.
  const scale = Math.min(1, 360 / bitmap.width, 180 / bitmap.height);
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `Logo of ${one(name)}`);
  return canvas;
}

function one(field) {
  return field.value.trim().replace(/\s+/g, " ");
}

function words(kind, text) {
  const made = document.createElement("bdi");
  made.className = kind;
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
if (page) for (const kind of TOUCHES) addEventListener(kind, touched, { passive: true });
