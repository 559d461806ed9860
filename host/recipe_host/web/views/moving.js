/** The keyboard over a text: a cursor that goes from token to token, and what it selects. */

import { onNextLine } from "./places.js";

/** Do what a key says to the view; keys that say nothing here go on to the page. */
export function move(view, event) {
  if (event.metaKey || event.altKey || !view.tokens.length) return;
  if (event.ctrlKey && event.key === "Enter") return;
  const target = targetOf(view, event);
  if (target !== null) {
    view.byKeys = true;
    view.anchor = event.shiftKey ? (view.anchor ?? view.cursor) : null;
    view.moveTo(Math.min(Math.max(target, 0), view.tokens.length - 1));
  } else if (event.key === "Enter") {
    const extended = view.anchor !== null && view.anchor !== view.cursor;
    if (extended || !view.remove(view.cursor)) view.mark();
  } else if (event.key === "Escape" && view.anchor !== null) {
    view.drop();
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

/** Where a key takes the cursor, perhaps beyond the text; null for another key. */
function targetOf({ text, tokens, cursor }, { key, ctrlKey }) {
  const rtl = getComputedStyle(text.node).direction === "rtl";
  const steps = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1 };
  const lines = { ArrowUp: -1, ArrowDown: 1 };
  const ends = { Home: 0, End: tokens.length - 1 };
  if (key in lines) return onNextLine(text.nodes, cursor, lines[key]);
  if (key in steps) return step(text, cursor, steps[key], ctrlKey);
  return ends[key] ?? null;
}

/** The next token, or with ctrl the next one behind white space. */
function step(text, cursor, by, isWord) {
  let token = cursor + by;
  while (isWord && text.nodes[token] && !text.beginsWord(token)) token += by;
  return token;
}
