"""The terminal client, the echo bot and the embedded server, as a person would run them."""
import json, os, pty, signal, subprocess, unittest
from home import BIN, Home, text_of
from server import new_id


class Programs(Home):
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
        sent = self.lines("bob", "history", "team")
        self.assertEqual([m["body"] for m in sent], ["written offline", "and another"])
        self.server.kill()
        self.run_cli("ann", "--timeout", "1", "edit", sent[0]["id"], "changed offline", code=3)
        self.run_cli("ann", "--timeout", "1", "react", sent[1]["id"], "x", code=3)
        self.server.start()
        self.run_cli("ann", "sync")
        self.until(lambda: [(m["body"], len(m["reactions"])) for m in self.lines("bob", "history", "team")] == [("changed offline", 0), ("and another", 1)])

    def test_words_and_passwords(self):
        for words in [("send", "general"), ("new", "party", "name"), ("history",), ("history", "x", "--limit", "0"), ("react", "not-an-id", "x"), ("signup", "e@example.org"),
                      ("--nonsense",)]:
            self.run_cli("nobody", *words, code=1 if words[0] in ("new", "react") else 2)  # those two look at the account first
        self.people()
        self.run_cli("ann", "new", "party", "name", code=2)
        self.run_cli("ann", "react", "not-an-id", "x", code=2)
        for words in [("invite",), ("leave", "x"), ("read", "x"), ("chats",), ("tail",), ("retry", new_id()), ("discard", new_id())]:
            self.run_cli("nobody", *words, code=1)
            self.assertIn("not signed in", self.errors)
        self.run_cli("ann", "logout")
        self.run_cli("ann", "login", "ann@example.org", code=1, env={**self.ENV, "FECHATTER_PASSWORD": "wrong horse"})
        none = {k: v for k, v in self.ENV.items() if k != "FECHATTER_PASSWORD"}
        self.run_cli("ann", "login", "ann@example.org", code=1, env=none)
        self.assertIn("a password is needed", self.errors)
        with open(f"{self.home}/password", "w") as f:
            f.write("correct horse\nnot this line\n")
        self.run_cli("ann", "--password-file", f"{self.home}/password", "login", "ann@example.org", env=none)
        self.run_cli("ann", "--password-file", f"{self.home}/nothing", "login", "ann@example.org", env=none, code=1)
        self.assertEqual(self.lines("ann", "whoami")[0]["name"], "Ann")

    def test_the_prompt_shows_no_password(self):
        self.people()
        self.run_cli("ann", "logout")
        env = {k: v for k, v in self.ENV.items() if k != "FECHATTER_PASSWORD"}
        child, terminal = pty.fork()
        if child == 0:
            os.execve(f"{BIN}/fechatter", self.command("ann", "login", "ann@example.org"), env)
        shown = b""
        while b"Password: " not in shown:
            shown += os.read(terminal, 1024)
        os.write(terminal, b"correct horse\n")
        try:
            while chunk := os.read(terminal, 1024):
                shown += chunk
        except OSError:  # the child's end is closed
            pass
        os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0, shown)
        self.assertNotIn(b"correct horse", shown)

    def test_pages_and_reactions(self):
        self.people()
        self.run_cli("ann", "new", "group", "team", "Bob")
        self.run_cli("ann", "send", "team", "-", text="".join(f"m{i}\n" for i in range(1, 8)))
        page = self.lines("bob", "history", "team", "--before", "4", "--limit", "2")
        self.assertEqual([(m["seq"], m["body"]) for m in page], [(2, "m2"), (3, "m3")])
        at = page[0]["id"]
        reactions = lambda: self.lines("ann", "history", "team", "--before", "3", "--limit", "1")[0]["reactions"]
        self.run_cli("bob", "react", at, "x")
        self.until(reactions)
        self.run_cli("bob", "react", at, "x", "--off")
        self.until(lambda: not reactions())

    def test_what_is_refused_concerns_only_itself(self):
        self.people()
        self.run_cli("ann", "new", "group", "team", "Bob"), self.run_cli("ann", "new", "group", "other", "Bob")
        mid = self.lines("ann", "send", "team", "ann's")[0]["id"]
        self.lines("bob", "history", "team")
        self.run_cli("bob", "edit", mid, "not bob's", code=1)  # dropped, and told
        self.run_cli("bob", "send", "team", "fine")
        team = next(c["id"] for c in self.lines("ann", "chats") if c["name"] == "team")
        archive = self.harness_call("ann", "PATCH", f"/chats/{team}", {"archived": True})
        self.assertEqual(archive.status, 200, archive.raw)
        refused = self.lines("bob", "send", "team", "too late", code=1)[0]
        self.assertEqual(refused["state"], "failed")
        self.assertEqual(self.lines("bob", "send", "other", "elsewhere all is well")[0]["state"], "sent")
        self.run_cli("bob", "new", "group", "third", "Ann")
        self.assertEqual(self.lines("bob", "send", "team", "behind it", code=3)[0]["state"], "queued")
        self.assertEqual(self.lines("bob", "status")[0]["failed"], 1)
        again = self.lines("bob", "retry", refused["id"], code=1)[0]["id"]
        self.assertEqual(self.harness_call("ann", "PATCH", f"/chats/{team}", {"archived": False}).status, 200)
        self.run_cli("bob", "sync", code=1)  # it stays refused until somebody decides
        self.run_cli("bob", "retry", refused["id"], code=1)  # that id is no more
        self.run_cli("bob", "retry", again)
        self.until(lambda: [m["body"] for m in self.lines("ann", "history", "team")] == ["ann's", "fine", "too late", "behind it"])
        self.harness_call("ann", "PATCH", f"/chats/{team}", {"archived": True})
        refused = self.lines("bob", "send", "team", "never", code=1)[0]
        self.run_cli("bob", "discard", refused["id"])
        self.run_cli("bob", "discard", refused["id"], code=1)
        self.run_cli("bob", "sync")

    def test_tail(self):
        self.people()
        self.run_cli("ann", "new", "group", "team", "Bob"), self.run_cli("ann", "new", "group", "other", "Bob")
        self.run_cli("ann", "send", "team", "before anybody looked")
        self.run_cli("bob", "sync")
        self.run_cli("bob2", "login", "bob@example.org")
        plain, lines, errors = (f"{self.home}/{name}.txt" for name in ["plain", "json", "errors"])
        tails = [self.start(self.command("bob", "tail"), plain, errors), self.start(self.command("bob2", "--json", "tail", "team"), lines, os.devnull)]
        self.until(lambda: "live" in text_of(errors))
        # The second one's words are not kept: it is talked to until it answers.
        self.until(lambda: [self.run_cli("ann", "send", chat, "hello " + chat) for chat in ["other", "team"]] and text_of(lines))
        self.until(lambda: "Ann: hello team" in text_of(plain) and "Ann: hello other" in text_of(plain))
        for tail in tails:
            tail.send_signal(signal.SIGINT)
            self.assertEqual(tail.wait(20), 0)
        self.assertEqual({json.loads(line)["body"] for line in text_of(lines).splitlines()}, {"hello team"})
        self.assertNotIn("before anybody looked", text_of(plain))

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
        self.run_cli("ann", "send", "team", "z" * 39998)  # its answer would be too long: left out, and the bot goes on
        self.run_cli("ann", "send", "team", "after it")
        bot = start()
        self.until(lambda: "echo: after it" in echoes())
        bot.kill(), bot.wait()
        said += 2
        self.assertLessEqual(len(echoes()), said + 1)

    def test_a_server_inside_an_app(self):
        for expected in (1, 2):
            r = subprocess.run([f"{BIN}/embedded-server", f"{self.home}/app"], capture_output=True, text=True, timeout=60)
            self.assertEqual((r.returncode, r.stdout.count("written at start-up")), (0, expected), r)


if __name__ == "__main__":
    unittest.main(verbosity=2)
