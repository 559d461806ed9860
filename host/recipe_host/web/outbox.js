/** Answers that the server has not confirmed, stored in the browser over reloads and restarts.
 *
 * Each answer is an entry of its own, written with the id of its batch when it is given. A batch
 * that is sent again, by a browser that was killed meanwhile, so has the same id, and the server
 * stores it once.
 */

import { parse } from "./json.js";

/** An id for a batch or a page: 128 random bits. */
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
    this.canStore = true; // false once the browser has refused to store an answer
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

  /** Store an answer; return its entry. */
  add(batch, answer) {
    const entry = { number: this.next++, batch, answer };
    try {
      this.storage.setItem(this.key(entry), JSON.stringify({ batch, answer }));
    } catch {
      this.canStore = false;
    }
    return entry;
  }

  remove(entries) {
    for (const entry of entries) this.storage.removeItem(this.key(entry));
  }

  /** Claim the session for one page; others learn it by the storage event and `isClaimedBy`. */
  claim(page) {
    try {
      this.storage.setItem(`${this.start}page`, page);
    } catch {
      this.canStore = false;
    }
  }

  isClaimedBy(page) {
    return !this.canStore || this.storage.getItem(`${this.start}page`) === page;
  }

  key(entry) {
    return `${this.start}answer/${entry.number}`;
  }
}
