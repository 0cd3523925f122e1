"""``python -m annotator.security.package_audit``: pip-audit on every package we pin.

Exit status 0: the service answered and knows of no weakness. 1: it knows some, and they are listed.
2: it could not be asked, or did not answer: that is no good news, and is never taken for one.
"""

import json
import subprocess  # nosec B404 - starts pip-audit, by a list of arguments
import sys
import tempfile
from pathlib import Path

from annotator.settings.env import ROOT

LONGEST_S = 600
NO_ANSWER = (
    "The service that knows the weaknesses of packages gave no answer, so nothing is known about "
    "ours; run `make audit` where it can be reached."
)


def audit_packages(constraints: Path) -> int:
    """Ask about every package of ``constraints``; print what is known and return the status."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(constraints)]
        options = ["--no-deps", "--disable-pip", "--format", "json", "--output", str(answer)]
        try:
            done = subprocess.run(  # nosec B603 - a list of arguments, none from elsewhere
                [*command, *options],
                capture_output=True,
                text=True,
                timeout=LONGEST_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return _say(2, NO_ANSWER)
        return _judge(answer, done.stderr)


def _judge(answer: Path, complaint: str) -> int:
    try:
        packages = json.loads(answer.read_text(encoding="utf-8"))["dependencies"]
    except (OSError, ValueError, KeyError, TypeError):
        last = complaint.strip().splitlines()[-1:] or ["no reason was given"]
        return _say(2, NO_ANSWER, f"It said: {last[0][:300]}")
    left_out = [p["name"] for p in packages if "skip_reason" in p]
    weak = [(p, v) for p in packages for v in p.get("vulns", ())]
    if left_out or not packages:
        return _say(2, NO_ANSWER, f"It left out {len(left_out)} of {len(packages)} packages.")
    if weak:
        lines = [f"{p['name']} {p['version']}: {v['id']}, mended in {_mended(v)}" for p, v in weak]
        return _say(1, *lines, "Raise these packages in constraints.txt, or say why not.")
    return _say(0, f"{len(packages)} packages, none with a known weakness.")


def _mended(weakness: dict[str, list[str]]) -> str:
    return ", ".join(weakness.get("fix_versions") or ["no version yet"])


def _say(status: int, *lines: str) -> int:
    print(*lines, sep="\n")
    return status


if __name__ == "__main__":
    sys.exit(audit_packages(ROOT / "constraints.txt"))
