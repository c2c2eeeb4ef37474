// The conflict queue: working through it by keys, by mouse or by touch, and deciding about several in the list.

import { Refused, attempt, onKey, send, tell } from "./desk.js";

const UNDONE_AT_MOST = 50;
const UNDO = "conflicts-undo";
const TOLD = "conflicts-told";

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

/** Take the last press back; returns where to go, or undefined when nothing was undone. */
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
  if (answer) tell(answer.told);
  return answer?.next;
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

let item = document.getElementById("cq-item");
let ahead = { address: "", page: null }; // the next one, fetched while this one is read

function word(name) {
  return item.querySelector(".cq-words").content.querySelector(`[data-word=${name}]`).textContent;
}

async function load(address) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (!answer.ok) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.getElementById("cq-item") ? { page, address: answer.url } : null;
}

/** Show another conflict in this one's place. What cannot be shown so is opened as a page of its own. */
async function show(address, { added = true, note = "", changed = "" } = {}) {
  const waiting = ahead.address === address ? ahead.page : null;
  ahead = { address: "", page: null };
  const found = (await waiting) ?? (await load(address).catch(() => null));
  if (!found) {
    location.assign(address);
    return;
  }
  const fresh = document.adoptNode(found.page.getElementById("cq-item"));
  item.replaceWith(fresh);
  item = fresh;
  document.title = found.page.title;
  if (added) history.pushState({}, "", found.address);
  window.scrollTo(0, 0);
  arrive({ note, changed });
  item.querySelector("#cq-why").focus({ preventScroll: true });
}

function arrive({ note = "", changed = "" } = {}) {
  const field = item.querySelector("#cq-note");
  if (field && note) field.value = note;
  if (changed) {
    const place = item.querySelector(".cq-changed");
    place.hidden = false;
    place.querySelector("p").textContent = `${changed} ${word("changed")}`;
  }
  item.querySelector("[data-undo]").disabled = undoable().length === 0;
  const after = item.dataset.after;
  if (after) {
    const later = window.requestIdleCallback ?? ((act) => setTimeout(act, 200));
    const here = item;
    later(() => {
      if (item === here) ahead = { address: after, page: load(after).catch(() => null) };
    });
  }
}

function walk(address, otherwise) {
  if (address) return alone(() => show(address));
  tell(otherwise);
  return undefined;
}

async function decide(decision) {
  if (!item.querySelector(`button[data-decision=${decision}]`)) {
    tell(word("cannot"));
    return;
  }
  const note = item.querySelector("#cq-note").value;
  const said = { decision, note, seen: Number(item.dataset.seen) };
  let answer;
  try {
    answer = await send(decision === "same" ? item.dataset.same : item.dataset.decide, said);
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    if (refused.status === 412) {
      ahead = { address: "", page: null };
      await show(location.href, { added: false, note, changed: refused.message });
    } else {
      tell(refused.message, { tone: "bad", seconds: 15 });
    }
    return;
  }
  remember([answer.undo]);
  tell(answer.told);
  ahead = { address: "", page: null }; // it would tell the places as they were before this decision
  await show(answer.next);
}

async function undo() {
  const address = await undoLast(word("nothing"));
  if (address) {
    ahead = { address: "", page: null };
    await show(address);
  }
}

function writeNote() {
  const field = item.querySelector("#cq-note");
  if (field) field.focus();
  else tell(word("cannot"));
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

  document.addEventListener("click", (event) => {
    const pressed = event.target.closest("#cq-item :is(button, a[data-walk])");
    if (!pressed || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (pressed.matches("a")) {
      event.preventDefault();
      alone(() => show(pressed.getAttribute("href")));
    } else if (pressed.dataset.decision) {
      alone(() => decide(pressed.dataset.decision));
    } else if (pressed.matches("[data-undo]")) {
      alone(undo);
    } else if (pressed.matches("[data-take-back-this]")) {
      remember([item.dataset.takeBack]);
      alone(undo);
    } else if (pressed.matches("[data-help]")) {
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "?", bubbles: true }));
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.id === "cq-note") {
      event.target.blur();
      item.querySelector("#cq-why").focus({ preventScroll: true });
    }
  });
  window.addEventListener("popstate", () => alone(() => show(location.href, { added: false })));
  arrive();
}

// --- The list ---------------------------------------------------------------------------------------------------------

function decideSeveral(bulk) {
  const all = bulk.querySelector("[data-all]");
  const count = bulk.querySelector(".cq-count");
  const buttons = bulk.querySelectorAll("[data-decision]");
  const refusedPlace = document.querySelector(".cq-refused");
  const ticks = () => [...document.querySelectorAll("[data-one]")];

  function tell_ticked() {
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
      sessionStorage.setItem(TOLD, answer.told);
      location.assign(answer.next);
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
    tell_ticked();
  }

  document.addEventListener("change", (event) => {
    if (event.target === all) for (const tick of ticks()) tick.checked = all.checked;
    if (event.target.matches("[data-all], [data-one]")) tell_ticked();
  });
  for (const button of buttons) button.addEventListener("click", () => alone(() => decideTicked(button.dataset.decision)));
  tell_ticked();
}

function goThroughList(list) {
  const links = () => [...list.querySelectorAll(".cq-open")];
  const words = list.dataset;
  function step(by) {
    const places = links();
    const here = places.findIndex((link) => link.closest(".cq-row").contains(document.activeElement));
    const next = here < 0 ? 0 : Math.min(Math.max(here + by, 0), places.length - 1);
    places[next]?.focus();
  }
  onKey("j", words.next, () => step(1));
  onKey("k", words.previous, () => step(-1));
  onKey("x", words.tick, () => document.activeElement.closest(".cq-row")?.querySelector("[data-one]")?.click());
  onKey("z", words.undo, () =>
    alone(async () => {
      if (await undoLast(words.nothing)) setTimeout(() => location.reload(), 600);
    }),
  );
}

if (item) {
  workThrough();
} else {
  const told = sessionStorage.getItem(TOLD);
  const bulk = document.querySelector(".cq-bulk");
  const list = document.querySelector(".cq-list");
  sessionStorage.removeItem(TOLD);
  if (told) tell(told);
  if (bulk) decideSeveral(bulk);
  if (list) goThroughList(list);
}
