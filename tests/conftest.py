"""Settings that hold for all tests."""

from __future__ import annotations

import signal

# A shell starts what it runs in the background with the interrupt ignored, and that is inherited: the commands that tests
# interrupt would not notice.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
