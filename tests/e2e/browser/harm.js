// What hostile words became on this page; [] where they stayed words.
() => {
  const harm = [];
  for (const element of document.querySelectorAll("[data-hostile]")) harm.push(`element: ${element.outerHTML.slice(0, 200)}`);
  for (const element of document.querySelectorAll("[href], [src], [action], [formaction]"))
    for (const name of ["href", "src", "action", "formaction"]) {
      const address = element.getAttribute(name);
      if (address && /^[\u0000-\u0020]*(javascript|vbscript|data:text)/i.test(address)) harm.push(`${name}: ${address}`);
    }
  for (const element of document.querySelectorAll("*"))
    for (const attribute of element.attributes)
      if (/^on/i.test(attribute.name)) harm.push(`handler: ${attribute.name}=${attribute.value}`);
  // As a number of its own: among the digits of a hash it stands by chance.
  if (/(?<![0-9a-f])1337(?![0-9a-f])/.test(document.body.innerText)) harm.push("a template was evaluated");
  // A control that turns the direction round must not reach the words beside it.
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!/[\u202a-\u202e\u2066-\u2069]/.test(node.data) || /^(SCRIPT|STYLE|TEXTAREA|OPTION)$/.test(node.parentElement.tagName)) continue;
    let at = node.parentElement;
    while (getComputedStyle(at).display.startsWith("inline") && !/isolate|plaintext/.test(getComputedStyle(at).unicodeBidi)) at = at.parentElement;
    const alone = /isolate|plaintext/.test(getComputedStyle(at).unicodeBidi) || at.textContent.trim() === node.data.trim();
    if (!alone && at.getClientRects().length) harm.push(`direction: ${at.outerHTML.slice(0, 300)}`);
  }
  return harm;
}
