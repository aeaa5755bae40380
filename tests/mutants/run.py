"""Breaks the product on purpose, one promise at a time, and checks that the named test notices.

A mutant is a patch beside this file: a head of `promise:` and `test:` lines, then a unified diff against the product. `test:` is what must
fail with it: `unit_live "name of the case"` (a program of build/dev/bin and its arguments; a Catch2 case by its name) or
`integration surface_chats.Surface.test_x` (a test of tests/integration, against the server that was built).

Usage: run.py [--only WORD]... [--tree DIR]    all of it: each named test passes without any mutant, and fails with its own
       run.py --check                          only that each patch still applies, names a test that exists, and stands in docs/testing.md
       run.py --record                         all of it, and the table of that document becomes what was caught
The product is broken in a scratch copy (--tree, default build/mutants), never here. Exits 1 when a mutant survives or is stale."""
import argparse
import dataclasses
import filecmp
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PRESET, SECONDS = "dev", 600


@dataclasses.dataclass
class Mutant:
    path: pathlib.Path
    promise: str
    test: str

    @property
    def name(self):
        return self.path.stem

    @property
    def words(self):
        return shlex.split(self.test)

    @property
    def target(self):
        return "fechatterd" if self.words[0] == "integration" else self.words[0]

    def files(self):
        return re.findall(r"^\+\+\+ b/(\S+)", self.path.read_text(), re.M)


def read(path):
    head = {}
    for line in path.read_text().splitlines():
        if line.startswith("--- "):
            break
        key, _, value = line.partition(":")
        if key in ("promise", "test"):
            head[key] = value.strip()
    return Mutant(path, head.get("promise", ""), head.get("test", ""))


def mutants(words):
    found = [read(path) for path in sorted(HERE.glob("*.patch"))]
    return [m for m in found if not words or any(w in m.name for w in words)]


def patch(tree, mutant, *more):
    return subprocess.run(["patch", "-p1", "--batch", "--forward", "--fuzz=0", "--no-backup-if-mismatch", "-r", "-", *more, "-i", str(mutant.path)],
                          cwd=tree, capture_output=True, text=True)


def row(m):
    program, *arguments = m.words
    return f"| {m.promise} | `{m.name}` | `{program}`: {' '.join(arguments)} |"


def record(caught):
    path = ROOT / "docs" / "testing.md"
    before, title, after = path.read_text().partition("| promise | mutant | caught by |\n|---|---|---|\n")
    rest = re.sub(r"\A(\|[^\n]*\n)*", "", after)
    path.write_text(before + title + "".join(row(m) + "\n" for m in sorted(caught, key=lambda m: m.name)) + rest)


# --- that they apply, and that their tests exist ---
def sources():
    return {path: path.read_text() for pattern in ("unit/**/*.cpp", "sim/*.cpp", "integration/*.py") for path in (ROOT / "tests").glob(pattern)}


def test_exists(mutant, texts):
    program, *arguments = mutant.words
    if program == "integration":
        module, _, test = arguments[0].partition(".")
        return any(path.stem == module and f"def {test.rpartition('.')[2]}(" in text for path, text in texts.items())
    if program.startswith("unit_"):
        folder, case = program.removeprefix("unit_"), 'TEST_CASE("' + arguments[0].replace('"', '\\"') + '"'
        return any(path.parts[-2] == folder and case in text for path, text in texts.items())
    return program in ("sim_worlds", "sim_replay")


def check(all_):
    texts, document, wrong = sources(), (ROOT / "docs" / "testing.md").read_text(), 0
    for m in all_:
        applied = patch(ROOT, m, "--dry-run")
        why = ("does not apply:\n" + applied.stdout if applied.returncode else
               "breaks no file of the product" if not m.files() or any(f.startswith("tests/") for f in m.files()) else
               "says no promise or no test" if not m.promise or not m.words else
               "names a test that does not exist: " + m.test if not test_exists(m, texts) else
               "is not in docs/testing.md as it is" if row(m) not in document else "")
        if why:
            wrong += 1
            print(f"{m.name}: {why}")
    print(f"{len(all_)} mutants, {wrong} stale")
    return 1 if wrong or not all_ else 0


# --- the scratch tree ---
def listed():
    git = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if git.returncode == 0 and git.stdout:
        return [f for f in git.stdout.split("\0") if f and (ROOT / f).is_file()]
    return [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if p.is_file() and p.relative_to(ROOT).parts[0] not in ("build", ".git")]


