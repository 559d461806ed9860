"""The mark of an arm as a small drawing beside its name."""

from __future__ import annotations

from prodigy_al.report.html.marks import Mark

_PATHS = {
    "o": '<circle cx="8" cy="8" r="5.5"/>',
    "s": '<rect x="3" y="3" width="10" height="10"/>',
    "^": '<path d="M8 2.5 14 13H2z"/>',
    "v": '<path d="M8 13.5 2 3h12z"/>',
    "D": '<path d="M8 1.5 14.5 8 8 14.5 1.5 8z"/>',
    "P": '<path d="M5.5 2h5v3.5H14v5h-3.5V14h-5v-3.5H2v-5h3.5z"/>',
    "X": '<path d="M4.5 1.5 8 5l3.5-3.5 3 3L11 8l3.5 3.5-3 3L8 11l-3.5 3.5-3-3L5 8 1.5 4.5z"/>',
}


def key(mark: Mark) -> str:
    """Return a mark as SVG without a text of its own: the name stands beside it."""
    return (
        '<svg viewBox="0 0 16 16" aria-hidden="true" focusable="false" '
        f'style="fill: var(--arm-{mark.colour})">{_PATHS[mark.shape]}</svg>'
    )
