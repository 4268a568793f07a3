"""What others have logged becomes recordings: vcrpy's cassettes, batch files of the vendors, prompts with responses.

`reading` and `vcrpy_files` turn files into logged exchanges, `importing` finds the clauses that ask the same and
records them there, `drafting` writes a contract for what no clause asks.
"""
