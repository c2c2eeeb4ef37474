// One's own work: what is done leaves the list, and what was read is marked so.
import { attempt, send, tell } from "./desk.js";

for (const button of document.querySelectorAll("[data-assignment]")) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    const done = await attempt(() => send(button.dataset.at, { assignment: Number(button.dataset.assignment) }));
    button.disabled = false;
    if (!done) return;
    const row = button.closest("li");
    const next = (row.nextElementSibling ?? row.previousElementSibling)?.querySelector("button, a");
    row.remove();
    tell(done.told);
    next?.focus();
  });
}

document.querySelector("[data-read]")?.addEventListener("click", async ({ currentTarget: button }) => {
  if (await attempt(() => send(button.dataset.read))) location.reload();
});
