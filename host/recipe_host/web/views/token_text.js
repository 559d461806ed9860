/** The text of the view `ner_manual` on the page: an element for each token and each gap. */

import { element } from "../elements.js";
import { colour } from "../labels.js";
import { gaps, spanAt } from "../offsets.js";
import { directionOf } from "./places.js";

const HELP = "Text. Arrow keys move, shift and arrows select, Enter marks or removes.";

export class TokenText {
  constructor(text, tokens, config) {
    const { before, after } = gaps(text, tokens);
    this.config = config;
    this.nodes = tokens.map((token, index) => tokenNode(token, index));
    this.gaps = after.map((gap) => element("span", { class: "gap", "aria-hidden": "true" }, gap));
    this.node = element(
      "div",
      { class: "text tokens", role: "listbox", tabindex: "0", "aria-label": HELP, "aria-multiselectable": "true" },
      element("span", { "aria-hidden": "true" }, before),
      ...this.nodes.flatMap((node, index) => [node, this.gaps[index]]),
    );
  }

  /** Whether white space, or nothing, precedes a token. */
  beginsWord(index) {
    return /\s/.test(this.gaps[index - 1]?.textContent ?? " ");
  }

  /** Show the cursor, and the tokens from one to another as selected unless there is no anchor. */
  showCursor(cursor, anchor) {
    for (const node of this.node.querySelectorAll(".cursor, .selecting")) {
      node.classList.remove("cursor", "selecting");
    }
    const [first, last] = [Math.min(anchor ?? cursor, cursor), Math.max(anchor ?? cursor, cursor)];
    for (let i = first; anchor !== null && i <= last; i += 1) {
      this.nodes[i]?.classList.add("selecting");
      if (i < last) this.gaps[i].classList.add("selecting");
    }
    if (document.activeElement !== this.node || !this.nodes.length) return;
    this.nodes[cursor].classList.add("cursor");
    this.node.setAttribute("aria-activedescendant", `token-${cursor}`);
  }

  /** Draw the tokens from one to another as their spans are now. */
  draw(spans, first = 0, last = this.nodes.length - 1) {
    for (let i = first; i <= last; i += 1) {
      const span = spans[spanAt(spans, i)] ?? null;
      const ends = span?.token_end === i;
      this.paint(this.nodes[i], span);
      this.paint(this.gaps[i], ends ? null : span);
      this.nodes[i].classList.toggle("first", span?.token_start === i);
      this.nodes[i].classList.toggle("last", ends);
      if (span) this.nodes[i].dataset.span = this.directionOf(span);
      this.nodes[i].setAttribute("aria-selected", String(span !== null));
      for (const old of this.nodes[i].querySelectorAll(".tag, .side")) old.remove();
      // The mark behind the tag keeps it by a word that runs against the rest of the text.
      const side = () => element("span", { class: "side", "aria-hidden": "true" });
      if (ends) this.nodes[i].append(element("b", { class: "tag" }, span.label), side());
    }
  }

  /** The direction of a span's words; empty where they differ, and so follow the text's. */
  directionOf(span) {
    const nodes = this.nodes.slice(span.token_start, span.token_end + 1);
    const found = new Set(nodes.map((node) => node.dataset.direction).filter(Boolean));
    return found.size === 1 ? [...found][0] : "";
  }

  paint(node, span) {
    node.classList.toggle("span", span !== null);
    delete node.dataset.hue;
    delete node.dataset.span;
    node.removeAttribute("style");
    if (span !== null) colour(node, span.label, this.config);
  }
}

function tokenNode(token, index) {
  return element(
    "span",
    {
      class: token.disabled ? "token disabled" : "token",
      role: "option",
      id: `token-${index}`,
      "data-token": String(index),
      "data-direction": directionOf(token.text),
      "aria-selected": "false",
      "aria-disabled": token.disabled ? "true" : null,
    },
    token.text,
  );
}
