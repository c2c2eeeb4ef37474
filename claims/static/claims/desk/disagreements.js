// The queue of disagreements: an opinion, or an editor's word that settles one.
import { attempt, send } from "./desk.js";

for (const form of document.querySelectorAll("[data-opinion]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const address = event.submitter?.value === "settle" ? form.dataset.settle : form.dataset.opinion;
    const buttons = [...form.querySelectorAll("button")];
    for (const button of buttons) button.disabled = true;
    const done = await attempt(() => send(address, Object.fromEntries(new FormData(form))));
    for (const button of buttons) button.disabled = false;
    if (done) location.reload(); // the figures change with it
  });
}
