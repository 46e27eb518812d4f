"""How the trained second stage is made and measured; no part of the installed package."""
