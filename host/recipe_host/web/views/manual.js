/** The view `ner_manual`: spans over tokens, by mouse, touch and keyboard. */

import { element } from "../elements.js";
import { choiceKeys } from "../keys.js";
import { colour } from "../labels.js";
import { onTokens, spanAt, spanOver, withSpan } from "../offsets.js";
import { move } from "./moving.js";
import { between } from "./places.js";
import { Pointing } from "./pointing.js";
import { TokenText } from "./token_text.js";

let chosenLabel = null; // stays from task to task

export function manualView(task, config, { announce }) {
  const view = new ManualView(task, config, announce);
  return {
    node: view.node,
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
    this.byKeys = false; // how the cursor came where it is
    this.labels = config.labels;
    this.keys = choiceKeys(this.labels, config.keymap_by_label);
    if (!this.labels.includes(chosenLabel)) chosenLabel = this.labels[0] ?? null;
    this.picker = this.makePicker();
    this.text = new TokenText(task.text ?? "", this.tokens, config);
    this.node = element("div", {}, this.picker, this.text.node);
    if (!this.tokens.length) {
      const why = "This task has no tokens, so that nothing can be selected (add_tokens adds them).";
      this.node.append(element("p", { class: "problem" }, why));
    }
    this.text.draw(this.spans);
    this.pointing = new Pointing(this);
    this.text.node.addEventListener("keydown", (event) => move(this, event));
    this.text.node.addEventListener("focus", () => this.showCursor());
    this.text.node.addEventListener("blur", () => this.showCursor());
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

  // The cursor and the selection.

  moveTo(token) {
    this.cursor = token;
    this.showCursor();
  }

  /** Select from one place to another, as places.js has them. */
  select(from, place) {
    const isForward = from.after + from.before <= place.after + place.before;
    const range = between(from, place);
    this.anchor = range && range[isForward ? 0 : 1];
    this.moveTo(range ? range[isForward ? 1 : 0] : this.cursor);
  }

  drop() {
    this.anchor = null;
    this.showCursor();
  }

  showCursor() {
    this.text.showCursor(this.cursor, this.anchor);
  }

  // Labels.

  /** A label's key chooses it, marks what is selected, or relabels the span that keys went to. */
  key(name) {
    const index = this.keys.indexOf(name);
    if (index < 0) return false;
    this.choose(this.labels[index]);
    const span = this.byKeys && this.spans[spanAt(this.spans, this.cursor)];
    if (this.anchor !== null && !this.pointing.from) this.mark();
    else if (span) this.relabel(span);
    return true;
  }

  choose(label) {
    chosenLabel = label;
    this.inputs.forEach((input) => (input.checked = input.value === label));
  }

  // Spans.

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

  redraw(spans) {
    const first = Math.min(...spans.map((span) => span.token_start));
    const last = Math.max(...spans.map((span) => span.token_end));
    this.text.draw(this.spans, first, last);
  }
}
