/** Answers that are on their way: batches, sent one after the other until each is confirmed. */

import { newId } from "./outbox.js";
import { giveAnswers, HTTPError } from "./server.js";

export class Sending {
  /** `hooks`: onReply, onConfirmed(entries), onRefused(answers, sentence), onChange. */
  constructor(project, outbox, connection, hooks) {
    this.project = project;
    this.outbox = outbox;
    this.connection = connection;
    this.hooks = hooks;
    this.batches = outbox.restore();
    this.refused = []; // those that the server refused as a whole
    this.isStopped = false;
  }

  /** All answers that the server has not confirmed. */
  get entries() {
    return [...this.batches, ...this.refused].flatMap((batch) => batch.entries);
  }

  /** Add answers behind the others, each to its batch unless that was sent. */
  add(entries) {
    for (const entry of entries) {
      const last = this.batches.at(-1);
      if (last?.id === entry.batch && !last.sent) last.entries.push(entry);
      else this.batches.push({ id: entry.batch, entries: [entry], sent: false });
    }
  }

  /** Send batches one after the other until none is left; one such loop at a time. */
  async send() {
    if (this.isSending) return;
    this.isSending = true;
    while (this.batches.length && !this.isStopped) {
      const batch = this.batches[0];
      try {
        this.hooks.onReply(await this.connection.retry(() => this.post(batch)));
        this.outbox.remove(batch.entries);
        this.hooks.onConfirmed(batch.entries);
      } catch (error) {
        if (!(error instanceof HTTPError)) throw error;
        this.refuse(batch, error);
      }
      this.batches.shift();
      this.hooks.onChange();
    }
    this.isSending = false;
  }

  /** Send everything at once, before the page goes away. */
  leave() {
    for (const batch of this.batches) this.post(batch, { keepalive: true }).catch(() => {});
  }

  stop() {
    this.isStopped = true;
  }

  post(batch, options) {
    batch.sent = true;
    const answers = batch.entries.map((entry) => entry.answer);
    const body = { session_id: this.project.namedSession, batch_id: batch.id, answers };
    return giveAnswers(body, options);
  }

  /** Give refused answers back, and send the others again; keep a batch refused as a whole. */
  refuse(batch, error) {
    const refused = new Map((error.reply.refused ?? []).map((one) => [one.index, one.error]));
    if (!refused.size) {
      this.refused.push(batch);
      this.hooks.onRefused([], error.message);
      return;
    }
    this.outbox.remove(batch.entries);
    const others = batch.entries.filter((_, index) => !refused.has(index));
    const id = newId();
    const kept = others.map((entry) => this.outbox.add(id, entry.answer));
    if (kept.length) this.batches.splice(1, 0, { id, entries: kept, sent: false });
    const answers = [...refused.keys()].map((index) => batch.entries[index].answer);
    this.hooks.onRefused(answers, [...refused.values()].join("; "));
  }
}
