"""Measure one checkout: a process of its own, with its Python and its code, that is asked one thing after another.

    python bench/serve.py LAYOUT

LAYOUT is a module beside this one that knows how the checkout is used: `today`, or `flat` for how it was up to decbe5f.
Each line on stdin is the name of something to do; the answer is one line of JSON on stdout, what was measured by name,
or `problem`. What is said otherwise goes to stderr. At the end of stdin the lab, if there is one, is taken down.
"""

import importlib
import json
import os
import sys
import traceback


def main(layout: str) -> None:
    """Answer until nobody asks any more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    subject = importlib.import_module(layout).Subject()
    try:
        for line in sys.stdin:
            try:
                answer = getattr(subject, line.strip())() or {}
            except Exception:
                answer = {"problem": traceback.format_exc()}
            print(json.dumps(answer), file=answers, flush=True)
    finally:
        subject.down()


if __name__ == "__main__":
    main(sys.argv[1])
