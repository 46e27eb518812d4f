"""The catalogues' texts in the forms that mail servers take for notices of their own.

For servers where nothing of ours can run. Pure: `files.write_templates` gives names and contents.
"""
