"""How far an organization is set up: read off what is there, and off what its admins have said of it."""

from __future__ import annotations

from makegood.store.preparing import prepared

STEPS = ("places", "hours", "members", "sources", "playbook", "limits", "mail", "test")
"""What can be done of setting up; teams are for who wants them."""

DONE = """
SELECT
    EXISTS (SELECT FROM organizations_place WHERE organization_id = %(org)s),
    EXISTS (SELECT FROM organizations_calendarversion WHERE organization_id = %(org)s),
    (SELECT count(*) > 1 FROM organizations_member WHERE organization_id = %(org)s AND active),
    EXISTS (SELECT FROM promises_source WHERE organization_id = %(org)s AND code <> '_tests'),
    EXISTS (SELECT FROM organizations_playbookversion WHERE organization_id = %(org)s AND version > 1),
    EXISTS (SELECT FROM makegoods_limit WHERE organization_id = %(org)s)
        OR EXISTS (SELECT FROM makegoods_budget WHERE organization_id = %(org)s),
    EXISTS (SELECT FROM listen_mailbox WHERE organization_id = %(org)s AND active),
    EXISTS (SELECT FROM promises_source WHERE organization_id = %(org)s AND code = '_tests'),
    ARRAY(SELECT data ->> 'step' FROM journal_entry WHERE organization_id = %(org)s AND subject = 'organization'
        AND subject_id = %(org)s AND event = 'organizations:organization:set_up')
"""


def set_up_done(*, organization_id: int) -> frozenset[str]:
    """This function will name the steps of setting up that are done, and `rest` where no reminder is wanted.

    A playbook counts once it was changed, limits once one was set, mail once a mailbox is read; each of them also once
    an admin said that it suits as it is.
    """
    with prepared() as cursor:
        cursor.execute(DONE, {"org": organization_id})
        *there, said = cursor.fetchone()
    return frozenset({step for step, done in zip(STEPS, there, strict=True) if done} | set(said))
