"""Runs the Python end-to-end tests and prints one line for each, then a summary."""

import sys
import time
import unittest


class Lines(unittest.TextTestResult):
    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def line(self, test, verdict):
        print(f"{verdict} {test.id()} ({time.monotonic() - self.began:.1f} s)", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.line(test, "ok  ")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.line(test, f"skip [{reason}]")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.line(test, "FAIL")

    def addError(self, test, err):
        super().addError(test, err)
        self.line(test, "FAIL")


def main():
    loader = unittest.TestLoader()
    if sys.argv[1:] and sys.argv[1]:
        loader.testNamePatterns = [f"*{sys.argv[1]}*"]
    suite = loader.discover(".", pattern="test_*.py")
    result = unittest.TextTestRunner(resultclass=Lines, verbosity=0, stream=sys.stderr).run(suite)
    failed = len(result.failures) + len(result.errors)
    passed = result.testsRun - failed - len(result.skipped)
    print(f"python: {passed} passed, {failed} failed, {len(result.skipped)} skipped")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
