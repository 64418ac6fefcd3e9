"""Signed webhooks: what shops and helpdesks post to us, checked, kept as it came, and worked on afterwards."""
