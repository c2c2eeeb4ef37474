// What all pages of the desk share: sending, telling, and keys. Text from outside only ever enters as textContent.

/** What the server refused: its stable code, its status, and what to tell. */
export class Refused extends Error {
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

/** Send JSON to an action of the desk and return what it answers; throws Refused with words to show. */
export async function send(address, said = {}) {
  let answer;
  try {
    answer = await fetch(address, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      body: JSON.stringify(said),
    });
  } catch {
    throw new Refused(0, "unreachable", document.body.dataset.unreachable || "The server does not answer. Nothing was changed.");
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, told.code || "refused", told.detail || answer.statusText);
  return told;
}

function csrfToken() {
  return document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
}

/** Show a line at the page's corner, which is also read aloud. tone: "plain" or "bad". */
export function tell(words, { tone = "plain", seconds = 8 } = {}) {
  let place = document.querySelector(".dk-notices");
  if (!place) {
    place = document.createElement("div");
    place.className = "dk-notices";
    place.setAttribute("role", "status");
    place.setAttribute("aria-live", "polite");
    document.body.append(place);
  }
  const line = document.createElement("div");
  line.className = "dk-notice";
  line.dataset.tone = tone;
  line.textContent = words;
  place.append(line);
  setTimeout(() => line.remove(), seconds * 1000);
}

/** Do something that the server may refuse; a refusal is told, and undefined returned. */
export async function attempt(act) {
  try {
    return await act();
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    tell(refused.message, { tone: "bad", seconds: 15 });
    return undefined;
  }
}

const bound = new Map();

/** Let a key do something, and list it under "?". Keys do nothing while somebody types or a dialog is open. */
export function onKey(key, words, act) {
  bound.set(key, { words, act });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
  if (event.target.closest("input, textarea, select, [contenteditable=true], dialog[open]")) return;
  const found = bound.get(event.key);
  if (!found) return;
  event.preventDefault();
  found.act(event);
});

/** A dialog with a heading, closed by Escape; it gives the focus back to where it was. */
export function openDialog(heading, ...content) {
  const dialog = document.createElement("dialog");
  const title = document.createElement("h2");
  dialog.className = "dk-dialog";
  title.textContent = heading;
  title.id = `dialog-${Date.now()}`;
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.append(title, ...content);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

// The words of what is on every page of the desk stand at the search box, which is on every page.
const said = document.getElementById("search-box")?.dataset ?? {};

/** The keys of this page: for "?", and for whatever says ``data-help``. */
function showKeys() {
  const list = document.createElement("dl");
  list.className = "dk-keys";
  for (const [key, { words }] of bound) {
    const term = document.createElement("dt");
    const told = document.createElement("dd");
    term.className = "dk-key";
    term.textContent = key;
    told.textContent = words;
    list.append(term, told);
  }
  const close = document.createElement("button");
  close.className = "dk-button";
  close.textContent = said.closeWords ?? "Close";
  close.addEventListener("click", () => close.closest("dialog").close());
  openDialog(said.keysWords ?? "Keys", list, close);
}

onKey("?", said.showKeysWords ?? "Show the keys", showKeys);
document.addEventListener("click", (event) => event.target.closest("[data-help]") && showKeys());
