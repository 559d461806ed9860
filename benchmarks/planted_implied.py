"""What each planted cause brings along of necessity: hypotheses that are then true as well.

Written before the final run of `make study-planted`, and not changed after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

IMPLIED: Mapping[str, Mapping[str, str]] = MappingProxyType({})
"""Plant -> hypothesis -> why it is true too."""
