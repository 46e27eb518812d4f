"""Logs of mail systems, line by line, to observations of a trail."""