def sync(tree):
    """What is equal keeps its time, so that the next build is a small one."""
    wanted = set(listed())
    for f in wanted:
        to = tree / f
        if to.is_file() and filecmp.cmp(ROOT / f, to, shallow=False):
            continue
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / f, to), shutil.copymode(ROOT / f, to)
    for top in {f.split("/")[0] for f in wanted}:
        for path in (tree / top).rglob("*") if (tree / top).is_dir() else []:
            if path.is_file() and str(path.relative_to(tree)) not in wanted:
                path.unlink()


def build(tree, targets):
    if not (tree / "build" / PRESET / "build.ninja").exists():
        subprocess.run(["cmake", "--preset", PRESET], cwd=tree, check=True, stdout=subprocess.DEVNULL)
    command = ["cmake", "--build", "--preset", PRESET, "-j", os.environ.get("JOBS") or str(os.cpu_count())]
    return subprocess.run(command + [a for t in targets for a in ("--target", t)], cwd=tree, capture_output=True, text=True)


def restore(tree, mutant):
    for f in mutant.files():
        shutil.copyfile(ROOT / f, tree / f)  # with a new time: it is to be compiled again


# --- running ---
def command_of(tree, mutant):
    bin_ = tree / "build" / PRESET / "bin"
    program, *arguments = mutant.words
    if program == "integration":
        return [sys.executable, "-B", "-W", "ignore", "-m", "unittest", *arguments], tree / "tests" / "integration"
    if program.startswith(("unit_", "sim_worlds")):
        case = re.sub(r"([,\[\]\\])", r"\\\1", arguments[0])
        return [str(bin_ / program), "-w", "NoTests", case, *arguments[1:]], tree
    return [str(bin_ / program), *arguments], tree


def run(tree, mutant):
    """Whether the named test passes, and what it said."""
    command, folder = command_of(tree, mutant)
    bin_ = tree / "build" / PRESET / "bin"
    environment = dict(os.environ, FECHATTERD=str(bin_ / "fechatterd"), FECHATTER_BIN=str(bin_), UBSAN_OPTIONS="print_stacktrace=0")
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, errors="replace", timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return False, "it did not end"
    return done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def verdict(tree, mutant):
    applied = patch(tree, mutant)
    if applied.returncode:
        return "stale", applied.stdout
    try:
        built = build(tree, [mutant.target])
        if built.returncode:
            return "stale", built.stdout[-3000:]
        passed, said = run(tree, mutant)
        return ("SURVIVED", said) if passed else ("caught", said)
    finally:
        restore(tree, mutant)


def whole(tree, all_):
    """Without any mutant; answers what must not be relied on."""
    built = build(tree, sorted({m.target for m in all_} | {"fechatterd"}))
    if built.returncode:
        sys.exit("the tree does not build:\n" + built.stdout[-3000:])
    results = {}
    for m in all_:
        if m.test not in results:
            results[m.test] = run(tree, m)
            if not results[m.test][0]:
                print(f"fails without any mutant: {m.test}\n" + results[m.test][1])
    return {test: said for test, (passed, said) in results.items() if not passed}


def main():
    sys.stdout.reconfigure(line_buffering=True)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--only", action="append", default=[], metavar="WORD")
    parser.add_argument("--tree", type=pathlib.Path, default=ROOT / "build" / "mutants")
    parser.add_argument("--verbose", action="store_true", help="what the tests said")
    options = parser.parse_args()
    all_ = mutants(options.only)
    if options.check:
        return check(all_)
    if not all_:
        parser.error("no mutant is called so")
    if options.tree.resolve() == ROOT:
        sys.exit("--tree must be another tree: the product is broken there")
    options.tree.mkdir(parents=True, exist_ok=True)
    sync(options.tree)
    failing, counts, caught = whole(options.tree, all_), {}, []
    for m in sorted(all_, key=lambda m: m.target):
        began = time.monotonic()
        outcome, said = ("stale", failing[m.test]) if m.test in failing else verdict(options.tree, m)
        counts[outcome] = counts.get(outcome, 0) + 1
        caught += [m] * (outcome == "caught")
        print(f"{outcome:8}  {time.monotonic() - began:5.0f} s  {m.name:45}  {m.test}")
        if options.verbose or outcome != "caught":
            print("    " + said.strip().replace("\n", "\n    "))
    if options.record:
        record(caught)
    print(", ".join(f"{n} {outcome}" for outcome, n in sorted(counts.items())))
    return 1 if set(counts) - {"caught"} or not all_ else 0


if __name__ == "__main__":
    sys.exit(main())
