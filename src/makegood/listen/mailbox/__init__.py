"""Mail in by IMAP: where an organization's mail is, reading it, and what could not be taken in."""
