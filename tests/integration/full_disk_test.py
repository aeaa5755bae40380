"""A disk that is full: changes are refused with 507, reads go on, nothing acknowledged is lost. Exits 77 (skipped) where nothing can be mounted."""
import os, shutil, subprocess, sys, tempfile
from server import FECHATTERD, Server, new_id, town

SKIPPED = 77


def ids(user, chat):
    """Of all messages, page by page."""
    found, after = [], 0
    while True:
        page = user.ok("GET", f"/chats/{chat}/messages?after={after}&limit=200")
        found += [m["id"] for m in page["items"]]
        after = page["hi"]
        if after >= page["head_seq"]:
            return found


def fill(ann, chat):
    """Posts until it is refused: the ids of what was acknowledged, and the refusal."""
    sent = []
    for _ in range(5000):
        mid = new_id()
        r = ann.call("POST", f"/chats/{chat}/messages", {"id": mid, "body": "z" * 20000})
        if r.status != 201:
            return sent, r
        sent.append(mid)
    raise AssertionError("the disk does not fill")


def fill_rest(folder):
    """Somebody else takes what is left of the disk."""
    with open(os.path.join(folder, "else"), "wb", buffering=0) as f:
        try:
            while f.write(b"e" * 4096):
                pass
        except OSError:
            pass


def busy_while_full(ann, bob, chat, sent):
    """Nothing can grow now, the WAL and the server's own log included: all changes are refused, all reads served, for as long as it lasts."""
    refused = 0
    for i in range(60):
        mid = new_id()
        r = ann.call("POST", f"/chats/{chat}/messages", {"id": mid, "body": "w" * 3000})
        assert r.status in (201, 507), r.raw
        refused += r.status == 507
        sent += [mid] if r.status == 201 else []
        assert ann.call("DELETE", f"/chats/{chat}/messages/{sent[0]}").status in (204, 507)  # what it empties is to be cleared up later
        assert ids(bob, chat)[-1] == sent[-1]
    assert refused > 50, refused


def starts_when_there_is_space(s, folder):
    fill_rest(folder)
    refused = subprocess.run([FECHATTERD, "--config", s.config], capture_output=True, timeout=20)
    assert refused.returncode == 1 and b"server.db: the disk is full" in refused.stderr, refused
    os.remove(os.path.join(folder, "else"))
    s.start()


def run(folder):
    log = open(os.path.join(folder, "log"), "wb")
    s = Server(data=folder)
    with open(s.config) as f:
        config = f.read().replace('level = "warn"', 'level = "trace"')
    with open(s.config, "w") as f:
        f.write(config)
    s.start(log=log)
    (ann, bob), chat = town(s)
    sent, refusal = fill(ann, chat)
    assert (refusal.status, refusal.code, refusal.json["error"]["retryable"]) == (507, "storage_full", True), refusal.raw
    assert ids(bob, chat) == sent
    fill_rest(folder)
    busy_while_full(ann, bob, chat, sent)
    os.remove(os.path.join(folder, "else"))
    subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
    sent.append(ann.say(chat, "space again")["id"])
    s.kill()
    s.start()
    assert ids(bob, chat) == sent
    assert s.stop() == 0
    starts_when_there_is_space(s, folder)
    assert ids(bob, chat) == sent
    assert s.stop() == 0
    print(f"{len(sent)} messages, all there after the restart")


def main():
    folder = tempfile.mkdtemp(prefix="fechatter-disk-")
    mounted = os.geteuid() == 0 and shutil.which("mount") and \
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], capture_output=True).returncode == 0
    if not mounted:
        print("skipped: a small disk cannot be mounted here (it takes root)")
        return SKIPPED
    try:
        run(folder)
    finally:
        subprocess.run(["umount", "-l", folder])
    return 0


if __name__ == "__main__":
    sys.exit(main())
