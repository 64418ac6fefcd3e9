"""From the rooms' plain data to what the templates show: words, addresses, colours; nothing is decided here."""
