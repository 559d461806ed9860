"""From a finished comparison to what people read."""
