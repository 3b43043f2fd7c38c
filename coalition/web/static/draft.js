// The draft's editor: the preview follows what is typed, and leaving with unsaved words is asked about.

const form = document.querySelector("form[data-part]");
const sheet = document.querySelector(".editor-preview .sheet");
const PAUSE = 400; // milliseconds without a key before the preview is asked for
let unsaved = form.dataset.unsaved !== undefined;
let timer = 0;
let asked = null;

form.addEventListener("input", () => {
  unsaved = true;
  clearTimeout(timer);
  timer = setTimeout(show, PAUSE);
});
form.addEventListener("submit", () => { unsaved = false; });
addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

async function show() {
  asked?.abort(); // only the newest matters
  asked = new AbortController();
  try {
    const answer = await fetch(form.dataset.part, { method: "POST", body: new FormData(form), signal: asked.signal });
    if (answer.ok) sheet.innerHTML = await answer.text(); // the site's own page, its text made safe there
  } catch {
    // Offline, or overtaken by the next key: the preview stays as it was.
  }
}
