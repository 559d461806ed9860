/** Requests that are made again until the server can be reached, and the reason while it cannot. */

import { Unreachable } from "./server.js";

const RETRY_SECONDS = [0.5, 1, 2, 4, 8];

export class Connection {
  constructor(onChange) {
    this.error = "";
    this.onChange = onChange;
  }

  /** Try until the server can be reached. */
  async retry(work) {
    for (let trial = 0; ; trial += 1) {
      try {
        const reply = await work();
        this.setError("");
        return reply;
      } catch (error) {
        if (!(error instanceof Unreachable)) {
          this.setError("");
          throw error;
        }
        this.setError(error.message);
        const seconds = RETRY_SECONDS[Math.min(trial, RETRY_SECONDS.length - 1)];
        await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      }
    }
  }

  setError(sentence) {
    const changed = sentence !== this.error;
    this.error = sentence;
    if (changed) this.onChange();
  }
}
