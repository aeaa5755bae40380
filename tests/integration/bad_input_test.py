"""Hostile and broken input: a clear 4xx that names the field, or a closed connection, and nobody else notices."""
import json, socket, time, unittest
from server import Server, new_id, town
from streams import WebSocket


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(header_timeout_ms=2000).start()
        (cls.ann, cls.bob), cls.chat = town(cls.server)
        cls.at = f"/chats/{cls.chat}/messages"

    @classmethod
    def tearDownClass(cls):
        """After all of it: no answer was a server's error."""
        failed = [line for line in cls.server.call("GET", "/metrics").raw.decode().splitlines() if 'status="5' in line]
        assert not failed, failed
        assert cls.server.stop() == 0

    def tearDown(self):
        self.ann.say(self.chat, "still here")

    def refused(self, body, field, status=400, path=None, method="POST"):
        r = self.ann.call(method, path or self.at, body)
        self.assertEqual((r.status, r.field), (status, field), r.raw)
        self.assertTrue(r.json["error"]["request_id"])

    def test_bodies(self):
        ok = {"id": new_id(), "body": "x"}
        for text in [b"", b"{", b"nonsense", b"[]", b'"x"', b'{"id":1}x', b"\xff\xfe", b"{" + b'"a":{' * 5000, b"[" * 100000]:
            r = self.ann.call("POST", self.at, text)
            self.assertEqual(r.status, 400, text[:40])
        for deep in [b"[" * 5000 + b"]" * 5000, b'{"a":' * 5000 + b"1" + b"}" * 5000]:  # well-formed, in a body that is right otherwise
            r = self.ann.call("POST", self.at, json.dumps(ok)[:-1].encode() + b',"more":' + deep + b"}")
            self.assertEqual((r.status, r.code), (400, "invalid_argument"))
        self.refused({**ok, "foo": 1}, "foo")
        self.refused({**ok, "id": 5}, "id")
        self.refused({"body": "x"}, "id")
        self.refused({"id": new_id()}, "body")
        self.refused({**ok, "body": 5}, "body")
        self.refused({**ok, "body": None}, "body")
        self.refused({**ok, "body": ""}, "body")
        self.refused({**ok, "body": "   "}, "body")
        self.refused({**ok, "body": "y" * 40001}, "body")
        self.refused({**ok, "body": "a\u0000b"}, "body")
        self.refused({**ok, "id": "NOT-AN-ID"}, "id")
        self.refused({**ok, "id": new_id().upper()}, "id")
        self.refused({**ok, "id": "00000000-0000-0000-0000-000000000000"}, "id")
        self.refused({**ok, "reply_to": new_id()}, "reply_to")
        self.refused({**ok, "mentions": []}, "mentions")
        self.refused(('{"id":"%s","body":"x","body":"y"}' % new_id()).encode(), "body")
        self.refused(b'{"id":"' + new_id().encode() + b'","body":"\xc3\x28"}', "body")
        self.refused({"id": new_id(), "workspace_id": self.ann.workspace, "kind": "party", "member_ids": []}, "kind", path="/chats")
        self.refused({"id": new_id(), "workspace_id": self.ann.workspace, "kind": "group", "member_ids": [5]}, "member_ids[0]", path="/chats")
        self.refused({"id": new_id(), "workspace_id": self.ann.workspace, "kind": "group", "member_ids": [new_id()]}, "member_ids", path="/chats")
        self.refused({"seq": 1.5}, "seq", path=f"/chats/{self.chat}/read", method="PUT")
        self.refused({"seq": 2**60}, "seq", path=f"/chats/{self.chat}/read", method="PUT")
        self.refused({"seq": -1}, "seq", path=f"/chats/{self.chat}/read", method="PUT")
        r = self.server.call("POST", "/api/v1/signup", {"email": "no address", "password": "correct horse", "name": "N"})
        self.assertEqual((r.status, r.field), (400, "email"))
        r = self.server.call("POST", "/api/v1/signup", {"email": "a@b.c", "password": "short", "name": "N"})
        self.assertEqual((r.status, r.field), (400, "password"))
        r = self.server.call("POST", "/api/v1/signup", {"email": "a@b.c", "password": "p" * 1000, "name": "N"})
        self.assertEqual((r.status, r.field), (400, "password"))

    def test_what_is_too_long(self):
        chat = {"id": new_id(), "workspace_id": self.ann.workspace, "kind": "group", "name": "n", "member_ids": []}
        self.refused({**chat, "name": "n" * 1000}, "name", path="/chats")
        self.refused({**chat, "topic": "t" * 10000}, "topic", path="/chats")
        self.refused({"topic": "t" * 10000}, "topic", path="/chats/" + self.chat, method="PATCH")
        self.refused({"name": "n" * 1000}, "name", path="/me", method="PATCH")
        self.refused({"id": new_id(), "name": "n" * 1000}, "name", path="/workspaces")
        account = {"email": "a@example.org", "password": "correct horse", "name": "N"}
        for field, value in [("email", "a" * 1000 + "@example.org"), ("name", "n" * 1000), ("invite", "c" * 1000)]:
            r = self.server.call("POST", "/api/v1/signup", {**account, field: value})
            self.assertEqual((r.status, r.field), (400, field))
        r = self.server.call("POST", "/api/v1/login", {"email": self.ann.email, "password": "correct horse", "device": "d" * 1000})
        self.assertEqual((r.status, r.field), (400, "device"))

    def test_frames_that_break_the_websocket(self):
        """Each ends its own connection, with a reason, and no other."""
        good = WebSocket(self.bob)
        good.hello()
        for opcode, payload, code in [(1, b"\xff\xfe", 1007), (2, b"binary", 1003), (3, b"x", 1002), (9, b"p" * 126, 1002), (1, b"x" * 70000, 1009),
                                      (0, b"a continuation of nothing", 1002)]:
            ws = WebSocket(self.ann)
            ws.hello()
            ws.send(opcode, payload)
            self.assertEqual((ws.gone(5), ws.code), (True, code), opcode)
            ws.close()
        raw = WebSocket(self.ann)
        raw.hello()
        raw.s.sendall(b"\x81\x05hello")  # not masked
        self.assertTrue(raw.gone(5))
        said = self.ann.say(self.chat, "still live")["id"]
        good.wait(lambda f: f[0] == "event" and f[2]["payload"].get("id") == said)
        good.close()

    def test_paths_and_queries(self):
        for path, field in [("/chats/nonsense/messages", "chat_id"), (self.at + "?limit=0", "limit"), (self.at + "?limit=201", "limit"), (self.at + "?limit=x", "limit"),
                            (self.at + "?before=1&after=2", "before"), (self.at + "?foo=1", "foo"), (self.at + "?before=-1", "before"), ("/chats?limit=999", "limit"),
                            ("/chats?cursor=zzz", "cursor"), ("/search?q=", "q"), ("/search?q=%FF", "q"), ("/search?q=%00", "q"), ("/search", "q"), ("/search?q=before:yesterday", "q"), ("/sync?cursor=" + "A" * 600, "cursor")]:
            r = self.ann.call("GET", path)
            self.assertEqual((r.status, r.field), (400, field), (path, r.raw))
        self.assertEqual(self.ann.call("GET", "/nonsense").status, 404)
        self.assertEqual(self.ann.call("GET", f"/chats/{new_id()}").status, 404)
        self.assertEqual(self.ann.call("PUT", "/chats").status, 400)
        self.assertEqual(self.ann.call("PUT", f"{self.at}/{new_id()}/reactions/%ZZ").status, 400)
        said = self.ann.say(self.chat, "react to me")["id"]
        for emoji in ["%FF", "%C3%28", "%00", "x" * 200]:
            r = self.ann.call("PUT", f"{self.at}/{said}/reactions/{emoji}")
            self.assertEqual((r.status, r.field), (400, "emoji"), (emoji, r.raw))
        self.assertEqual(self.ann.call("GET", "/../../etc/passwd").status, 404)
        r = self.server.call("POST", "/api/v1" + self.at, b"<x/>", self.ann.token, {"Content-Type": "text/xml"})
        self.assertEqual((r.status, r.code), (415, "unsupported_media"))
        r = self.ann.call("DELETE", f"{self.at}/{new_id()}", Idempotency_Key="not-a-uuid")
        self.assertEqual((r.status, r.field), (400, "Idempotency-Key"))

    def test_giants(self):
        r = self.ann.call("POST", self.at, b'{"id":"' + b"x" * (2 << 20) + b'"}')
        self.assertEqual((r.status, r.code), (413, "too_large"))
        got = self.server.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100000 + b"\r\n\r\n", 5)
        self.assertIn(b" 413 ", got.split(b"\r\n")[0])
        got = self.server.raw(b"GET /" + b"a" * 200000 + b" HTTP/1.1\r\n\r\n", 5)
        self.assertRegex(got.split(b"\r\n")[0], rb" 4\d\d ")

    def test_broken_http(self):
        for data in [b"\x00\x01\x02\x03\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nBad Header\r\n\r\n",
                     b"POST /api/v1/login HTTP/1.1\r\nContent-Length: -5\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"]:
            got = self.server.raw(data, 4)
            self.assertTrue(got == b"" or b" 400 " in got.split(b"\r\n")[0] or b" 503 " in got.split(b"\r\n")[0], got[:80])
        two = self.server.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertEqual(two.count(b"HTTP/1.1 200"), 2)

    def test_200_half_open_connections(self):
        held = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(200)]
        for i, s in enumerate(held):
            s.sendall([b"", b"GET /heal", b"POST /api/v1/login HTTP/1.1\r\nContent-Length: 50\r\n\r\n{", b"GET /healthz HTTP/1.1\r\nHost:"][i % 4])
        begun = time.monotonic()
        for _ in range(20):
            self.ann.say(self.chat, "others are served")
        self.assertLess(time.monotonic() - begun, 10)
        held[1].settimeout(8)
        self.assertIn(b" 503 ", held[1].recv(4096))
        for s in held:
            s.close()


class Limits(unittest.TestCase):
    def test_rate_limits_are_on_by_default(self):
        s = Server(rates=True, login_burst=20, login_per_second=1).start()
        replies = [s.call("POST", "/api/v1/login", {"email": "x", "password": "y"}) for _ in range(40)]
        limited = [r for r in replies if r.status == 429]
        self.assertTrue(limited)
        self.assertEqual(limited[0].code, "rate_limited")
        self.assertGreater(limited[0].json["error"]["retry_after_ms"], 0)
        s.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
