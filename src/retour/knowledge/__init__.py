"""Knowledge as data: rules, causes and registries, and the matcher that applies them to a reply.

`load.load` gives the `schema.Knowledge`; `audit.audit` tests the data against itself.
"""
