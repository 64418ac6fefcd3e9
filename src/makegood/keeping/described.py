"""What each table that holds something of people is called in plain words, and what a person is not given of it."""

from __future__ import annotations

from collections.abc import Mapping

TITLES: Mapping[str, str] = {
    "customers.Customer": "Who they are",
    "customers.Identity": "How they are known",
    "customers.Fact": "What they told us",
    "customers.Purchase": "Purchases",
    "customers.Charge": "Charges and refunds",
    "customers.Visit": "Visits",
    "promises.Promise": "Promises made to them",
    "promises.StaffWord": "What one of us said they would do",
    "failures.Failure": "Failures",
    "failures.Signal": "Signs that something was wrong",
    "makegoods.MakeGood": "Make-goods",
    "makegoods.LedgerEntry": "Ledger of what was given",
    "makegoods.Hold": "Towards which limits a make-good counts",
    "makegoods.PromisedCharge": "Charges tied to a promise",
    "makegoods.FloorDoubt": "Open questions about what is owed",
    "conversations.Thread": "Conversations",
    "conversations.Message": "Messages and notes",
    "conversations.Apology": "Apologies",
    "conversations.Ticket": "Tickets of a helpdesk",
    "conversations.Telling": "Whom of us was told",
    "recoveries.Recovery": "Recoveries",
    "recoveries.RecoveryFailure": "Which failures a recovery puts right",
    "recoveries.Step": "Steps of recoveries",
    "recoveries.RecoveryClock": "Clocks of recoveries",
    "recoveries.Pause": "Pauses of recoveries",
    "recoveries.FollowUp": "Follow-ups",
    "recoveries.Rating": "Their ratings",
    "recoveries.CaresRecord": "How well a recovery went by the record",
    "recoveries.Return": "Whether they came back",
    "recoveries.Story": "Stories that they allow to be told",
    "recoveries.HelpTick": "Checklists ticked for them",
    "recoveries.HelpForm": "Forms filled in about them",
    "recoveries.HelpFile": "Files that came with a form",
    "recoveries.HelpTalk": "Talks with them",
    "recoveries.Unopened": "Recoveries that could not be opened yet",
    "recoveries.Approval": "Extras that a colleague was asked to give",
    "recoveries.BulkRow": "Actions for many at once",
    "listen.Raw": "What sources delivered about them",
    "console.Presence": "Who has a page open",
    "journal.Entry": "The journal",
    "journal.Effect": "What left, or is to leave",
}
"""Tables by their label in the code; a test names the one that is missing here."""

LEFT_OUT: Mapping[str, str] = {
    "conversations.Telling": "It says when which of us was told of a recovery: that is of staff.",
    "makegoods.Hold": "It says which of our limits and budgets it counts towards; the make-good is in the file.",
    "console.Presence": "It says which of us has a page open right now.",
    "recoveries.BulkRow": "It says how far an action of ours is; what it did is in the journal of each recovery.",
    "recoveries.Unopened": "It says how often the machine tried again; the failure itself is in the file.",
}
"""Tables that lead to a person and are not given to them, with the reason."""

LEFT_COLUMNS: Mapping[str, str] = {
    "conversations.Thread.token": "It opens their page to whoever reads it.",
    "conversations.Message.findings": "It is what our own spelling-book said of our draft.",
    "conversations.Apology.key_hash": "It is a number made of the key beside it.",
    "journal.Effect.idempotency_key": "It is what a receiver of ours knows a repeat by.",
}
"""Columns that are not given, with the reason; keyed hashes and the bytes of files never stand in a table."""

BESIDE: Mapping[str, str] = {
    "listen_mailaside": "Mails put aside, of anybody",
    "listen_hookdelivery": "Deliveries put aside, of anybody",
    "listen_intake": "Files that waited, of anybody",
}
"""What is emptied with each erasure, as it may speak of whoever is erased; by table."""

STAYS: Mapping[str, str] = {
    "customers.Customer": "Its number, so that what it is part of still adds up.",
    "customers.Identity": "A keyed hash, by which a source that sends them again is known.",
    "customers.Purchase": "When and how much, for the counts; not what.",
    "customers.Charge": "When and how much; it names nobody.",
    "customers.Visit": "Where and when; it names nobody.",
    "makegoods.LedgerEntry": "Amounts: books are never changed, and name nobody.",
    "makegoods.MakeGood": "Amount, kind and state, for the books; not its words.",
    "conversations.Message": "When, of what kind and by which way; not a word.",
    "listen.Raw": "A keyed hash, by which it is known if it comes again.",
    "journal.Entry": "Numbers, codes and times; it never held a name or a word.",
    "journal.Effect": "That something left, never to whom; what had not left is stopped.",
}
STAYS_OTHERWISE = "Numbers, moments and states, so that counts stay true."
"""Why what stays of a table stays."""
