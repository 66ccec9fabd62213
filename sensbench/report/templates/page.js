// Without this script everything can be read: it sorts and filters tables, marks the place in the
// contents, says what can be scrolled, and opens what a link leads into.
(() => {
  const all = (what, within = document) => [...within.querySelectorAll(what)];
  const number = (cell) => {
    const text = cell.textContent.replace(/[,\s]/g, "").replace(/−/g, "-");
    const value = parseFloat(text);
    return Number.isNaN(value) ? null : value;
  };
  const ofText = new Intl.Collator("en", { numeric: true });
  const before = (a, b) =>
    a[0] === null || b[0] === null
      ? (a[0] === null) - (b[0] === null) || ofText.compare(a[1], b[1])
      : a[0] - b[0];
  const sort = (table, head, at) => {
    const down = head.getAttribute("aria-sort") === "ascending";
    all("th", table.tHead).forEach((th) => th.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const keyed = [...table.tBodies[0].rows].map((row) => {
      const cell = row.cells[at];
      return [at === 0 ? null : number(cell), cell.textContent, row];
    });
    keyed.sort((a, b) => (down && (a[0] === null) === (b[0] === null) ? -1 : 1) * before(a, b));
    table.tBodies[0].append(...keyed.map((entry) => entry[2]));
  };
  all("table[data-sort]").forEach((table) => {
    const rows = [...table.tBodies[0].rows];
    if (rows.length > 1) {
      [...table.tHead.rows[0].cells].forEach((head, at) => {
        const button = document.createElement("button");
        button.type = "button";
        button.append(...head.childNodes);
        head.append(button);
        button.onclick = () => sort(table, head, at);
      });
    }
    if (rows.length > 12) {
      const label = document.createElement("label");
      const input = document.createElement("input");
      const said = document.createElement("output");
      label.className = "filter";
      input.type = "search";
      label.append("Rows with", input, said);
      table.parentNode.before(label);
      input.oninput = () => {
        const word = input.value.toLowerCase();
        rows.forEach((row) => (row.hidden = !row.textContent.toLowerCase().includes(word)));
        const left = rows.filter((row) => !row.hidden).length;
        said.textContent = word ? `${left} of ${rows.length}` : "";
      };
    }
  });
  const links = all("nav a");
  const places = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
  const here = () => {
    let now = 0;
    places.forEach((place, k) => {
      if (place && place.getBoundingClientRect().top < innerHeight * 0.3) now = k;
    });
    links.forEach((link, k) =>
      k === now ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current"));
  };
  const wide = () => all(".scroll").forEach((region) =>
    region.toggleAttribute("data-more", region.scrollWidth > region.clientWidth + 1));
  const open = () => {
    const place = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!place) return;
    all(":scope > details", place).forEach((inner) => (inner.open = true));
    for (let at = place; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    place.scrollIntoView();
  };
  addEventListener("scroll", here, { passive: true });
  addEventListener("resize", wide);
  document.addEventListener("toggle", wide, true);
  addEventListener("hashchange", open);
  here();
  wide();
  open();
})();
