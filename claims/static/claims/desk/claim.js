// The page of a claim: setting positions, a verdict's way, and stepping through the claim's history.

import { attempt, onKey, openDialog, Refused, send, tell } from "./desk.js";

const words = document.getElementById("cm-words").dataset;
const TOLD = "claim-told"; // what came of the last press, to be told once the page has been made anew

// --- Doing, and telling what came of it ---------------------------------------------------------------------------

function again(told = "") {
  if (told) sessionStorage.setItem(TOLD, told);
  location.reload();
}

const told = sessionStorage.getItem(TOLD);
if (told) {
  sessionStorage.removeItem(TOLD);
  tell(told);
}

/** Let a form do something once it is sent; a refusal is told in it, and one for a change meanwhile offers to look. */
function whenSent(form, act) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const refused = form.querySelector("[data-refused]");
    const button = form.querySelector("button:not([type=button])");
    refused.textContent = "";
    button.disabled = true;
    try {
      await act(new FormData(form));
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      refused.textContent = problem.message;
      const look = form.querySelector("[data-again]");
      if (look) look.hidden = problem.status !== 412;
    } finally {
      button.disabled = false;
    }
  });
}

/** A dialog around the form of a template. */
function ask(id, heading) {
  const form = document.getElementById(id).content.firstElementChild.cloneNode(true);
  const dialog = openDialog(heading, form);
  form.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  form.querySelector("[data-again]").addEventListener("click", () => again());
  return form;
}

function setPosition(button) {
  const { heading, address } = document.getElementById("cm-position").dataset;
  const form = ask("cm-position", heading);
  form.querySelector("[data-words]").textContent = button.dataset.words;
  for (const choice of form.elements.stance) choice.checked = choice.value === button.dataset.stance;
  whenSent(form, async (said) => {
    const done = await send(address, {
      position: button.dataset.setPosition,
      seen: Number(button.dataset.seen),
      stance: said.get("stance"),
      reason: said.get("reason"),
    });
    again(done.told);
  });
}

async function takeStep(button) {
  const { verdictStep: address, question } = button.dataset;
  const seen = Number(button.dataset.seen);
  if (question) {
    const form = ask("cm-reason", question);
    form.querySelector("[data-do]").textContent = button.textContent;
    whenSent(form, async (said) => again((await send(address, { seen, reason: said.get("reason") })).told));
    return;
  }
  button.disabled = true;
  const done = await attempt(() => send(address, { seen }));
  button.disabled = false;
  if (done) again(done.told);
}

// --- The verdict's form: what somebody wrote outlives a refusal and a reload ------------------------------------------

function addLink(form, kept = {}) {
  const row = document.getElementById("cm-link").content.firstElementChild.cloneNode(true);
  for (const name of ["snapshot", "url", "note"]) row.querySelector(`[data-${name}]`).value = kept[name] ?? "";
  form.querySelector("[data-links]").append(row);
  return row;
}

function written(form) {
  const said = new FormData(form);
  return {
    credibility: said.get("credibility") ?? "",
    rationale: said.get("rationale"),
    review_due: said.get("review_due"),
    evidence: [...form.querySelectorAll(".cm-link-row")]
      .map((row) => Object.fromEntries(["snapshot", "url", "note"].map((n) => [n, row.querySelector(`[data-${n}]`).value])))
      .filter((link) => link.snapshot || link.url || link.note),
  };
}

function restore(form) {
  const kept = JSON.parse(sessionStorage.getItem(`verdict-${form.dataset.kept}`) ?? "null");
  if (!kept) return;
  for (const choice of form.elements.credibility) choice.checked = choice.value === kept.credibility;
  form.elements.rationale.value = kept.rationale;
  form.elements.review_due.value = kept.review_due;
  for (const link of kept.evidence) addLink(form, link);
  form.closest("details").open = true;
  tell(words.restored);
}

function prepare(form) {
  const keep = `verdict-${form.dataset.kept}`;
  form.addEventListener("input", () => sessionStorage.setItem(keep, JSON.stringify(written(form))));
  whenSent(form, async () => {
    const done = await send(form.dataset.verdictForm, { ...written(form), seen: Number(form.dataset.seen) });
    sessionStorage.removeItem(keep);
    again(done.told);
  });
  restore(form);
}

