// On a phone the rows of a table of a few columns become cards (site.css): each cell then says what it is.
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("table.docutils")) {
    const labels = [...table.querySelectorAll("thead th")].map((cell) => cell.textContent.trim());
    const sentences = [...table.querySelectorAll("td")].some((cell) => cell.textContent.length > 40);
    if (labels.length < 3 || labels.length > 6 || !sentences) continue;
    table.classList.add("cards");
    // What is shown as something else remains a table for people who do not see it.
    table.setAttribute("role", "table");
    for (const row of table.rows) {
      row.setAttribute("role", "row");
      for (const cell of row.cells) {
        cell.setAttribute("role", cell.tagName === "TH" ? "columnheader" : "cell");
        if (cell.cellIndex) cell.dataset.label = labels[cell.cellIndex];
        cell.classList.toggle("nothing", !cell.textContent.trim());
      }
    }
  }
});

// The list of versions, where the site is published with more than one.
document.addEventListener("DOMContentLoaded", async () => {
  const box = document.querySelector(".versions");
  if (!box) return;
  const root = new URL(document.documentElement.dataset.content_root + "../", location.href);
  const answer = await fetch(new URL("versions.json", root));
  if (!answer.ok) return;
  const { versions, newest } = await answer.json();
  const here = box.dataset.version;
  const select = box.querySelector("select");
  select.replaceChildren(
    ...versions.map((name) => new Option(name === newest ? `${name} (newest)` : name, name, false, name === here)),
  );
  const page = location.href.slice(new URL(document.documentElement.dataset.content_root, location.href).href.length);
  select.addEventListener("change", async () => {
    const same = new URL(`${select.value}/${page}`, root);
    const found = (await fetch(same, { method: "HEAD" })).ok;
    location.href = found ? same : new URL(`${select.value}/index.html`, root);
  });
  if (newest && here !== newest && here !== "dev") {
    const note = document.createElement("p");
    note.className = "older";
    const link = document.createElement("a");
    link.href = new URL(`${newest}/index.html`, root);
    link.textContent = newest;
    note.append(`This is version ${here}. The newest is `, link, ".");
    document.querySelector("article")?.prepend(note);
  }
});
