"""Use cases: explain mails, explain replies and codes, look into the rules; and the settings."""
