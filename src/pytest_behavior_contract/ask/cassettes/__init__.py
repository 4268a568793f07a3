"""Recordings: one file per clause and endpoint, one exchange a line, found by hash.

`tape` is the file and needs no vcrpy: what judges recordings does not either. `tape_for_vcr` is a tape as vcrpy's
Cassette, for the transports under the SDKs and for whoever knows vcrpy; it alone imports vcr.
"""
