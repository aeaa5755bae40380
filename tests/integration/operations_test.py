"""What an operator does, and what goes wrong then: the commands of fechatterd and the drills of docs/operations.md."""
import http.client, json, os, resource, shutil, signal, sqlite3, subprocess, tempfile, threading, time, unittest
import server as harness
from server import Server, User, new_id, town

BIN = os.environ.get("FECHATTER_BIN", "build/release/bin")
SECRET = "zyxwvut"  # a word that is deleted again


def run(*words, code=0, env=None, **more):
    r = subprocess.run([harness.FECHATTERD, *words], capture_output=True, text=True, timeout=60, env={**os.environ, **(env or {})}, **more)
    assert r.returncode == code, (words, r.returncode, r.stdout, r.stderr)
    if code == 2:
        assert (r.stdout, r.stderr.count("\n")) == ("", 1), (words, r.stdout, r.stderr)
    return r


def until(test, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := test():
            return found
        time.sleep(0.05)
    raise AssertionError("did not happen in time")


def messages(user, chat):
    """Of all of a chat, page by page."""
    found, after = [], 0
    while True:
        page = user.ok("GET", f"/chats/{chat}/messages?after={after}&limit=200")
        found += page["items"]
        after = page["hi"]
        if after >= page["head_seq"]:
            return found


class Drill(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.folder, self.data = self.server.folder, self.server.folder + "/data"
        self.at = ["--config", self.server.config]

    def tearDown(self):
        if self.server.process and self.server.process.poll() is None:
            self.assertEqual(self.server.stop(), 0)
        shutil.rmtree(self.folder)

    def backup(self, name="backup", **more):
        run("backup", *self.at, f"{self.folder}/{name}", **more)
        return f"{self.folder}/{name}"

    def refused(self, *words, code=1, saying=""):
        r = run(*words, code=code)
        self.assertIn(saying, r.stderr)
        self.assertEqual(r.stderr.count("\n"), 1, r.stderr)

    def serve_refused(self, saying):
        self.refused(*self.at, saying=saying)


class Commands(Drill):
    def test_arguments(self):
        for words, name in [
            (["backup", *self.at], "to"), (["backup", *self.at, "x", "y"], "y"), (["backup", "--nonsense", "x"], "nonsense"), (["restore", "/nowhere/b"], "/nowhere/b"),
            (["verify", "/nowhere/b"], "/nowhere/b"), (["export", *self.at, "--chat", "general"], "general"), (["frobnicate"], "frobnicate"),
            (["import"], "subcommand"), (["import", "irc", "--channel", "x", "/nowhere/log"], "/nowhere/log"), (["import", "irc", harness.__file__], "channel"),
            (["migrate", "--config", "/nowhere/c"], "/nowhere/c"), (["backup", "verify", *self.at, "x"], "x"),
        ]:
            self.assertIn(name, run(*words, code=2).stderr)
        for command in "check-config", "migrate", "backup", "restore", "verify", "export", "import":
            self.assertIn(command, run("--help").stdout)
            self.assertIn("--data", run(command, "--help").stdout)

    def test_where_nothing_is(self):
        for words in ["migrate"], ["verify"], ["export"], ["backup", self.folder + "/b"]:
            self.refused(*words, *self.at, saying="no such database")
        self.assertFalse(os.path.exists(self.data))

    def test_check_config(self):
        self.assertEqual(run("check-config", *self.at).stdout, "ok\n")
        printed = run("check-config", "--print", *self.at, "--data", "/elsewhere", env={"FECHATTER_AUTH_REFRESH_SECRET": "thirty-two bytes that nobody sees"}).stdout
        self.assertIn("data = '/elsewhere'", printed)
        self.assertIn("refresh_secret = '********'", printed)
        self.assertNotIn("nobody", printed)
        for text, saying in [("[limits]\n\nconections = 9\n", ":3: limits.conections: is not a known key"), ("[limits]\nlarge_chat = 1\n", "limits.large_chat"),
                             ("[auth]\nrefresh_secret_file = '/nowhere/s'\n", "/nowhere/s"), ("[auth]\nsigning_key = 'no key'\n", "auth.signing_key"),
                             ("[auth]\nrefresh_secret = 'short'\n", "auth.refresh_secret")]:
            with open(self.folder + "/bad.toml", "w") as f:
                f.write(text)
            self.assertIn(saying, run("check-config", "--config", self.folder + "/bad.toml", code=2).stderr)

    def test_export(self):
        self.server.start()
        (ann, bob), chat = town(self.server)
        ann.say(chat, "first of the chat")
        gone = ann.say(chat, SECRET)["id"]
        ann.ok("DELETE", f"/chats/{chat}/messages/{gone}")
        kept = bob.say(chat, "second \u4eca")["id"]
        bob.ok("PUT", f"/chats/{chat}/messages/{kept}/reactions/+1")
        other = new_id()
        ann.ok("POST", "/chats", {"id": other, "workspace_id": ann.workspace, "kind": "group", "name": "elsewhere"})
        ann.say(other, "of another chat")
        User(self.server, "Zed", workspace={"id": new_id(), "name": "Far away"})
        text = run("export", *self.at).stdout
        lines = [json.loads(line) for line in text.splitlines()]
        self.assertTrue(all(set(line) == {"type", line["type"]} for line in lines))
        self.assertEqual((lines[0]["type"], lines[0]["export"]["version"], lines[-1]), ("export", 1, {"type": "end", "end": {"lines": len(lines) - 1}}))
        of = lambda kind, all_=lines: [line[kind] for line in all_ if line["type"] == kind]
        self.assertEqual([(m["seq"], m["body"], m["deleted"]) for m in of("message") if m["chat_id"] == chat],
                         [(1, "first of the chat", False), (2, "", True), (3, "second \u4eca", False)])
        self.assertEqual([(r["user_id"], r["emoji"]) for r in of("reaction")], [(bob.id, "+1")])
        self.assertEqual((len(of("user")), len(of("workspace")), len(of("chat"))), (3, 2, 2))
        for secret in "argon2", "@example.org", SECRET, ann.session["refresh_token"], "token_hash", "create_hash":
            self.assertNotIn(secret, text)
        self.assertIn(ann.email, run("export", *self.at, "--addresses").stdout)
        run("export", *self.at, "--chat", chat, "-o", self.folder + "/one")
        with open(self.folder + "/one") as f:
            one = [json.loads(line) for line in f]
        self.assertEqual(({m["chat_id"] for m in of("message", one)}, len(of("chat", one)), len(of("workspace", one)), len(of("user", one))), ({chat}, 1, 1, 2))
        self.assertEqual(len(of("workspace", [json.loads(line) for line in run("export", *self.at, "--workspace", ann.workspace).stdout.splitlines()])), 1)
        self.refused("export", *self.at, "-o", self.folder + "/one", saying="--force")
        self.refused("export", *self.at, "--chat", new_id(), "-o", self.folder + "/none", saying="no such chat")
        self.assertFalse(os.path.exists(self.folder + "/none") or os.path.exists(self.folder + "/none.part"))
        full = subprocess.run(f"{harness.FECHATTERD} export --config {self.server.config} > /dev/full", shell=True, capture_output=True, text=True, timeout=60)
        self.assertEqual((full.returncode, full.stderr), (1, "fechatterd: the export could not be written\n"))


class Import(Drill):
    LINES = 4000

    def logs(self):
        """Two days; the second has what is no chat."""
        first, second = f"{self.folder}/#town-2004-12-25.txt", f"{self.folder}/2004-12-26.txt"
        with open(first, "w") as f:
            f.writelines(f"[{i * 1440 // self.LINES // 60:02}:{i * 1440 // self.LINES % 60:02}] <nick{i % 50}> line {i}\n" for i in range(self.LINES))
        with open(second, "wb") as f:
            f.write(b"[00:01] <nick1> the same\n[00:01] <nick1> the same\n=== nick9 [~n@h] has joined #town\nno line of a log\n[00:02]  * new-nick waves \xff\n")
        return [first, second]

    def irc(self, *files, **more):
        return run("import", "irc", *self.at, "--channel", "irc", *files, **more)

    def test_killed_and_run_again(self):
        self.server.start()
        ann = User(self.server, "Ann", workspace={"id": new_id(), "name": "Town"})
        files = self.logs()
        self.refused("import", "irc", *self.at, "--channel", "irc", *files, saying="in use")
        self.server.stop()
        started = subprocess.Popen([harness.FECHATTERD, "import", "irc", *self.at, "--channel", "irc", *files], stdout=subprocess.DEVNULL)
        size = lambda: os.path.getsize(self.data + "/server.db-wal") if os.path.exists(self.data + "/server.db-wal") else 0
        until(lambda: size() > 500_000 or started.poll() is not None)
        started.kill()
        self.assertEqual(started.wait(), -signal.SIGKILL, "it was faster than the kill: more lines are needed")
        again = self.irc(*files)
        added, known = int(again.stdout.split()[1]), int(again.stdout.split()[4])
        self.assertEqual(added + known, self.LINES + 3)
        self.assertGreater(min(added, known), 0)
        self.assertIn("lines: 1 status, 1 bad, 1 with broken UTF-8 repaired", again.stdout)
        self.assertEqual(again.stderr, "2004-12-26.txt:4: is no line of an IRC log\n")
        third = self.irc(*files).stdout
        self.assertTrue(third.startswith(f"#irc: 0 messages added, {self.LINES + 3} were there already; 2 files, 0 people new"), third)
        self.assertIn("ok: ", run("verify", *self.at).stdout)
        self.server.start()
        chat = next(c for c in ann.again().ok("GET", "/chats")["items"] if c["name"] == "irc")
        self.assertEqual((chat["member_count"], chat["role"]), (1 + 51, "owner"))
        found = messages(ann.again(), chat["id"])
        self.assertEqual([m["body"] for m in found], [f"line {i}" for i in range(self.LINES)] + ["the same", "the same", "*waves \ufffd*"])
        self.assertEqual((found[0]["created_at"], found[-1]["created_at"]), ("2004-12-25T00:00:00.000Z", "2004-12-26T00:02:00.000Z"))
        self.assertEqual(self.server.call("POST", "/api/v1/login", {"email": "nick1", "password": ""}).status, 401)

    def test_a_directory_of_logs_that_cannot_be_read(self):
        """Root reads everything: then somebody else asks."""
        with tempfile.TemporaryDirectory() as place:
            os.chmod(place, 0o755)
            os.mkdir(place + "/logs", 0o700 if os.geteuid() == 0 else 0)
            other = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
            r = run("import", "irc", "--data", place, "--channel", "irc", place + "/logs", code=1, **other)
            self.assertEqual(r.stderr.count("\n"), 1, r.stderr)
            self.assertIn(place + "/logs", r.stderr)

    def test_what_is_missing(self):
        self.refused("import", "irc", *self.at, "--channel", "irc", *self.logs(), saying="no such database")
        self.server.start()
        self.server.stop()
        self.refused("import", "irc", *self.at, "--channel", "irc", *self.logs(), saying="no workspace yet")
        self.server.start()
        for name in "Ann", "Bob":
            User(self.server, name, workspace={"id": new_id(), "name": "Town of " + name})
        self.server.stop()
        self.refused("import", "irc", *self.at, "--channel", "irc", *self.logs(), code=2, saying="--workspace")
        self.refused("import", "irc", *self.at, "--channel", "irc", "--workspace", "Nowhere", *self.logs(), saying="Nowhere")
        self.refused("import", "irc", *self.at, "--channel", "irc", "--workspace", "Town of Bob", "--owner", "ann@example.org", *self.logs(), saying="ann@example.org")
        self.refused("import", "irc", *self.at, "--channel", "irc", self.server.config, code=2, saying="server.toml")
        for day in "-001-01-01", "+202-01-01", "2020- 1- 2", "1969-12-31", "2020-02-30":  # verify could not read the times of some
            named = f"{self.folder}/log{day}.txt"
            open(named, "w").close()
            self.refused("import", "irc", *self.at, "--channel", "irc", named, code=2, saying="YYYY-MM-DD")
        self.irc("--workspace", "Town of Bob", self.logs()[1])


class Backups(Drill):
    def test_while_writing_at_full_speed(self):
        """Every message acknowledged before a backup began is in it, nobody waits long for it, and a deleted text is in none."""
        self.server.start()
        (ann, bob), chat = town(self.server)
        acknowledged, slowest, ends = [], [0.0], threading.Event()

        def write(user):
            c = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
            while not ends.is_set():
                body, began = {"id": new_id(), "body": "written meanwhile"}, time.monotonic()
                c.request("POST", f"/api/v1/chats/{chat}/messages", json.dumps(body), {"Authorization": "Bearer " + user.token, "Content-Type": "application/json"})
                r = c.getresponse()
                r.read()
                assert r.status == 201, r.status
                slowest[0] = max(slowest[0], time.monotonic() - began)
                acknowledged.append(body["id"])

        writers = [threading.Thread(target=write, args=(u,)) for u in (ann, bob) * 3]
        for w in writers:
            w.start()
        try:
            until(lambda: len(acknowledged) > 200)
            for i in range(3):
                gone = ann.say(chat, f"{SECRET}{i} of a message that is deleted")["id"]
                ann.ok("DELETE", f"/chats/{chat}/messages/{gone}")
                before = list(acknowledged)
                self.backup(f"backup{i}")
                with open(f"{self.folder}/backup{i}", "rb") as f:
                    self.assertNotIn(f"{SECRET}{i}"[1:].encode(), f.read())
                db = sqlite3.connect(f"file:{self.folder}/backup{i}?immutable=1", uri=True)
                held = {str(harness.uuid.UUID(bytes=row[0])) for row in db.execute("select id from messages")}
                db.close()
                self.assertFalse(set(before) - held)
                self.assertEqual(run("verify", f"{self.folder}/backup{i}").stdout[:4], "ok: ")
        finally:
            ends.set()
            for w in writers:
                w.join()
        self.assertGreater(len(acknowledged), len(before))
        self.assertLess(slowest[0], 2)
        print(f"{len(acknowledged)} messages, the slowest after {slowest[0] * 1000:.0f} ms")

    def test_a_backup_that_cannot_be_written_leaves_nothing(self):
        self.server.start()
        town(self.server)

        def little_space():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        r = run("backup", *self.at, self.folder + "/b", code=1, preexec_fn=little_space)
        self.assertEqual(r.stderr.count("\n"), 1)
        self.assertEqual([n for n in os.listdir(self.folder) if n.startswith("b")], [])
        self.refused("backup", *self.at, "/nowhere/b", saying="/nowhere/b")

    def test_an_interrupted_restore_serves_nobody(self):
        self.server.start()
        (ann, _), chat = town(self.server)
        ann.say(chat, "kept")
        backup = self.backup()
        self.server.stop()
        with open(self.data + "/restore.unfinished", "w"):
            pass
        self.serve_refused("a restore was interrupted here; run it again")
        for words in ["backup", self.folder + "/b2"], ["verify"], ["export"], ["migrate"]:
            self.refused(*words, *self.at, saying="interrupted")
        run("restore", *self.at, backup)
        self.server.start()
        self.assertEqual([m["body"] for m in messages(ann.again(), chat)], ["kept"])

    def test_to_another_machine(self):
        """Everything that a server needs is in the file: accounts, sessions, keys."""
        self.server.start()
        (ann, _), chat = town(self.server)
        ann.say(chat, "kept")
        self.server.kill()
        backup = self.backup()  # of what the WAL holds, too
        self.assertEqual(os.stat(backup).st_mode & 0o777, 0o600)
        other = Server()
        try:
            run("restore", "--config", other.config, backup)
            other.start()
            ann.server = other
            self.assertEqual(ann.call("GET", "/me").status, 401)  # a token of the other one, whose session may have begun after the backup
            session = other.call("POST", "/api/v1/refresh", {"refresh_token": ann.session["refresh_token"]})
            self.assertEqual(session.status, 200)
            ann.token = session.json["access_token"]
            self.assertEqual([m["body"] for m in messages(ann, chat)], ["kept"])
            self.assertEqual(ann.again().ok("GET", "/me")["id"], ann.id)
            self.assertEqual(other.stop(), 0)
        finally:
            shutil.rmtree(other.folder)


class Failures(Drill):
    def client(self, who, *words, code=0):
        r = subprocess.run(self.words(who, *words), capture_output=True, text=True, timeout=60, env={**os.environ, "FECHATTER_PASSWORD": "correct horse"})
        self.assertEqual(r.returncode, code, (words, r.stdout, r.stderr))
        return r.stdout

    def words(self, who, *words):
        return [f"{BIN}/fechatter", "--server", f"http://127.0.0.1:{self.server.port}", "--home", f"{self.folder}/{who}", "--timeout", "20", *words]

    def bodies(self, who):
        return [json.loads(line)["body"] for line in self.client(who, "--json", "history", "general").splitlines()]

    def test_an_older_backup_is_restored_under_live_clients(self):
        self.server.start()
        self.client("ann", "signup", "ann@example.org", "Ann", "--workspace", "Town")
        code = json.loads(self.client("ann", "--json", "invite"))["code"]
        self.client("bob", "signup", "bob@example.org", "Bob", "--invite", code)
        self.client("bob-at-home", "login", "bob@example.org")
        self.client("ann", "new", "public_channel", "general")
        self.client("bob", "join", "general")
        for text in "one", "two":
            self.client("ann", "send", "general", text)
        backup = self.backup()
        began, tails, seen = [], [], {}
        def listen(who):
            tail = subprocess.Popen(self.words(who, "tail", "general"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            tails.append(tail)
            seen[who] = []
            threading.Thread(target=lambda: [seen[who].append(line) for line in tail.stdout], daemon=True).start()
            threading.Thread(target=lambda: [began.append(who) for line in tail.stderr if "live" in line], daemon=True).start()
        heard = lambda who, text: any(text in line for line in seen[who])
        try:
            listen("bob")
            until(lambda: self.client("ann", "send", "general", "after the backup") is not None and heard("bob", "after the backup"))
            listen("bob-at-home")  # which prints nothing of what will be lost
            until(lambda: "bob-at-home" in began)
            self.server.stop()
            for text in "written offline", "and more":
                self.client("ann", "--timeout", "1", "send", "general", text, code=3)
            run("restore", "--force", *self.at, backup)
            self.server.start()
            self.client("ann", "sync")
            for who in seen:
                until(lambda: heard(who, "and more"))  # the live client is in the new history
                self.assertEqual([line.split(": ")[-1].strip() for line in seen[who]][-2:], ["written offline", "and more"])
            self.assertEqual(len(seen["bob-at-home"]), 2)
        finally:
            for tail in tails:
                tail.kill()
                tail.wait()
        for who in "ann", "bob":
            self.assertEqual(until(lambda: len(self.bodies(who)) == 4 and self.bodies(who)), ["one", "two", "written offline", "and more"])
        self.client("bob", "send", "general", "goes on")
        self.assertEqual(until(lambda: len(self.bodies("ann")) == 5 and self.bodies("ann"))[-1], "goes on")

    def test_a_damaged_database_is_found_and_replaced(self):
        self.server.start()
        (ann, _), chat = town(self.server)
        for i in range(50):
            ann.say(chat, f"message {i} " + "x" * 500)
        backup = self.backup()
        self.server.stop()
        with open(self.data + "/server.db", "r+b") as f:
            f.seek(4096 * 12)
            f.write(b"\xff" * 8192)
        r = run("verify", *self.at, code=1)
        self.assertGreater(len(r.stdout.splitlines()), 0, r)
        self.refused("backup", *self.at, self.folder + "/b2")
        run("restore", "--force", *self.at, backup)
        self.assertEqual(run("verify", *self.at).stdout[:4], "ok: ")
        self.server.start()
        self.assertEqual(len(messages(ann.again(), chat)), 50)

    def test_a_directory_in_use_and_a_taken_port(self):
        self.server.start()
        town(self.server)
        backup = self.backup()
        self.serve_refused("in use")
        self.refused("restore", "--force", *self.at, backup, saying="in use")
        self.refused("migrate", *self.at, saying="in use")
        self.refused("--data", self.folder + "/other", "--listen", f"127.0.0.1:{self.server.port}", saying=str(self.server.port))
        self.assertEqual(run("verify", *self.at).stdout[:4], "ok: ")
        self.server.stop()
        self.refused("restore", *self.at, backup, saying="--force")

    def test_a_database_of_the_previous_version(self):
        self.server.start()
        (ann, _), chat = town(self.server)
        ann.say(chat, "from before")
        self.server.stop()
        db = sqlite3.connect(self.data + "/server.db")
        newest = db.execute("pragma user_version").fetchone()[0]
        db.executescript("drop table untidy; drop index members_active; drop index invites_workspace; drop index chats_public; drop index sessions_live;"
                         "drop index sessions_expiry; drop trigger sessions_over; drop index log_texts; pragma user_version=2;")
        db.close()
        self.assertIn("of schema version 2", run("verify", *self.at).stdout)
        old = self.backup()
        self.assertEqual(run("migrate", "--dry-run", *self.at).stdout, f"would migrate from schema version 2 to {newest}\n")
        self.assertEqual(run("migrate", *self.at).stdout, f"migrated from schema version 2 to {newest}\n")
        self.assertEqual(run("migrate", *self.at).stdout, f"schema version {newest}, nothing to do\n")
        self.assertEqual(run("verify", *self.at).stdout[:4], "ok: ")
        run("restore", "--force", *self.at, old)
        self.server.start()  # migrates, too
        self.assertEqual([m["body"] for m in messages(ann.again(), chat)], ["from before"])
        self.server.stop()
        db = sqlite3.connect(self.data + "/server.db")
        db.executescript("pragma user_version=99;")
        db.close()
        for words in [], ["migrate"], ["verify"], ["backup", self.folder + "/b2"], ["export"]:
            self.refused(*words, *self.at, saying="newer version")

    def test_keys_are_exchanged(self):
        self.server.start()
        ann = User(self.server, "Ann")
        me = lambda token: self.server.call("GET", "/api/v1/me", None, token).status
        refresh = lambda: self.server.call("POST", "/api/v1/refresh", {"refresh_token": ann.session["refresh_token"]})
        self.server.stop()
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.data + "/keys/0002.pem"], check=True)
        self.server.start()
        self.assertEqual(len(self.server.call("GET", "/.well-known/jwks.json").json["keys"]), 2)
        self.assertEqual(me(ann.token), 200)  # of the older key
        self.server.stop()
        os.remove(self.data + "/keys/0001.pem")
        self.server.start()
        self.assertEqual(me(ann.token), 401)
        ann.session = refresh().json
        self.assertEqual(me(ann.session["access_token"]), 200)
        self.server.stop()
        shutil.move(self.data + "/keys/0002.pem", self.folder + "/key.pem")
        with open(self.server.config, "a") as f:
            f.write(f"\n[auth]\nsigning_key_file = '{self.folder}/key.pem'\n")
        self.server.start()
        self.assertEqual(me(ann.session["access_token"]), 200)
        self.assertEqual(os.listdir(self.data + "/keys"), ["refresh.secret"])
        self.server.stop()
        with open(self.folder + "/secret", "w") as f:
            f.write("another secret of the server, 32 bytes\n")
        with open(self.server.config, "a") as f:
            f.write(f"refresh_secret_file = '{self.folder}/secret'\n")
        self.server.start()
        self.assertEqual(refresh().status, 401)  # everybody signs in again
        self.assertEqual(me(ann.again().token), 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
