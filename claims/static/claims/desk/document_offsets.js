// Between places in the page and offsets in the text. The server counts code points; a browser counts UTF-16 units, of
// which an emoji has two. Each paragraph says at which code point of the text it begins (data-start).

/** How many code points a string has. */
export function codePoints(string) {
  let pairs = 0;
  for (let unit = 1; unit < string.length; unit++) {
    const low = string.charCodeAt(unit);
    const high = string.charCodeAt(unit - 1);
    if (low >= 0xdc00 && low <= 0xdfff && high >= 0xd800 && high <= 0xdbff) pairs++;
  }
  return string.length - pairs;
}

/** How many UTF-16 units the first so many code points of a string have. */
export function unitsOf(string, points) {
  let units = 0;
  for (; points > 0 && units < string.length; points--) units += string.codePointAt(units) > 0xffff ? 2 : 1;
  return units;
}

/** The places of one text: from the page to offsets and back. */
export class Places {
  constructor(text) {
    this.text = text;
    this.paragraphs = [...text.querySelectorAll(":scope > p[data-start]")];
    this.starts = this.paragraphs.map((paragraph) => Number(paragraph.dataset.start));
  }

  /** The offset of a place in the page, which must be inside the text. */
  offsetAt(node, at) {
    const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
    let paragraph = element.closest("p[data-start]");
    if (!paragraph) {
      // Between two paragraphs: where the next one begins, or where the last one ends.
      paragraph = [...node.childNodes].slice(at).find((child) => child.dataset?.start !== undefined);
      if (paragraph) return Number(paragraph.dataset.start);
      const last = this.paragraphs.at(-1);
      return last ? Number(last.dataset.start) + codePoints(last.textContent) : 0;
    }
    const range = document.createRange();
    range.setStart(paragraph, 0);
    range.setEnd(node, at);
    return Number(paragraph.dataset.start) + codePoints(range.toString());
  }

  /** The selected [start, end) inside the text, or null where nothing in it is selected. */
  selected(selection = document.getSelection()) {
    if (!selection?.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    const whole = document.createRange();
    whole.selectNodeContents(this.text);
    if (!range.intersectsNode(this.text)) return null;
    if (range.compareBoundaryPoints(Range.START_TO_START, whole) < 0) range.setStart(whole.startContainer, whole.startOffset);
    if (range.compareBoundaryPoints(Range.END_TO_END, whole) > 0) range.setEnd(whole.endContainer, whole.endOffset);
    const start = this.offsetAt(range.startContainer, range.startOffset);
    const end = this.offsetAt(range.endContainer, range.endOffset);
    return start < end ? [start, end] : null;
  }

  /** The page's range of a span of the text. */
  rangeOf([start, end]) {
    const range = document.createRange();
    const [first, from] = this.#placeAt(start, true);
    const [last, to] = this.#placeAt(end, false);
    range.setStart(first, from);
    range.setEnd(last, to);
    return range;
  }

  /** The words of spans, pieces joined by a sign for what is left out. */
  wordsOf(spans) {
    return spans.map((span) => this.rangeOf(span).toString()).join(" … ");
  }

  /** Another offset, one word further in a direction (-1 or 1), within the same paragraph. */
  wordFrom(offset, direction) {
    const paragraph = this.paragraphs[this.#indexAt(offset, direction > 0)];
    const begin = Number(paragraph.dataset.start);
    const text = paragraph.textContent;
    const unit = unitsOf(text, offset - begin);
    if (direction > 0) {
      const found = /^\s*(?:[\p{L}\p{N}\p{M}_]+|[^\s\p{L}\p{N}\p{M}_])/u.exec(text.slice(unit));
      return found ? offset + codePoints(found[0]) : offset;
    }
    const found = /(?:[\p{L}\p{N}\p{M}_]+|[^\s\p{L}\p{N}\p{M}_])\s*$/u.exec(text.slice(0, unit));
    return found ? offset - codePoints(found[0]) : offset;
  }

  /** The paragraph that an offset lies in; of two that meet there, the later one where `forward`. */
  #indexAt(offset, forward) {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const before = forward ? this.starts[middle] <= offset : this.starts[middle] < offset;
      if (before) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #placeAt(offset, forward) {
    const paragraph = this.paragraphs[this.#indexAt(offset, forward)];
    let left = offset - Number(paragraph.dataset.start);
    const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
    let node = null;
    for (let next = walker.nextNode(); next; next = walker.nextNode()) {
      node = next;
      const points = codePoints(node.data);
      if (left < points || (!forward && left === points)) return [node, unitsOf(node.data, left)];
      left -= points;
    }
    return node ? [node, node.data.length] : [paragraph, 0];
  }
}