document.querySelectorAll("[data-verdict-form]").forEach(prepare);

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.setPosition) setPosition(button);
  else if (button.dataset.verdictStep) takeStep(button);
  else if ("addLink" in button.dataset) addLink(button.closest("form")).querySelector("select").focus();
  else if ("dropLink" in button.dataset) {
    const form = button.closest("form");
    button.closest(".cm-link-row").remove();
    form.dispatchEvent(new Event("input"));
    form.querySelector("[data-add-link]").focus();
  } else if (button.dataset.step) step(Number(button.dataset.step));
});

// --- Stepping through the history: the part below the slider is fetched anew for each moment --------------------------

const slider = document.getElementById("cm-slider");
const label = document.getElementById("cm-moment");
const moments = [...document.querySelectorAll("[data-moment]")].map((link) => ({ at: link.dataset.at, words: link.dataset.moment }));
const page = location.pathname;
let current;
let waiting;
let asked = 0;

function wordsAt(index) {
  return index < moments.length ? moments[index].words : document.querySelector("[data-slide]").dataset.now;
}

/** Where the page as it came stands: the last moment that is not after the one asked for; -1 before all of them. */
function startAt() {
  const { at } = document.querySelector("[data-slide]").dataset;
  if (!at) return moments.length;
  return moments.findLastIndex((moment) => moment.at === at || Date.parse(moment.at) < Date.parse(at));
}

function place(index) {
  current = index;
  slider.value = Math.max(0, index);
  slider.setAttribute("aria-valuetext", label.textContent.trim());
  document.querySelector('[data-step="-1"]').disabled = index <= 0;
  document.querySelector('[data-step="1"]').disabled = index >= moments.length;
  for (const link of document.querySelectorAll("[data-moment]")) {
    if (index >= 0 && index < moments.length && link.dataset.at === moments[index].at) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function say(index) {
  label.textContent = wordsAt(index);
  place(index);
}

async function show(index) {
  say(index);
  if (index >= moments.length) {
    location.assign(page); // the present is worked on, so the whole page is made anew
    return;
  }
  const turn = ++asked;
  const address = `${page}?as_of=${encodeURIComponent(moments[index].at)}`;
  const answer = await fetch(address, { credentials: "same-origin" }).catch(() => null);
  if (turn !== asked) return; // the slider has moved on
  if (!answer?.ok) {
    location.assign(address);
    return;
  }
  const fetched = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("claim-shown");
  if (turn !== asked || !fetched) return;
  document.getElementById("claim-shown").replaceWith(document.adoptNode(fetched));
  history.replaceState(null, "", address);
}

function step(by) {
  const index = Math.min(moments.length, Math.max(0, current + by));
  if (index !== current) show(index);
}

slider.addEventListener("input", () => {
  const index = Number(slider.value);
  say(index);
  clearTimeout(waiting);
  waiting = setTimeout(() => show(index), 150);
});
place(startAt());

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-moment]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  show(moments.findIndex((moment) => moment.at === link.dataset.at));
});

// --- Keys ----------------------------------------------------------------------------------------------------------

function move(by) {
  const entries = [...document.querySelectorAll("[data-entry]")];
  const here = entries.indexOf(document.activeElement.closest?.("[data-entry]"));
  entries[here < 0 ? (by > 0 ? 0 : entries.length - 1) : Math.min(entries.length - 1, Math.max(0, here + by))]?.focus();
}

onKey("j", words.next, () => move(1));
onKey("k", words.previous, () => move(-1));
onKey("e", words.echoes, () => {
  const echoes = document.activeElement.closest?.("[data-entry]")?.querySelector(".cm-echoes");
  if (echoes) echoes.open = !echoes.open;
});
onKey("[", words.earlier, () => step(-1));
onKey("]", words.later, () => step(1));
onKey("v", words.draft, () => {
  const draft = document.getElementById("draft");
  if (!draft) return;
  draft.open = true;
  draft.querySelector("input, textarea").focus();
});
