// The answer page: words selected in the letter, by mouse, finger or keys, become the passage of a suggestion.

const letter = document.querySelector(".sheet .letter");
const form = document.querySelector("form[data-suggest]");
const bar = document.querySelector("[data-selected]");
const HIDE_AFTER = 400; // milliseconds; a finger on the button ends the selection before it presses
const TELL_AFTER = 700; // one who listens is told once, not at each word

if (letter && form && bar) {
  const { passage, replacement } = form.elements;
  const panel = form.closest("details");
  const told = bar.querySelector("[aria-live]");
  let words = "", hiding, telling;

  document.addEventListener("selectionchange", () => {
    const found = selected();
    clearTimeout(hiding);
    clearTimeout(telling);
    if (found) {
      words = found;
      bar.hidden = false;
      telling = setTimeout(() => { told.textContent = "The button after the letter suggests a change to these words."; }, TELL_AFTER);
    } else if (!bar.contains(document.activeElement)) {
      hiding = setTimeout(hide, HIDE_AFTER);
    }
  });

  bar.querySelector("button").addEventListener("click", () => {
    quote(words);
    hide();
  });

  panel.querySelector("form[data-quote]").addEventListener("submit", (event) => {
    event.preventDefault();
    quote(event.target.elements.paragraph.selectedOptions[0].dataset.words);
  });

  for (const hint of panel.querySelectorAll("[data-with-script]")) hint.hidden = false;

  function quote(text) {
    panel.open = true;
    // What somebody has written for another passage is theirs: it is not written over.
    if (!replacement.value || replacement.value === passage.value) replacement.value = text;
    passage.value = text;
    replacement.focus();
  }

  function hide() {
    bar.hidden = true;
    told.textContent = "";
  }

}

function selected() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return "";
  const range = selection.getRangeAt(0).cloneRange();
  if (!range.intersectsNode(letter)) return "";
  if (!letter.contains(range.startContainer)) range.setStart(letter, 0);
  if (!letter.contains(range.endContainer)) range.setEnd(letter, letter.childNodes.length);
  const part = range.cloneContents();
  for (const number of part.querySelectorAll(".footnote-ref, .footnote-backref")) number.remove();
  for (const block of part.querySelectorAll("p, li, h1, h2, h3, h4, h5, h6, br")) block.after("\n\n");
  return part.textContent.split(/\n\s*\n/).map((one) => one.replace(/\s+/g, " ").trim()).filter(Boolean).join("\n\n");
}
