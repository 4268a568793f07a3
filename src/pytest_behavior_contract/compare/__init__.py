"""From two runs to what changes between them."""
