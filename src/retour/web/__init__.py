"""Pages for the helpdesk and an API, over the use cases of `retour.service`; see docs/web.md."""
