"""Every call and frame of the v1 surface over real sockets. The last test checks that it is every one."""
import unittest
import surface_accounts, surface_chats, surface_live, surface_operations
from server import CALLED, Server
from streams import FORMS, SEEN
from surface_accounts import *
from surface_chats import *
from surface_live import *
from surface_operations import *

THEMES = [surface_accounts, surface_chats, surface_live, surface_operations]


class Everything(unittest.TestCase):
    """Only after all the others."""

    def test_every_route_was_called_with_success(self):
        server = Server().start()
        document = server.call("GET", "/openapi.json").json
        server.stop()
        named = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
        self.assertEqual({(m, p) for m, p in named if not any(m == method and fits(p, path) for method, path in CALLED)}, set())

    def test_every_frame_came_in_every_form(self):
        for form in (make.form for make in FORMS):
            self.assertEqual(set(FRAMES) - {frame for f, frame, _, _ in SEEN if f == form}, set(), form)
            for kind, types in EVENTS.items():
                self.assertEqual(set(types) - {type_ for f, _, k, type_ in SEEN if (f, k) == (form, kind)}, set(), (form, kind))


def fits(template, path):
    parts, words = template.split("/"), path.split("/")
    return len(parts) == len(words) and all(p == w or (p.startswith("{") and w) for p, w in zip(parts, words))


def load_tests(loader, tests, pattern):
    return unittest.TestSuite([loader.loadTestsFromModule(m) for m in THEMES] + [loader.loadTestsFromTestCase(Everything)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
