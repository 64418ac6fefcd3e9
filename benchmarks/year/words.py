"""What staff and customers write in the year."""

from __future__ import annotations

from benchmarks.year.house import House

UPDATES = (
    "Thank you for writing. I have looked into it: your order is at our depot, and a colleague is repacking it now.",
    "I have read your message and spoke with the depot this morning. Your order is on the van now.",
)
WORD = "I will call you tomorrow by 15:00."
OUTCOME = (
    "Here is how it ended: what went wrong was put right, and I checked it myself. We found why it happened, and we"
    " watch it from now on."
)
THANKS = ("Thank you!", "Thanks a lot.", "Great, thank you very much.")
STILL = ("It is still not here.", "It is still broken.", "Nothing has happened yet.")
ASKS = ("When will it come?", "Could you tell me what you are doing about it?", "Where is my refund?")
LATER = ("It stopped working again.", "The same thing is missing again.")


def letter(text: str, name: str) -> str:
    """Write a letter around these words."""
    return f"Dear customer,\n\n{text}\n\n{name}\nYear & Sons\n"


def signed_anew(body: str, house: House, by: int) -> str:
    """Put the sender's own name where a colleague's stands, who wrote the draft or owned the recovery then."""
    mine = house.workers[by].name
    names = {one.name for one in house.workers.values()}
    return "\n".join(mine if line.strip() in names else line for line in body.split("\n"))
