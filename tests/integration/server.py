"""A real fechatterd for tests: start, stop, kill; requests. Standard library only."""
import http.client, json, os, random, resource, signal, socket, subprocess, tempfile, threading, time, urllib.parse, uuid

FECHATTERD = os.environ.get("FECHATTERD", "build/release/bin/fechatterd")
CALLED = set()  # (method, path) of everything that was answered with success


def free_port():
    for _ in range(200):
        port = random.randint(20000, 31000)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port")


def new_id():
    """UUIDv7."""
    raw = bytearray(int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10))
    raw[6] = 0x70 | raw[6] & 15
    raw[8] = 0x80 | raw[8] & 63
    return str(uuid.UUID(bytes=bytes(raw)))


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.raw = status, headers, body
        self.json = json.loads(body) if body and "json" in headers.get("content-type", "") else None

    @property
    def code(self):
        return self.json["error"]["code"]

    @property
    def field(self):
        return self.json["error"].get("field", "")


class Server:
    def __init__(self, data=None, rates=False, log='level = "warn"', **limits):
        self.folder = data or tempfile.mkdtemp(prefix="fechatter-")
        self.port = free_port()
        self.config = os.path.join(self.folder, "server.toml")
        lines = [f'[server]\ndata = "{self.folder}/data"\nlisten = "127.0.0.1:{self.port}"', "[log]", log, "[limits]", f"rates = {str(rates).lower()}"]
        lines += [f"{k} = {v}" for k, v in limits.items()]
        with open(self.config, "w") as f:
            f.write("\n".join(lines))
        self.process, self.logged = None, []

    def start(self, environment=None, descriptors=0, log=subprocess.PIPE):
        """`descriptors`: how many it may open; `log`: a file for what it logs."""
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))) if descriptors else None
        self.process = subprocess.Popen([FECHATTERD, "--config", self.config], stdout=subprocess.PIPE, stderr=log, preexec_fn=limit,
                                        env={**os.environ, **(environment or {})})
        line = self.process.stdout.readline().decode()
        assert line.startswith("listening on http://"), line + (self.process.stderr.read().decode() if log == subprocess.PIPE else "")
        if log == subprocess.PIPE:
            self.listener = threading.Thread(target=lambda p=self.process: self.logged.extend(p.stderr.read().decode().splitlines()), daemon=True)
            self.listener.start()
        return self

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def raw(self, data, timeout=10):
        """Sends bytes, returns what comes until the peer closes or goes quiet."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as s:
            try:
                s.sendall(data)
            except OSError:
                pass
            got = b""
            s.settimeout(timeout)
            try:
                while chunk := s.recv(65536):
                    got += chunk
            except OSError:
                pass
            return got

    def call(self, method, path, body=None, token=None, headers=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        h = dict(headers or {})
        if token:
            h["Authorization"] = "Bearer " + token
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if body is not None:
            h.setdefault("Content-Type", "application/json")
        c.request(method, path if path.startswith("/") and not path.startswith("/!") else path[2:], body, h)
        r = c.getresponse()
        data = r.read()
        c.close()
        if r.status < 300:
            CALLED.add((method, path.split("?")[0]))
        return Reply(r.status, {k.lower(): v for k, v in r.getheaders()}, data)


class User:
    def __init__(self, server, name, **more):
        self.server, self.name, self.email = server, name, f"{name.lower()}-{uuid.uuid4().hex[:8]}@example.org"
        r = server.call("POST", "/api/v1/signup", {"email": self.email, "password": "correct horse", "name": name, **more})
        assert r.status == 201, r.raw
        self.session = r.json
        self.token, self.id = r.json["access_token"], r.json["user"]["id"]

    def again(self, device="another"):
        """The same person in a new session."""
        other = User.__new__(User)
        other.__dict__.update(self.__dict__)
        other.session = self.server.call("POST", "/api/v1/login", {"email": self.email, "password": "correct horse", "device": device}).json
        other.token = other.session["access_token"]
        return other

    def call(self, method, path, body=None, **headers):
        return self.server.call(method, "/api/v1" + path, body, self.token, {k.replace("_", "-"): v for k, v in headers.items()})

    def pages(self, path, limit):
        """All items of a list, and how many pages they took."""
        items, cursor, n = [], "", 0
        while True:
            r = self.ok("GET", f"{path}{'&' if '?' in path else '?'}limit={limit}" + (f"&cursor={urllib.parse.quote(cursor)}" if cursor else ""))
            assert len(r["items"]) <= limit
            items, cursor, n = items + r["items"], r["next"], n + 1
            if not cursor:
                return items, n

    def ok(self, method, path, body=None, **headers):
        r = self.call(method, path, body, **headers)
        assert 200 <= r.status < 300, (method, path, r.status, r.raw)
        return r.json

    def say(self, chat, body, **more):
        return self.ok("POST", f"/chats/{chat}/messages", {"id": new_id(), "body": body, **more})


def town(server, people=2, kind="public_channel"):
    """The first owns a workspace and a channel; the others are in both."""
    first = User(server, "Ann", workspace={"id": new_id(), "name": "Town"})
    first.workspace = first.ok("GET", "/workspaces")["items"][0]["id"]
    code = first.ok("POST", f"/workspaces/{first.workspace}/invites", {})["code"]
    others = [User(server, name, invite=code) for name in ["Bob", "Cem", "Dee", "Eve"][: people - 1]]
    chat = new_id()
    first.ok("POST", "/chats", {"id": chat, "workspace_id": first.workspace, "kind": kind, "name": "general", "member_ids": [u.id for u in others]})
    for u in others:
        u.workspace = first.workspace
    return [first, *others], chat
