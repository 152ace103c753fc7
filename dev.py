#!/usr/bin/env python3
"""Mortise's own errands: run, test, check, bench, soak, lock. Standard library only, on every system.

`make X` is a thin name for `python3 dev.py X`. Nothing is installed outside `.venv`, with
one exception: as root on Debian the browser tests install the package chromium.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
MARKER = VENV / "mortise-installed.json"  # lock name -> hash of the lock that is installed
OLDEST_PYTHON = (3, 11)

UV_LOCK = "requirements-uv.lock"
RUN_LOCK = "requirements.lock"
TEST_LOCK = "requirements-test.lock"
COMPILE = [
    *("pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-header", "--no-emit-index-url", "--upgrade", "--quiet"),
]

CATALOGUES = ROOT / "core" / "translations"
ENGINE = "mes.nesting.rules.compiled"
KERNELS = ("kernel", "knapsack", "tail")  # the modules that hold what is compiled
FLASK = ("flask", "--app", "wsgi")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
WINDOWS_BROWSERS = ("Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe")
COUNTED = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)\b")


class Stop(Exception):
    """The errand cannot go on; the message says what is wrong and what to do."""


def say(text: str) -> None:
    """Print one line now, before the next program prints its own."""
    print(text, flush=True)


# --- programs ------------------------------------------------------------------------------------


def inside(module: str, *arguments: str) -> list[str]:
    """Return the command line that runs a module of the virtual environment."""
    return [str(PYTHON), "-m", module, *arguments]


def done(command: Sequence[str], env: dict[str, str] | None = None) -> bool:
    """Run a command in the repository and tell whether it succeeded."""
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode == 0


def must(command: Sequence[str], env: dict[str, str] | None = None) -> None:
    """Run a command in the repository, or stop."""
    if not done(command, env):
        raise Stop(f"This failed: {' '.join(command)}")


def become(command: list[str]) -> int:
    """Hand this process over to a command, so that Ctrl-C and kill reach it and no one else."""
    if os.name != "nt":
        os.chdir(ROOT)
        sys.stdout.flush()
        os.execv(command[0], command)  # noqa: S606  (no shell is wanted)
    server = subprocess.Popen(command, cwd=ROOT)
    while True:
        try:
            return server.wait()
        except KeyboardInterrupt:
            continue  # the server got the same Ctrl-C and is stopping


# --- installing ----------------------------------------------------------------------------------


def is_alive() -> bool:
    """Tell whether the virtual environment is there and its Python runs."""
    try:
        return subprocess.run([str(PYTHON), "-c", ""], check=False).returncode == 0
    except OSError:
        return False


def installed() -> dict[str, str]:
    """Return which locks are installed, by hash."""
    try:
        marked: dict[str, str] = json.loads(MARKER.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return marked


def make_venv() -> None:
    """Make the virtual environment anew."""
    say(f"Making {VENV.name} …")
    try:
        venv.create(VENV, clear=True, with_pip=True)
    except subprocess.CalledProcessError as wrong:
        raise Stop(
            "This Python cannot make virtual environments with pip. "
            "On Debian and Ubuntu: apt-get install python3-venv"
        ) from wrong


def pip_install(lock: str) -> list[str]:
    """Return pip's command line for a lock."""
    return inside("pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", lock)


