"""The command line: one file per command. Nothing here decides anything about a mail."""
