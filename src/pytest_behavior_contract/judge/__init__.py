"""From samples to outcomes: behaviors say what a reply is, statistics what the replies together show."""
