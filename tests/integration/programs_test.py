"""The terminal client, the echo bot and the embedded server, as a person would run them."""
import json, os, shutil, subprocess, tempfile, time, unittest
import server as harness
from server import Server, new_id

BIN = os.environ.get("FECHATTER_BIN", "build/release/bin")


class Programs(unittest.TestCase):
    def setUp(self):
        self.server = Server().start()
        self.home = tempfile.mkdtemp(prefix="fechatter-home-")

    def tearDown(self):
        if self.server.process.poll() is None:
            self.assertEqual(self.server.stop(), 0)
        shutil.rmtree(self.home, ignore_errors=True)

    def run_cli(self, who, *words, code=0, text=None):
        env = {**os.environ, "FECHATTER_PASSWORD": "correct horse"}
        r = subprocess.run([f"{BIN}/fechatter", "--server", f"http://127.0.0.1:{self.server.port}", "--home", f"{self.home}/{who}", "--timeout", "20", *words],
                           capture_output=True, text=True, env=env, timeout=60, input=text)
        self.assertEqual(r.returncode, code, (words, r.stdout, r.stderr))
        return r.stdout

    def lines(self, *words, **more):
        return [json.loads(line) for line in self.run_cli(words[0], "--json", *words[1:], **more).splitlines()]

    def people(self):
        self.run_cli("ann", "signup", "ann@example.org", "Ann", "--workspace", "Town")
        code = self.lines("ann", "invite")[0]["code"]
        self.run_cli("bob", "signup", "bob@example.org", "Bob", "--invite", code)
        return code

    def until(self, test, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := test():
                return found
            time.sleep(0.1)
        self.fail("did not happen in time")

    def test_the_terminal_client(self):
        self.people()
        self.assertEqual(self.lines("ann", "whoami")[0]["name"], "Ann")
        self.run_cli("ann", "new", "public_channel", "general")
        self.run_cli("bob", "join", "general")
        self.run_cli("ann", "send", "#general", "hello @Bob")
        self.run_cli("bob", "send", "general", "-", text="one\ntwo\n")
        self.run_cli("ann", "send", "Bob", "only for you")
        self.assertEqual([m["body"] for m in self.lines("bob", "history", "general")], ["hello @Bob", "one", "two"])
        self.assertEqual(len(self.lines("bob", "history", "general", "--limit", "1")), 1)
        self.assertIn("Ann: hello @Bob", self.run_cli("bob", "history", "general"))
        self.assertEqual({c["kind"] for c in self.lines("bob", "chats")}, {"public_channel", "direct"})
        self.assertEqual([m["body"] for m in self.lines("bob", "search", "hello")], ["hello @Bob"])
        mid = self.lines("ann", "history", "general")[0]["id"]
        self.run_cli("ann", "edit", mid, "changed")
        self.run_cli("bob", "react", mid, "\U0001f389")
        self.until(lambda: (m := self.lines("bob", "history", "general")[0])["body"] == "changed" and m["reactions"])
        self.run_cli("ann", "rm", mid)
        self.until(lambda: self.lines("bob", "history", "general")[0]["deleted"])
        self.run_cli("bob", "read", "general")
        self.assertEqual([c["unread"] for c in self.lines("bob", "chats") if c["name"] == "general"], [0])
        self.assertEqual(self.lines("bob", "status")[0]["connection"], "live")
        self.run_cli("bob", "sync")
        self.run_cli("bob", "leave", "general")
        self.run_cli("bob", "history", "general", code=1)
        self.run_cli("bob", "send", "nowhere", "x", code=1)
        self.run_cli("bob", "frobnicate", code=2)
        self.run_cli("bob", "logout")
        self.run_cli("bob", "chats", code=1)
        self.run_cli("bob", "login", "bob@example.org")
        self.assertEqual([c["kind"] for c in self.lines("bob", "chats")], ["direct"])

    def test_offline_is_honest_and_loses_nothing(self):
        self.people()
        self.run_cli("ann", "new", "group", "team", "Bob")
        self.server.kill()
        self.run_cli("ann", "--timeout", "1", "send", "team", "written offline", code=3)
        self.run_cli("ann", "--timeout", "1", "send", "team", "and another", code=3)
        self.server.start()
        self.run_cli("ann", "sync")
        self.assertEqual([m["body"] for m in self.lines("bob", "history", "team")], ["written offline", "and another"])

    def test_the_echo_bot_survives_being_killed(self):
        code = self.people()
        self.run_cli("bot", "signup", "bot@example.org", "Bot", "--invite", code)
        self.run_cli("ann", "new", "group", "team", "Bot")
        env = {**os.environ, "FECHATTER_SERVER": f"http://127.0.0.1:{self.server.port}", "FECHATTER_EMAIL": "bot@example.org", "FECHATTER_PASSWORD": "correct horse"}
        binary = os.path.abspath(f"{BIN}/echo-bot")
        start = lambda: subprocess.Popen([binary], cwd=self.home, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        echoes = lambda: [m["body"] for m in self.lines("ann", "history", "team") if m["body"].startswith("echo: ")]
        bot = start()
        self.until(lambda: self.lines("ann", "send", "team", "are you there") and echoes())
        bot.kill(), bot.wait()
        said = len([m for m in self.lines("ann", "history", "team") if not m["body"].startswith("echo: ")])
        self.run_cli("ann", "send", "team", "while you slept")
        bot = start()
        self.until(lambda: "echo: while you slept" in echoes())
        bot.kill(), bot.wait()
        self.assertEqual(echoes().count("echo: while you slept"), 1)
        self.assertLessEqual(len(echoes()), said + 1)

    def test_a_server_inside_an_app(self):
        for expected in (1, 2):
            r = subprocess.run([f"{BIN}/embedded-server", f"{self.home}/app"], capture_output=True, text=True, timeout=60)
            self.assertEqual((r.returncode, r.stdout.count("written at start-up")), (0, expected), r)


if __name__ == "__main__":
    unittest.main(verbosity=2)