def uv_environment() -> dict[str, str]:
    """Return the environment for uv, which does not know a mirror that was set up for pip."""
    env = dict(os.environ)
    if not any(name in env for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL")):
        asked = subprocess.run(
            inside("pip", "config", "get", "global.index-url"), capture_output=True, text=True, check=False
        )
        if mirror := env.get("PIP_INDEX_URL") or asked.stdout.strip():
            env["UV_DEFAULT_INDEX"] = mirror
    return env


def install_lock(lock: str) -> None:
    """Install a lock with hashes: by uv, or by plain pip where uv is not to be had."""
    uv = inside("uv", "pip", "install", "--quiet", "--python", str(PYTHON))
    uv += ["--compile-bytecode", "--require-hashes", "-r", lock]
    uv_there = subprocess.run(inside("uv", "--version"), capture_output=True, check=False).returncode == 0
    if uv_there or done(pip_install(UV_LOCK)):
        if done(uv, uv_environment()):
            return
        say("uv could not install; trying plain pip, which takes longer.")
    if not done(pip_install(lock)):
        raise Stop(
            f"{lock} could not be installed (see above). Is the network there? "
            "Behind a slow line, set PIP_INDEX_URL to a mirror near you and start again."
        )


def install(*locks: str) -> None:
    """Bring `.venv` to what the locks say; do nothing where it is there already."""
    wanted = {lock: hashlib.sha256((ROOT / lock).read_bytes()).hexdigest() for lock in locks}
    if not is_alive():
        make_venv()
    there = installed()
    for lock in locks:
        if there.get(lock) == wanted[lock]:
            continue
        say(f"Installing {lock} …")
        started = time.monotonic()
        install_lock(lock)
        there[lock] = wanted[lock]
        MARKER.write_text(json.dumps(there, indent=1), encoding="utf-8")
        say(f"Installed in {time.monotonic() - started:.0f} s.")
    compile_catalogues()
    if RUN_LOCK in locks:
        compile_engine()


def compile_engine() -> None:
    """Compile the cutting engine where that was not done yet for these sources; plans can do without."""
    sources = [ROOT / "mes" / "nesting" / "rules" / f"{name}.py" for name in KERNELS]
    stamp = " ".join(f"{source}:{source.stat().st_mtime_ns}:{source.stat().st_size}" for source in sources)
    there = installed()
    if there.get("engine") == stamp:
        return
    say("Compiling the cutting engine …")
    started = time.monotonic()
    if not done(inside(ENGINE)):
        say(
            "It could not be compiled (see above). Cut plans come from the plain engine, and cost more board."
        )
        return
    MARKER.write_text(json.dumps(there | {"engine": stamp}, indent=1), encoding="utf-8")
    say(f"Compiled in {time.monotonic() - started:.0f} s.")


def compile_catalogues() -> None:
    """Compile the message catalogues that are newer than their compiled form."""
    for source in CATALOGUES.glob("*/LC_MESSAGES/messages.po"):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            must(
                inside(
                    "babel.messages.frontend", "--quiet", "compile", "-i", str(source), "-o", str(compiled)
                )
            )


@contextmanager
def clean_settings() -> Iterator[dict[str, str]]:
    """Give an environment without this installation's settings: no test may meet real data."""
    kept = ("MORTISE_TEST_", "MORTISE_CHROMIUM")
    with tempfile.TemporaryDirectory(prefix="mortise-") as var:
        env = {k: v for k, v in os.environ.items() if not k.startswith("MORTISE_") or k.startswith(kept)}
        yield env | {"MORTISE_VAR_DIR": var}


# --- run -----------------------------------------------------------------------------------------


def run(_rest: list[str]) -> int:
    """Install, migrate, load the demo into an empty database, serve; HTTPS=1 to the whole network, over HTTPS."""
    if os.environ.get("HTTPS", "") not in ("", "0"):
        os.environ["MORTISE_HTTPS"] = "on"
        os.environ.setdefault("MORTISE_HOST", "0.0.0.0")  # noqa: S104  (asked for)
    install(RUN_LOCK)
    must(inside(*FLASK, "database", "upgrade"))
    if os.environ.get("EMPTY", "") not in ("", "0"):
        if done(inside(*FLASK, "people", "is-empty")):
            must(inside(*FLASK, "people", "first-admin"))
    else:
        must(inside(*FLASK, "demo", "load", "--if-empty"))
    return become(inside(*FLASK, "serve"))


# --- check ---------------------------------------------------------------------------------------


CHECKS: dict[str, Callable[[dict[str, str]], bool]] = {
    "format": lambda env: done(inside("ruff", "format", "--check", "."), env),
    "lint": lambda env: done(inside("ruff", "check", "."), env),
    "types": lambda env: done(inside("mypy"), env),
    "import contracts": lambda env: done([str(BIN / "lint-imports")], env),
    "migration drift": lambda env: done(inside(*FLASK, "database", "check"), env),
    "catalogue": lambda env: done(inside("tests.catalogue"), env),
}


def failed_checks() -> list[str]:
    """Do every check, also after one has failed, and return the names of those that failed."""
    failed = []
    with clean_settings() as env:
        for name, passes in CHECKS.items():
            say(f"--- {name}")
            started = time.monotonic()
            good = passes(env)
            say(f"    {name}: {'ok' if good else 'FAILED'}, {time.monotonic() - started:.1f} s")
            if not good:
                failed.append(name)
    return failed


def check(_rest: list[str]) -> int:
    """Check format, lint, types, import contracts, migrations and catalogue."""
    install(RUN_LOCK, TEST_LOCK)
    failed = failed_checks()
    say(f"Failed: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


# --- test ----------------------------------------------------------------------------------------


def find_browser() -> str | None:
    """Return a Chromium of this machine, or None."""
    if given := os.environ.get("MORTISE_CHROMIUM"):
        return given
    programs = [
        Path(os.environ[name]) for name in ("ProgramFiles", "ProgramFiles(x86)") if name in os.environ
    ]
    places = [folder / place for folder in programs for place in WINDOWS_BROWSERS]
    places.append(Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"))
    named = (found for name in BROWSERS if (found := shutil.which(name)))
    return next(named, None) or next((str(place) for place in places if place.exists()), None)


def browser() -> str:
    """Return a Chromium, installing Debian's where we may; stop where there is none."""
    may_install = os.name != "nt" and os.geteuid() == 0 and shutil.which("apt-get") is not None
    if not find_browser() and may_install:
        say("Installing Debian's chromium for the browser tests …")
        quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        must(["apt-get", "update", "-qq"], quiet)
        must(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], quiet)
    if found := find_browser():
        return found
    raise Stop(
        "The browser tests need Chromium or Chrome. On Debian: sudo apt-get install chromium; "
        "elsewhere install Chrome, or set MORTISE_CHROMIUM to the program. "
        "To test all the rest: make test WITHOUT=browser"
    )


def pytest(env: dict[str, str], arguments: Sequence[str]) -> tuple[int, str]:
    """Run pytest, show what it prints as it comes, and return its exit code and its last line."""
    command = inside("pytest", *arguments)
    tail = b""
    with subprocess.Popen(
        command, cwd=ROOT, env=env, bufsize=0, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as tests:
        while tests.stdout and (chunk := tests.stdout.read(65536)):
            os.write(1, chunk)
            tail = (tail + chunk)[-4096:]
    lines = tail.decode("utf-8", "replace").strip().splitlines()
    return tests.returncode, lines[-1] if lines else ""


def counts(summary: str) -> Counter[str]:
    """Read pytest's last line; an error counts as a failure."""
    found: Counter[str] = Counter()
    for number, word in COUNTED.findall(summary):
        found["failed" if word.startswith("error") else word] += int(number)
    return found


def test(rest: list[str]) -> int:
    """Check, then test on SQLite, on PostgreSQL and in a browser; close with one line of all counts."""
    without_browser = os.environ.get("WITHOUT") == "browser"
    runs = [("on SQLite", "sqlite", "not browser", ["-n", "2"])]
    runs.append(("on PostgreSQL", "postgresql", "not browser", ["-n", "2"]))
    chromium = {} if without_browser else {"MORTISE_CHROMIUM": browser()}
    if not without_browser:
        runs.append(("in the browser", "sqlite", "browser", []))
    install(RUN_LOCK, TEST_LOCK)
    totals = Counter(failed=len(failed_checks()))
    for where, database, marked, how in runs:
        say(f"--- tests {where}")
        with clean_settings() as env:
            env |= {"MORTISE_TEST_DATABASE": database, **chromium}
            code, summary = pytest(env, ["-m", marked, *how, *rest])
        found = counts(summary)
        nothing_chosen = code == 5 and rest  # pytest's word for "no test was collected"
        if code and not found["failed"] and not nothing_chosen:
            found["failed"] = 1  # it broke before it could count
        totals += found
    closing = f"{totals['passed']} passed, {totals['failed']} failed"
    closing += f", {totals['skipped']} skipped" if totals["skipped"] else ""
    say(closing + (" (without the browser tests, as asked)" if without_browser else ""))
    return 1 if totals["failed"] else 0


# --- bench, soak, lock ---------------------------------------------------------------------------------


def bench(rest: list[str]) -> int:
    """Run the benchmarks, or those that are named."""
    install(RUN_LOCK, TEST_LOCK)
    with clean_settings() as env:
        return 0 if done(inside("tests.bench", *rest), env) else 1


def soak(rest: list[str]) -> int:
    """Storm SQLite and PostgreSQL for two minutes each, or for so many seconds, killing what can be killed."""
    install(RUN_LOCK, TEST_LOCK)
    with clean_settings() as env:
        return 0 if done(inside("tests.soak", *rest), env) else 1


def lock(_rest: list[str]) -> int:
    """Compile the three locks anew from pyproject.toml, with the newest versions that fit together."""
    install(RUN_LOCK)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("UV_", "PIP_"))}
    uv = inside("uv", "--no-config", *COMPILE)
    must([*uv, "pyproject.toml", "-o", RUN_LOCK], env)
    must([*uv, "pyproject.toml", "--extra", "test", "-c", RUN_LOCK, "-o", TEST_LOCK], env)
    subprocess.run([*uv, "-", "-o", UV_LOCK], cwd=ROOT, env=env, input=b"uv", check=True)
    return 0


TAKES_MORE = ("test", "bench", "soak")  # what follows is for pytest, the benchmarks or the storm
ERRANDS = {"run": run, "test": test, "check": check, "bench": bench, "soak": soak, "lock": lock}


def main(arguments: list[str]) -> int:
    """Read the command line and do one errand; NAME=VALUE means what it means to make."""
    if sys.version_info < OLDEST_PYTHON:
        raise Stop(f"Mortise needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    parser = argparse.ArgumentParser(prog="dev.py", description=__doc__.splitlines()[0])
    parser.add_argument("errand", choices=ERRANDS)
    parser.add_argument(
        "rest", nargs=argparse.REMAINDER, help="NAME=VALUE; after --: for pytest or the benchmarks"
    )
    given = parser.parse_args(arguments)
    rest = list(given.rest)
    while rest and re.fullmatch(r"[A-Z]+=\w*", rest[0]):
        name, _, value = rest.pop(0).partition("=")
        os.environ[name] = value
    rest = rest[1:] if rest[:1] == ["--"] else rest
    if rest and given.errand not in TAKES_MORE:
        raise Stop(f"{given.errand} takes NAME=VALUE only, not {' '.join(rest)}. Nothing was done.")
    return ERRANDS[given.errand](rest)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Stop as why:
        sys.exit(f"dev.py: {why}")
    except KeyboardInterrupt:
        sys.exit(130)
