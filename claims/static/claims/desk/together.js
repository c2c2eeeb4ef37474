// The panel "working together": who is here, who works on it, what is asked, said and thought. It asks for its contents
// itself and goes on asking while somebody looks at the page. What people wrote only ever enters as textContent.
import { attempt, onKey, openDialog, Refused, send, tell } from "./desk.js";

const EVERY = 20_000; // milliseconds between two signs of life
const IDLE = 180_000; // without a key or a touch for so long, nobody is at work any more, and a hold is not prolonged
const TYPING = 150; // milliseconds of rest before names are looked up
const NAME = /(?:^|[^\p{L}\p{N}_.@+-])@([\p{L}\p{N}_.@+-]{0,150})$/u; // a name that is being written, before the caret

const panel = document.querySelector(".tg-panel");
const at = panel.dataset;
const part = (name) => panel.querySelector(`[data-part="${name}"]`);
const button = (name) => panel.querySelector(`[data-do="${name}"]`);
const takesPart = at.takesPart === "yes";

let seen = 0; // the version of the object that the page shows
let holding = takesPart && at.begins === "open"; // whether this page wants a hold
let lastSign = Date.now();
let everything = false;
let shown = null; // what is in the panel
let left = false;

// --- Talking to the server -------------------------------------------------------------------------------------------

/** Do something to the object, and show what is so afterwards. True when it was done. */
async function act(action, said = {}) {
  const state = await attempt(() => send(at[action], { seen, everything, ...said }));
  if (state) show(state);
  return Boolean(state);
}

async function beat() {
  if (document.visibilityState !== "visible") return;
  left = false;
  try {
    show(await send(at.beat, { seen, everything, holding: holding && Date.now() - lastSign < IDLE }));
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    if (!shown) part("here").textContent = refused.message; // later ones are not told: the next may succeed
  }
}

function leave() {
  if (left) return;
  left = true;
  const token = document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
  fetch(at.leave, {
    method: "POST",
    keepalive: true,
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: "{}",
  }).catch(() => {}); // the page is going: what was meant ends by itself
}

// --- Showing ---------------------------------------------------------------------------------------------------------

function show(state) {
  const before = shown;
  shown = state;
  if (!seen) seen = state.version;
  // The panel may be far down the page; whatever bears on a decision is told where nobody can miss it.
  if (state.changed && !before?.changed) tell(`${at.wordsChanged} ${state.changed}`, { seconds: 15 });
  if (!before && state.hold && !state.hold.mine) tell(state.hold.words, { seconds: 15 });
  part("changed").hidden = !state.changed;
  part("changes").textContent = state.changed;
  showHere(state.here);
  showHold(state.hold);
  showAssignment(state.assignment);
  showReview(state.review);
  showComments(state, before);
  const focused = document.activeElement;
  if (focused?.hidden && panel.contains(focused)) focused.parentElement.querySelector("button:not([hidden])")?.focus();
}

function showHere({ names, more }) {
  const line = part("here");
  if (!names.length) {
    line.textContent = at.wordsNobodyElse;
    return;
  }
  const listed = names.flatMap((name, n) => (n ? [", ", isolated(name)] : [isolated(name)]));
  const dot = document.createElement("span");
  dot.className = "tg-dot";
  dot.setAttribute("aria-hidden", "true");
  line.replaceChildren(dot, `${at.wordsHere} `, ...listed, ...(more ? [` ${at.wordsAndMore}`] : []));
}

function showHold(hold) {
  const line = part("hold");
  if (line.textContent !== (hold?.words ?? "")) line.textContent = hold?.words ?? "";
  line.classList.toggle("tg-strong", Boolean(hold && !hold.mine));
  part("hold-line").hidden = !hold && !takesPart;
  if (hold?.taken_from_me && holding) {
    holding = false;
    tell(hold.words, { seconds: 15 });
  }
  if (!takesPart) return;
  button("hold").hidden = Boolean(hold);
  button("let-go").hidden = !hold?.mine;
  button("take-over").hidden = !hold || hold.mine;
}

function showAssignment(asked) {
  part("assignment").textContent = asked?.words ?? at.wordsNobodyAsked;
  part("note").textContent = asked?.note ?? "";
  part("note").hidden = !asked?.note;
  if (!takesPart) return;
  button("assign-me").hidden = Boolean(asked?.mine);
  button("done").hidden = !asked;
}

