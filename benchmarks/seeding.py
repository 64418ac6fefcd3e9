"""Fill a database with organizations that have a year behind them, for measuring pages and figures.

``python benchmarks/seeding.py --recoveries 100000 --organizations 50`` needs DATABASE_URL (the tables' owner) and a
migrated database. One organization holds half of the recoveries, the others share the rest. Rows are written as the
owner in bulk and look like what the operations write: promises, failures, recoveries with steps, clocks, messages,
make-goods, ledger, ratings, follow-ups and journal. Nothing is random: the same numbers give the same rows. Everything
is due in the past or far ahead, so a ticker on this database finds little to do.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "makegood.config.settings")

DAYS = 365
CUSTOMERS_PER_RECOVERY = 0.8
PEOPLE = (("Ada Admin", "admin"), ("Max Manager", "manager"), ("Mia Manager", "manager"), ("Fin Finance", "finance"))
EMPLOYEES = 8
LINGER = 0.08
"""The share of old recoveries that are open still; those of the last weeks are open besides."""
CAUSES = (
    ("Delivery", None), ("Carrier late", "Delivery"), ("Label lost", "Delivery"), ("Stock", None),
    ("Count wrong", "Stock"), ("Sold twice", "Stock"), ("Till", None), ("Charged twice", "Till"),
    ("Till down", "Till"), ("Rooms", None), ("Not ready", "Rooms"), ("No hot water", "Rooms"),
)  # fmt: skip


@attrs.frozen(kw_only=True)
class Seeded:
    """One seeded organization, and the e-mails of those who sign in with the password `makegood`, the admin first."""

    organization_id: int
    code: str
    recoveries: int
    emails: tuple[str, ...]


def seed(
    *,
    recoveries: int,
    organizations: int,
    now: datetime,
    prefix: str = "bench",
    employees: int = EMPLOYEES,
    linger: float = LINGER,
    password: str = "makegood",
) -> list[Seeded]:
    """Make the organizations and their rows; return them, the largest first, whose people can all sign in."""
    rest = organizations - 1
    half = recoveries if rest == 0 else recoveries // 2
    shares = [half, *(((recoveries - half) // rest + (i < (recoveries - half) % rest)) for i in range(rest))]
    seeded = []
    for number, share in enumerate(shares, start=1):
        code = f"{prefix}{number}"
        ground = _found(code, now, employees, password if number == 1 else None)
        _fill(ground | {"linger": linger}, share)
        seeded.append(Seeded(organization_id=ground["org"], code=code, recoveries=share, emails=ground["emails"]))
    with _owner().cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return seeded


def _owner() -> Any:
    from django.db import connections

    return connections["owner"]


def _found(code: str, now: datetime, employees: int, password: str | None) -> dict[str, Any]:
    """Found one organization by the operations: people, places, causes, playbooks and a source."""
    from django.db import transaction

    from makegood.failures.operations import cause_create
    from makegood.organizations import operations as organizations
    from makegood.promises.operations import source_create
    from makegood.rules import playbooks

    began = now - timedelta(days=DAYS + 1)
    people = [*PEOPLE, *((f"Employee {i}", "employee") for i in range(1, employees + 1))]
    emails = [f"{'admin' if role == 'admin' else f'person{i}'}@{code}.example" for i, (_, role) in enumerate(people)]
    users = [organizations.user_create(email=one, password=password, now=began) if password else None for one in emails]
    with transaction.atomic():
        org = organizations.organization_create(code=code, name=code.title(), now=began, delivery="inbox")
        places = [
            organizations.place_create(organization_id=org, code=f"shop{i}", name=f"Shop {i}") for i in range(1, 7)
        ]
        members = [
            organizations.member_create(
                organization_id=org,
                name=name,
                role=role,
                now=began,
                limit_minor=20_000,
                user_id=user_id,
            )
            for (name, role), user_id in zip(people, users, strict=True)
        ]
        for name in playbooks.names():
            text = playbooks.text_of(name)
            playbook = organizations.playbook_publish(
                organization_id=org, code=name, text=text, data=playbooks.data_of(text), now=began
            )
        source = source_create(organization_id=org, code="orders", name="Orders", now=began)
        causes: dict[str, int] = {}
        for name, parent in CAUSES:
            causes[name] = cause_create(organization_id=org, name=name, parent_id=causes.get(parent or ""))
    return {
        "org": org, "now": now, "places": places, "members": members[-employees:], "source": source,
        "emails": tuple(emails) if password else (),
        "playbook": playbook, "causes": [causes[name] for name, parent in CAUSES if parent], "manager": members[1],
    }  # fmt: skip


def _fill(ground: dict[str, Any], recoveries: int) -> None:
    from makegood.store.secrets import keyed_hash

    people = max(1, round(recoveries * CUSTOMERS_PER_RECOVERY))
    emails = [f"person{i}@customers-{ground['org']}.example" for i in range(1, people + 1)]
    names = {
        **ground,
        "n": recoveries,
        "people": people,
        "emails": emails,
        "hashes": [keyed_hash(email) for email in emails],
        "days": DAYS,
    }
    from django.db import transaction

    with transaction.atomic(using="owner"), _owner().cursor() as cursor:
        for statement in (*PREPARE, *ROWS):
            cursor.execute(statement, names)


PREPARE = (
    # A fraction from 0 to 1 that depends on the row and on what it is for, and on nothing else.
    "CREATE OR REPLACE FUNCTION pg_temp.part(row_number bigint, what int) RETURNS float8 LANGUAGE sql IMMUTABLE AS"
    " $$ SELECT (hashint8extended(row_number, what) & 1048575) / 1048576.0 $$",
    "CREATE OR REPLACE FUNCTION pg_temp.later(maximum float8, share float8) RETURNS interval LANGUAGE sql IMMUTABLE"
    " AS $$ SELECT make_interval(secs => maximum * share) $$",
    "CREATE OR REPLACE FUNCTION pg_temp.pick(ids bigint[], share float8) RETURNS bigint LANGUAGE sql IMMUTABLE AS"
    " $$ SELECT ids[1 + floor(share * cardinality(ids))::int] $$",
    "DROP TABLE IF EXISTS pg_temp.person, pg_temp.one, pg_temp.quiet",
)

WORDS = "(ARRAY['a parcel','an order','a room','a seat','a table'])[1 + (i %% 5)]"
BROKEN = """
INSERT INTO promises_promise (id, organization_id, source_id, customer_id, purchase_id, place_id, key_hash, kind, what,
    product, partner, value_minor, currency, made_at, due_at, first_due_at, fulfilled_at, state, settled_at)
