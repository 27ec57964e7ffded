"""Waiting for something to become true."""

import time


def wait_until(is_so, seconds):
    """Polls; whether it came true in time."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
