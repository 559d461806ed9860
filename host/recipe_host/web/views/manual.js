/** The view `ner_manual`: spans over tokens, by mouse, touch and keyboard. */

import { element } from "../elements.js";
import { choiceKeys } from "../keys.js";
import { colour } from "../labels.js";
import { gaps, onTokens, spanAt, spanOver, withSpan } from "../offsets.js";
import { between, directionOf, onNextLine, placeAt } from "./places.js";

let chosenLabel = null; // stays from task to task

export function manualView(task, config, { announce }) {
  const view = new ManualView(task, config, announce);
  return {
    node: view.node,
    focus: view.text,
    fields: () => ({ spans: view.spans }),
    key: (name) => view.key(name),
  };
}

class ManualView {
  constructor(task, config, announce) {
    this.tokens = task.tokens ?? [];
    this.config = config;
    this.announce = announce;
    this.spans = onTokens(task.spans ?? [], this.tokens);
    this.cursor = 0;
    this.anchor = null; // where a selection began
    this.from = null; // where the button went down, while it is down
    this.labels = config.labels;
    this.keys = choiceKeys(this.labels, config.keymap_by_label);
    if (!this.labels.includes(chosenLabel)) chosenLabel = this.labels[0] ?? null;
    this.picker = this.makePicker();
    this.text = this.makeText(task);
    this.node = element("div", {}, this.picker, this.text);
    if (!this.tokens.length) {
      const why = "This task has no tokens, so that nothing can be selected (add_tokens adds them).";
      this.node.append(element("p", { class: "problem" }, why));
    }
    this.draw(0, this.tokens.length - 1);
    this.listen();
  }

  makePicker() {
    this.inputs = this.labels.map((label) =>
      element("input", { type: "radio", name: "label", value: label }),
    );
    const choices = this.labels.map((label, index) => {
      const hint = this.keys[index] && element("kbd", {}, this.keys[index]);
      const choice = element("label", { class: "choice" }, this.inputs[index], label, hint || null);
      colour(choice, label, this.config);
      return choice;
    });
    this.inputs.forEach((input) => {
      input.checked = input.value === chosenLabel;
      input.addEventListener("change", () => this.choose(input.value));
    });
    return element("fieldset", { class: "labels" }, element("legend", {}, "Labels"), ...choices);
  }

  makeText(task) {
    const { before, after } = gaps(task.text ?? "", this.tokens);
    this.nodes = this.tokens.map((token, index) =>
      element(
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
      ),
    );
    this.gaps = after.map((gap) => element("span", { class: "gap", "aria-hidden": "true" }, gap));
    const help = "Text. Arrow keys move, shift and arrows select, Enter marks or removes.";
    return element(
      "div",
      { class: "text tokens", role: "listbox", tabindex: "0", "aria-label": help, "aria-multiselectable": "true" },
      element("span", { "aria-hidden": "true" }, before),
      ...this.nodes.flatMap((node, index) => [node, this.gaps[index]]),
    );
  }

  listen() {
    this.text.addEventListener("pointerdown", (event) => this.press(event));
    this.text.addEventListener("pointermove", (event) => this.drag(event));
    this.text.addEventListener("pointerup", (event) => this.lift(event));
    this.text.addEventListener("pointercancel", () => this.drop());
    this.text.addEventListener("keydown", (event) => this.move(event));
    this.text.addEventListener("focus", () => this.showCursor());
    this.text.addEventListener("blur", () => this.showCursor());
  }

  // Mouse and touch: press, drag, lift; ends between words snap to them. Shift and a click extend.

  press(event) {
    if (event.button !== 0 || !this.tokens.length) return;
    event.preventDefault(); // no selection of the browser's own
    this.text.focus();
    const place = this.placeOf(event);
    // The second press of a double click would undo what the first one did.
    if (this.isDouble(place)) return;
    // The text gets the moves and the end of this drag, wherever on the screen they happen.
    this.text.setPointerCapture(event.pointerId);
    const from = this.anchor ?? this.cursor;
    this.byKeys = false;
    this.from = event.shiftKey ? { before: from, after: from } : place;
    this.select(place);
  }

  placeOf(event) {
    return placeAt(this.nodes, event.clientX, event.clientY);
  }

  isDouble(place) {
    const now = performance.now();
    const last = this.last;
    this.last = { place, now };
    const same = last?.place.before === place.before && last.place.after === place.after;
    return same && now - last.now < 350;
  }

  drag(event) {
    if (!this.from) return;
    if (event.buttons & 1) this.select(this.placeOf(event));
    else this.drop(); // lifted where no event came from
  }

  /** Select from where the button went down to a place. */
  select(place) {
    const isForward = this.from.after + this.from.before <= place.after + place.before;
    const range = between(this.from, place);
    this.anchor = range && range[isForward ? 0 : 1];
    this.moveTo(range ? range[isForward ? 1 : 0] : this.cursor);
  }

  lift(event) {
    if (!this.from) return;
    const place = this.from;
    this.from = null;
    if (this.anchor === null) return; // nothing between where it began and ended
    const isToken = place.before === place.after && this.anchor === this.cursor;
    if (isToken && !event.shiftKey && this.remove(this.cursor)) return;
    this.mark();
  }

  drop() {
    this.from = this.anchor = null;
    this.showCursor();
  }

  // Keyboard: a cursor over tokens.