SELECT promise, %(org)s, %(source)s, customer, purchase, place, decode(md5('promise' || promise), 'hex'), 'delivery',
    what, '', '', price, 'EUR', due_at - interval '3 days', due_at, due_at,
    CASE WHEN pg_temp.part(i, 90) < 0.7 THEN due_at + pg_temp.later(172800, pg_temp.part(i, 91)) END, 'broken', due_at
FROM {table} WHERE promise IS NOT NULL
"""
FAILURES = """
INSERT INTO failures_failure (id, organization_id, kind, loss, fault, severity, customer_id, promise_id, purchase_id,
    place_id, source_id, cause_id, happening_key, what, price_minor, currency, found_by_us, happened_at, detected_at,
    complained_at, gate, gate_at, gate_reasons, routed_at, withdrawn_at)
SELECT failure, %(org)s, CASE WHEN promise IS NULL THEN 'complaint' ELSE 'broken_promise' END,
    (ARRAY['time','money','goods','service'])[1 + (i %% 4)], (ARRAY['ours','partner','unknown'])[1 + (i %% 3)],
    1 + (i %% 4), customer, promise, purchase, place, %(source)s,
    CASE WHEN gate <> 'quiet' AND pg_temp.part(i, 92) < 0.6
        THEN pg_temp.pick(%(causes)s::bigint[], pg_temp.part(i, 93) ^ 2) END,
    'purchase:' || purchase, what, price, 'EUR', promise IS NOT NULL, due_at, due_at, complained_at, gate, gate_at,
    jsonb_build_array(jsonb_build_object('rule', rule, 'evidence', NULL, 'grade', NULL, 'text', 'Seeded.')),
    CASE WHEN gate <> 'waiting' THEN gate_at END, CASE WHEN state = 'withdrawn' THEN closed_at END
