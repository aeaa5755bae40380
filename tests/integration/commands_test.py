"""The one-shot commands of the terminal client: which chat, person, workspace and message their words name, and what comes of the text of a message."""
import json, unittest
from home import Home
from server import new_id

# Texts that look like something else to a parser of command lines.
TEXTS = ["-hello", "-h", "--help", "--help me", "--version", "--json", "--server", "--server=http://127.0.0.1:1", "--timeout", "--off", "--workspace", "-", "--", "++", "sync",
         "send", "-1", "[a,b]", "{}", "a\nb", " -h"]


class Commands(Home):
    def api(self, who, method, path, body=None, status=200):
        """A call that the client has no command for, in a session of its own."""
        token = self.server.call("POST", "/api/v1/login", {"email": f"{who}@example.org", "password": "correct horse"}).json["access_token"]
        reply = self.server.call(method, "/api/v1" + path, body, token)
        self.assertEqual(reply.status, status, reply.raw)
        return reply.json

    def bodies(self, who, chat):
        return [m["body"] for m in self.lines(who, "history", chat)]

    def two_workspaces(self):
        """Ann owns Town and is in City, where Cem is; Bob is in Town."""
        self.people()
        self.run_cli("cem", "signup", "cem@example.org", "Cem", "--workspace", "City")
        self.api("ann", "POST", f"/invites/{self.lines('cem', 'invite')[0]['code']}/accept", {})
        self.spaces = {w["name"]: w["id"] for w in self.api("ann", "GET", "/workspaces")["items"]}
        self.until(lambda: "City" in self.refused("ann", "new", "public_channel", "nowhere"))

    def refused(self, who, *words, code=1):
        self.run_cli(who, *words, code=code)
        return self.errors

    def space_of(self, who, chat):
        return next(name for name, space in self.spaces.items() if space == next(c["workspace_id"] for c in self.lines(who, "chats") if chat in (c["name"], c["id"])))

    def test_texts_are_taken_as_they_are(self):
        self.people()
        self.run_cli("ann", "new", "group", "pals", "Bob")
        texts = [t for t in TEXTS if t != "-"]
        for text in texts:
            self.assertEqual([m["state"] for m in self.lines("ann", "send", "pals", text)], ["sent"], text)
        self.assertEqual(self.bodies("bob", "pals"), texts)
        mid = self.lines("ann", "history", "pals")[0]["id"]
        for text in [*texts, "-"]:
            self.run_cli("ann", "edit", mid, text)
        self.until(lambda: self.bodies("bob", "pals")[0] == "-")
        # Options stand before the operands or behind the text; "--" ends them.
        self.run_cli("ann", "send", "pals", "-- a", "--json"), self.run_cli("ann", "send", "--json", "pals", "-b"), self.run_cli("ann", "send", "pals", "--", "-c")
        self.run_cli("ann", "send", "--", "pals", "--help")
        self.assertEqual(self.bodies("ann", "pals")[-4:], ["-- a", "-b", "-c", "--help"])
        for words in [("send", "pals"), ("send", "pals", "--json", "text"), ("send", "pals", "a", "b"), ("edit", mid), ("search",), ("search", "a", "b")]:
            self.run_cli("ann", *words, code=2)
        self.run_cli("ann", "send", "pals", "", code=1)
        for words in [("send", "--help"), ("edit", "-h"), ("search", "--help"), ("--help",), ("--version",), ("--version", "send", "pals", "x")]:
            self.assertTrue(self.run_cli("ann", *words))

    def test_queries_are_taken_as_they_are(self):
        self.people()
        self.run_cli("ann", "new", "group", "pals", "Bob")
        self.run_cli("ann", "send", "pals", "one item"), self.run_cli("ann", "send", "pals", "hello item")
        self.assertEqual([m["body"] for m in self.lines("ann", "search", "-hello item")], ["one item"])
        found = [json.loads(line) for line in self.run_cli("ann", "search", "--json", "item -hello").splitlines()]
        self.assertEqual([(m["body"], m["highlights"]) for m in found], [("one item", [{"begin": 4, "end": 8}])])

    def test_lines_of_standard_input(self):
        self.people()
        self.run_cli("ann", "new", "group", "side", "Bob")
        sent = self.lines("ann", "send", "side", "-", text="one\n  \n\n \t\r\ntwo\n")
        self.assertEqual([m["state"] for m in sent], ["sent", "sent"])
        sent = self.lines("ann", "send", "side", "-", text=f"three\n\n{'x' * 40001}\nfour", code=1)
        self.assertEqual(([m["state"] for m in sent], self.errors), (["sent", "sent"], "fechatter: line 3: the message is longer than 40,000 bytes\n"))
        self.assertEqual(self.bodies("bob", "side"), ["one", "two", "three", "four"])

    def test_an_id_of_nothing_is_no_person(self):
        self.people()
        bob = self.lines("bob", "whoami")[0]["id"]
        left = self.lines("ann", "new", "public_channel", "left")[0]["id"]
        self.run_cli("bob", "join", "left"), self.run_cli("bob", "leave", "left")
        held = self.run_cli("bob", "chats")
        for nothing in (left, new_id()):
            self.assertEqual(self.refused("bob", "send", nothing, "x"), f"fechatter: no such chat: {nothing}\n")
        self.assertIn("nobody here is " + left, self.refused("bob", "new", "direct", "-", left))
        self.run_cli("bob", "sync")
        self.assertEqual((self.run_cli("bob", "chats"), self.lines("bob", "status")[0]["pending"]), (held, 0))
        self.run_cli("ann", "send", bob, "but that is somebody")
        self.server.kill()
        self.run_cli("ann", "--timeout", "1", "send", new_id(), "x", code=1)
        self.run_cli("bob", "--timeout", "1", "send", "ann", "case does not matter", code=3)
        self.server.start()

    def test_a_way_out_of_a_chat_that_is_refused(self):
        self.people()
        self.run_cli("cem", "signup", "cem@example.org", "Cem", "--invite", self.lines("ann", "invite")[0]["code"])
        self.until(lambda: self.run_cli("ann", "sync") == "" and "direct" in self.refused("ann", "new", "direct", "-"))
        self.run_cli("ann", "sync")
        cem = self.lines("cem", "whoami")[0]["id"]
        space = self.api("ann", "GET", "/workspaces")["items"][0]["id"]
        self.server.kill()
        one, two = (self.lines("ann", "--timeout", "1", "send", "Cem", text, code=3)[0] for text in ["one", "two"])
        self.server.start()
        self.api("ann", "DELETE", f"/workspaces/{space}/members/{cem}", status=204)
        self.assertIn(f"not sent: {one['chat_id']}; see retry and discard", self.refused("ann", "sync"))
        self.assertEqual(self.lines("ann", "status")[0]["refused"], [one["chat_id"]])
        self.run_cli("ann", "discard", new_id(), code=1)
        self.run_cli("ann", "discard", one["id"])
        self.assertEqual([c["pending"] for c in self.lines("ann", "chats")], [1])
        self.run_cli("ann", "discard", two["id"])
        self.assertEqual(self.run_cli("ann", "chats"), "")
        self.run_cli("ann", "sync")

    def test_one_of_several_workspaces(self):
        self.two_workspaces()
        for words in [("new", "public_channel", "mine"), ("new", "group", "ours"), ("invite",)]:
            error = self.refused("ann", *words)
            self.assertTrue(error.startswith("fechatter: which workspace? --workspace says it: City (") and f"Town ({self.spaces['Town']})" in error, error)
        self.run_cli("ann", "new", "public_channel", "mine", "--workspace", "city")
        self.assertEqual(self.space_of("ann", "mine"), "City")
        self.assertIn("there is City (", self.refused("ann", "new", "group", "x", "--workspace", "Nowhere"))
        self.assertEqual(self.lines("ann", "invite", "--workspace", self.spaces["Town"])[0]["workspace_id"], self.spaces["Town"])
        # One that they share: no question.
        self.run_cli("ann", "new", "group", "pair", "bob"), self.run_cli("ann", "send", "Cem", "hi")
        self.assertEqual((self.space_of("ann", "pair"), self.space_of("ann", "Cem")), ("Town", "City"))
        self.assertIn("nobody is called", self.refused("ann", "new", "group", "all", "Bob", "Cem"))
        self.assertIn("nobody is called", self.refused("ann", "--timeout", "1", "new", "group", "all", "Bob", "--workspace", "City"))
        # Two that they share.
        self.api("bob", "POST", f"/invites/{self.lines('cem', 'invite')[0]['code']}/accept", {})
        self.until(lambda: "which workspace?" in self.refused("ann", "new", "direct", "-", "Bob"))
        self.assertIn("which workspace?", self.refused("ann", "send", "Bob", "hi"))
        city = self.lines("ann", "send", "--workspace", "City", "Bob", "hi")[0]["chat_id"]
        self.assertEqual(self.lines("ann", "send", "Bob", "there again")[0]["chat_id"], city)  # there is one by now
        town = self.lines("ann", "send", "Bob", "hi", "--workspace", "Town")[0]["chat_id"]
        error = self.refused("ann", "send", "Bob", "hi")
        self.assertTrue(f"{town} in Town" in error and f"{city} in City" in error, error)

    def test_where_one_may_invite(self):
        self.two_workspaces()
        me = self.lines("ann", "whoami")[0]["id"]
        self.api("cem", "PATCH", f"/workspaces/{self.spaces['City']}/members/{me}", {"role": "guest"})
        self.assertEqual(self.lines("ann", "invite")[0]["workspace_id"], self.spaces["Town"])
        self.run_cli("ann", "new", "private_channel", "plans")
        self.assertEqual(self.space_of("ann", "plans"), "Town")
        self.assertTrue(self.refused("ann", "invite", "--workspace", "City"))

    def test_channels_of_one_name(self):
        self.two_workspaces()
        ids = {who: self.lines(who, "new", "public_channel", "General")[0]["id"] for who in ("bob", "cem")}
        error = self.refused("ann", "join", "general")
        self.assertTrue(all(i in error for i in ids.values()), error)
        self.run_cli("ann", "join", "#general", "--workspace", "City")
        self.assertEqual([c["id"] for c in self.lines("ann", "chats")], [ids["cem"]])
        self.run_cli("ann", "join", ids["bob"])
        error = self.refused("ann", "history", "general")
        self.assertTrue(all(i in error for i in ids.values()), error)
        self.server.kill()
        for words in [("leave", ids["bob"]), ("join", ids["cem"])]:
            self.assertIn("queued; it is sent when", self.refused("ann", "--timeout", "1", *words, code=3))
        self.server.start()

    def test_a_chat_without_a_name(self):
        self.people()
        self.run_cli("cem", "signup", "cem@example.org", "Cem", "--invite", self.lines("ann", "invite")[0]["code"])
        chat = self.until(lambda: self.lines("bob", "new", "group", "", "Ann", "Cem"))[0]["id"]
        name = self.run_cli("ann", "chats").strip()
        self.assertEqual(sorted(name.split(", ")), ["Bob", "Cem"])
        self.assertEqual(self.lines("ann", "send", name, "hello")[0]["chat_id"], chat)
        alone = self.lines("ann", "new", "group", "")[0]["id"]
        self.assertEqual(self.run_cli("ann", "chats").splitlines(), [alone, name])
        self.lines("ann", "new", "group", "", "Bob")  # shown as "Bob"; whoever writes to Bob means the person
        self.lines("ann", "send", "Bob", "for you")
        self.assertEqual([c["kind"] for c in self.lines("ann", "chats")], ["direct", "group", "group", "group"])

    def test_what_search_has_found_can_be_changed(self):
        self.people()
        self.run_cli("ann", "new", "group", "team", "Bob"), self.run_cli("ann", "new", "group", "other", "Bob")
        self.run_cli("ann", "send", "team", "needle")
        self.run_cli("ann", "send", "team", "-", text="".join(f"hay {i}\n" for i in range(60)))
        self.run_cli("ann2", "login", "ann@example.org")
        found = self.lines("ann2", "search", "needle")[0]["id"]
        self.run_cli("ann2", "edit", found, "found")
        self.run_cli("bob2", "login", "bob@example.org")
        self.run_cli("bob2", "react", found, "x")
        first = lambda: self.lines("bob", "history", "team", "--before", "2")[0]
        self.until(lambda: (first()["body"], [r["count"] for r in first()["reactions"]]) == ("found", [1]))
        self.run_cli("ann3", "login", "ann@example.org"), self.run_cli("ann3", "rm", found)
        self.until(lambda: first()["deleted"])
        self.assertIn("no such message", self.refused("ann", "rm", new_id()))

    def test_chats_as_the_api_names_them(self):
        self.people()
        self.run_cli("ann", "new", "group", "team", "Bob")
        sent = self.lines("ann", "send", "team", "hello")[0]
        for who, role in [("ann", "owner"), ("bob", "member")]:
            chat = self.lines(who, "chats")[0]
            self.assertEqual((chat["role"], chat["last_message"]["id"]), (role, sent["id"]))
            self.assertEqual(chat["head_rev"], self.api(who, "GET", f"/chats/{sent['chat_id']}")["head_rev"])

    def test_password_files_of_others(self):
        self.people()
        env = {k: v for k, v in self.ENV.items() if k != "FECHATTER_PASSWORD"}
        path = f"{self.home}/password"
        for text, code, said in [("", 1, "no password in the first line of"), ("\r\n", 1, "no password in"), ("correct horse\r\nx", 0, "")]:
            with open(path, "w", newline="") as f:
                f.write(text)
            self.run_cli("ann2", "--password-file", path, "login", "ann@example.org", env=env, code=code)
            self.assertIn(said, self.errors)
        self.run_cli("ann3", "--password-file", path + "x", "login", "ann@example.org", env=env, code=1)
        self.assertIn("cannot read", self.errors)

    def test_numbers_are_refused_in_a_line(self):
        for words in [("read", "x", "y"), ("read", "x", "0"), ("history", "x", "--before", "y"), ("history", "x", "--before", "9" * 30)]:
            self.assertLess(len(self.refused("ann", *words, code=2)), 100)


if __name__ == "__main__":
    unittest.main(verbosity=2)
