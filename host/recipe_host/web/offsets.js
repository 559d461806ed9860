/** Arithmetic on texts, tokens and spans: pure functions, no page.
 *
 * Offsets count code points, as in the stored data; JavaScript's own string indices count UTF-16
 * units and differ behind every emoji. `end` is exclusive, `token_end` inclusive.
 */

/** The code points of a text, so that slices go by the offsets of the data. */
export function codePoints(text) {
  return Array.from(text);
}

/** What follows each token up to the next one, and what precedes the first. */
export function gaps(text, tokens) {
  const points = codePoints(text);
  const starts = tokens.map((token) => token.start);
  const after = tokens.map((token, i) => {
    const next = i + 1 < starts.length ? starts[i + 1] : points.length;
    return points.slice(token.end, Math.max(next, token.end)).join("");
  });
  return { before: points.slice(0, starts[0] ?? points.length).join(""), after };
}

/** A span over tokens, whichever of both ends comes first. */
export function spanOver(tokens, one, other, label) {
  const [first, last] = one <= other ? [one, other] : [other, one];
  return {
    start: tokens[first].start,
    end: tokens[last].end,
    token_start: first,
    token_end: last,
    label,
  };
}

/** The spans with their token indices, where they begin and end with tokens. */
export function onTokens(spans, tokens) {
  const starts = new Map(tokens.map((token, i) => [token.start, i]));
  const ends = new Map(tokens.map((token, i) => [token.end, i]));
  return spans.flatMap((span) => {
    const first = starts.get(span.start);
    const last = ends.get(span.end);
    if (first === undefined || last === undefined) return [];
    return [{ ...span, token_start: first, token_end: last }];
  });
}

/** Index of the span that covers a token, -1 where none does. */
export function spanAt(spans, token) {
  return spans.findIndex((span) => span.token_start <= token && token <= span.token_end);
}

/** The spans with one more, in the order of the text; what it overlaps goes. */
export function withSpan(spans, added) {
  const kept = spans.filter(
    (span) => span.token_end < added.token_start || added.token_end < span.token_start,
  );
  return [...kept, added].sort((one, other) => one.start - other.start);
}

/** A text as pieces, marked or not, and the spans that overlap a marked one. */
export function pieces(text, spans) {
  const points = codePoints(text);
  const cut = (start, end) => points.slice(start, end).join("");
  const parts = [];
  const hidden = [];
  let position = 0;
  for (const span of [...spans].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (span.start < position) {
      hidden.push({ ...span, text: cut(span.start, span.end) });
      continue;
    }
    if (span.start > position) parts.push({ text: cut(position, span.start), span: null });
    parts.push({ text: cut(span.start, span.end), span });
    position = span.end;
  }
  if (position < points.length) parts.push({ text: cut(position, points.length), span: null });
  return { parts, hidden };
}
