"""The terminal client where others are hostile, or away: what it prints, and what it says of how it went."""
import http.server, json, re, subprocess, threading, unittest
from home import Home
from server import new_id

# Whatever moves the cursor, ends a line in an unusual way or turns the direction of writing.
MOVES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f]")
EVIL = "\x1b[2J\x1b]0;title\x07\u202eolleh\u2066\u2028\u2029\x9b2J"


class Liar:
    """In the place of a server: answers everything with one refusal."""

    def __init__(self, message):
        body = json.dumps({"error": {"code": "permission_denied", "message": message, "field": message, "retryable": False, "request_id": "x"}}).encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(403)
                self.send_header("Content-Type", "application/json"), self.send_header("Content-Length", str(len(body))), self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

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
        liar = Liar(f"no{EVIL}\nfechatter: all is well\r\n\tand good")
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
        for words in [("read", "team", "-1"), ("read", "team", "0"), ("read", "team", "x"), ("history", "team", "--before", "-1"), ("history", "team", "--limit", "-1")]:
            self.run_cli("ann", *words, code=2)
        self.run_cli("ann", "read", "team", "1"), self.run_cli("ann", "read", "team")


if __name__ == "__main__":
    unittest.main(verbosity=2)
