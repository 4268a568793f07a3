"""The embedded default: a real small language model from PyPI, served by llama.cpp on this machine's loopback.

Gemma 3 270M is a base model, not an assistant; two chat templates with worked examples make it behave like two
releases of one. It answers plain facts, writes JSON, refuses and calls tools; it is often wrong about everything else.
"""
