"""W6: telling everybody of a policy, against the same rows by hand; its memory, to a million."""

from tests.bench.cores import Cores
from tests.bench.figures import Figure, compare
from tests.bench.ground import Ground, without_indexes
from tests.bench.incident import in_a_process
from tests.bench.trials import BenchBroken

OURS = "tests.bench.policy_teller"
FLOOR = "tests.bench.policy_floor"
VERSION = "2"
FEW = 1000
MILLION = 1_000_000

AS_BEFORE = (
    "TRUNCATE outbox_messages, outbox_batches",
    "VACUUM (ANALYZE) logins",
    "VACUUM (ANALYZE) memberships",
    "VACUUM (ANALYZE) policy_acceptances",
    "CHECKPOINT",
)
# The demo's people accepted the first version; this is one more, the same in all else.
PUBLISHED = """
    INSERT INTO policies (version, id, hash, hash_en, published_at, announced_at, language, text,
                          text_en, summary, summary_en, requires_acceptance)
    SELECT 2, gen_random_uuid(), hash, hash_en, now(), now(), language, text, text_en, summary,
           summary_en, true
    FROM policies WHERE version = 1 AND NOT EXISTS (SELECT FROM policies WHERE version = 2)
"""
# The same people again and again, under ids and addresses of their own, in the same accounts.
PEOPLE = """
    INSERT INTO logins (id, email, email_key, name, language, status, password_hash, created_at)
    SELECT gen_random_uuid(), copy || '-' || email, copy || '-' || email_key, name, language,
           status, password_hash, created_at
    FROM logins CROSS JOIN generate_series(1, $1) AS copy
"""
PLACES = """
    INSERT INTO memberships (id, login_id, customer_id, permissions, created_at)
    SELECT gen_random_uuid(), logins.id, (SELECT id FROM customers WHERE status = 'active' LIMIT 1),
           'profile', now()
    FROM logins WHERE NOT EXISTS (SELECT FROM memberships WHERE login_id = logins.id)
"""


async def measure(ground: Ground, cores: Cores, rounds: int) -> list[Figure]:
    """Messages a second, ours and by hand in turn, and the memory of few and of all."""
    await ground.sql.execute(PUBLISHED)
    ours: list[float] = []
    theirs: list[float] = []
    few: list[float] = []
    all_: list[float] = []
    for _ in range(rounds):
        told = await _told(ground, cores)
        ours.append(told["told"] / told["seconds"])
        all_.append(told["peak_kib"] / 1024)
        few.append((await _told(ground, cores, FEW))["peak_kib"] / 1024)
        await _as_before(ground)
        told = in_a_process(cores, FLOOR, {}, ground.url, VERSION)
        theirs.append(told["told"] / told["seconds"])
    return [
        compare("W6 telling of a policy", "messages/s", ours, "by hand", theirs, at_least=0.5),
        compare("W6 peak memory", "MiB", all_, "of a thousand", few, at_most=1.05),
    ]


async def to_a_million(ground: Ground, cores: Cores) -> list[Figure]:
    """The same memory once more, after the logins were made about a million."""
    await ground.sql.execute(PUBLISHED)
    present = await ground.sql.fetchval("SELECT count(*) FROM logins")
    async with without_indexes(ground.sql, "logins", "memberships"):
        await ground.sql.execute(PEOPLE, MILLION // present, timeout=600)
    await ground.sql.execute(PLACES, timeout=600)
    few = await _told(ground, cores, FEW)
    many = await _told(ground, cores)
    peaks = [told["peak_kib"] / 1024 for told in (many, few)]
    speed = [told["told"] / told["seconds"] for told in (many, few)]
    name = f"W6 to {many['told']:,}"
    return [
        compare(f"{name}: peak memory", "MiB", peaks[:1], "of a thousand", peaks[1:], at_most=1.05),
        compare(f"{name}: speed", "messages/s", speed[:1], "of a thousand", speed[1:]),
    ]


async def _told(ground: Ground, cores: Cores, logins: int | None = None) -> dict[str, float]:
    """What our process told. Raises `BenchBroken` unless each was told once, by the tables."""
    await _as_before(ground)
    arguments = [VERSION] if logins is None else [VERSION, str(logins)]
    told = in_a_process(cores, OURS, ground.environment, *arguments)
    expected = logins or await ground.sql.fetchval("SELECT count(*) FROM logins")
    stands = await ground.sql.fetchval("SELECT count(DISTINCT login_id) FROM outbox_messages")
    counted = await ground.sql.fetchval("SELECT recipients FROM outbox_batches")
    if not told["told"] == stands == counted or not 0 < told["told"] <= expected:
        raise BenchBroken(f"told {told['told']}, {stands} in the table, {counted} counted")
    return told


async def _as_before(ground: Ground) -> None:
    for statement in AS_BEFORE:
        await ground.sql.execute(statement, timeout=600)