  move(event) {
    const rtl = getComputedStyle(this.text).direction === "rtl";
    const steps = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1 };
    const jumps = { Home: 0, End: this.tokens.length - 1 };
    const lines = { ArrowUp: -1, ArrowDown: 1 };
    if (event.metaKey || event.altKey || !this.tokens.length) return;
    if (event.ctrlKey && event.key === "Enter") return;
    if (event.key in steps || event.key in jumps || event.key in lines) {
      const target =
        event.key in lines
          ? onNextLine(this.nodes, this.cursor, lines[event.key])
          : (jumps[event.key] ?? this.step(steps[event.key], event.ctrlKey));
      this.byKeys = true;
      this.anchor = event.shiftKey ? (this.anchor ?? this.cursor) : null;
      this.moveTo(Math.min(Math.max(target, 0), this.tokens.length - 1));
    } else if (event.key === "Enter") {
      const extended = this.anchor !== null && this.anchor !== this.cursor;
      if (extended || !this.remove(this.cursor)) this.mark();
    } else if (event.key === "Escape" && this.anchor !== null) {
      this.drop();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** The next token, or with ctrl the next one behind white space. */
  step(by, isWord) {
    let token = this.cursor + by;
    const begins = (index) => /\s/.test(this.gaps[index - 1]?.textContent ?? " ");
    while (isWord && this.nodes[token] && !begins(token)) token += by;
    return token;
  }

  /** A label's key chooses it, marks what is selected, or relabels the span that keys went to. */
  key(name) {
    const index = this.keys.indexOf(name);
    if (index < 0) return false;
    this.choose(this.labels[index]);
    const span = this.byKeys && this.spans[spanAt(this.spans, this.cursor)];
    if (this.anchor !== null && !this.from) this.mark();
    else if (span) this.relabel(span);
    return true;
  }

  choose(label) {
    chosenLabel = label;
    this.inputs.forEach((input) => (input.checked = input.value === label));
  }

  /** What a model or a pattern said of the span was said of its old label, and goes with it. */
  relabel(span) {
    [this.anchor, this.cursor] = [span.token_start, span.token_end];
    this.mark();
  }

  mark() {
    const from = this.anchor ?? this.cursor;
    this.anchor = null;
    const [first, last] = [Math.min(from, this.cursor), Math.max(from, this.cursor)];
    const usable = this.tokens.slice(first, last + 1).every((token) => !token.disabled);
    if (chosenLabel !== null && usable) {
      const span = spanOver(this.tokens, first, last, chosenLabel);
      const before = this.spans;
      this.spans = withSpan(before, span);
      this.announce(`${chosenLabel}: ${this.words(span)}`);
      this.redraw([span, ...before.filter((one) => !this.spans.includes(one))]);
    }
    this.showCursor();
  }

  remove(token) {
    const index = spanAt(this.spans, token);
    if (index < 0) return false;
    const [span] = this.spans.splice(index, 1);
    this.anchor = null;
    this.announce(`removed ${span.label}: ${this.words(span)}`);
    this.redraw([span]);
    this.showCursor();
    return true;
  }

  words(span) {
    const tokens = this.tokens.slice(span.token_start, span.token_end + 1);
    return tokens.map((token) => token.text).join(" ");
  }

  moveTo(token) {
    this.cursor = token;
    this.showCursor();
  }

  selection() {
    const from = this.anchor ?? this.cursor;
    return [Math.min(from, this.cursor), Math.max(from, this.cursor)];
  }

  showCursor() {
    const [first, last] = this.selection();
    const selects = this.anchor !== null;
    for (const node of this.text.querySelectorAll(".cursor, .selecting")) {
      node.classList.remove("cursor", "selecting");
    }
    for (let i = first; selects && i <= last; i += 1) {
      this.nodes[i]?.classList.add("selecting");
      if (i < last) this.gaps[i].classList.add("selecting");
    }
    if (document.activeElement !== this.text || !this.nodes.length) return;
    this.nodes[this.cursor].classList.add("cursor");
    this.text.setAttribute("aria-activedescendant", `token-${this.cursor}`);
  }

  redraw(spans) {
    const first = Math.min(...spans.map((span) => span.token_start));
    const last = Math.max(...spans.map((span) => span.token_end));
    this.draw(first, last);
  }

  /** Draw the tokens from one to another as their spans are now. */
  draw(first, last) {
    for (let i = first; i <= last; i += 1) {
      const span = this.spans[spanAt(this.spans, i)] ?? null;
      const ends = span?.token_end === i;
      this.paint(this.nodes[i], span);
      this.paint(this.gaps[i], ends ? null : span);
      this.nodes[i].classList.toggle("first", span?.token_start === i);
      this.nodes[i].classList.toggle("last", ends);
      this.nodes[i].setAttribute("aria-selected", String(span !== null));
      for (const old of this.nodes[i].querySelectorAll(".tag, .side")) old.remove();
      // The mark behind the tag keeps it by a word that runs against the rest of the text.
      const side = () => element("span", { class: "side", "aria-hidden": "true" });
      if (ends) this.nodes[i].append(element("b", { class: "tag" }, span.label), side());
    }
  }

  paint(node, span) {
    node.classList.toggle("span", span !== null);
    delete node.dataset.hue;
    node.removeAttribute("style");
    if (span !== null) colour(node, span.label, this.config);
  }
}
