"""The terminal client where others are hostile, or away: what it prints, and what it says of how it went."""
import http.server, json, os, pty, re, signal, subprocess, threading, unittest
from home import Home, text_of
from server import new_id

# Whatever moves the cursor, ends a line in an unusual way or turns the direction of writing.
MOVES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f]")
EVIL = "\x1b[2J\x1b]0;title\x07\u202eolleh\u2066\u2028\u2029\x9b2J"


class Liar:
    """In the place of a server: answers everything in one way."""

    def __init__(self, status, content, body, port=0):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(status)
                self.send_header("Content-Type", content), self.send_header("Content-Length", str(len(body))), self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = do_POST

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @staticmethod
    def refusing(message):
        body = json.dumps({"error": {"code": "permission_denied", "message": message, "field": message, "retryable": False, "request_id": "x"}}).encode()
        return Liar(403, "application/json", body)

    def stop(self):
        self.http.shutdown(), self.http.server_close()


class Terminal(Home):
    def sessions(self, email):
        """How many this person has, but for the one that asks."""
        token = self.server.call("POST", "/api/v1/login", {"email": email, "password": "correct horse"}).json["access_token"]
        items = self.server.call("GET", "/api/v1/sessions", token=token).json["items"]
        self.server.call("POST", "/api/v1/logout", {}, token)
        return len(items) - 1

    def test_errors_of_a_server_are_one_harmless_line(self):
        liar = Liar.refusing(f"no{EVIL}\nfechatter: all is well\r\n\tand good")
        try:
            for words in [("login", "a@example.org"), ("signup", "a@example.org", "A")]:
                self.run_cli("ann", "--server", liar.url, *words, code=1)
                self.assertTrue(self.errors.startswith("fechatter: no") and self.errors.endswith("\n") and len(self.errors.splitlines()) == 1, repr(self.errors))
                self.assertFalse(MOVES.search(self.errors.rstrip("\n")), repr(self.errors))
        finally:
            liar.stop()
        self.run_cli("ann", "--password-file", f"{self.home}/no\u202e\n{EVIL[0]}", "login", "a@example.org", code=1)
        self.assertFalse(MOVES.search(self.errors.rstrip("\n")) or self.errors.count("\n") != 1, repr(self.errors))
        self.run_cli("ann", "--no\n\x1b[2J", code=2)
        self.assertFalse(MOVES.search(self.errors.rstrip("\n")) or self.errors.count("\n") != 1, repr(self.errors))

    def test_bodies_keep_their_lines_and_nothing_else(self):
        self.people()
        self.run_cli("ann", "new", "group", "team", "Bob")
        body = f"first\n00:16 Bob: forged{EVIL}\u200f"
        self.run_cli("ann", "send", "team", body)
        for words in [("history", "team"), ("search", "forged")]:
            shown = self.run_cli("bob", *words)
            self.assertRegex(shown, r"^\d\d:\d\d Ann: first\n      00:16 Bob: forged\?\[2J\?\]0;title\?\?olleh\?+2J\u200f\n$")
        line = self.run_cli("bob", "--json", "history", "team")
        self.assertEqual((json.loads(line)["body"], MOVES.search(line.rstrip("\n"))), (body, None))

    def test_signing_out_says_whether_the_server_knows(self):
        self.people()
        self.assertEqual(self.sessions("ann@example.org"), 1)
        self.server.kill()
        self.run_cli("ann", "logout", code=3)
        self.assertIn("could not be told", self.errors)
        self.assertEqual(len(self.errors.splitlines()), 1)
        self.run_cli("ann", "whoami", code=1)  # signed out here
        self.server.start()
        self.assertEqual(self.sessions("ann@example.org"), 1)  # as it has been said
        self.run_cli("ann", "login", "ann@example.org"), self.run_cli("ann", "logout")
        self.assertEqual((self.errors, self.sessions("ann@example.org")), ("", 1))
        self.run_cli("ann", "logout")  # of nobody

    def test_a_home_has_one_session(self):
        self.people()
        for words in [("login", "ann@example.org"), ("login", "bob@example.org"), ("signup", "cem@example.org", "Cem")]:
            self.run_cli("ann", *words, code=1)
            self.assertIn("signed in as Ann; log out first", self.errors)
        self.assertEqual((self.sessions("ann@example.org"), self.sessions("bob@example.org")), (1, 1))
        self.run_cli("ann", "logout"), self.run_cli("ann", "login", "bob@example.org")
        self.assertEqual((self.sessions("ann@example.org"), self.sessions("bob@example.org")), (0, 2))

    def test_what_is_refused_leaves_nothing_behind(self):
        self.people()
        held = self.run_cli("ann", "chats")
        self.assertEqual(self.run_cli("ann", "new", "direct", "Bob", code=1), "")  # a name, and nobody
        self.assertIn("member_ids: ", self.errors)
        self.assertEqual(self.run_cli("ann", "new", "group", "x" * 81, code=1), "")
        ann = self.server.call("POST", "/api/v1/login", {"email": "ann@example.org", "password": "correct horse"}).json["access_token"]
        space = self.server.call("GET", "/api/v1/workspaces", token=ann).json["items"][0]["id"]
        bob = self.lines("bob", "whoami")[0]["id"]
        self.assertEqual(self.server.call("PATCH", f"/api/v1/workspaces/{space}/members/{bob}", {"role": "guest"}, ann).status, 200)
        self.assertEqual(self.run_cli("bob", "new", "public_channel", "plans", code=1), "")
        self.assertIn("guests do not create channels", self.errors)
        self.assertEqual((self.run_cli("ann", "chats"), self.run_cli("bob", "chats")), (held, held))
        self.assertEqual(self.lines("bob", "status")[0]["failed"], 0)

    def test_a_name_of_several_people_is_asked_back(self):
        self.people()
        self.run_cli("two", "signup", "two@example.org", "Bob", "--invite", self.lines("ann", "invite")[0]["code"])
        self.until(lambda: self.run_cli("ann", "sync") == "" and "several people" in (self.run_cli("ann", "new", "group", "team", "Bob", code=1), self.errors)[1])
        self.run_cli("ann", "new", "group", "team", self.lines("two", "whoami")[0]["id"])

    def test_a_server_is_remembered_once_it_has_answered(self):
        self.people()
        self.run_cli("ann", "--server", "http://127.0.0.1:1", "--timeout", "1", "sync", code=3)
        plain = subprocess.run([f"{self.command('ann')[0]}", "--home", f"{self.home}/ann", "sync"], capture_output=True, text=True, timeout=60)
        self.assertEqual((plain.returncode, plain.stderr), (0, ""))

    def test_numbers_that_are_none(self):
        self.people()
        self.run_cli("ann", "new", "group", "team")
        self.run_cli("ann", "send", "team", "x")
        for words in [("read", "team", "-1"), ("read", "team", "0"), ("read", "team", "x"), ("history", "team", "--before", "0"), ("history", "team", "--before", "-1"), ("history", "team", "--limit", "-1")]:
            self.run_cli("ann", *words, code=2)
        self.run_cli("ann", "read", "team", "1"), self.run_cli("ann", "read", "team")

    def test_a_portal_is_no_server(self):
        self.people()
        self.run_cli("ann", "new", "public_channel", "general")
        self.server.kill()
        try:
            for page in [b"<html>Sign in to the network</html>", b"[]", b'{"items": 1, "code": 2}', b'{"items": [7, {"name": "elsewhere"}], "next": "on"}']:
                portal = Liar(200, "text/html", page, self.server.port)
                try:
                    self.run_cli("ann", "--timeout", "1", "join", "elsewhere", code=1)
                    self.assertEqual(len(self.errors.splitlines()), 1, self.errors)
                    self.assertNotIn("no channel is called", self.errors if page[:1] != b"{" else "")
                    self.run_cli("ann", "--timeout", "1", "invite", code=1)
                    self.assertEqual(len(self.errors.splitlines()), 1, self.errors)
                finally:
                    portal.stop()
        finally:
            self.server.start()

    def test_a_server_of_slashes_is_none(self):
        self.run_cli("ann", "--server", "//", "whoami", code=1)
        self.assertIn("which server?", self.errors)

    def test_ctrl_c_at_the_prompt_leaves_the_echo(self):
        self.people(), self.run_cli("ann", "logout")
        env = {k: v for k, v in self.ENV.items() if k != "FECHATTER_PASSWORD"}
        child, terminal = pty.fork()
        if child == 0:  # a shell in between: what it would find afterwards
            os.execvpe("bash", ["bash", "-c", 'trap : INT; "$@"; echo "ended by $?"; stty -a', "bash", *self.command("ann", "login", "ann@example.org")], env)
        shown = b""
        while b"Password: " not in shown:
            shown += os.read(terminal, 1024)
        os.write(terminal, b"corr\x03")
        try:
            while chunk := os.read(terminal, 4096):
                shown += chunk
        except OSError:  # the child's end is closed
            pass
        os.close(terminal), os.waitpid(child, 0)
        self.assertIn(b"ended by 130", shown)
        self.assertRegex(shown.decode(), r"[ \n]echo[ ;]")
        self.assertNotIn(b"corr", shown)

    def tail(self, who, *words):
        """Its process, and what it has printed so far; live."""
        out, errors = f"{self.home}/{who}.out", f"{self.home}/{who}.err"
        process = self.start(self.command(who, "--timeout", "0", "--json", "tail", *words), out, errors)
        self.addCleanup(lambda: (process.kill(), process.wait()))
        self.until(lambda: "-- live" in text_of(errors))
        return process, lambda: [json.loads(line) for line in text_of(out).splitlines()]

    def test_tail_prints_what_is_new_once(self):
        self.people()
        old = "".join(f"old {i}\n" for i in range(60))
        for name in ["team", "later"]:
            self.run_cli("ann", "new", "public_channel", name), self.run_cli("ann", "send", name, "-", text=old)
        self.run_cli("bob", "join", "team")
        for home in ["one", "all"]:
            self.run_cli(home, "login", "bob@example.org")  # which holds no more than the newest message
        (one, lines_of_one), (everything, lines) = self.tail("one", "team"), self.tail("all")
        said = lambda lines: [m["body"] for m in lines()]
        self.run_cli("ann", "send", "team", "new")
        self.until(lambda: said(lines) and said(lines_of_one))
        self.run_cli("bob", "join", "later")
        self.run_cli("ann", "send", "later", "after bob came")
        self.until(lambda: len(said(lines)) > 1)
        self.run_cli("ann", "new", "group", "fresh", "Bob"), self.run_cli("ann", "send", "fresh", "the first of all")
        self.until(lambda: len(said(lines)) > 2)
        self.assertEqual(said(lines), ["new", "after bob came", "the first of all"])
        self.assertEqual({m["author_name"] for m in lines()}, {"Ann"})
        one.send_signal(signal.SIGINT), self.assertEqual(one.wait(20), 0)
        self.assertEqual(said(lines_of_one), ["new"])
        self.assertEqual(set(lines()[0]), set(self.lines("bob", "history", "team")[0]))

    def test_tail_misses_nothing_of_an_absence(self):
        self.people()
        self.run_cli("ann", "new", "group", "team", "Bob"), self.run_cli("ann", "send", "team", "old")
        process, lines = self.tail("bob")
        process.send_signal(signal.SIGSTOP)
        self.server.kill(), self.server.start()  # what is sent now is on no stream that it has
        burst = [f"m{i}" for i in range(450)]
        self.run_cli("ann", "send", "team", "-", text="\n".join(burst))
        process.send_signal(signal.SIGCONT)
        self.until(lambda: len(lines()) >= len(burst))
        self.run_cli("ann", "send", "team", "and on")
        self.until(lambda: lines()[-1]["body"] == "and on")
        self.assertEqual([m["body"] for m in lines()], [*burst, "and on"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
