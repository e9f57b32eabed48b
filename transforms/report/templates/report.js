document.addEventListener("DOMContentLoaded", () => {
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];

  // One currency at a time: amounts of two cannot be compared.
  const sections = all("section[data-currency]");
  const switcher = document.getElementById("currencies");
  const show = (slug) => {
    sections.forEach((section) => { section.hidden = section.dataset.currency !== slug; });
    all("button", switcher).forEach((b) => b.setAttribute("aria-pressed", String(b.value === slug)));
  };
  if (sections.length > 1) {
    switcher.hidden = false;
    all("button", switcher).forEach((b) => b.addEventListener("click", () => {
      history.replaceState(null, "", "#" + b.value);
      show(b.value);
    }));
    const asked = decodeURIComponent(location.hash.slice(1));
    show(sections.some((s) => s.dataset.currency === asked) ? asked : sections[0].dataset.currency);
  }

  // A chart or cell shows its figures in a tooltip when it is pointed at or touched.
  const tip = document.getElementById("tip");
  let marked = null;
  const leave = () => { if (marked) marked.classList.remove("on"); marked = null; tip.hidden = true; };
  // A day of a chart shows its row of the table below the chart.
  const words = (target) => {
    if (target.dataset.tip) return target.dataset.tip;
    const table = target.closest("figure").querySelector("table");
    const row = table.tBodies[0].rows[all(".day", target.ownerSVGElement).indexOf(target)];
    const [, ...heads] = all("th", table.tHead).map((head) => head.textContent);
    return [row.cells[0].textContent, ...heads.map((head, i) => `${head} ${row.cells[i + 1].textContent}`)].join("\n");
  };
  const point = (event) => {
    const target = event.target.closest("[data-tip], .day");
    if (!target) { leave(); return; }
    if (marked !== target) {
      leave();
      marked = target;
      target.classList.add("on");
      tip.textContent = words(target);
    }
    tip.hidden = false;
    const x = event.clientX + 16 + tip.offsetWidth > innerWidth ? event.clientX - 16 - tip.offsetWidth : event.clientX + 16;
    tip.style.left = Math.max(6, Math.min(x, innerWidth - tip.offsetWidth - 6)) + "px";
    tip.style.top = Math.max(6, Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 6)) + "px";
  };
  document.addEventListener("pointermove", point);
  document.addEventListener("pointerdown", point);
  document.addEventListener("scroll", leave, { passive: true, capture: true });

  // Tables that sort by any column, and show the rows that hold a word.
  const value = (row, index) => {
    const cell = row.cells[index];
    if (cell.dataset.v === undefined) return cell.textContent.trim().toLowerCase();
    return cell.dataset.v === "" ? null : Number(cell.dataset.v);
  };
  const compare = (a, b) => (typeof a === "number" ? a - b : a < b ? -1 : a > b ? 1 : 0);
  const sort = (table, head, index) => {
    const isNumber = head.classList.contains("num");
    const now = head.getAttribute("aria-sort");
    const way = now ? (now === "ascending" ? "descending" : "ascending") : isNumber ? "descending" : "ascending";
    all("th[aria-sort]", table.tHead).forEach((th) => th.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", way);
    const keyed = [...table.tBodies[0].rows].map((row) => [value(row, index), row]);
    keyed.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);  // an empty cell sorts last in either direction
      return way === "ascending" ? compare(a, b) : compare(b, a);
    });
    table.tBodies[0].append(...keyed.map(([, row]) => row));
  };
  all("table[data-sortable]").forEach((table) => all("thead th", table).forEach((head, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(table, head, index));
  }));
  all(".filter").forEach((filter) => {
    const input = filter.querySelector("input");
    const table = document.getElementById(input.getAttribute("aria-controls"));
    const rows = [...table.tBodies[0].rows];
    const told = filter.querySelector("output");
    const apply = () => {
      const word = input.value.trim().toLowerCase();
      rows.forEach((row) => { row.hidden = !row.textContent.toLowerCase().includes(word); });
      told.textContent = word ? `${rows.filter((row) => !row.hidden).length} of ${rows.length}` : "";
    };
    filter.hidden = false;
    input.addEventListener("input", apply);
  });
});