function showReview(review) {
  const place = part("review");
  place.hidden = !review;
  if (!review) return;
  const first = !place.dataset.shown;
  part("review-count").textContent = `(${review.opinions.length})`;
  part("differ").hidden = !review.differ;
  if (first) place.open = review.differ;
  place.dataset.shown = "yes";
  part("asked").textContent = review.asked;
  part("opinions").replaceChildren(...review.opinions.map(opinionLine));
  const form = panel.querySelector('[data-form="opinion"]');
  form.hidden = !review.answers.length;
  if (!part("answers").childElementCount) part("answers").replaceChildren(...review.answers.map(choice));
}

function opinionLine({ who, answer, reason, when, mine }) {
  const { line, place } = fromTemplate("opinion");
  place.who.textContent = mine ? `${who} (${at.wordsYou})` : who;
  place.answer.textContent = answer;
  place.when.textContent = when;
  place.text.textContent = reason;
  return line;
}

function choice([value, words]) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  label.className = "tg-choice";
  Object.assign(input, { type: "radio", name: "answer", value, required: true });
  label.append(input, words);
  return label;
}

const kept = ({ comments, earlier }) => `${earlier} ${comments.map((c) => `${c.id}${c.withdrawn}`)}`;

function showComments(state, before) {
  if (before && kept(before) === kept(state)) return;
  const { comments, earlier } = state;
  part("comments").replaceChildren(...comments.map(commentLine));
  part("comment-count").textContent = `(${comments.length}${earlier ? "+" : ""})`;
  part("silence").hidden = comments.length > 0;
  button("everything").hidden = !earlier;
  const talk = part("talk");
  if (!before) talk.open = comments.some((comment) => comment.to_me);
  const newest = comments.at(-1);
  if (before && newest && !newest.mine && newest.id > (before.comments.at(-1)?.id ?? 0)) tell(at.wordsNewComment);
}

function commentLine(comment) {
  const { line, place } = fromTemplate("comment");
  line.classList.toggle("tg-to-me", comment.to_me);
  place.who.textContent = comment.who;
  place.when.textContent = comment.when;
  place.when.dateTime = comment.at;
  if (comment.withdrawn) {
    place.text.textContent = at.wordsWithdrawn;
    place.text.classList.add("dk-quiet");
  } else {
    place.text.append(...comment.pieces.map(({ text, name }) => (name ? mention(text, name) : text)));
  }
  place.withdraw.hidden = !comment.mine || comment.withdrawn || !takesPart;
  place.withdraw.textContent = at.wordsWithdraw;
  place.withdraw.addEventListener("click", () => withdraw(comment.id));
  return line;
}

function mention(text, name) {
  const link = document.createElement("a");
  link.className = "tg-mention cb-link";
  link.href = at.colleague.replace("NAME", encodeURIComponent(name));
  link.append(isolated(text));
  return link;
}

function isolated(text) {
  const piece = document.createElement("bdi");
  piece.textContent = text;
  return piece;
}

function fromTemplate(name) {
  const line = panel.querySelector(`[data-template="${name}"]`).content.firstElementChild.cloneNode(true);
  const place = Object.fromEntries([...line.querySelectorAll("[data-at]")].map((one) => [one.dataset.at, one]));
  return { line, place };
}

function withdraw(comment) {
  const words = document.createElement("p");
  const buttons = document.createElement("p");
  const yes = document.createElement("button");
  const no = document.createElement("button");
  words.textContent = at.wordsWithdrawSure;
  buttons.className = "tg-buttons";
  yes.textContent = at.wordsWithdraw;
  no.textContent = at.wordsKeep;
  yes.className = "dk-button dk-button-primary";
  no.className = "dk-button";
  buttons.append(yes, no);
  const dialog = openDialog(at.wordsWithdraw, words, buttons);
  no.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", async () => {
    dialog.close();
    await act("withdraw", { comment });
  });
}

// --- Buttons, forms and keys -----------------------------------------------------------------------------------------

const dialog = panel.querySelector('[data-dialog="assign"]');
const does = {
  reload: () => location.reload(),
  hold: () => work("hold"),
  "take-over": () => work("takeOver"),
  "let-go": () => {
    holding = false;
    return act("letGo");
  },
  "assign-me": () => act("assign"),
  assign: () => dialog.showModal(),
  "close-assign": () => dialog.close(),
  done: () => act("done"),
  everything: () => {
    everything = true;
    return act("beat");
  },
};

function work(action) {
  holding = true;
  return act(action);
}

panel.addEventListener("click", (event) => does[event.target.closest("[data-do]")?.dataset.do]?.());

