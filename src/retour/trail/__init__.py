"""Observations to copies, copies to a message's story, stories to answers. Pure."""
