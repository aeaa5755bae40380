"""The layer check finds what it claims to find: each case is a small tree with one include."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import check_layers  # noqa: E402

OURS = ["include/fechatter/ids.hpp", "sdk/describe/type.hpp", "sdk/core/event.hpp", "sdk/protocol/sync.hpp", "sdk/runtime/loop.hpp",
        "sdk/store/rows.hpp", "sdk/net/curl.hpp", "sdk/client/session/client.hpp", "sdk/service/writes/lane.hpp", "server/kit/reply.hpp",
        "server/api/api.hpp", "server/notify/tail.hpp", "server/adapters/nats/bus.hpp"]


def problems_of(path, *includes, text=""):
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        for name in OURS:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text("#pragma once\n")
        source = root / path
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(text + "".join(f"#include {name}\n" for name in includes))
        return check_layers.check(root)[0]


class Layers(unittest.TestCase):
    def allows(self, path, *includes):
        self.assertEqual([], problems_of(path, *includes))

    def forbids(self, path, include):
        problems = problems_of(path, include)
        self.assertEqual(1, len(problems), problems)
        self.assertTrue(problems[0].startswith(f"{path}:1: may not include"), problems)

    def test_a_layer_uses_itself_and_what_is_below(self):
        self.allows("sdk/core/chats/chats.cpp", '"sdk/core/event.hpp"', '"sdk/describe/type.hpp"', '"fechatter/ids.hpp"', "<vector>")
        self.allows("sdk/client/sync/driver.cpp", '"sdk/protocol/sync.hpp"', '"sdk/store/rows.hpp"', '"sdk/core/event.hpp"')
        self.allows("sdk/service/embedded.cpp", '"sdk/store/rows.hpp"', '"sdk/protocol/sync.hpp"')
        self.allows("server/api/routes.cpp", '"server/kit/reply.hpp"', '"sdk/service/writes/lane.hpp"')
        self.allows("server/fechatterd/main.cpp", '"server/api/api.hpp"', '"server/adapters/nats/bus.hpp"', '"sdk/net/curl.hpp"')

    def test_a_layer_does_not_use_what_is_above_or_beside(self):
        self.forbids("include/fechatter/client.hpp", '"sdk/core/event.hpp"')
        self.forbids("sdk/describe/reader.cpp", '"sdk/core/event.hpp"')
        self.forbids("sdk/core/fold.cpp", '"sdk/store/rows.hpp"')
        self.forbids("sdk/core/clock.cpp", '"sdk/runtime/loop.hpp"')
        self.forbids("sdk/store/rows.cpp", '"sdk/protocol/sync.hpp"')
        self.forbids("sdk/client/sync/driver.cpp", '"sdk/service/writes/lane.hpp"')
        self.forbids("server/kit/router.cpp", '"sdk/service/writes/lane.hpp"')
        self.forbids("server/api/api.cpp", '"server/notify/tail.hpp"')
        self.forbids("examples/echo/main.cpp", '"sdk/core/event.hpp"')

    def test_relative_and_missing_names_are_seen_through(self):
        self.forbids("sdk/core/fold.cpp", '"../store/rows.hpp"')
        self.forbids("sdk/core/fold.cpp", '"sdk/store/not_yet.hpp"')
        self.forbids("sdk/core/fold.cpp", "<sdk/store/rows.hpp>")

    def test_libraries_stay_where_they_belong(self):
        self.allows("sdk/store/sqlite.cpp", "<sqlite3.h>")
        self.forbids("sdk/client/cache.cpp", "<sqlite3.h>")
        self.allows("server/kit/listener.cpp", "<boost/asio.hpp>")
        self.forbids("server/kit/listener.hpp", "<boost/asio.hpp>")
        self.forbids("server/api/api.cpp", "<boost/beast/http.hpp>")
        self.allows("sdk/describe/json.cpp", "<boost/json/basic_parser.hpp>")
        self.forbids("sdk/core/json.cpp", "<boost/json/basic_parser.hpp>")
        self.forbids("sdk/client/http.cpp", "<curl/curl.h>")
        self.allows("sdk/core/hash.cpp", "<openssl/sha.h>")
        self.forbids("sdk/core/hash.hpp", "<openssl/sha.h>")
        self.forbids("sdk/core/text.cpp", "<unicode/uchar.h>")

    def test_threads_and_the_system_stay_behind_the_runtime(self):
        self.allows("sdk/runtime/threaded.cpp", "<thread>", "<mutex>", "<unistd.h>", "<sys/eventfd.h>")
        self.allows("sdk/client/session/client.cpp", "<mutex>")
        self.forbids("sdk/client/session/client.cpp", "<thread>")
        self.forbids("sdk/service/writes/lane.cpp", "<mutex>")
        self.forbids("sdk/core/ids.cpp", "<unistd.h>")
        self.forbids("sdk/store/files.cpp", "<sys/stat.h>")

    def test_public_headers_are_standard_library_only(self):
        self.allows("include/fechatter/client.hpp", "<functional>", '"fechatter/ids.hpp"')
        self.forbids("include/fechatter/client.hpp", "<nlohmann/json.hpp>")
        self.forbids("include/fechatter/client.hpp", "<unistd.h>")

    def test_comments_are_not_includes_and_tests_are_free(self):
        self.assertEqual([], problems_of("sdk/core/a.cpp", text='/*\n#include "sdk/net/curl.hpp"\n*/\n// #include <thread>\n'))
        self.allows("tests/unit/core/a.cpp", '"server/api/api.hpp"', "<thread>", "<sqlite3.h>")

    def test_a_folder_outside_the_table_is_an_error(self):
        self.assertEqual(["sdk/extra/a.cpp:1: lies in no layer of the table"], problems_of("sdk/extra/a.cpp"))


if __name__ == "__main__":
    unittest.main()
