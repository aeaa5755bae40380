#!/usr/bin/env python3
"""Records what the integration suite says to a real server and hears from it, and cuts it into inputs for the fuzz targets.

FECHATTERD=build/dev/bin/fechatterd tests/fuzz/record.py [DIRECTORY]     (build/fuzz/recorded)

`tests/fuzz/run.py --keep DIRECTORY` then takes from it what adds coverage into tests/fuzz/corpus.
"""
import base64, hashlib, json, re, socket, sys, threading, unittest, urllib.parse
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))
import server, surface_test  # noqa: E402

LIMIT = 1500  # bytes of an input


class Recorder:
    """Stands between the suite and its server; keeps both directions of every connection."""

    def __init__(self, port):
        self.connections, self.target = [], port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            said, heard = bytearray(), bytearray()
            self.connections.append((said, heard))
            threading.Thread(target=self.copy, args=(near, far, said), daemon=True).start()
            threading.Thread(target=self.copy, args=(far, near, heard), daemon=True).start()

    @staticmethod
    def copy(source, sink, kept):
        try:
            while chunk := source.recv(65536):
                kept += chunk
                sink.sendall(chunk)
        except OSError:
            pass
        for s in (source, sink):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


RECORDERS = []


def recorded_start(self, start=server.Server.start):
    start(self)
    RECORDERS.append(Recorder(self.port))
    self.port = RECORDERS[-1].port
    return self


class Inputs:
    def __init__(self, folder, document):
        self.folder, self.operations = folder, []
        for path, methods in document["paths"].items():
            pattern = re.compile("^" + re.sub(r"\{[^}]*\}", "[^/]+", path) + "$")
            self.operations += [(method.upper(), pattern, operation) for method, operation in methods.items()]

    def keep(self, target, data):
        data = data.encode() if isinstance(data, str) else bytes(data)
        if 0 < len(data) <= LIMIT:
            folder = self.folder / target
            folder.mkdir(parents=True, exist_ok=True)
            (folder / hashlib.sha1(data).hexdigest()[:16]).write_bytes(data)

    def operation(self, method, path):
        return next((o for m, pattern, o in self.operations if m == method and pattern.match(path)), None)

    def exchange(self, said, heard):
        head, _, body = bytes(said).partition(b"\r\n\r\n")
        answer, _, content = bytes(heard).partition(b"\r\n\r\n")
        words = head.split(b"\r\n")[0].decode(errors="replace").split(" ")
        if len(words) != 3 or not answer:
            return
        self.keep("http", b"\0" + said)
        method, target = words[0], words[1]
        path, _, query = target.partition("?")
        if " 101 " in answer.decode(errors="replace").split("\r\n")[0]:
            return self.keep("websocket", b"\0\0" + body)
        if "/stream" in path and b"event-stream" in answer:
            return self.stream(content)
        self.keep("routes", f"{method} {target}\n".encode() + body)
        self.request(method, path, query, body)
        self.answer(method, path, content)

    def request(self, method, path, query, body):
        operation = self.operation(method, path)
        if operation and body:
            self.keep("json", operation["operationId"].encode() + b"\n" + body)
            self.texts(body)
        for q in urllib.parse.parse_qs(query).get("q", []):
            self.keep("query", q.encode() + b"\0some text to search")
        for cursor in urllib.parse.parse_qs(query).get("cursor", []):
            self.keep("cursor", cursor)

    def texts(self, body):
        try:
            text = json.loads(body).get("body", "")
        except (ValueError, AttributeError):
            return
        if isinstance(text, str):
            for target in ("markdown", "mentions", "tokens"):
                self.keep(target, text.encode(errors="replace"))

    def answer(self, method, path, content):
        operation = self.operation(method, path)
        schema = json.dumps(operation.get("responses", {})) if operation else ""
        for name in re.findall(r"#/components/schemas/(\w+)", schema)[:1]:
            self.keep("json", name.encode() + b"\n" + content)
        self.keep("raw_json", content)
        for token in re.findall(rb'"access_token":"([^"]+)"', content)[:1]:
            self.keep("access", b"\0" + token)
            payload = token.split(b".")[1]
            self.keep("access", b"\1\0" + base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
        for token in re.findall(rb'"refresh_token":"([^"]+)"', content)[:1]:
            self.keep("access", b"\2" + token)

    def stream(self, content):
        self.keep("sse", b"\0" + content[:LIMIT - 1])
        for event, data in re.findall(rb"event: (\w+)\ndata: (.*)\n", content):
            self.keep("json", (b"Event" if event == b"event" else event) + b"\n" + data)
            self.keep("raw_json", data)
        for cursor in re.findall(rb"id: ([\w-]+)", content):
            self.keep("cursor", cursor)


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent.parent / "build" / "fuzz" / "recorded"
    server.Server.start = recorded_start
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromModule(m) for m in surface_test.THEMES)
    unittest.TextTestRunner(verbosity=0).run(suite)  # what fails because a port is another one is recorded all the same
    plain = server.Server().start()
    inputs = Inputs(folder, plain.call("GET", "/openapi.json").json)
    plain.stop()
    for recorder in RECORDERS:
        for said, heard in list(recorder.connections):
            inputs.exchange(said, heard)
    print({target.name: len(list(target.iterdir())) for target in sorted(folder.iterdir())})


if __name__ == "__main__":
    main()
