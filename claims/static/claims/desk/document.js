// The reader of documents: choosing statements in the text and in the list, deciding on them, and marking new ones.

import { attempt, onKey, openDialog, Refused, send, tell } from "./desk.js";
import { Places } from "./document_offsets.js";

const TOLD = "document-told"; // what came of the last press, to be told once the page has been made anew
const ROLES = ["source", "cue", "content"];

const text = document.getElementById("dr-text");
const told = sessionStorage.getItem(TOLD);
if (told) {
  sessionStorage.removeItem(TOLD);
  tell(told);
}
if (text) read();

function read() {
  const words = document.getElementById("dr-words").dataset;
  const statements = JSON.parse(document.getElementById("dr-data").textContent);
  const list = document.getElementById("dr-items");
  const now = document.getElementById("dr-now");
  const places = new Places(text);
  const byUid = new Map(statements.map((one, number) => [one.uid, number]));
  let chosen = -1;

  const itemOf = (number) => document.getElementById(`statement-${statements[number].uid}`);
  const tagOf = (number) => document.getElementById(`words-${statements[number].uid}`);
  const addressOf = (action, uid) => words[action].replace(words.nil, uid);

  // --- Choosing -----------------------------------------------------------------------------------------------------

  function choose(number, { inText = false, inList = false } = {}) {
    if (number < 0 || number >= statements.length) return;
    for (const mark of text.querySelectorAll(".dr-current")) mark.classList.remove("dr-current");
    list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    chosen = number;
    for (const mark of text.querySelectorAll(`[data-s="${number}"]`)) mark.classList.add("dr-current");
    const item = itemOf(number);
    item.setAttribute("aria-current", "true");
    now.textContent = `${statements[number].label} · ${item.querySelector(".dr-who").textContent}`;
    for (const button of document.querySelectorAll(".dr-bar [data-do]")) {
      if (["confirm", "correct", "reject"].includes(button.dataset.do)) button.disabled = false;
    }
    const confirm = document.querySelector('.dr-bar [data-do="confirm"]');
    if (confirm) confirm.disabled = statements[number].state === "confirmed";
    if (inText) tagOf(number)?.scrollIntoView({ block: "center" });
    if (inList && getComputedStyle(list).position !== "none") item.scrollIntoView({ block: "nearest" });
    history.replaceState(null, "", `#statement-${statements[number].uid}`);
  }

  const step = (by) => {
    if (statements.length) choose((chosen + by + statements.length) % statements.length, { inText: true, inList: wide() });
  };
  const wide = () => matchMedia("(min-width: 64rem)").matches;

  /** To the words of the chosen statement: they are selected, so that Shift and the arrow keys go on from them. */
  function toWords(number) {
    choose(number, { inText: true });
    const spans = statements[number].content;
    if (!tagOf(number) || !spans.length) return;
    text.focus({ preventScroll: true });
    const range = places.rangeOf(spans[0]);
    document.getSelection().setBaseAndExtent(range.startContainer, range.startOffset, range.endContainer, range.endOffset);
  }

  function toItem(number) {
    choose(number);
    const item = itemOf(number);
    item.scrollIntoView({ block: "nearest" });
    item.querySelector(".dr-chip").focus({ preventScroll: true });
  }

  text.addEventListener("click", (event) => {
    const tag = event.target.closest(".dr-tag");
    if (tag) {
      event.preventDefault();
      toItem(byUid.get(tag.hash.replace("#statement-", "")));
      return;
    }
    // The end of a selection is no click.
    const mark = event.target.closest(".dr-mark");
    if (mark && document.getSelection().isCollapsed && form?.hidden !== false) {
      choose(Number(mark.dataset.s), { inList: wide() });
    }
  });

  list.addEventListener("click", (event) => {
    const item = event.target.closest(".dr-item");
    const link = event.target.closest("a");
    if (!item || (link && !link.classList.contains("dr-chip"))) return;
    const number = Number(item.dataset.n);
    if (link) {
      event.preventDefault();
      toWords(number);
    } else if (document.getSelection().isCollapsed) {
      choose(number, { inText: wide() });
    }
  });

  // --- Selecting with the keyboard ----------------------------------------------------------------------------------

  const STEPS = { ArrowRight: ["forward", "word"], ArrowLeft: ["backward", "word"], ArrowDown: ["forward", "line"], ArrowUp: ["backward", "line"] };

  text.addEventListener("keydown", (event) => {
    const way = STEPS[event.key];
    if (!way || event.target !== text || event.altKey || event.metaKey) return;
    const selection = document.getSelection();
    const inside = selection.rangeCount && text.contains(selection.focusNode);
    if (!inside) {
      const first = places.paragraphs.find((one) => one.getBoundingClientRect().bottom > 0);
      if (!first) return;
      selection.collapse(first, 0);
    }
    event.preventDefault();
    if (event.shiftKey) {
      selection.modify("extend", way[0], event.ctrlKey || way[1] === "line" ? way[1] : "character");
    } else {
      if (inside) stepOn(selection, way);
      selection.modify("extend", "forward", "word");
    }
    selection.focusNode?.parentElement?.scrollIntoView({ block: "nearest" });
  });

  function stepOn(selection, [direction, by]) {
    if (direction === "forward" && by === "word") {
      selection.collapseToEnd();
      return;
    }
    selection.collapseToStart();
    selection.modify("move", direction, by);
    if (by === "line") {
      // A line up or down may end within a word: back to where it begins.
      selection.modify("move", "forward", "character");
      selection.modify("move", "backward", "word");
    }
  }

  // --- Deciding -----------------------------------------------------------------------------------------------------

  const mayReview = Boolean(words.mayReview);
  const form = document.getElementById("dr-form");

  function again(said, uid) {
    if (said) sessionStorage.setItem(TOLD, said);
    history.replaceState(null, "", uid ? `#statement-${uid}` : location.pathname + location.search);
    location.reload();
  }

  async function confirm() {
    if (chosen < 0 || statements[chosen].state === "confirmed") return;
    const one = statements[chosen];
    try {
      const done = await send(addressOf("confirm", one.uid), { version: one.version });
      one.state = done.state;
      one.version = done.version;
      const badge = itemOf(byUid.get(one.uid)).querySelector("[data-state]");
      badge.textContent = done.state_words;
      badge.className = "cb-badge cb-good";
      tell(`${one.label}: ${words.confirmed}`);
      if (chosen === byUid.get(one.uid)) step(1);
    } catch (refused) {
      showRefused(refused, one.uid);
    }
  }

  /** A refusal; one for a change meanwhile offers to look at what it is now. */
  function showRefused(refused, uid) {
    if (!(refused instanceof Refused)) throw refused;
    if (refused.status !== 412) {
      tell(refused.message, { tone: "bad", seconds: 15 });
      return;
    }
    const why = document.createElement("p");
    const look = document.createElement("button");
    why.textContent = refused.message;
    look.type = "button";
    look.className = "dk-button dk-button-primary";
    look.textContent = words.look;
    look.addEventListener("click", () => again("", uid));
    const place = document.createElement("div");
    place.className = "dr-ask";
    place.append(why, look);
    openDialog(words.changed, place);
  }

  /** Let a form send something; a refusal is told in it. */
  function whenSent(sent, uid, act) {
    const refusedIn = sent.querySelector("[data-refused]");
    const look = sent.querySelector("[data-again]");
    look.onclick = () => again("", uid());
    sent.addEventListener("submit", async (event) => {
      event.preventDefault();
      refusedIn.textContent = "";
      look.hidden = true;
      const button = sent.querySelector("button:not([type=button])");
      button.disabled = true;
      try {
        await act(new FormData(sent));
      } catch (problem) {
        if (!(problem instanceof Refused)) throw problem;
        refusedIn.textContent = problem.message;
        look.hidden = problem.status !== 412;
      } finally {
        button.disabled = false;
      }
    });
  }

  function reject() {
    if (chosen < 0) return;
    const one = statements[chosen];
    const next = statements[(chosen + 1) % statements.length];
    const template = document.getElementById("dr-reject");
    const ask = template.content.firstElementChild.cloneNode(true);
    ask.querySelector("[data-words]").textContent = places.wordsOf(one.content);
    const dialog = openDialog(template.dataset.heading, ask);
    ask.querySelector("[data-close]").addEventListener("click", () => dialog.close());
    ask.querySelector("textarea").focus();
    whenSent(ask, () => one.uid, async (said) => {
      await send(addressOf("reject", one.uid), { version: one.version, reason: said.get("reason") });
      again(words.rejected, next.uid === one.uid ? "" : next.uid);
    });
  }

  // --- Marking ------------------------------------------------------------------------------------------------------

  let editing = null; // the statement that is corrected; null while one is added
  let marked = { source: [], cue: [], content: [] };
  let named = null; // the known source that the name stands for
  let lastSelection = null; // pressing a button may take the selection away

  document.addEventListener("selectionchange", () => {
    const found = places.selected();
    if (found) lastSelection = found;
    else if (text.contains(document.getSelection().focusNode)) lastSelection = null; // a click in the text undoes it
  });

  function openForm(one) {
    const selection = places.selected() ?? (one ? null : lastSelection);
    editing = one;
    marked = one ? { source: one.source, cue: one.cue, content: one.content } : { source: [], cue: [], content: selection ? [selection] : [] };
    form.reset();
    form.querySelector("[data-refused]").textContent = "";
    const title = document.getElementById("dr-form-title");
    title.textContent = one ? `${title.dataset.correct} ${one.label}` : title.dataset.add;
    document.getElementById("dr-reason-field").hidden = !one;
    form.elements.reason.required = Boolean(one);
    form.elements.polarity.value = one?.polarity ?? "affirms";
    form.elements.modality.value = one?.modality ?? "asserted";
    form.elements.name.value = one?.named?.name ?? "";
    named = one?.named ?? null;
    form.hidden = false;
    showMarked();
    lookUp();
    title.focus({ preventScroll: true });
    if (!wide()) showAbove();
    else if (form.getBoundingClientRect().bottom > innerHeight) form.parentElement.scrollIntoView({ block: "start" });
  }

  /** On a narrow page the form covers the lower half: what it is about goes into the upper one. */
  function showAbove() {
    if (marked.content.length) scrollBy({ top: places.rangeOf(marked.content[0]).getBoundingClientRect().top - innerHeight / 5 });
  }

  function closeForm() {
    form.hidden = true;
    for (const role of ROLES) CSS.highlights?.delete(`dr-editing-${role}`);
  }

  function showMarked() {
    for (const role of ROLES) {
      const place = form.querySelector(`[data-role="${role}"] [data-words]`);
      place.textContent = marked[role].length ? places.wordsOf(marked[role]) : words.nothing;
      CSS.highlights?.set(`dr-editing-${role}`, new Highlight(...marked[role].map((span) => places.rangeOf(span))));
    }
  }

  function use(role, { besides = false } = {}) {
    const selection = places.selected() ?? lastSelection;
    if (!selection) {
      tell(words.selectFirst, { tone: "bad" });
      return;
    }
    const before = places.wordsOf(marked.source).trim();
    marked[role] = besides ? [...marked[role], selection].sort((one, other) => one[0] - other[0]) : [selection];
    showMarked();
    const name = form.elements.name;
    if (role === "source" && (!name.value.trim() || name.value.trim() === before)) {
      name.value = places.wordsOf(marked.source).trim();
      named = null;
      lookUp();
    }
  }

  function nudge(role, which) {
    const spans = marked[role].map((span) => [...span]);
    if (!spans.length) return;
    const span = which.startsWith("start") ? spans[0] : spans.at(-1);
    const end = which.startsWith("start") ? 0 : 1;
    span[end] = places.wordFrom(span[end], which.endsWith("+") ? 1 : -1);
    if (span[0] >= span[1]) return;
    marked[role] = spans;
    showMarked();
  }

  // Whose words they are: a combobox of known sources; any other name makes a new one.

  const offers = document.getElementById("dr-offers");
  let offered = [];
  let at = -1;
  let asked = 0;
  let waiting = 0;

  async function lookUp({ offer = false } = {}) {
    const leads = document.getElementById("dr-leads");
    const kind = document.getElementById("dr-kind-field");
    const name = form.elements.name.value.trim();
    const mine = ++asked;
    if (!name || named) {
      leads.textContent = name ? `${leads.dataset.known} ${named.name}` : leads.dataset.nobody;
      kind.hidden = true;
      showOffers([]);
      return;
    }
    const answer = await fetch(`${words.sources}?q=${encodeURIComponent(name)}`, { credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok || mine !== asked) return;
    const found = await answer.json();
    if (mine !== asked) return;
    leads.textContent = found.exact ? `${leads.dataset.known} ${found.exact.name} (${found.exact.kind})` : leads.dataset.new;
    kind.hidden = Boolean(found.exact);
    named = null;
    showOffers(offer ? found.sources : []);
  }

  function showOffers(found) {
    offered = found;
    at = -1;
    offers.replaceChildren(
      ...found.map((source, number) => {
        const option = document.createElement("li");
        option.id = `dr-offer-${number}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        const name = document.createElement("bdi");
        name.textContent = source.name;
        option.append(name, ` · ${source.kind} · ${source.reliability}`);
        option.addEventListener("mousedown", (event) => event.preventDefault());
        option.addEventListener("click", () => take(number));
        return option;
      }),
    );
    offers.hidden = !found.length;
    form.elements.name.setAttribute("aria-expanded", String(found.length > 0));
    form.elements.name.removeAttribute("aria-activedescendant");
  }

  function take(number) {
    named = offered[number];
    form.elements.name.value = named.name;
    lookUp();
  }

  function point(number) {
    offers.children[at]?.setAttribute("aria-selected", "false");
    at = (number + offered.length) % offered.length;
    offers.children[at].setAttribute("aria-selected", "true");
    offers.children[at].scrollIntoView({ block: "nearest" });
    form.elements.name.setAttribute("aria-activedescendant", `dr-offer-${at}`);
  }

  if (mayReview) {
    const name = form.elements.name;
    name.addEventListener("input", () => {
      named = null;
      clearTimeout(waiting);
      waiting = setTimeout(() => lookUp({ offer: true }), 200);
    });
    name.addEventListener("keydown", (event) => {
      if (!offered.length) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") point(at + (event.key === "ArrowDown" ? 1 : at < 0 ? 0 : -1));
      else if (event.key === "Enter" && at >= 0) take(at);
      else if (event.key === "Escape") showOffers([]);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    name.addEventListener("blur", () => showOffers([]));
    form.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      const role = button?.closest("[data-role]")?.dataset.role;
      if (!button) return;
      if ("use" in button.dataset) use(role);
      else if ("more" in button.dataset) use(role, { besides: true });
      else if ("nudge" in button.dataset) nudge(role, button.dataset.nudge);
      else if ("close" in button.dataset) closeForm();
      else if ("clear" in button.dataset) {
        marked[role] = [];
        showMarked();
      }
    });
    // A button that is pressed must not take the selection away.
    form.addEventListener("mousedown", (event) => {
      if (event.target.closest("button")) event.preventDefault();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !form.hidden && !document.querySelector("dialog[open]")) closeForm();
    });
    whenSent(form, () => editing?.uid, async (said) => {
      if (!marked.content.length) throw new Refused(400, "invalid", words.selectContent);
      const whose = said.get("name").trim();
      const saying = {
        ...marked,
        polarity: said.get("polarity"),
        modality: said.get("modality"),
        named: whose ? (named ? { uid: named.uid } : { name: whose, kind: said.get("kind") }) : null,
      };
      const done = editing
        ? await send(addressOf("correct", editing.uid), { ...saying, version: editing.version, reason: said.get("reason") })
        : await send(words.add, { ...saying, snapshot: Number(words.snapshot) });
      again(editing ? words.corrected : words.added, done.uid);
    });
  }

  // --- Keys and buttons ---------------------------------------------------------------------------------------------

  const actions = {
    next: () => step(1),
    previous: () => step(-1),
    confirm: () => attempt(confirm),
    reject,
    correct: () => chosen >= 0 && openForm(statements[chosen]),
    add: () => openForm(null),
  };
  document.querySelector(".dr-bar").addEventListener("mousedown", (event) => event.preventDefault());
  document.querySelector(".dr-bar").addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) actions[button.dataset.do]();
  });
  onKey("j", words.keyNext, actions.next);
  onKey("k", words.keyPrevious, actions.previous);
  onKey("t", words.keyText, () => chosen >= 0 && toWords(chosen));
  onKey("l", words.keyList, () => chosen >= 0 && toItem(chosen));
  if (mayReview) {
    onKey("c", words.keyConfirm, actions.confirm);
    onKey("e", words.keyCorrect, actions.correct);
    onKey("r", words.keyReject, actions.reject);
    onKey("n", words.keyAdd, actions.add);
    const keys = { 1: ["source", words.keySource], 2: ["cue", words.keyCue], 3: ["content", words.keyContent] };
    for (const [key, [role, told]] of Object.entries(keys)) onKey(key, told, () => form.hidden || use(role));
  }

  const wanted = byUid.get(location.hash.replace(/^#(statement|words)-/, ""));
  if (wanted !== undefined) choose(wanted, { inText: true, inList: wide() });
}
