// The conflict queue: working through it by keys, by mouse or by touch, and deciding about several in the list.

import { Refused, attempt, onKey, send, tell } from "./desk.js";

const UNDONE_AT_MOST = 50;
const UNDO = "conflicts-undo";
const TOLD = "conflicts-told";
const CHANGED = "conflicts-changed";

// --- What can be taken back: kept for this tab, so that it outlives going from page to page ---------------------------

function undoable() {
  try {
    return JSON.parse(sessionStorage.getItem(UNDO)) ?? [];
  } catch {
    return [];
  }
}

function remember(addresses) {
  sessionStorage.setItem(UNDO, JSON.stringify([...undoable(), addresses].slice(-UNDONE_AT_MOST)));
}

/** Take the last press back; returns what the server answered, or undefined when nothing was undone. */
async function undoLast(nothing) {
  const kept = undoable();
  const last = kept.pop();
  if (!last) {
    tell(nothing);
    return undefined;
  }
  sessionStorage.setItem(UNDO, JSON.stringify(kept));
  let answer;
  for (const address of last) answer = (await attempt(() => send(address))) ?? answer;
  return answer;
}

/** Do one thing at a time: a second press while the first is on its way does nothing. */
let busy = false;
async function alone(act) {
  if (busy) return;
  busy = true;
  try {
    await act();
  } finally {
    busy = false;
  }
}

// --- One conflict -----------------------------------------------------------------------------------------------------

const item = document.getElementById("cq-item");

function word(name) {
  return item.querySelector(".cq-words").content.querySelector(`[data-word=${name}]`).textContent;
}

/** Go on to another page, where these words are told. */
function goTo(address, told = "") {
  if (told) sessionStorage.setItem(TOLD, told);
  location.assign(address);
}

function walk(address, otherwise) {
  if (address) goTo(address);
  else tell(otherwise);
}

/** Decide, and go on to the next: one press. What changed meanwhile is shown as it is now, with the note kept. */
async function decide(decision) {
  if (!item.querySelector(`button[data-decision=${decision}]`)) {
    tell(word("cannot"));
    return;
  }
  const note = item.querySelector("#cq-note").value;
  const said = { decision, note, seen: Number(item.dataset.seen) };
  try {
    const answer = await send(decision === "same" ? item.dataset.same : item.dataset.decide, said);
    remember([answer.undo]);
    goTo(answer.next, answer.told);
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    if (refused.status === 412) {
      sessionStorage.setItem(CHANGED, JSON.stringify({ uid: item.dataset.uid, note, detail: refused.message }));
      location.reload();
    } else {
      tell(refused.message, { tone: "bad", seconds: 15 });
    }
  }
}

async function undo() {
  const done = await undoLast(word("nothing"));
  if (done) goTo(done.next, done.told);
}

function writeNote() {
  const field = item.querySelector("#cq-note");
  if (field) field.focus();
  else tell(word("cannot"));
}

/** After a refusal: what changed, and the note that was about to be recorded. */
function tellChanged() {
  const kept = JSON.parse(sessionStorage.getItem(CHANGED) ?? "{}");
  sessionStorage.removeItem(CHANGED);
  if (kept.uid !== item.dataset.uid) return;
  const place = item.querySelector(".cq-changed");
  const field = item.querySelector("#cq-note");
  place.hidden = false;
  place.querySelector("p").textContent = `${kept.detail} ${word("changed")}`;
  if (field) field.value = kept.note;
}

function workThrough() {
  onKey("j", word("next"), () => walk(item.dataset.after, word("last")));
  onKey("k", word("previous"), () => walk(item.dataset.before, word("first")));
  onKey("c", word("confirm"), () => alone(() => decide("confirm")));
  onKey("d", word("dismiss"), () => alone(() => decide("dismiss")));
  onKey("u", word("unsure"), () => alone(() => decide("unsure")));
  onKey("m", word("same"), () => alone(() => decide("same")));
  onKey("n", word("note"), writeNote);
  onKey("z", word("undo"), () => alone(undo));

  item.addEventListener("click", (event) => {
    const pressed = event.target.closest("button");
    if (!pressed) return;
    if (pressed.dataset.decision) {
      alone(() => decide(pressed.dataset.decision));
    } else if (pressed.matches("[data-undo]")) {
      alone(undo);
    } else if (pressed.matches("[data-take-back-this]")) {
      remember([item.dataset.takeBack]);
      alone(undo);
    }
  });
  item.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.id === "cq-note") item.querySelector("#cq-why").focus();
  });
  item.querySelector("[data-undo]").disabled = undoable().length === 0;
  tellChanged();
}

