"""`python -m makegood.store.embedded HOME`: the keeper's process; the server's first user starts it."""

from makegood.store.embedded.keeper import main

main()
