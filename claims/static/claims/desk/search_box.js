// "/" leads into the search box of the header, or to the search page where there is no room for one.

const box = document.getElementById("search-box");
const link = document.querySelector(".sb-link");

function lookFor() {
  if (box.getClientRects().length) {
    box.focus();
    box.select();
  } else {
    link.click();
  }
}

// On the desk's own pages the key is listed with the others; elsewhere there is no such list.
if (document.querySelector('script[src*="claims/desk/desk"]')) {
  const { onKey } = await import("./desk.js");
  onKey("/", box.dataset.keyWords, lookFor);
} else {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (event.target.closest("input, textarea, select, [contenteditable=true], dialog[open]")) return;
    event.preventDefault();
    lookFor();
  });
}
