/** Mouse and touch over a text: press, drag, lift; ends between words snap to them.
 *
 * Shift and a click extend. A finger that goes up or down scrolls; one that goes sideways selects,
 * and so does one that rested first, in every direction.
 */

import { placeAt } from "./places.js";

const DOUBLE_MS = 350;
const REST_MS = 300; // less than browsers take for a long press

export class Pointing {
  constructor(view) {
    this.view = view;
    this.from = null; // where the button or the finger went down, while it is down
    this.selects = false; // a finger may still be about to scroll
    const { node } = view.text;
    node.addEventListener("pointerdown", (event) => this.press(event));
    node.addEventListener("pointermove", (event) => this.drag(event));
    node.addEventListener("pointerup", (event) => this.lift(event));
    node.addEventListener("pointercancel", () => this.drop());
    node.addEventListener("contextmenu", (event) => this.from && event.preventDefault());
    // Else the browser would scroll, and take the finger away.
    const keep = (event) => this.selects && event.cancelable && event.preventDefault();
    node.addEventListener("touchmove", keep, { passive: false });
  }

  press(event) {
    if (!event.isPrimary) this.drop(); // two fingers: no selection
    if (!event.isPrimary || event.button !== 0 || !this.view.tokens.length) return;
    event.preventDefault(); // no selection of the browser's own
    const { node } = this.view.text;
    node.focus();
    const place = this.placeOf(event);
    // The second press of a double click would undo what the first one did.
    if (this.isDouble(place)) return;
    // The text gets the moves and the end of this drag, wherever on the screen they happen.
    node.setPointerCapture(event.pointerId);
    const from = this.view.anchor ?? this.view.cursor;
    this.view.byKeys = false;
    this.from = event.shiftKey ? { before: from, after: from } : place;
    this.start = { x: event.clientX, y: event.clientY };
    if (event.pointerType !== "touch") this.select(place);
    else this.rest = setTimeout(() => this.select(place), REST_MS);
  }

  placeOf(event) {
    return placeAt(this.view.text.nodes, event.clientX, event.clientY);
  }

  isDouble(place) {
    const now = performance.now();
    const last = this.last;
    this.last = { place, now };
    const same = last?.place.before === place.before && last.place.after === place.after;
    return same && now - last.now < DOUBLE_MS;
  }

  drag(event) {
    if (!this.from) return;
    if (!(event.buttons & 1)) this.drop(); // lifted where no event came from
    else if (this.selects || this.isSideways(event)) this.select(this.placeOf(event));
  }

  isSideways(event) {
    return Math.abs(event.clientX - this.start.x) > Math.abs(event.clientY - this.start.y);
  }

  select(place) {
    this.selects = true;
    this.view.select(this.from, place);
  }

  lift(event) {
    if (!this.from) return;
    this.select(this.placeOf(event));
    const { view, from } = this;
    this.end();
    if (view.anchor === null) return; // nothing between where it began and ended
    const isToken = from.before === from.after && view.anchor === view.cursor;
    if (isToken && !event.shiftKey && view.remove(view.cursor)) return;
    view.mark();
  }

  drop() {
    this.end();
    this.view.drop();
  }

  end() {
    clearTimeout(this.rest);
    this.from = null;
    this.selects = false;
  }
}
