// A name is looked up in the register while it is typed. The page works the same without, by its "Look up" button.

const place = document.querySelector("[data-register]");
const form = place?.closest("form");
const PAUSE = 500; // milliseconds without a key before the register is asked
const SHORTEST = 3;
let timer = 0;
let asked = null;

form?.elements.name.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(lookUp, PAUSE);
});
form?.elements.register_id.addEventListener("input", () => {
  for (const radio of place.querySelectorAll("input[name=pick]")) radio.checked = false; // what is typed counts
});
place?.addEventListener("change", (event) => {
  if (event.target.name === "pick") form.elements.register_id.value = event.target.value;
});

async function lookUp() {
  const name = form.elements.name.value.trim();
  asked?.abort(); // only the newest matters
  if (name.length < SHORTEST) return place.replaceChildren();
  asked = new AbortController();
  try {
    const answer = await fetch(`${place.dataset.register}?${new URLSearchParams({ name })}`, { signal: asked.signal });
    if (answer.ok) show(await answer.json());
  } catch {
    // Offline, signed out, or overtaken by the next key: the form needs none of it.
  }
}

function show({ candidates, problem, name }) {
  if (problem) return place.replaceChildren(made("p", { className: "hint" }, problem));
  if (!candidates.length) {
    return place.replaceChildren(
      made("p", { className: "hint" }, `The register knows nothing like “${name}”. Go on without it.`),
    );
  }
  const number = form.elements.register_id;
  const sure = candidates.filter((one) => one.match && one.register_id);
  const chosen = number.value || (sure.length === 1 ? sure[0].register_id : "");
  if (!number.value) number.value = chosen;
  place.replaceChildren(
    made("fieldset", { className: "field" },
      made("legend", {}, "Is it one of these in the register?"),
      ...candidates.map((one, at) => row(one, at, chosen)),
      choice("pick-none", "", "None of these", !candidates.some((one) => one.register_id && one.register_id === chosen)),
    ),
  );
}

function row(one, at, chosen) {
  const shown = made("bdi", {}, one.name);
  const line = one.register_id
    ? choice(`pick-${at + 1}`, one.register_id, shown, one.register_id === chosen)
    : made("div", { className: "check" }, shown);
  const known = [one.register_id || one.id, one.kind, `score ${Math.round(one.score)}`, one.match && "the register is sure"];
  line.append(" ", made("span", { className: "faded" }, known.filter(Boolean).join(" · ")));
  if (one.link) {
    const link = made("a", { href: one.link, target: "_blank", rel: "noopener noreferrer" }, "See it");
    link.setAttribute("aria-label", `See ${one.name} in the register`);
    line.append(" ", link);
  }
  return line;
}

function choice(id, value, label, checked) {
  return made("div", { className: "check" },
    made("input", { type: "radio", name: "pick", id, value, checked }),
    made("label", { htmlFor: id }, label),
  );
}

function made(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}
