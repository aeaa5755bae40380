#!/usr/bin/env python3
"""Runs the fuzz targets of build/fuzz, each for so many executions or seconds, and prints one line a target.

run.py [--runs N] [--total N] [--seconds N] [--jobs N] [target...]
run.py --keep DIRECTORY [target...]     takes from DIRECTORY/<target> what adds most to the kept corpus

What a target learns is kept in build/fuzz/corpus/<target>, what it finds in build/fuzz/findings, and what libFuzzer says in
build/fuzz/logs, a file a run: --total counts what is there, also of runs that were cut short. After a change that matters to a
target its logs are to be removed, for what ran before says nothing any more. Exits with 1 where something was found.
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent.parent / "build" / "fuzz"
# Leaks: fuzz_corpus looks for them. Slow units: by the clock on the wall, so what had to wait for a core would be one.
OPTIONS = ["-timeout=20", "-report_slow_units=20", "-rss_limit_mb=1536", "-malloc_limit_mb=512", "-print_final_stats=1", "-reload=0", "-detect_leaks=0"]
KEPT_FILES, KEPT_BYTES = 48, 8192  # of a target, so that the tests take seconds and the repository stays small
# Short inputs are many inputs; what is above 400 takes so many bytes to say something.
LENGTHS = {"cache": 1024, "client": 512, "coverage": 80, "fold": 1024, "json": 1024, "http": 1024, "races": 200}
# What allocates much gains a sixth; a finding that is run alone has its whole stacks again.
SANITIZER = "malloc_context_size=2:quarantine_size_mb=16"


def targets():
    return sorted(path.name.removeprefix("fuzz_") for path in (BUILD / "bin").glob("fuzz_*"))


def program(target):
    return [str(BUILD / "bin" / f"fuzz_{target}"), f"-artifact_prefix={BUILD}/findings/{target}-", f"-max_len={LENGTHS.get(target, 400)}"]


def command(target, runs, arguments):
    kept, seeds = BUILD / "corpus" / target, HERE / "corpus" / target
    kept.mkdir(parents=True, exist_ok=True)
    line = [*program(target), *OPTIONS, f"-runs={runs}"]
    if arguments.seconds:
        line.append(f"-max_total_time={arguments.seconds}")
    words = HERE / "dictionaries" / f"{target}.dict"
    if words.exists():
        line.append(f"-dict={words}")
    return line + [str(kept)] + ([str(seeds)] if seeds.is_dir() else [])


def number(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def executed(log):
    text = log.read_text(errors="replace")
    return number(r"stat::number_of_executed_units:\s+(\d+)", text) or number(r"(?m)^#(\d+)\s", text)


def counted(target):
    return sum(executed(log) for log in (BUILD / "logs").glob(f"{target}.*.log"))


def run(target, arguments):
    """The executions of this run, and the number of findings."""
    earlier = counted(target)
    bounds = [arguments.runs] * (arguments.runs > 0) + [max(arguments.total - earlier, 0)] * (arguments.total > 0)
    runs = min(bounds, default=-1)  # which libFuzzer takes for no bound
    if runs == 0:
        print(f"{target:<16} {0:>12} executions, in all {earlier}", flush=True)
        return 0, 0
    log = BUILD / "logs" / f"{target}.{time.strftime('%Y%m%d-%H%M%S')}.log"
    before, begun = set((BUILD / "findings").iterdir()), time.monotonic()
    with open(log, "wb") as out:
        environment = {"ASAN_OPTIONS": SANITIZER, **os.environ}
        status = subprocess.run(command(target, runs, arguments), env=environment, stdout=out, stderr=out, check=False).returncode
    text = log.read_text(errors="replace")
    executions = executed(log)
    found = sorted(path.name for path in set((BUILD / "findings").iterdir()) - before if path.name.startswith(target + "-"))
    if status != 0 and not found:
        found = [f"exit status {status}, see {log}"]
    seconds = max(time.monotonic() - begun, 0.001)
    coverage = number(r"cov: (\d+)", text)
    print(f"{target:<16} {executions:>12} executions {executions / seconds:>9.0f}/s  coverage {coverage:>6}  "
          f"in all {earlier + executions:>10}  findings {len(found)} {' '.join(found)}".rstrip(), flush=True)
    return executions, len(found)


def keep(target, source):
    """Fills tests/fuzz/corpus/<target> with inputs that cover what its inputs do not, the shortest way round."""
    corpus = HERE / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as chosen:
        shutil.copytree(corpus, chosen, dirs_exist_ok=True)
        known = {path.name for path in corpus.iterdir()}
        line = [*program(target), "-set_cover_merge=1", chosen, str(source)]
        subprocess.run(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        files, size = sum(1 for _ in corpus.iterdir()), sum(path.stat().st_size for path in corpus.iterdir())
        for path in sorted((path for path in Path(chosen).iterdir() if path.name not in known), key=lambda path: -path.stat().st_size):
            if files < KEPT_FILES and size + path.stat().st_size <= KEPT_BYTES:
                shutil.copy(path, corpus / path.name[:16])
                files, size = files + 1, size + path.stat().st_size
    print(f"{target:<16} {files} files, {size} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=0, help="executions a target; 0: no end but that of --seconds")
    parser.add_argument("--total", type=int, default=0, help="the same, with what earlier runs have done")
    parser.add_argument("--seconds", type=int, default=0, help="at most so long a target")
    parser.add_argument("--jobs", type=int, default=2, help="targets at once")
    parser.add_argument("--keep", type=Path, metavar="DIRECTORY", help="fill the kept corpus from there, and end")
    parser.add_argument("target", nargs="*")
    arguments = parser.parse_args()
    for folder in ("corpus", "findings", "logs"):
        (BUILD / folder).mkdir(parents=True, exist_ok=True)
    chosen = arguments.target or targets()
    if arguments.keep:
        for target in chosen:
            if (arguments.keep / target).is_dir():
                keep(target, arguments.keep / target)
        return 0
    if not chosen or not (arguments.runs or arguments.total or arguments.seconds):
        parser.error("no target is built, or none of --runs, --total and --seconds is given")
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = list(pool.map(lambda target: run(target, arguments), chosen))
    executions, findings = sum(e for e, _ in results), sum(f for _, f in results)
    print(f"{len(chosen)} targets, {executions} executions, {findings} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
