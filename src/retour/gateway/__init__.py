"""Retour in the flow of mail: what a mail server calls while it takes a message."""
