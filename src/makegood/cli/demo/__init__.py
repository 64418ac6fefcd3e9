"""The demo: two invented organizations living through a bad day, one of them with real flights."""