FROM {table}
"""

ROWS: tuple[str, ...] = (
    """CREATE TEMP TABLE person AS
SELECT i, nextval(pg_get_serial_sequence('customers_customer', 'id')) AS id, %(now)s::timestamptz
    - make_interval(days => %(days)s) + pg_temp.later(86400.0 * %(days)s / 2, pg_temp.part(i, 1)) AS first_at
FROM generate_series(1, %(people)s) AS i""",
    "CREATE UNIQUE INDEX ON person (i)",
    "ANALYZE person",
    """INSERT INTO customers_customer (id, organization_id, name, language, zone, channel, token, first_purchase_at,
    created_at)
SELECT id, %(org)s, (ARRAY['Ana','Ben','Cleo','Dov','Eva','Fay','Gus','Hana'])[1 + (i %% 8)] || ' '
    || (ARRAY['Ferreira','Okafor','Li','Jansen','Novak','Sato','Haddad'])[1 + (i %% 7)] || ' ' || i, 'en', '', 'mail',
    false, first_at, first_at FROM person""",
    """INSERT INTO customers_identity (organization_id, customer_id, kind, value, value_hash)
SELECT %(org)s, person.id, 'email', known.email, known.hash
FROM unnest(%(emails)s::text[], %(hashes)s::bytea[]) WITH ORDINALITY AS known(email, hash, i) JOIN person USING (i)""",
    """CREATE TEMP TABLE one AS
SELECT drawn.*, opened_at + pg_temp.later(86400 * 20, pg_temp.part(i, 3)) AS would_close_at,
    NULL::timestamptz AS closed_at, 'open'::text AS state
FROM (SELECT i, i AS number, nextval(pg_get_serial_sequence('recoveries_recovery', 'id')) AS recovery,
    nextval(pg_get_serial_sequence('failures_failure', 'id')) AS failure,
    CASE WHEN pg_temp.part(i, 4) < 0.8 THEN nextval(pg_get_serial_sequence('promises_promise', 'id')) END AS promise,
    nextval(pg_get_serial_sequence('customers_purchase', 'id')) AS purchase,
    nextval(pg_get_serial_sequence('conversations_thread', 'id')) AS thread,
    nextval(pg_get_serial_sequence('makegoods_makegood', 'id')) AS fix,
    CASE WHEN pg_temp.part(i, 5) < 0.2 THEN nextval(pg_get_serial_sequence('makegoods_makegood', 'id')) END AS floor,
    CASE WHEN pg_temp.part(i, 6) < 0.4 THEN nextval(pg_get_serial_sequence('makegoods_makegood', 'id')) END AS extra,
    (SELECT person.id FROM person WHERE person.i = 1 + (drawn_i * 7919::bigint) %% %(people)s) AS customer,
    pg_temp.pick(%(places)s::bigint[], pg_temp.part(i, 7)) AS place,
    pg_temp.pick(%(members)s::bigint[], pg_temp.part(i, 8)) AS owner,
    1000 + floor(pg_temp.part(i, 9) * 40000)::bigint AS price, """
    + WORDS
    + """ AS what,
    CASE WHEN pg_temp.part(i, 10) < 0.06 THEN 'review' ELSE 'contact' END AS gate,
    CASE WHEN pg_temp.part(i, 10) < 0.06 THEN 'gate.source_silent' ELSE 'gate.notice.unfulfilled' END AS rule,
    opened_at - interval '20 minutes' AS due_at, opened_at AS gate_at, opened_at,
    CASE WHEN pg_temp.part(i, 4) >= 0.8 THEN opened_at - interval '20 minutes' WHEN pg_temp.part(i, 11) < 0.35 THEN
        opened_at - interval '2 hours' + pg_temp.later(86400 * 3, pg_temp.part(i, 12)) END AS complained_at
  FROM (SELECT i, i AS drawn_i, date_trunc('milliseconds', %(now)s::timestamptz - interval '2 hours'
        - pg_temp.later(86400.0 * %(days)s - 86400, pg_temp.part(i, 2))) AS opened_at
    FROM generate_series(1, %(n)s) AS i) AS drawn) AS drawn""",
    """UPDATE one SET state = CASE WHEN pg_temp.part(i, 13) < 0.03 THEN 'withdrawn' ELSE 'closed' END,
    closed_at = would_close_at
