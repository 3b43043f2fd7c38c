// The tracker's ticks: all of the page with one, or all that the filter shows; and how many are ticked.

const boxes = () => [...document.querySelectorAll("form[data-pick] input[name=pick]")];
const everybody = () => document.querySelector("form[data-pick] input[name=all]");
const words = () => document.querySelector("[data-picked]");
const all = document.createElement("input");
all.type = "checkbox";
all.setAttribute("aria-label", "Tick all on this page");
let none = "";

function draw() {
  const head = document.querySelector("form[data-pick] thead .pick");
  if (!head) return;
  if (!head.contains(all)) {
    head.replaceChildren(all);
    none = words().textContent;
  }
  const rows = boxes();
  const whole = everybody()?.checked ?? false;
  const picked = rows.filter((box) => box.checked).length;
  for (const box of rows) box.disabled = whole; // all means all: nobody is asked which ticks count
  all.disabled = whole;
  all.checked = picked === rows.length;
  all.indeterminate = picked > 0 && !all.checked;
  const shown = whole ? "All of them" : picked ? `${picked} ticked` : none;
  if (words().textContent !== shown) words().textContent = shown;
}

all.addEventListener("change", () => {
  for (const box of boxes()) box.checked = all.checked;
});
document.addEventListener("change", draw);
document.addEventListener("live", draw);
draw(); // a browser may have put ticks back
