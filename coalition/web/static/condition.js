// Endorsing on a condition: of what it can wait for, only what is asked about the one that is chosen. What is put aside
// is kept on the page, and not sent.

const chosen = [...document.querySelectorAll('input[name="condition"]')];
const asked = document.querySelectorAll("[data-condition]");

function draw() {
  const kind = chosen.find((one) => one.checked)?.value ?? "";
  for (const part of asked) {
    part.hidden = part.dataset.condition !== kind;
    for (const control of part.querySelectorAll("input, textarea")) control.disabled = part.hidden;
  }
}

for (const one of chosen) one.addEventListener("change", draw);
addEventListener("pageshow", draw); // a browser may have put back what was chosen before
draw();
