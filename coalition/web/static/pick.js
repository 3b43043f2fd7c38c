// The tracker's ticks: all of the page with one, and how many are ticked.

const form = document.querySelector("form[data-pick]");
const boxes = form ? [...form.querySelectorAll("input[name=pick]")] : [];
const words = form?.querySelector("[data-picked]");

if (boxes.length && words) {
  const none = words.textContent;
  const all = document.createElement("input");
  all.type = "checkbox";
  all.setAttribute("aria-label", "Tick all on this page that can be asked");
  form.querySelector("thead .pick").replaceChildren(all);

  const count = () => {
    const picked = boxes.filter((box) => box.checked).length;
    words.textContent = picked ? `${picked} ticked` : none;
    all.checked = picked === boxes.length;
    all.indeterminate = picked > 0 && !all.checked;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    count();
  });
  form.addEventListener("change", count);
  count(); // a browser may have put ticks back
}
