/** Answers that the server has not confirmed, kept in the browser over reloads and restarts.
 *
 * Each answer is an entry of its own, written when it is given. It names its batch from the start:
 * whatever the browser forgets when it is killed, a batch that was sent is sent again under the
 * same name, and the server stores it once.
 */

import { parse } from "./json.js";

/** A name for a batch or a page: 128 random bits. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Outbox {
  /** `place` tells datasets and sessions apart. */
  constructor(place, storage = window.localStorage) {
    this.start = `recipe-host/${place}/`;
    this.storage = storage;
    this.next = 0;
    this.keeps = true; // false once the browser has refused to keep an answer
  }

  /** The answers of earlier visits, by batch, in the order in which they were given. */
  restore() {
    const start = `${this.start}answer/`;
    const found = Object.keys(this.storage)
      .filter((key) => key.startsWith(start))
      .map((key) => ({ number: Number(key.slice(start.length)), key }))
      .sort((one, other) => one.number - other.number);
    const batches = new Map();
    for (const { number, key } of found) {
      const { batch, answer } = parse(this.storage.getItem(key));
      if (!batches.has(batch)) batches.set(batch, { id: batch, entries: [] });
      batches.get(batch).entries.push({ number, batch, answer });
      this.next = number + 1;
    }
    return [...batches.values()];
  }

  /** Keep an answer; returns its entry. */
  add(batch, answer) {
    const entry = { number: this.next++, batch, answer };
    try {
      this.storage.setItem(this.key(entry), JSON.stringify({ batch, answer }));
    } catch {
      this.keeps = false;
    }
    return entry;
  }

  remove(entries) {
    for (const entry of entries) this.storage.removeItem(this.key(entry));
  }

  /** Take the session for one page; others see it through `isHeldBy` and the storage event. */
  hold(page) {
    try {
      this.storage.setItem(`${this.start}page`, page);
    } catch {
      this.keeps = false;
    }
  }

  isHeldBy(page) {
    return !this.keeps || this.storage.getItem(`${this.start}page`) === page;
  }

  key(entry) {
    return `${this.start}answer/${entry.number}`;
  }
}