WHERE would_close_at < %(now)s AND pg_temp.part(i, 14) > %(linger)s""",
    "UPDATE one SET complained_at = NULL WHERE complained_at > %(now)s",
    """INSERT INTO customers_purchase (id, organization_id, customer_id, place_id, key_hash, reference, what, placed_at,
    total_minor, currency)
SELECT purchase, %(org)s, customer, place, decode(md5('purchase' || purchase), 'hex'), 'R' || purchase, what,
    opened_at - interval '4 days', price, 'EUR' FROM one""",
    """INSERT INTO customers_purchase (organization_id, customer_id, place_id, key_hash, reference, what, placed_at,
    total_minor, currency)
SELECT %(org)s, customer, place, decode(md5('later' || purchase), 'hex'), 'L' || purchase, what,
    opened_at + pg_temp.later(86400 * 80, pg_temp.part(i, 15)),
    floor(price * (0.5 + pg_temp.part(i, 16)))::bigint, 'EUR'
FROM one WHERE pg_temp.part(i, 17) < 0.5 AND opened_at < %(now)s::timestamptz - interval '80 days'""",
    """CREATE TEMP TABLE quiet AS
SELECT i, nextval(pg_get_serial_sequence('failures_failure', 'id')) AS failure,
    nextval(pg_get_serial_sequence('promises_promise', 'id')) AS promise, purchase, customer, place, price, what,
    CASE WHEN due_at > %(now)s::timestamptz - interval '6 hours' THEN 'waiting' ELSE 'quiet' END AS gate,
    (ARRAY['gate.notice.marginal','gate.notice.in_time','gate.go_live'])[1 + floor(pg_temp.part(i, 18) ^ 2 * 3)::int] AS rule,
    due_at + interval '30 minutes' AS due_at,
    CASE WHEN due_at > %(now)s::timestamptz - interval '6 hours' THEN %(now)s::timestamptz + interval '30 days'
        ELSE due_at + interval '45 minutes' END AS gate_at,
    NULL::timestamptz AS complained_at, NULL::timestamptz AS closed_at, 'none'::text AS state
FROM one WHERE pg_temp.part(i, 19) < 0.4""",
    BROKEN.format(table="one"),
    BROKEN.format(table="quiet"),
    """INSERT INTO promises_promise (organization_id, source_id, customer_id, purchase_id, place_id, key_hash, kind, what,
    product, partner, value_minor, currency, made_at, due_at, first_due_at, fulfilled_at, state, settled_at)
SELECT %(org)s, %(source)s, customer, purchase, place, decode(md5('kept' || copy || ':' || purchase), 'hex'), 'delivery',
    what, '', '', price, 'EUR', due_at - interval '3 days', due_at + make_interval(hours => copy),
    due_at + make_interval(hours => copy), due_at, 'kept', due_at FROM one, generate_series(1, 2) AS copy""",
    """INSERT INTO promises_promise (organization_id, source_id, customer_id, purchase_id, place_id, key_hash, kind, what,
    product, partner, value_minor, currency, made_at, due_at, first_due_at, expected_at, state)
SELECT %(org)s, %(source)s, customer, purchase, place, decode(md5('open' || purchase), 'hex'), 'delivery', what, '', '',
    price, 'EUR', due_at, ahead, ahead, CASE WHEN i %% 20 = 0 THEN ahead + interval '1 day' END, 'open'
