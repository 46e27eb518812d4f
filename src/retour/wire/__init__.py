"""Grammars: bytes or text to values, leniently; each function names the standard it follows."""
