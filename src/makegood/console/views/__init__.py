"""What the staff's pages do: each view translates in, makes one domain call, and translates out."""