FROM (SELECT *, %(now)s::timestamptz + interval '30 days' + pg_temp.later(86400 * 60, pg_temp.part(i, 20)) AS ahead
    FROM one WHERE pg_temp.part(i, 21) < 0.5) AS one""",
    FAILURES.format(table="one"),
    FAILURES.format(table="quiet"),
    """INSERT INTO failures_signal (organization_id, kind, customer_id, source_id, purchase_id, place_id, key_hash, state,
    happened_at, received_at)
SELECT %(org)s, 'complaint', customer, %(source)s, purchase, place, decode(md5('signal' || purchase), 'hex'), 'open',
    opened_at, opened_at FROM one WHERE pg_temp.part(i, 22) < 0.01""",
    """INSERT INTO conversations_thread (id, organization_id, customer_id, token, created_at)
SELECT thread, %(org)s, customer, substr(md5('thread' || thread), 1, 24), opened_at FROM one""",
    """INSERT INTO recoveries_recovery (id, organization_id, number, customer_id, happening_key, place_id, thread_id,
    owner_id, owner_reasons, owner_tier, playbook_id, "group", kind, loss, fault, severity, review, state, clock_from,
    opened_at, due_at, next_step, next_due_at, price_minor, currency, expected_loss_minor, expected_loss_at, returned,
    closed_at, close_reason, close_note, closed_by_id, version)
SELECT recovery, %(org)s, number, customer, 'purchase:' || purchase, place, thread, owner, '[]', 1, %(playbook)s,
    'regular', CASE WHEN promise IS NULL THEN 'complaint' ELSE 'broken_promise' END,
    (ARRAY['time','money','goods','service'])[1 + (i %% 4)], (ARRAY['ours','partner','unknown'])[1 + (i %% 3)],
    1 + (i %% 4), gate = 'review' AND state = 'open', state, opened_at, opened_at, opened_at + interval '24 hours',
    CASE WHEN state <> 'open' THEN 'done' WHEN gate = 'review' THEN 'decide'
        ELSE (ARRAY['apologise','fix','make_good','stay'])[1 + (i %% 4)] END,
    opened_at + pg_temp.later(86400 * 3, pg_temp.part(i, 23)), price, 'EUR', floor(price * pg_temp.part(i, 24))::bigint,
    %(now)s::timestamptz + interval '30 days',
    CASE WHEN state = 'closed' THEN (ARRAY['back','unknown','lapsed'])[1 + (i %% 3)] ELSE '' END, closed_at,
    CASE state WHEN 'closed' THEN 'complete' WHEN 'withdrawn' THEN 'withdrawn' ELSE '' END, '',
    CASE WHEN state = 'open' THEN NULL ELSE owner END, 1 FROM one""",
    "INSERT INTO recoveries_recoveryfailure (organization_id, recovery_id, failure_id)"
    " SELECT %(org)s, recovery, failure FROM one",
    """INSERT INTO recoveries_step (organization_id, recovery_id, step, state, send, due_at, done_at, done_by_id, note)
SELECT %(org)s, recovery, step, CASE WHEN done THEN 'done' WHEN state = 'open' THEN 'todo' ELSE 'skipped' END, 'person',
    opened_at + make_interval(hours => 4 * place_in_plan::int),
    CASE WHEN done THEN least(opened_at + pg_temp.later(14400 * place_in_plan, pg_temp.part(i, 30)), %(now)s) END,
    CASE WHEN done THEN owner END, ''
FROM (SELECT one.*, step, place_in_plan, CASE WHEN state = 'open' THEN place_in_plan <= i %% 4
        ELSE pg_temp.part(i, 31 + place_in_plan::int) < 0.9 END AS done
    FROM one, unnest(ARRAY['apologise','fix','respond','make_good','improve','communicate','stay'])
        WITH ORDINALITY AS planned(step, place_in_plan)) AS planned""",
    """INSERT INTO recoveries_recoveryclock (organization_id, recovery_id, target, started_at, minutes, calendar, due_at,
    warn_at, next_at, state, met_at, breached_at, escalations)