/** Send a form once at a time; what was typed stays until it is done. */
function onSubmit(name, sending) {
  const form = panel.querySelector(`[data-form="${name}"]`);
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const press = form.querySelector("button:not([type])");
    press.disabled = true;
    try {
      if (await sending(Object.fromEntries(new FormData(form)))) form.reset();
    } finally {
      press.disabled = false;
    }
  });
  return form;
}

onSubmit("comment", async ({ text }) => {
  const done = await act("comment", { text });
  if (done) tell(at.wordsPosted);
  return done;
});

onSubmit("opinion", async ({ answer, reason }) => {
  const done = await act("opinion", { answer, reason });
  if (done) tell(at.wordsGiven);
  return done;
});

onSubmit("assign", async ({ to, note }) => {
  try {
    show(await send(at.assign, { seen, everything, to, note }));
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    part("assign-refused").textContent = refused.message;
    return false;
  }
  part("assign-refused").textContent = "";
  dialog.close();
  return true;
});

if (takesPart) onKey("a", at.wordsKeyAssign, () => act("assign"));

// --- Names while they are typed --------------------------------------------------------------------------------------

let asked = 0; // answers to earlier letters come too late

async function named(begun) {
  const mine = ++asked;
  await new Promise((rested) => setTimeout(rested, TYPING));
  if (mine !== asked) return null;
  const found = await send(at.people, { q: begun }).catch(() => ({ people: [] }));
  return mine === asked ? found.people : null;
}

function suggestNames(field, list, told) {
  let active = -1;

  const close = () => {
    asked += 1;
    list.hidden = true;
    list.replaceChildren();
    field.removeAttribute("aria-activedescendant");
    active = -1;
  };

  const choose = (name) => {
    const caret = field.selectionStart;
    const begun = NAME.exec(field.value.slice(0, caret));
    if (begun) field.setRangeText(`${name} `, caret - begun[1].length, caret, "end");
    close();
    field.focus();
  };

  const mark = (number) => {
    const options = [...list.children];
    active = (number + options.length) % options.length;
    options.forEach((option, n) => option.setAttribute("aria-selected", String(n === active)));
    field.setAttribute("aria-activedescendant", options[active].id);
  };

  field.addEventListener("input", async () => {
    const begun = NAME.exec(field.value.slice(0, field.selectionStart));
    if (!begun) return close();
    const people = await named(begun[1]);
    if (!people) return undefined;
    if (!people.length) return close();
    list.replaceChildren(...people.map(({ name, full }, n) => option(name, full, n)));
    list.hidden = false;
    told.textContent = `${people.length} ${at.wordsNames}`;
    return mark(0);
  });

  const option = (name, full, n) => {
    const line = document.createElement("li");
    line.id = `together-name-${n}`;
    line.setAttribute("role", "option");
    line.append(isolated(name), ...(full ? [" ", isolated(full)] : []));
    line.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the field keeps the focus
      choose(name);
    });
    line.dataset.name = name;
    return line;
  };

  field.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") return field.form.requestSubmit();
    if (list.hidden || event.isComposing) return undefined;
    const moves = { ArrowDown: active + 1, ArrowUp: active - 1 };
    if (event.key in moves) mark(moves[event.key]);
    else if (event.key === "Enter" || event.key === "Tab") choose(list.children[active].dataset.name);
    else if (event.key === "Escape") close();
    else return undefined;
    return event.preventDefault();
  });
  field.addEventListener("blur", close);
}

if (takesPart) {
  suggestNames(
    panel.querySelector("#together-text"),
    panel.querySelector("#together-names"),
    part("names-told"),
  );
  const to = panel.querySelector("#together-to");
  to.addEventListener("input", async () => {
    const people = await named(to.value.replace(/^@/, ""));
    if (!people) return;
    const options = people.map(({ name, full }) => Object.assign(document.createElement("option"), { value: name, label: full || name }));
    panel.querySelector("#together-staff").replaceChildren(...options);
  });
}

// --- Signs of life ---------------------------------------------------------------------------------------------------

for (const sign of ["keydown", "pointerdown", "pointermove", "scroll"]) {
  document.addEventListener(sign, () => (lastSign = Date.now()), { passive: true, capture: true });
}
document.addEventListener("visibilitychange", beat);
window.addEventListener("pagehide", leave);
window.addEventListener("pageshow", (event) => event.persisted && beat());
setInterval(beat, EVERY);
beat();
