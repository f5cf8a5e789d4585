"""The bare Argon2 loop, one thread of a process of its own: what a sign-in cannot be faster than.

``python -m tests.bench.argon2_loop TIME_COST MEMORY_KIB LANES SECONDS`` prints hashes a second.
"""

import sys
from time import perf_counter

from argon2.low_level import Type, hash_secret

SALT = b"0123456789abcdef"
SECRET = b"Demonstra-2026!"


def hashes_per_second(time_cost: int, memory_kib: int, lanes: int, seconds: float) -> float:
    """Hash after hash for so long; a first one, not counted, warms up."""
    hash_secret(SECRET, SALT, time_cost, memory_kib, lanes, 32, Type.ID)
    done, started = 0, perf_counter()
    while (elapsed := perf_counter() - started) < seconds:
        hash_secret(SECRET, SALT, time_cost, memory_kib, lanes, 32, Type.ID)
        done += 1
    return done / elapsed


if __name__ == "__main__":
    cost = [int(number) for number in sys.argv[1:4]]
    print(hashes_per_second(cost[0], cost[1], cost[2], float(sys.argv[4])))