SELECT %(org)s, recovery, target, opened_at, minutes, '', ends_at, ends_at - interval '30 minutes', NULL,
    CASE WHEN met_at IS NOT NULL THEN CASE WHEN met_at <= ends_at THEN 'met' ELSE 'missed' END
        WHEN state <> 'open' THEN 'ended' WHEN ends_at <= %(now)s THEN 'missed' ELSE 'running' END,
    met_at, CASE WHEN coalesce(met_at, closed_at, %(now)s) > ends_at THEN ends_at END, 0
FROM (SELECT one.*, target, minutes, opened_at + make_interval(mins => minutes) AS ends_at,
        CASE WHEN target = 'own' THEN opened_at
            WHEN state = 'withdrawn' OR pg_temp.part(i, 40 + length(target)) > 0.9 THEN NULL
            WHEN opened_at + make_interval(secs => 1.15 * 60 * minutes * pg_temp.part(i, 50 + length(target)))
                <= coalesce(closed_at, %(now)s)
            THEN date_trunc('milliseconds',
                opened_at + make_interval(secs => 1.15 * 60 * minutes * pg_temp.part(i, 50 + length(target)))) END
        AS met_at
    FROM one, (VALUES ('acknowledge', 60), ('own', 60), ('fix', 720), ('make_good', 1440), ('respond', 240))
        AS targets(target, minutes) WHERE target <> 'respond' OR pg_temp.part(i, 60) < 0.2) AS clocks""",
    """INSERT INTO recoveries_followup (organization_id, recovery_id, position, action, due_at, state, done_at, outcome)
SELECT %(org)s, recovery, place_in_plan, action, CASE WHEN state = 'open' THEN %(now)s::timestamptz
    + make_interval(days => 30 + days) ELSE opened_at + make_interval(days => days) END,
    CASE WHEN state = 'open' THEN 'planned' ELSE 'done' END, closed_at, ''
FROM one, (VALUES (1, 'ask_score', 1), (2, 'check_in', 7), (3, 'see_return', 30)) AS plan(place_in_plan, action, days)""",
    """INSERT INTO makegoods_makegood (id, organization_id, failure_id, customer_id, part, remedy, title, form, value_minor,
    cost_minor, currency, rule, reasons, offered_by_id, state, offered_at, settled_at)
SELECT id, %(org)s, failure, customer, part, part, 'Seeded', form, amount, amount, 'EUR', clause, '[]',
    CASE WHEN part = 'floor' THEN NULL ELSE owner END, made,
    opened_at, CASE WHEN made NOT IN ('offered', 'accepted') THEN
        date_trunc('milliseconds', least(opened_at + pg_temp.later(86400, pg_temp.part(i, 70)), %(now)s)) END
FROM (SELECT one.*, given.*, CASE WHEN one.state = 'withdrawn' THEN 'withdrawn'
        WHEN one.state = 'closed' OR pg_temp.part(i, 71) < 0.5 THEN
            CASE WHEN part = 'extra' AND pg_temp.part(i, 72) < 0.2 THEN 'declined' ELSE 'delivered' END
        WHEN part = 'extra' THEN 'offered' ELSE 'accepted' END AS made
    FROM one, LATERAL (VALUES (fix, 'fix', 'reperformance', price / 4, ''), (floor, 'floor', 'money', price / 2,
        'seed.floor'), (extra, 'extra', 'coupon', price / 10, '')) AS given(id, part, form, amount, clause)
    WHERE given.id IS NOT NULL) AS given""",
    """INSERT INTO makegoods_ledgerentry (organization_id, makegood_id, debit, credit, amount_minor, currency, at)
SELECT organization_id, id, part, 'owed', cost_minor, currency, offered_at FROM makegoods_makegood
WHERE organization_id = %(org)s AND cost_minor > 0
UNION ALL SELECT organization_id, id, 'owed', CASE WHEN state <> 'delivered' THEN 'released' WHEN form = 'money'
    THEN 'cash' WHEN form = 'coupon' THEN 'credit' ELSE 'kind' END, cost_minor, currency, settled_at
