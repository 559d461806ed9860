"""From numbers to what is asked next, and with which probability (numpy only)."""
