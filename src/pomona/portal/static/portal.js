// Small comforts. Every page works without this file.

// Tick all rows at once, and say how many are ticked.
for (const form of document.querySelectorAll("form[data-selection]")) {
  const all = form.querySelector("[data-all]");
  const boxes = [...form.querySelectorAll("tbody input[type=checkbox]")];
  const said = form.querySelector("[data-count]");
  const tell = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    if (said) said.textContent = ticked === 1 ? "1 device selected" : `${ticked} devices selected`;
    if (all) {
      all.checked = ticked > 0 && ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    }
  };
  if (all) {
    all.closest("label").hidden = false;
    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
      tell();
    });
  }
  form.addEventListener("change", tell);
  tell();
}

// Follow something that goes on, without loading the page anew.
const follow = async (part) => {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) return location.reload();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-follow]");
  if (!fresh) return location.reload();
  part.replaceChildren(...fresh.childNodes);
  setTimeout(follow, 1000, part);
};
const going = document.querySelector("[data-follow]");
if (going) setTimeout(() => follow(going).catch(() => location.reload()), 1000);
