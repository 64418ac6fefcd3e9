"""Help for the person who talks to the customer: dialogues, forms and checklists, as pure data and functions.

`dialogues` walks a branching script, `forms` reads what was typed, `lists` says what a step still asks for, `facts`
fills the case's facts into what is said.
"""
