// What the admin's own scripts may not do here, and names that its widgets leave out.

// The Content-Security-Policy refuses both; without this htmx would try.
htmx.config.includeIndicatorStyles = false; // it would write a style element into the page
htmx.config.allowEval = false;
htmx.config.selfRequestsOnly = true;

/** What a field is called: its label, or the heading of its column in a table of fields. */
function nameOf(field) {
  const label = field.labels?.[0] ?? (field.id && document.querySelector(`label[for="${CSS.escape(field.id)}"]`));
  if (label) return label.textContent.trim();
  const cell = field.closest("td");
  const headings = cell?.closest("table")?.tHead?.rows[0]?.cells;
  return headings?.[cell.cellIndex]?.textContent.trim() ?? "";
}

/** Give everything in this part of the page a name that can be read aloud. */
function nameFields(part) {
  for (const field of part.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    if (field.labels?.length || field.hasAttribute("aria-label") || field.hasAttribute("aria-labelledby")) continue;
    const name = nameOf(field);
    if (name) field.setAttribute("aria-label", name);
  }
  for (const select of part.querySelectorAll("select.select2-hidden-accessible")) {
    const name = nameOf(select) || select.getAttribute("aria-label");
    const shown = select.nextElementSibling;
    if (!name || !shown) continue;
    for (const box of shown.querySelectorAll("[role=combobox], [role=textbox], [role=searchbox]")) box.setAttribute("aria-label", name);
  }
  for (const hint of part.querySelectorAll("span.help-tooltip[aria-label]")) hint.setAttribute("role", "img");
}

window.addEventListener("load", () => setTimeout(() => nameFields(document))); // once the widgets are there
document.addEventListener("formset:added", (event) => setTimeout(() => nameFields(event.target)));
