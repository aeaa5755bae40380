"""Limits that hold: many streams, peers that do not read or do not write, storms of connections, no more descriptors. Whatever it is,
memory stays within bounds, the others are served, and afterwards all is given back."""
import http.client, json, os, re, resource, socket, time, unittest
from crowds import Crowd, Pulse, cpu_seconds, eventually, metrics, request
from server import FECHATTERD, Server, User, new_id, town

SOURCE = os.path.join(os.path.dirname(__file__), "..", "..")
STREAMS = int(os.environ.get("FECHATTER_STREAMS", "1000"))
# Freed memory goes back at once, so that what a process holds says something under AddressSanitizer, too.
ENVIRONMENT = {"ASAN_OPTIONS": "quarantine_size_mb=1:" + os.environ.get("ASAN_OPTIONS", "")}
STREAM = "/api/v1/stream"
HELLO = lambda got, ended: b"event: hello" in got
MB = 1 << 20
with open(FECHATTERD, "rb") as program:
    SHADOW = 5 if b"__tsan_init" in program.read() else 1  # the thread sanitizer keeps four bytes of its own for each


def open_streams(server, users, count, **how):
    crowd = Crowd(server.port, **how)
    for i in range(count):
        crowd.add(request(users[i % len(users)], STREAM), f"127.0.0.{i // 5000 + 1}")
        if i % 250 == 249:
            assert crowd.wait(HELLO) == 0
    assert crowd.wait(HELLO) == 0
    return crowd


def given_back(server, before):
    """Streams, connections and descriptors are as before."""
    names = ["fechatter_streams", "fechatter_connections", "fechatter_transfers", "process_open_fds"]
    ok = eventually(lambda: all(metrics(server)[n] <= before[n] + (3 if n == "process_open_fds" else 0) for n in names))
    assert ok, [(n, before[n], metrics(server)[n]) for n in names]


