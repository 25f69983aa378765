// Tables that can be sorted by any column: the heading becomes a button. Without scripts rows stand as they came.

const words = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

for (const table of document.querySelectorAll("table[data-sortable]")) {
  const body = table.tBodies[0];
  if (!body || body.rows.length < 2) continue;
  const given = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    if (head.matches("[data-unsorted]") || !head.textContent.trim()) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      // Up, down, and back to the order that was given.
      const next = { ascending: "descending", descending: null }[head.getAttribute("aria-sort")];
      const order = next === undefined ? "ascending" : next;
      for (const other of heads) other.removeAttribute("aria-sort");
      if (order) head.setAttribute("aria-sort", order);
      body.append(...(order ? sorted(given, column, order === "ascending" ? 1 : -1) : given));
    });
  });
}

function sorted(rows, column, direction) {
  const key = (row) => {
    const cell = row.cells[column];
    return cell?.dataset.value ?? cell?.textContent.trim() ?? "";
  };
  return [...rows].sort((a, b) => {
    const [left, right] = [key(a), key(b)];
    // Nothing comes last, whichever way.
    if (!left || !right) return Number(!left) - Number(!right);
    const [x, y] = [number(left), number(right)];
    const difference = Number.isNaN(x) || Number.isNaN(y) ? words.compare(left, right) : x - y;
    return direction * difference;
  });
}

// "12 %" and "3.5 ms" go by their number.
function number(text) {
  const found = /^[-−+]?\d[\d  ]*(?:\.\d+)?(?:e[-+]?\d+)?(?=\s?[%\p{L}]*$)/u.exec(text);
  return found ? Number(found[0].replace("−", "-").replace(/[  ]/g, "")) : NaN;
}
