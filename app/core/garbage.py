"""Python's cycle collector in a process that lives long."""

import gc


def spare_the_collector() -> None:
    """Have it pass over what lives as long as the process, and look less often.

    For once everything is loaded and built. Else it walks through all our routes and plans again
    and again: half of the time of a list.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