// --- The list ---------------------------------------------------------------------------------------------------------

function decideSeveral(bulk) {
  const all = bulk.querySelector("[data-all]");
  const count = bulk.querySelector(".cq-count");
  const buttons = bulk.querySelectorAll("[data-decision]");
  const refusedPlace = document.querySelector(".cq-refused");
  const ticks = () => [...document.querySelectorAll("[data-one]")];

  function tellTicked() {
    const ticked = ticks().filter((tick) => tick.checked).length;
    count.textContent = ticked ? `${count.dataset.some} ${ticked}` : count.dataset.none;
    for (const button of buttons) button.disabled = ticked === 0;
    all.checked = ticked > 0 && ticked === ticks().length;
    all.indeterminate = ticked > 0 && !all.checked;
  }

  async function decideTicked(decision) {
    const rows = ticks().filter((tick) => tick.checked).map((tick) => tick.closest("[data-uid]"));
    const items = rows.map((row) => ({ uid: row.dataset.uid, seen: Number(row.dataset.seen) }));
    const reason = bulk.querySelector("#cq-reason").value;
    const answer = await attempt(() => send(bulk.dataset.decide, { decision, reason, items }));
    if (!answer) return;
    if (answer.undo.length) remember(answer.undo);
    if (!answer.refused.length) {
      goTo(answer.next, answer.told);
      return;
    }
    tell(answer.told);
    for (const uid of answer.done) document.getElementById(`c-${uid}`).remove();
    refusedPlace.hidden = false;
    refusedPlace.querySelector("ul").replaceChildren(
      ...answer.refused.map(({ uid, detail }) => {
        const line = document.createElement("li");
        const link = document.createElement("a");
        link.className = "cb-link";
        link.href = document.querySelector(`#c-${uid} .cq-open`).href;
        link.textContent = document.querySelector(`#c-${uid} .cq-claim`).textContent;
        line.append(link, `: ${detail}`);
        return line;
      }),
    );
    refusedPlace.scrollIntoView({ block: "center" });
    tellTicked();
  }

  document.addEventListener("change", (event) => {
    if (event.target === all) for (const tick of ticks()) tick.checked = all.checked;
    if (event.target.matches("[data-all], [data-one]")) tellTicked();
  });
  for (const button of buttons) button.addEventListener("click", () => alone(() => decideTicked(button.dataset.decision)));
  tellTicked();
}

function goThroughList(page) {
  const words = page.dataset;
  function step(by) {
    const places = [...page.querySelectorAll(".cq-open")];
    const here = places.findIndex((link) => link.closest(".cq-row").contains(document.activeElement));
    const next = here < 0 ? 0 : Math.min(Math.max(here + by, 0), places.length - 1);
    places[next]?.focus();
  }
  async function undo() {
    const done = await undoLast(words.nothing);
    if (done) goTo(location.href, done.told);
  }
  onKey("j", words.next, () => step(1));
  onKey("k", words.previous, () => step(-1));
  const button = page.querySelector("[data-undo]");
  if (!button) return;
  onKey("x", words.tick, () => document.activeElement.closest(".cq-row")?.querySelector("[data-one]")?.click());
  onKey("z", words.undoWords, () => alone(undo));
  button.addEventListener("click", () => alone(undo));
  button.disabled = undoable().length === 0;
}

const told = sessionStorage.getItem(TOLD);
const bulk = document.querySelector(".cq-bulk");
const page = document.querySelector(".cq-page");
sessionStorage.removeItem(TOLD);
if (told) tell(told);
if (item) workThrough();
if (bulk) decideSeveral(bulk);
if (page) goThroughList(page);
