"""The milter: its protocol without any I/O, and the daemon that Postfix and Sendmail call."""
