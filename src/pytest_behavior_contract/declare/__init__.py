"""From what people write (contract files, decorators) to contracts."""
