"""After the storm: what stands in the tables, held against what the mail server took."""

import re
from collections import Counter
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg

from tests.support.smtp import Mailbox

LINK = re.compile(r"#token=([\w-]{43})")

# What must hold of every login, and how to find those of which it does not.
EACH_LOGIN: dict[str, str] = {
    "was not fixed as a target": """
        SELECT id FROM logins WHERE id NOT IN
        (SELECT login_id FROM incident_targets WHERE incident_id = $1)""",
    "was not marked as done": """
        SELECT login_id FROM incident_targets WHERE incident_id = $1 AND done_at IS NULL""",
    "has not exactly one report": """
        SELECT login_id FROM incident_targets LEFT JOIN interventions USING (incident_id, login_id)
        WHERE incident_id = $1 GROUP BY login_id HAVING count(interventions.id) <> 1""",
    "has not exactly one mail": """
        SELECT targets.login_id FROM incident_targets AS targets LEFT JOIN outbox_messages
        ON outbox_messages.login_id = targets.login_id AND batch = 'incident:' || $1::uuid::text
        WHERE targets.incident_id = $1 GROUP BY 1 HAVING count(outbox_messages.id) <> 1""",
    "has a mail that did not leave": """
        SELECT login_id FROM outbox_messages WHERE batch = 'incident:' || $1::uuid::text
        AND (state <> 'sent' OR sealed IS NOT NULL)""",
    "has not exactly one open link": """
        SELECT targets.login_id FROM incident_targets AS targets LEFT JOIN one_time_tokens
        ON one_time_tokens.login_id = targets.login_id AND spent_at IS NULL
        WHERE targets.incident_id = $1 GROUP BY 1 HAVING count(digest) <> 1""",
    "still has a password": """
        SELECT id FROM logins WHERE password_hash IS NOT NULL OR reset_required_at IS NULL
        AND $1::uuid IS NOT NULL""",
    "still has a session": """
        SELECT login_id FROM sessions WHERE login_id IS NOT NULL AND ended_at IS NULL
        AND $1::uuid IS NOT NULL""",
    "still has a refresh token": """
        SELECT login_id FROM refresh_tokens JOIN sessions ON sessions.id = session_id
        WHERE login_id IS NOT NULL AND spent_at IS NULL AND $1::uuid IS NOT NULL""",
    "is not on record exactly once": """
        SELECT login_id FROM incident_targets LEFT JOIN (
            SELECT audit_subjects.subject_id AS login_id, event_id FROM audit_subjects
            JOIN audit_events ON audit_events.id = event_id
            WHERE action = 'system:intervention:create' AND audit_events.subject_id = $1
        ) AS recorded USING (login_id)
        WHERE incident_id = $1 GROUP BY login_id HAVING count(event_id) <> 1""",
}


async def judge(url: str, incident_id: str, mailbox: Mailbox) -> dict[str, Any]:
    """The figures, and under ``wrong`` whatever does not hold."""
    incident = UUID(incident_id)
    sql = await asyncpg.connect(url)
    try:
        wrong = [
            f"{len(found)} logins: one of them {what}"
            for what, query in EACH_LOGIN.items()
            if (found := await sql.fetch(query, incident))
        ]
        status = await sql.fetchval("SELECT status FROM incidents WHERE id = $1", incident)
        if status != "done":
            wrong.append(f"the incident is {status}")
        finishes = await sql.fetchval(
            "SELECT count(*) FROM audit_events WHERE action = 'system:incident:finish'"
            " AND subject_id = $1",
            incident,
        )
        if finishes != 1:
            wrong.append(f"it was finished {finishes} times")
        people = {
            row["email"]: row["id"] for row in await sql.fetch("SELECT id, email FROM logins")
        }
        links = dict(await sql.fetch("SELECT digest, login_id FROM one_time_tokens"))
    finally:
        await sql.close()
    wrong += _letters(mailbox, people, links)
    copies = Counter(mailbox.ids().values())
    return {
        "logins": len(people),
        "letters": len(mailbox.arrived),
        "letters_taken_twice": sum(count for times, count in copies.items() if times > 1),
        "wrong": wrong,
    }


def _letters(mailbox: Mailbox, people: dict[str, Any], links: dict[bytes, Any]) -> list[str]:
    """Everybody got one letter, or the same one again, with the link that is theirs."""
    ids: dict[str, set[str]] = {}
    strangers, lost = 0, 0
    for letter in mailbox.arrived:
        ids.setdefault(letter.recipient, set()).add(letter.id)
        token = LINK.search(letter.text)
        owner = None if token is None else links.get(sha256(token[1].encode()).digest())
        strangers += letter.recipient not in people
        lost += owner is None or owner != people.get(letter.recipient)
    wrong = {
        "recipients got no letter": len(people.keys() - ids.keys()),
        "recipients got two different letters": sum(len(found) > 1 for found in ids.values()),
        "letters went to nobody we know": strangers,
        "letters had no link that is their reader's": lost,
    }
    return [f"{count} {what}" for what, count in wrong.items() if count]
