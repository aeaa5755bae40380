#!/usr/bin/env python3
"""Fails where an #include breaks the layer table of docs/architecture.md.

Three questions are asked of every include in include/, sdk/, server/, examples/ and bindings/:
may this folder use that folder of ours, may it use that library, and, for public headers, is it the standard library?
"""
import argparse
import re
import sys
from pathlib import Path

# Each folder and what it may use directly; what those use is allowed with them.
LAYERS = {
    "include": [],
    "sdk/describe": ["include"],
    "sdk/core": ["sdk/describe"],
    "sdk/protocol": ["sdk/core"],
    "sdk/runtime": ["include"],
    "sdk/store": ["sdk/core", "sdk/runtime"],
    "sdk/net": ["sdk/runtime"],
    # The network thread: only for the public runtime, sdk/client/runtime.cpp.
    "sdk/client": ["sdk/protocol", "sdk/store", "sdk/runtime", "sdk/net"],
    # The embedded server's store is SQLite, and cursors and SSE frames are the protocol's.
    "sdk/service": ["sdk/core", "sdk/runtime", "sdk/store", "sdk/protocol"],
    "sdk/capi": ["sdk/client"],
    "server/kit": ["sdk/core", "sdk/runtime"],
    "server/adapters": ["sdk/service"],
    "server/ai": ["sdk/core", "sdk/runtime"],
    "server/api": ["server/kit", "sdk/service", "sdk/protocol"],
    "server/notify": ["server/kit", "sdk/service", "sdk/protocol"],
    "server/relay": ["server/kit", "sdk/service", "sdk/protocol"],
    "server/bot": ["server/kit", "server/ai", "sdk/service", "sdk/protocol"],
    "server/analytics": ["server/kit", "sdk/service", "sdk/protocol"],
    "server/fechatterd": ["*"],
    "examples": ["include"],
    "bindings": ["include"],
}

# Libraries and threads: a pattern for the whole name of a header, and for the start of a path that may include it. The first
# pattern that matches decides.
LIBRARIES = [
    (r"sqlite3\.h", [r"sdk/store/"]),
    (r"curl/.*", [r"sdk/net/"]),
    (r"openssl/.*", [r"sdk/core/hash\.cpp", r"sdk/runtime/", r"sdk/service/accounts/crypto"]),
    (r"argon2\.h", [r"sdk/service/accounts/"]),
    (r"boost/json.*", [r"sdk/describe/"]),
    (r"boost/(asio|beast).*", [r"server/kit/.*\.cpp", r"server/kit/(net|connection)\.hpp"]),  # the kit's own, included by its .cpp only
    (r"boost/.*", [r"sdk/.*\.cpp", r"server/.*\.cpp"]),
    (r"nlohmann/json_fwd\.hpp", [r"sdk/(?!describe|core)", r"server/", r"examples/"]),
    (r"nlohmann/.*", [r"sdk/(?!describe|core).*\.cpp", r"server/.*\.cpp", r"examples/"]),
    (r"(spdlog|prometheus|toml\+\+)/.*|toml\.hpp", [r"server/(kit|fechatterd)/.*\.cpp"]),
    (r"CLI/.*", [r"server/fechatterd/", r"examples/"]),
    (r"(ncurses|curses|panel)\.h", [r"examples/"]),
    (r"(libpq-fe\.h|hiredis/.*|nats/.*)", [r"server/adapters/"]),
    # Threads live in the threaded runtime, the network thread and the servers' sockets. What several threads call may lock,
    # and starts none: the store's pool of readers, the client, the C ABI.
    (r"mutex|shared_mutex|condition_variable", [r"sdk/(runtime|store|net|client|capi)/", r"server/kit/"]),
    (r"thread|future|stop_token|semaphore|latch|barrier|pthread\.h", [r"sdk/(runtime|net)/", r"server/kit/"]),
    (r"(arpa|netinet|sys)/.*|(fcntl|unistd|poll|signal|netdb|ifaddrs|dirent|termios)\.h|csignal",
     [r"sdk/(runtime|net|capi)/", r"server/", r"examples/"]),
]