class Streams(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start(ENVIRONMENT)
        cls.people, cls.chat = town(cls.server, 5)

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def test_many_idle_streams(self):
        before = metrics(self.server)
        crowd = open_streams(self.server, self.people, STREAMS)
        self.assertEqual(metrics(self.server)["fechatter_streams"], STREAMS)
        crowd.forget()
        said = self.people[0].say(self.chat, "to everybody")["id"].encode()
        self.assertEqual(crowd.wait(lambda got, ended: said in got), 0)
        crowd.close()
        given_back(self.server, before)

    def test_500_that_stop_reading(self):
        """A busy chat does not wait for them: they are sent away, and what they have not taken is shared."""
        before = metrics(self.server)
        good = open_streams(self.server, self.people, 5)
        slow = open_streams(self.server, self.people[1:], 500, receive_buffer=4096)
        held = metrics(self.server)["process_resident_memory_bytes"]
        longest, most = 0, 0
        for i in range(40):
            said = self.people[0].say(self.chat, f"{i} " + "x" * 39900)["id"].encode()
            begun = time.monotonic()
            self.assertEqual(good.wait(lambda got, ended: said in got, 20), 0)
            longest = max(longest, time.monotonic() - begun)
            most = max(most, metrics(self.server)["process_resident_memory_bytes"])
            good.forget()
        now = metrics(self.server)
        self.assertGreaterEqual(now["fechatter_slow_consumers_total"] - before["fechatter_slow_consumers_total"], 500)
        self.assertEqual(now["fechatter_streams"], 5)
        self.assertLess(most - held, 64 * MB * SHADOW)  # 250 MB if each had its own
        self.assertLess(longest, 3)
        self.assertEqual(slow.wait(lambda got, ended: ended and b'event: closing\ndata: {"reason":"slow"' in got, 20, only={0, 1, 2}), 0)
        good.close(), slow.close()
        given_back(self.server, before)


class Transfers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(header_timeout_ms=1000, body_timeout_ms=1500, write_timeout_ms=3000, body_bytes=MB, transfer_bytes=20 * MB).start(ENVIRONMENT)
        cls.people, cls.chat = town(cls.server)
        for _ in range(40):
            cls.people[0].say(cls.chat, "y" * 39900)

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def drip(self, crowd, text):
        """A byte now and then from everybody, until all have been sent away; how long that took."""
        begun = time.monotonic()
        while not all(crowd.ended) and time.monotonic() - begun < 15:
            for i, s in enumerate(crowd.sockets):
                try:
                    if not crowd.ended[i]:
                        s.send(text)
                except OSError:
                    pass
            list(crowd.take(0.2))
        return time.monotonic() - begun

    def test_requests_that_do_not_end(self):
        """A byte now and then does not put off the end."""
        before = metrics(self.server)
        pulse = Pulse(lambda: self.people[0].say(self.chat, "served"))
        for head, byte in [(b"GET /healthz HTTP/1.1\r\nX-A: ", b"a"), (request(self.people[1], f"/api/v1/chats/{self.chat}/messages", "POST", "Content-Length: 100000\r\n"), b" ")]:
            crowd = Crowd(self.server.port)
            for _ in range(200):
                crowd.add(head)
            self.assertLess(self.drip(crowd, byte), 8)
            self.assertTrue(all(b" 503 " in got.split(b"\r\n")[0] for got in crowd.got))
            crowd.close()
        self.assertLess(pulse.stop(), 3)
        self.assertEqual(pulse.failed, [])
        self.assertGreaterEqual(metrics(self.server)["fechatter_slow_requests_total"] - before["fechatter_slow_requests_total"], 400)
        given_back(self.server, before)

    def test_bodies_that_wait_for_their_end_are_bounded(self):
        before = metrics(self.server)
        crowd = Crowd(self.server.port)
        head = request(self.people[1], f"/api/v1/chats/{self.chat}/messages", "POST", f"Content-Length: {MB}\r\n")
        for _ in range(60):
            crowd.add(head + b" " * (MB - 10))
        names = ["fechatter_transfers_cut_off_total", "fechatter_slow_requests_total"]
        self.assertTrue(eventually(lambda: sum(metrics(self.server)[n] - before[n] for n in names) >= 38))
        now = metrics(self.server)
        self.assertLessEqual(now["fechatter_transfer_bytes"], 20 * MB)
        self.assertLess(now["process_resident_memory_bytes"] - before["process_resident_memory_bytes"], 45 * MB * SHADOW)
        self.people[0].say(self.chat, "served")
        crowd.close()
        given_back(self.server, before)

    def test_answers_that_are_not_taken_are_bounded(self):
        """The oldest go, whoever asks now is answered; and one that is only slow gets all of it."""
        before = metrics(self.server)
        path = f"/api/v1/chats/{self.chat}/messages?limit=40&before=41"
        crowd = Crowd(self.server.port, receive_buffer=4096)
        for _ in range(40):
            crowd.add(request(self.people[1], path))
        self.assertTrue(eventually(lambda: metrics(self.server)["fechatter_transfers_cut_off_total"] >= before["fechatter_transfers_cut_off_total"] + 20))
        now = metrics(self.server)
        self.assertLessEqual(now["fechatter_transfer_bytes"], 20 * MB)
        self.assertLess(now["process_resident_memory_bytes"] - before["process_resident_memory_bytes"], 60 * MB * SHADOW)
        self.assertEqual(len(self.people[0].ok("GET", path[len("/api/v1"):])["items"]), 40)
        whole = lambda got, ended: got.endswith(b"}") and len(got) > 40 * 39900
        self.assertEqual(crowd.wait(whole, 20, only={39}), 0)
        self.assertEqual(crowd.wait(lambda got, ended: ended or whole(got, ended), 20), 0)
        self.assertGreater(sum(crowd.ended), 20)
        crowd.close()
        given_back(self.server, before)


class Connections(unittest.TestCase):
    def keep_alive(self, server, count):
        held = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=20) for _ in range(count)]
        for c in held:
            c.connect()
        return held

    def healthy(self, connection):
        connection.request("GET", "/healthz")
        r = connection.getresponse()
        r.read()
        self.assertEqual(r.status, 200)

    def test_a_storm_of_connections(self):
        """Those above the limit are told so and cost the others nothing."""
        server = Server(connections=60).start(ENVIRONMENT)
        (ann, bob), chat = town(server)
        held = self.keep_alive(server, 59)
        [self.healthy(c) for c in held]
        streams = Crowd(server.port)
        streams.add(request(ann, STREAM))  # the last that is taken
        self.assertEqual(streams.wait(HELLO), 0)
        pulse = Pulse(lambda: [self.healthy(c) for c in held[:5]])
        refused, closed, begun, attempts = 0, 0, time.monotonic(), 0
        while time.monotonic() - begun < 3:
            batch = Crowd(server.port)
            for i in range(200):
                batch.add(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", f"127.0.0.{attempts % 50 + 2}")
                attempts += 1
            self.assertEqual(batch.wait(lambda got, ended: ended, 20), 0)
            told = sum(b" 503 " in got.split(b"\r\n")[0] and b"\r\nretry-after: 1\r\n" in got for got in batch.got)
            refused, closed = refused + told, closed + sum(got == b"" for got in batch.got)
            batch.close()
        self.assertEqual(refused + closed, attempts)
        self.assertGreater(refused, attempts * 0.9)
        self.assertLess(pulse.stop(), 3)
        self.assertEqual(pulse.failed, [])
        [c.close() for c in held]
        self.assertTrue(eventually(lambda: server.call("GET", "/healthz").status == 200, 3))
        now = metrics(server)
        self.assertEqual(now["fechatter_connections_max"], 60)
        self.assertGreaterEqual(now["fechatter_connections_refused_total"], attempts)
        streams.forget()
        said = bob.say(chat, "after the storm")["id"].encode()
        self.assertEqual(streams.wait(lambda got, ended: said in got), 0)
        streams.close()
        print(f"{attempts / 3:.0f} attempts a second, {refused} told, {closed} closed")
        self.assertEqual(server.stop(), 0)

    def test_fewer_descriptors_than_connections(self):
        """The server keeps enough of them for its database, and says so to those that it cannot take."""
        server = Server().start(ENVIRONMENT, descriptors=300)
        (ann, bob), chat = town(server)
        self.assertLess(metrics(server)["fechatter_connections_max"], 300)
        before = metrics(server)
        crowd = Crowd(server.port)
        for _ in range(500):
            crowd.add(b"")
        self.assertIn(b" 503 ", server.raw(b"").split(b"\r\n")[0])
        used = cpu_seconds(server.process.pid)
        list(crowd.take(0.5))
        time.sleep(1)
        self.assertLess(cpu_seconds(server.process.pid) - used, 0.5)
        crowd.close()
        self.assertTrue(eventually(lambda: ann.call("GET", "/chats").status == 200, 5))
        ann.say(chat, "and the database, too")
        given_back(server, before)
        self.assertEqual(metrics(server)["fechatter_accept_failures_total"], 0)
        self.assertEqual(server.stop(), 0)

    def test_no_descriptors_at_all(self):
        """Somebody else's doing: nothing can be accepted for a while. No busy loop; who is there is served; it ends when it ends."""
        with open(FECHATTERD, "rb") as f:
            if b"__ubsan_handle_dynamic_type_cache_miss" in f.read():
                self.skipTest("UBSan looks at types through a pipe, for which there would be no descriptors: run it with the release build")
        server = Server().start(ENVIRONMENT)
        (ann, bob), chat = town(server)
        held = self.keep_alive(server, 10)
        [self.healthy(c) for c in held]

        def say():
            held[0].request("POST", f"/api/v1/chats/{chat}/messages", json.dumps({"id": new_id(), "body": "served"}),
                            {"Authorization": "Bearer " + ann.token, "Content-Type": "application/json"})
            r = held[0].getresponse()
            self.assertEqual(r.status, 201, r.read())
            r.read()

        pid = server.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (8, before[1]))
        crowd = Crowd(server.port)
        for _ in range(200):
            crowd.add(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        used = cpu_seconds(pid)
        for _ in range(20):
            say()
            list(crowd.take(0.05))
        self.assertEqual(sum(map(len, crowd.got)), 0)
        self.assertLess(cpu_seconds(pid) - used, 0.8)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        self.assertEqual(crowd.wait(lambda got, ended: b" 200 " in got), 0)
        crowd.close()
        self.assertGreater(metrics(server)["fechatter_accept_failures_total"], 0)
        self.assertEqual(server.stop(), 0)


class Polls(unittest.TestCase):
    """Long polls that nobody waits for any more, and bodies where none is wanted."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server().start(ENVIRONMENT)
        cls.people, cls.chat = town(cls.server)

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def waiting(self, user, count):
        """So many polls of one session that wait for a minute."""
        crowd = Crowd(self.server.port)
        for _ in range(count):
            first = user.ok("GET", "/poll?connection_id=new&wait=0")
            hello = next(f["data"] for f in first["items"] if f["event"] == "hello")
            crowd.add(request(user, f"/api/v1/poll?wait=60&cursor={first['cursor']}&connection_id={hello['connection_id']}"))
        return crowd

    def test_of_one_session_eight_wait(self):
        crowd = self.waiting(self.people[0], 10)
        answered = lambda got, ended: b" 200 " in got
        self.assertEqual(crowd.wait(answered, only={0, 1}), 0)
        self.assertEqual(crowd.wait(answered, 0.5), 8)
        said = self.people[1].say(self.chat, "to all who wait")["id"].encode()
        self.assertEqual(crowd.wait(lambda got, ended: said in got, only=set(range(2, 10))), 0)
        crowd.close()

    def test_who_is_gone_is_noticed(self):
        before = metrics(self.server)
        crowd = self.waiting(self.people[0], 5)
        self.assertEqual(metrics(self.server)["fechatter_connections"], before["fechatter_connections"] + 5)
        crowd.close()
        self.assertTrue(eventually(lambda: metrics(self.server)["fechatter_connections"] <= before["fechatter_connections"], 5))

    def test_a_stream_takes_no_body(self):
        for path in [STREAM, "/api/v1/ws"]:
            r = self.server.call("GET", path, b" " * 1000, self.people[0].token)
            self.assertEqual((r.status, r.code, r.field), (400, "invalid_argument", "body"))


class Figures(unittest.TestCase):
    def test_streams_are_counted_when_they_are_opened_or_refused(self):
        server = Server(rates=True, stream_burst=1, stream_per_second=0.001).start(ENVIRONMENT)
        (ann, bob), chat = town(server)
        self.assertEqual(server.call("GET", STREAM).status, 401)
        crowd = open_streams(server, [ann], 1)
        self.assertEqual(ann.call("GET", "/stream").status, 429)
        self.assertEqual(bob.call("GET", "/ws").status, 400)
        crowd.close()
        now, count = metrics(server), lambda route, status: f'fechatter_http_requests_total{{method="GET",route="/{route}",status="{status}"}}'
        self.assertEqual([now.get(count(*c)) for c in [("stream", 200), ("stream", 401), ("stream", 429), ("ws", 400)]], [1, 1, 1, 1])
        self.assertEqual(server.stop(), 0)

    def test_metrics_are_what_the_manual_says(self):
        """Each figure that is served is described in docs/operations.md, and none is described that is not served."""
        server = Server(rates=True).start(ENVIRONMENT)
        people, chat = town(server)
        served = set(re.findall(r"^# HELP (\w+) ", server.call("GET", "/metrics").raw.decode(), re.M))
        with open(os.path.join(SOURCE, "docs", "operations.md")) as f:
            described = set(re.findall(r"\b(?:fechatter|process)_[a-z_]+[a-z]", f.read()))
        described = {n for n in described if not n.startswith("fechatter_data")}
        self.assertEqual(served, described)
        self.assertEqual(server.stop(), 0)

    def test_limits_are_in_the_metrics(self):
        """A limit of the configuration is the one that is shown, and running into it is counted."""
        server = Server(rates=True, login_burst=20, login_per_second=0.01, body_bytes=2048, connections=77).start(ENVIRONMENT)
        for _ in range(30):
            server.call("POST", "/api/v1/login", {"email": "x@example.org", "password": "y"})
        server.call("POST", "/api/v1/login", b"x" * 5000)
        now = metrics(server)
        self.assertGreaterEqual(now['fechatter_rate_limited_total{kind="login"}'], 9)
        self.assertEqual((now['fechatter_rate_limit_per_second{kind="login"}'], now["fechatter_connections_max"]), (0.01, 77))
        self.assertEqual((now["fechatter_request_body_bytes_max"], now["fechatter_too_large_total"]), (2048, 1))
        self.assertGreater(now["process_open_fds"], 5)
        self.assertGreater(now["process_resident_memory_bytes"], MB)
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
