"""The replay of real chat, with an archive made here: a full and a quiet day, broken bytes, lines that are no chat, nicks that look alike."""
import glob, json, os, re, shutil, sqlite3, subprocess, tarfile, tempfile, unittest
from server import FECHATTERD, free_port

BIN = os.environ.get("FECHATTER_BIN", "build/release/bin")
LONG = b"a-nick-that-is-too-long-" * 4
ALIKE = [LONG + b"one", LONG + b"two", b"Anna", b"Anna "]
NICKS = [b"nick%d" % i for i in range(58)] + ALIKE
QUIET = 20   # speak on the second day; listeners are added up to 50
REPAIRED, SKIPPED = 3, 4


def day(number, nicks):
    lines = [b"[00:01] <%s> line %d of day %d" % (nick, i, number) for i in range(3) for nick in nicks]
    lines += [b"[00:02] <nick1> caf\xe9 \xc3\x28 \xff", b"[00:02] <nick2> \xe4\xbb\x8a\xe5\xa4\xa9 \xf0\x9f\x8e\x89", b"[00:03]  * nick3 waves \xfe",
              b"[00:03] <nick1> \xed\xa0\x80 no surrogates\r", b"[00:04]  * nick4 says \xc2\xa0 hello"]
    lines += [b"=== nick5 [~n@example.org] has joined #town", b"", b"[00:05] <nick6>    ", b"no time at all"]
    return b"\n".join(lines) + b"\n", len(lines) - SKIPPED


class Replay(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="fechatter-replay-")

    def tearDown(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def archive(self):
        path, lines = f"{self.folder}/chat.tar.gz", 0
        with tarfile.open(path, "w:gz") as tar:
            for number, nicks in (1, NICKS), (2, NICKS[:QUIET]):
                name = f"{self.folder}/2020-01-0{number}.txt"
                text, count = day(number, nicks)
                with open(name, "wb") as f:
                    f.write(text)
                tar.add(name, os.path.basename(name))
                lines += count
        return path, lines

    def test_two_days(self):
        path, lines = self.archive()
        r = subprocess.run([f"{BIN}/fechatter-replay", path, "--dir", f"{self.folder}/run", "--port", str(free_port()), "--kill-every", "2"],
                           capture_output=True, text=True, timeout=170)
        self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
        out = r.stdout.splitlines()
        self.assertEqual(out[-1], "lost 0, doubled 0, reordered 0, diverged 0")
        self.assertIn(f"{lines} lines by {len(NICKS)} people", out[-3])
        self.assertIn(f"{2 * REPAIRED} lines with broken UTF-8 repaired (U+FFFD), {2 * SKIPPED} lines without a text skipped", out[-3])
        self.assertIn(f"at least 50 clients at a time ({50 - QUIET} listeners added)", out[-2])
        server, clients = map(int, re.search(r"server killed (\d+) times, client processes (\d+) times", out[-2]).groups())
        self.assertGreater(server + clients, 0)
        self.assertIn(f"{2 * (len(NICKS) + 50)} caches compared", out[-2])  # each day's people, then everybody in all their channels
        self.names_are_distinct()
        self.a_difference_is_seen()

    def test_pauses_and_full_disks(self):
        """Kills, processes that stand still and full disks together. (Jumping clocks need libfaketime, which no sanitizer runs with.)"""
        if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
            self.skipTest("a small disk cannot be mounted here (it takes root)")
        path, _ = self.archive()
        r = subprocess.run([f"{BIN}/fechatter-replay", path, "--dir", f"{self.folder}/run", "--port", str(free_port()), "--kill-every", "1.5",
                            "--pauses", "--full-disks"], capture_output=True, text=True, timeout=250)
        self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
        out = r.stdout.splitlines()
        self.assertEqual(out[-1], "lost 0, doubled 0, reordered 0, diverged 0")
        for times in map(int, re.search(r"still (\d+) times; a disk was full for ten seconds (\d+) times", out[-2]).groups()):
            self.assertGreater(times, 0)

    def a_difference_is_seen(self):
        """The last group's clients again, with one letter of what they are compared with changed."""
        run = f"{self.folder}/run"
        for path in glob.glob(run + "/truth/*.jsonl"):
            with open(path, encoding="utf-8") as f:
                text = f.read()
            with open(path, "w", encoding="utf-8") as f:
                f.write(text.replace("line 2 of day 1", "line 3 of day 1", 1))
        server = subprocess.Popen([FECHATTERD, "--config", run + "/server.toml"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        server.stdout.readline()
        subprocess.run([f"{BIN}/fechatter-replay", "check", run + "/order-0.json", run + "/result-0.jsonl"], check=True, timeout=100)
        server.kill(), server.wait(), server.stdout.close()
        with open(run + "/result-0.jsonl", encoding="utf-8") as f:
            results = [json.loads(line) for line in f]
        self.assertEqual({r["all"] for r in results if r["held"] > 3 * len(NICKS)}, {False})  # the first day's channel
        self.assertEqual({r["all"] for r in results if r["held"] < 3 * len(NICKS)}, {True})

    def names_are_distinct(self):
        db = sqlite3.connect(f"file:{self.folder}/run/server/server.db?mode=ro", uri=True)
        names = [row[0] for row in db.execute("select name from users")]
        self.assertEqual((len(names), len(set(names))), (len(NICKS) + 1, len(NICKS) + 1))
        self.assertLessEqual(max(len(n.encode()) for n in names), 80)


if __name__ == "__main__":
    unittest.main(verbosity=2)