FROM makegoods_makegood WHERE organization_id = %(org)s AND cost_minor > 0 AND settled_at IS NOT NULL""",
    """INSERT INTO recoveries_rating (organization_id, recovery_id, makegood_id, asked_at, answered_at, score, cares)
SELECT %(org)s, recovery, fix, opened_at + interval '1 day',
    CASE WHEN pg_temp.part(i, 80) < 0.4 THEN opened_at + interval '2 days' END,
    CASE WHEN pg_temp.part(i, 80) < 0.4 THEN 1 + floor(7 * pg_temp.part(i, 81) ^ 0.5)::int END, '{}'
FROM one WHERE state <> 'withdrawn' AND pg_temp.part(i, 82) < 0.7 AND opened_at < %(now)s::timestamptz - interval '2 days'""",
    """INSERT INTO conversations_message (organization_id, thread_id, customer_id, direction, channel, kind, step, state,
    address, subject, body, findings, override_reason, apology_key, message_id, author_id, created_at, sent_at)
SELECT %(org)s, thread, customer, direction, 'mail', kind, step,
    CASE WHEN direction = 'in' THEN 'received' WHEN kind = 'apology' AND one.state = 'open' THEN 'draft' ELSE 'sent' END,
    '', 'About your order', 'Seeded words about what happened, what is done and what comes next.', '[]', '', '', '',
    CASE WHEN kind = 'apology' THEN owner END, opened_at + make_interval(mins => minutes),
    CASE WHEN direction = 'out' AND NOT (kind = 'apology' AND one.state = 'open')
        THEN opened_at + make_interval(mins => minutes) END
FROM one, (VALUES ('out', 'acknowledgement', '', 0, 1.0), ('out', 'apology', 'apologise', 30, 1.0),
    ('in', 'reply', '', 90, 0.3)) AS said(direction, kind, step, minutes, share)
WHERE pg_temp.part(i, 83) < share""",
    """INSERT INTO journal_entry (organization_id, at, event, actor_id, subject, subject_id, data)
SELECT %(org)s, happened.at, happened.event, happened.actor, happened.subject, happened.subject_id, happened.data
FROM one, LATERAL (VALUES
    (due_at, 'failures:failure:detected', NULL::bigint, 'failure', failure, jsonb_build_object('gate', gate)),
    (opened_at, 'recoveries:recovery:opened', NULL, 'recovery', recovery, jsonb_build_object('number', number,
        'owner', owner, 'state', 'open', 'clocks', '{}'::jsonb)),
    (opened_at + interval '30 minutes', 'recoveries:recovery:stepped', owner, 'recovery', recovery,
        jsonb_build_object('step', 'apologise', 'state', 'done')),
    (opened_at + interval '3 hours', 'recoveries:recovery:stepped', owner, 'recovery', recovery,
        jsonb_build_object('step', 'fix', 'state', 'done')),
    (closed_at, 'recoveries:recovery:closed', owner, 'recovery', recovery, jsonb_build_object('state', one.state)))
    AS happened(at, event, actor, subject, subject_id, data)
WHERE happened.at IS NOT NULL""",
)


def main(arguments: Sequence[str]) -> int:
    """Seed the database that DATABASE_URL names, and say what was made."""
    parser = argparse.ArgumentParser(description="Fill a migrated database with organizations that have a year behind.")
    parser.add_argument("--recoveries", type=int, default=100_000)
    parser.add_argument("--organizations", type=int, default=50)
    parser.add_argument("--prefix", default="bench", help="how the organizations' codes begin")
    parser.add_argument(
        "--at", default="", help="the present moment of the rows (ISO 8601); the wall clock's if left out"
    )
    asked = parser.parse_args(arguments)
    now = datetime.fromisoformat(asked.at) if asked.at else datetime.now(UTC)
    django.setup()
    seeded = seed(recoveries=asked.recoveries, organizations=asked.organizations, now=now, prefix=asked.prefix)
    for one in seeded[:1] + seeded[-1:]:
        print(
            f"{one.code}: organization {one.organization_id}, {one.recoveries} recoveries, {', '.join(one.emails[:1])}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
