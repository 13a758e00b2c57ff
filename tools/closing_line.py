"""One closing line, in pytest's words, for several runs of pytest: `python tools/closing_line.py OUTPUT...`."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

ORDER = ("failed", "error", "passed", "skipped", "xfailed", "xpassed", "warning")


def closing_line(outputs: list[str]) -> str:
    """The sums of the outputs' last lines. A run that broke off before its last line is said to have done so."""
    counts: Counter[str] = Counter()
    seconds = 0.0
    for output in outputs:
        last = output.rstrip().rpartition("\n")[2]
        took = re.search(r" in ([\d.]+)s", last)
        if took is None:
            counts["error"] += 1
            continue
        seconds += float(took[1])
        for number, word in re.findall(r"(\d+) ([a-z]+)", last[: took.start()]):
            counts[word.removesuffix("s")] += int(number)
    said = ", ".join(f"{counts[word]} {word}" for word in ORDER if counts[word])
    return f"{said or 'no tests ran'} in {seconds:.2f}s"


if __name__ == "__main__":
    print(closing_line([Path(name).read_text(encoding="utf-8", errors="replace") for name in sys.argv[1:]]))
