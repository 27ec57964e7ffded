"""One line a case, and the count at the end."""

import sys
import time
import traceback


class Report:
    def __init__(self, only=""):
        self.passed, self.failed, self.only = 0, 0, only

    def case(self, name, work):
        """Runs a case: `work` returns what went wrong and what to say beside the name."""
        if self.only and self.only not in name:
            return
        began = time.monotonic()
        try:
            faults, remark = work()
        except Exception as error:  # a case that breaks has failed, and the others go on
            faults, remark = [f"{type(error).__name__}: {error}"], ""
            traceback.print_exc(file=sys.stderr)
        faults = [fault for fault in faults if fault]
        took = time.monotonic() - began
        self.passed += not faults
        self.failed += bool(faults)
        print(f"{'FAILED' if faults else 'ok'}  {name}  ({took:.1f} s{', ' if remark else ''}{remark})")
        for fault in faults[:6]:
            print(f"        {fault}")
        sys.stdout.flush()

    def skip(self, name, why):
        if self.only in name:
            print(f"skipped  {name}  ({why})")

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0