STANDARD = set("""
algorithm any array atomic bit bitset cassert cctype cerrno cfloat charconv chrono cinttypes climits cmath compare complex concepts
condition_variable coroutine csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cwchar deque exception filesystem forward_list
fstream functional future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory
memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex semaphore set shared_mutex source_location
span sstream stack stdexcept stop_token streambuf string string_view system_error thread tuple type_traits typeindex typeinfo
unordered_map unordered_set utility valarray variant vector version barrier
assert.h errno.h inttypes.h limits.h math.h stdarg.h stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h time.h
""".split())

SUFFIXES = {".hpp", ".h", ".cpp", ".c", ".inc", ".ipp", ".def"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.M)
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def closure(layer):
    """The folders a layer may use: its own, those of the table, and theirs."""
    seen, todo = set(), [layer]
    while todo:
        current = todo.pop()
        if current not in seen:
            seen.add(current)
            todo += LAYERS.get(current, [])
    return seen


def layer_of(path):
    """'sdk/core/chats/x.hpp' -> 'sdk/core'; None outside the table (tests and tools are free)."""
    parts = path.parts
    for name in ("/".join(parts[:2]), parts[0]):
        if name in LAYERS:
            return name
    return None


def target_of(root, source, name, quoted):
    """The file of ours that an include names, relative to the root; None where it is someone else's."""
    candidates = [root / name, root / "include" / name]
    if quoted:
        candidates.insert(0, source.parent / name)
    for candidate in candidates:
        if candidate.is_file():
            return candidate.resolve().relative_to(root)
    ours = name.startswith(("sdk/", "server/", "fechatter/"))
    return Path("include", name) if ours and name.startswith("fechatter/") else Path(name) if ours else None


def judge_ours(path, target):
    layer, used = layer_of(path), layer_of(target)
    if used is None:
        return f"{target} lies in no layer of the table"
    allowed = closure(layer)
    if used in allowed or "*" in allowed:
        return None
    return f"{layer} may use {', '.join(sorted(allowed - {layer})) or 'nothing of ours'}"


def judge_library(path, name):
    if layer_of(path) == "include":
        return None if name in STANDARD else "public headers include the standard library and each other only"
    for pattern, places in LIBRARIES:
        if re.fullmatch(pattern, name):
            allowed = any(re.match(place, path.as_posix()) for place in places)
            return None if allowed else f"allowed in {' '.join(places)} only"
    if name in STANDARD or path.parts[0] in ("server", "examples", "bindings"):
        return None
    return "unknown to tools/check_layers.py: a new dependency of the SDK is a decision, list it there"


def check(root):
    """All violations below root, as printable lines."""
    root = root.resolve()
    problems, files = [], 0
    for top in sorted({layer.split("/")[0] for layer in LAYERS}):
        for source in sorted((root / top).rglob("*")):
            path = source.relative_to(root)
            if source.suffix not in SUFFIXES or not source.is_file() or "node_modules" in path.parts:
                continue
            files += 1
            if layer_of(path) is None:
                problems.append(f"{path}:1: lies in no layer of the table")
                continue
            text = COMMENT.sub(lambda found: "\n" * found.group().count("\n"), source.read_text(errors="replace"))
            for found in INCLUDE.finditer(text):
                name, line = found.group(2), text.count("\n", 0, found.start()) + 1
                target = target_of(root, source, name, found.group(1) == '"')
                reason = judge_ours(path, target) if target else judge_library(path, name)
                if reason:
                    problems.append(f"{path}:{line}: may not include {name}: {reason}")
    return problems, files


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).parent.parent)
    parser.add_argument("--quiet", action="store_true", help="say nothing when all is well")
    arguments = parser.parse_args()
    problems, files = check(arguments.root)
    for problem in problems:
        print(problem, file=sys.stderr)
    if not arguments.quiet or problems:
        print(f"{files} files, {len(problems)} includes that break the layer table")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
