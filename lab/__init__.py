"""Real mail servers side by side, in namespaces of their own, and what is expected of them."""
