"""What is kept about people: one person's data as a file, and the proof that somebody was erased."""
