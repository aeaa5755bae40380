"""What one caller can make the server do: no input whose cost grows faster than its size, nothing without an end."""

import json, socket, time, unittest, urllib.parse
from running import Running
from server import Server, User, new_id, town
from streams import WebSocket


def best_ms(call, times=5):
    """The best of some: what the work takes, not what else the machine does."""
    spent = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        spent.append((time.perf_counter() - begun) * 1000)
    return min(spent)


class Growth(Running):
    """Four times the input costs about four times the time: sixteen times would be quadratic."""

    FACTOR, FLOOR_MS = 8, 8
    RUNS = [("`" * k + "a") for k in range(1, 400)]
    TEXTS = {
        "backticks": lambda n: "`" * n,
        "backtick runs of all lengths": lambda n: "".join(Growth.RUNS)[:n],
        "open code": lambda n: "`a``b" * (n // 5),
        "backslashes": lambda n: "\\" * n,
        "ats": lambda n: "@" * n,
        "names": lambda n: "".join(f"@n{i} " for i in range(n // 7))[:n],
        "open full names": lambda n: "@**" * (n // 3),
        "full names": lambda n: "@**a b** " * (n // 9),
        "open ids": lambda n: "<@" * (n // 2),
        "ids": lambda n: f"<@{new_id()}>" * (n // 39),
        "quotes": lambda n: "> " * (n // 2) + "@a",
        "quoted lines": lambda n: "> " * 20 + "\n" * (n - 40) + "@a",
        "lists": lambda n: "".join("  " * (i % 90) + "- a\n" for i in range(n // 90)) + "@a",
        "fences": lambda n: "```\n" * (n // 4) + "@a",
        "tildes and ticks": lambda n: "~~~\n```\n" * (n // 8) + "@a",
        "headings": lambda n: "#" * (n - 2) + "@a",
        "brackets": lambda n: "[" * (n - 2) + "@a",
        "links": lambda n: "[a](" * (n // 4) + "@a",
        "stars": lambda n: "*a_" * (n // 3) + "@a",
        "angle brackets": lambda n: "<" * (n - 2) + "@a",
        "han": lambda n: "\u7684" * (n // 3 - 2) + "@a",
        "han and ats": lambda n: "\u7684@" * (n // 4),
        "kana without end": lambda n: "\u30fc" * (n // 3 - 1),
        "combining marks": lambda n: "a" + "\u0301" * (n // 2 - 2),
        "joiners": lambda n: "\U0001f469\u200d" * (n // 7),
        "words": lambda n: "".join(f"w{i} " for i in range(n // 7))[:n],
        "one word": lambda n: "a" * n,
        "addresses": lambda n: "https://a.b/?" * (n // 13),
        "dots": lambda n: "@." * (n // 2),
        "lines": lambda n: "\n" * (n - 2) + "@a",
    }

    def grows(self, name, call, small, large):
        call(small)
        a, b = best_ms(lambda: call(small)), best_ms(lambda: call(large))
        if b > self.FACTOR * a + self.FLOOR_MS:  # once more, with patience, before it is called a finding
            a, b = best_ms(lambda: call(small), 15), best_ms(lambda: call(large), 15)
        self.worst = max(getattr(self, "worst", (0, "")), (b / a, name, round(a, 1), round(b, 1)))
        self.assertLess(b, self.FACTOR * a + self.FLOOR_MS, name)

    def test_texts(self):
        (ann,), chat = town(self.server, 1)
        for name, make in self.TEXTS.items():
            with self.subTest(text=name):
                for n in (8_000, 32_000):
                    self.assertLessEqual(len(make(n).encode()), 40_000)
                post = lambda n: self.assertEqual(ann.call("POST", f"/chats/{chat}/messages", {"id": new_id(), "body": make(n)}).status, 201)
                self.grows(name, post, 8_000, 32_000)
        print("\nworst growth of a text:", self.worst, flush=True)

    def test_searches(self):
        (ann,), chat = town(self.server, 1)
        for i in range(200):
            ann.say(chat, f"words {i} \u7684\u6587\u5b57 `a` @b https://a.b/{i}")
        queries = {
            "words": lambda n: "w " * (n // 2),
            "quotes": lambda n: '"' * n,
            "phrases": lambda n: '"a b" ' * (n // 6),
            "nots": lambda n: "a " + "-b " * (n // 3 - 1),
            "han": lambda n: "\u7684" * (n // 3),
            "names": lambda n: "a " + "from:x " * (n // 7 - 1),
            "chats": lambda n: "a " + "-in:x " * (n // 6 - 1),
            "colons": lambda n: "a" + ":" * (n - 1),
            "has": lambda n: "a " + "has:link " * (n // 9 - 1),
            "stars": lambda n: "a* " * (n // 3),
            "parentheses": lambda n: "a" + "(" * (n - 1),
            "one letter": lambda n: "a" * n,
        }
        for name, make in queries.items():
            with self.subTest(query=name):
                ask = lambda n: self.assertIn(ann.call("GET", "/search?q=" + urllib.parse.quote(make(n))).status, (200, 400))
                self.grows(name, ask, 125, 500)
        print("\nworst growth of a search:", self.worst, flush=True)

    def test_documents(self):
        (ann,), chat = town(self.server, 1)
        refused = lambda body: self.assertEqual(ann.call("POST", f"/chats/{chat}/messages", body).status, 400)
        documents = {
            "nesting": lambda n: "[" * n,
            "objects": lambda n: '{"a":' * (n // 5),
            "fields": lambda n: "{" + ",".join(f'"f{i}":1' for i in range(n // 10)) + "}",
            "digits": lambda n: '{"id":' + "9" * n + "}",
            "escapes": lambda n: '{"id":"' + "\\u0041" * (n // 6) + '"}',
            "key": lambda n: '{"' + "k" * n + '":1}',
            "blanks": lambda n: " " * n + "{",
            "elements": lambda n: '{"id":[' + "1," * (n // 2) + "1]}",
        }
        for name, make in documents.items():
            with self.subTest(document=name):
                self.grows(name, lambda n: refused(make(n).encode()), 100_000, 400_000)
        query = lambda n: self.assertEqual(ann.call("GET", "/chats?" + "&".join(["limit=1"] * (n // 8))).status, 400)
        self.grows("parameters", query, 3_000, 12_000)


class Ends(Running):
    def test_passwords_are_measured_before_they_are_hashed(self):
        ann = User(self.server, "Ann")
        login = lambda size: lambda: self.server.call("POST", "/api/v1/login", {"email": ann.email, "password": "p" * size})
        hashed, long_, change = (
            best_ms(login(256), 3),
            best_ms(login(257), 3),
            best_ms(lambda: ann.call("POST", "/me/password", {"old": "p" * 1_000_000, "new": "battery staple"}), 3),
        )
        print(f"\npassword of 256 bytes {hashed:.1f} ms, of 257 {long_:.1f} ms, of a million {change:.1f} ms", flush=True)
        self.assertLess(max(long_, change), hashed / 2)
        for body, field in [({"old": "p" * 257, "new": "battery staple"}, "old"), ({"old": "x", "new": "p" * 257}, "new")]:
            r = ann.call("POST", "/me/password", body)
            self.assertEqual((r.status, r.field), (400, field))

    def test_reactions(self):
        (ann, bob), chat = town(self.server)
        at = f"/chats/{chat}/messages/{ann.say(chat, 'react')['id']}"
        statuses = [bob.call("PUT", f"{at}/reactions/{i}").status for i in range(2000)]
        self.assertEqual((statuses[:50], set(statuses[50:])), ([204] * 50, {409}))
        self.assertEqual(ann.call("PUT", f"{at}/reactions/0").status, 204)  # one more of a kind that is there
        self.assertEqual(len(bob.ok("GET", at)["reactions"]), 50)

    def test_mentions(self):
        people, chat = town(self.server, 3)
        ann, bob, cem = people
        said = ann.say(chat, " ".join(f"<@{new_id()}>" for _ in range(500)) + f" <@{bob.id}>")
        self.assertEqual(said["mentions"], [])  # of so many names only the first are looked at
        said = ann.say(chat, f"<@{bob.id}> " * 900 + "@Cem " * 300 + "@channel " * 300)
        self.assertEqual((sorted(said["mentions"]), said["mentions_everyone"]), (sorted([bob.id, cem.id]), True))

    def test_members_of_a_new_chat(self):
        (ann,), _ = town(self.server, 1)
        r = ann.call("POST", "/chats", {"id": new_id(), "workspace_id": ann.workspace, "kind": "group", "name": "g", "member_ids": [new_id() for _ in range(200)]})
        self.assertEqual((r.status, r.field), (400, "member_ids"))


class Rates(unittest.TestCase):
    def test_a_forwarded_address_is_only_a_claim(self):
        s = Server(rates=True, login_burst=10, login_per_second=1).start()
        try:
            claims = ["X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP"]
            tries = [s.call("POST", "/api/v1/login", {"email": "x", "password": "y"}, headers={c: f"10.0.0.{i}" for c in claims}).status for i in range(30)]
            self.assertEqual(set(tries), {401, 429})
            self.assertGreater(tries.count(429), 10)
        finally:
            s.stop()


class Bytes(Running):
    """Frames and bytes that cost the sender nothing."""

    def setUp(self):
        (self.ann, self.bob), self.chat = town(self.server)
        self.watcher = WebSocket(self.bob)
        self.watcher.hello()

    def tearDown(self):
        said = self.ann.say(self.chat, "others are served")["id"]
        self.watcher.wait(lambda f: f[0] == "event" and f[2]["payload"].get("id") == said)
        self.watcher.close()

    def memory_kb(self):
        with open(f"/proc/{self.server.process.pid}/status") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))

    def opened(self):
        ws = WebSocket(self.ann)
        ws.hello()
        return ws

    def test_a_request_byte_by_byte(self):
        body = json.dumps({"id": new_id(), "body": "slowly"})
        text = f"POST /api/v1/chats/{self.chat}/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.ann.token}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(len(text)):
                s.sendall(text[i : i + 1])
            self.assertIn(b"HTTP/1.1 201", s.recv(4096))

    def test_fragments(self):
        ws = self.opened()
        ws.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ws.s.sendall(b"\x01\x81\0\0\0\0x" + b"\x00\x81\0\0\0\0x" * 5000 + b"\x80\x81\0\0\0\0x")  # a text of 5,002 frames
        self.assertFalse(ws.gone(0.5))
        ws.close()
        ws = self.opened()
        self.feed(ws, b"\x01\x81\0\0\0\0x" + b"\x00\x81\0\0\0\0x" * 70_000)
        self.assertEqual((ws.gone(5), ws.code), (True, 1009))
        ws = self.opened()
        self.feed(ws, b"\x01\x80\0\0\0\0" + b"\x00\x80\0\0\0\0" * 50_000)  # of nothing
        self.assertFalse(ws.gone(0.2))
        ws.close()

    def feed(self, ws, data):
        try:
            ws.s.sendall(data)
        except OSError:
            pass

    def test_giants_that_are_only_announced(self):
        before = self.memory_kb()
        for size in [70_000, 1 << 32, (1 << 63) - 1, (1 << 64) - 1]:
            ws = self.opened()
            self.feed(ws, b"\x81\xff" + size.to_bytes(8, "big") + b"\0\0\0\0" + b"x" * 1000)
            self.assertEqual((ws.gone(5), ws.code in (1009, 1002)), (True, True), size)
            ws.close()
        for length in [b"1048577", b"4294967296", b"9223372036854775807", b"18446744073709551615"]:
            got = self.server.raw(b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\n{", 3)
            self.assertRegex(got, rb"^HTTP/1\.1 4(13|00) ", length)
        self.assertLess(self.memory_kb() - before, 32 * 1024)

    def test_a_flood_of_pings(self):
        """Answered while the answers are taken; who takes none is held to what the sockets hold, and the server reads no further."""
        ws = self.opened()
        for _ in range(50):
            self.feed(ws, b"\x89\x84\0\0\0\0ping" * 200)
        said = self.ann.say(self.chat, "through the flood")["id"]
        ws.wait(lambda f: f[0] == "event" and f[2]["payload"].get("id") == said)
        ws.close()
        before = self.memory_kb()
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=1) as s:
            s.sendall(
                (
                    f"GET /api/v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {self.ann.token}\r\n\r\n"
                ).encode()
            )
            sent = 0
            try:
                while sent < 64 << 20:  # reads nothing of what is answered
                    sent += s.send((b"\x89\xfd\0\0\0\0" + b"p" * 125) * 100)
            except OSError:
                pass
            self.assertLess(self.memory_kb() - before, 32 * 1024)
