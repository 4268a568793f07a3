"""From contracts and endpoints to samples: replayed from cassettes, or asked and recorded."""
