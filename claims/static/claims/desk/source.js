// The page of a source: forms that open in place, what they send, and the search for another source.

import { attempt, send } from "./desk.js";

const page = document.getElementById("source");

function opened(form, open) {
  form.hidden = !open;
  const button = page.querySelector(`[data-opens="${form.id}"]`);
  button?.setAttribute("aria-expanded", String(open));
  if (open) form.querySelector("input:not([type=hidden]), textarea")?.focus();
  else button?.focus();
}

for (const button of page.querySelectorAll("[data-opens]")) {
  const form = document.getElementById(button.dataset.opens);
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-controls", form.id);
  button.addEventListener("click", () => opened(form, form.hidden));
}

for (const form of page.querySelectorAll("form[data-action]")) {
  form.querySelector("[data-closes]").addEventListener("click", () => opened(form, false));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") opened(form, false);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = Object.fromEntries(new FormData(form));
    const version = Number(form.dataset.version ?? page.dataset.version);
    const press = form.querySelector("button[type=submit]");
    press.disabled = true;
    const told = await attempt(() => send(form.dataset.action, { ...said, version }));
    press.disabled = false;
    if (told) window.location.reload();
  });
}

/** A field that offers sources by name while somebody types: arrow keys and Enter, or the mouse. */
function searching(place) {
  const field = place.querySelector("[role=combobox]");
  const list = place.querySelector("[role=listbox]");
  const status = place.querySelector("[role=status]");
  const chosen = place.querySelector("input[type=hidden]");
  let found = [];
  let at = -1;
  let waiting;
  let asked = 0;

  const close = () => {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
    at = -1;
  };
  const point = (to) => {
    at = to;
    [...list.children].forEach((line, index) => line.setAttribute("aria-selected", String(index === at)));
    if (at >= 0) {
      field.setAttribute("aria-activedescendant", list.children[at].id);
      list.children[at].scrollIntoView({ block: "nearest" });
    }
  };
  const choose = (source) => {
    field.value = source.name;
    chosen.value = source.uid;
    field.setCustomValidity("");
    status.textContent = source.about;
    close();
  };
  const show = (sources) => {
    found = sources;
    list.replaceChildren(...sources.map(line));
    list.hidden = !sources.length;
    field.setAttribute("aria-expanded", String(Boolean(sources.length)));
    status.textContent = sources.length ? `${sources.length} ${place.dataset.some}` : place.dataset.none;
    at = -1;
  };
  const line = (source, index) => {
    const item = document.createElement("li");
    const name = document.createElement("bdi");
    const about = document.createElement("span");
    item.id = `${list.id}-${index}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    name.textContent = source.name;
    about.className = "dk-quiet";
    about.textContent = source.about;
    item.append(name, about);
    item.addEventListener("mousedown", (event) => {
      event.preventDefault();
      choose(source);
    });
    return item;
  };
  const look = async () => {
    const mine = ++asked;
    const answer = await fetch(`${place.dataset.search}?q=${encodeURIComponent(field.value)}`, { credentials: "same-origin" });
    const told = answer.ok ? await answer.json() : { found: [] };
    if (mine === asked) show(told.found);
  };

  field.setCustomValidity(place.dataset.none);
  field.addEventListener("input", () => {
    chosen.value = "";
    field.setCustomValidity(place.dataset.none);
    clearTimeout(waiting);
    waiting = setTimeout(look, 200);
  });
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      point(at < 0 && step < 0 ? found.length - 1 : (at + step + found.length) % found.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (at >= 0) choose(found[at]);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
  });
  field.addEventListener("blur", close);
}

for (const place of page.querySelectorAll("[data-search]")) searching(place);
if (new URLSearchParams(window.location.search).has("word")) document.getElementById("listed")?.focus();
