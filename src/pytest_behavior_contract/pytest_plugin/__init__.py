"""The edge to pytest: hooks that translate, items, and the fixture."""
