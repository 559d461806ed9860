"""An honest evaluation of active learning on gold, and what may be claimed of it."""
