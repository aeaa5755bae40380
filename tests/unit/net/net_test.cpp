#include "sdk/net/net.hpp"
#include <sys/socket.h>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <thread>
#include "sdk/runtime/thread_loop.hpp"
#include "tests/unit/net/script_server.hpp"

namespace fechatter {
namespace {

using Peer = ScriptServer::Peer;
constexpr std::string_view kStreamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

// A network thread, and a loop that the test turns: callbacks come on the test's own thread.
struct Fixture {
  std::unique_ptr<Net> net = Net::start({"fechatter-test/1", {}});
  PollLoop loop;
  std::unique_ptr<Http> http = net->client(loop);

  bool turn_until(const std::function<bool()>& done) {
    const std::int64_t limit = steady_now_ms() + 10'000;
    while (!done() && steady_now_ms() < limit) loop.poll(limit);
    return done();
  }
  Result<HttpResponse> call(HttpRequest request) {
    std::optional<Result<HttpResponse>> got;
    const auto call = http->request(std::move(request), [&](Result<HttpResponse> r) { got.emplace(std::move(r)); });
    turn_until([&] { return got.has_value(); });
    return got ? std::move(*got) : Error{Code::internal, "no answer came"};
  }
};
HttpRequest get(std::string url) {
  HttpRequest r;
  r.url = std::move(url);
  return r;
}
// Says the same to every request of every connection.
std::function<void(Peer&)> always(std::string text) {
  return [text = std::move(text)](Peer& p) {
    while (!p.request().empty()) p.send(text);
  };
}

TEST_CASE("a request says what was asked, and its answer comes on the loop, not inside the call") {
  std::promise<std::string> asked;
  ScriptServer server([&](Peer& p) {
    asked.set_value(p.request());
    p.send("HTTP/1.1 100 Continue\r\n\r\n" + answer("{}", "X-Kind:  a b \r\n", "201 Created"));
  });
  Fixture f;
  HttpRequest r = get(server.url("/api?x=1"));
  r.method = "POST", r.body = std::string("a\0b", 3), r.headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}};
  bool inside = true, called = false, on_loop = false;
  HttpResponse response;
  const auto call = f.http->request(std::move(r), [&](Result<HttpResponse> got) {
    CHECK_FALSE(inside);
    called = true, on_loop = f.loop.on_thread();
    if (got) response = std::move(*got);
  });
  inside = false;
  REQUIRE(f.turn_until([&] { return called; }));
  CHECK(on_loop);
  CHECK(response.status == 201);
  CHECK(response.body == "{}");
  CHECK(find_header(response.headers, "x-kind") == "a b");
  const std::string text = asked.get_future().get();
  CHECK(text.starts_with("POST /api?x=1 HTTP/1.1\r\n"));
  CHECK(text.ends_with(std::string("\r\n\r\na\0b", 7)));
  CHECK(text.find("User-Agent: fechatter-test/1\r\n") != text.npos);
  CHECK(text.find("X-Empty:\r\n") != text.npos);
  CHECK(text.find("Accept-Encoding: ") != text.npos);
  CHECK(text.find("gzip") != text.npos);
  CHECK(text.find("Expect") == text.npos);
}

TEST_CASE("any status is an answer, redirects are not followed, and connections are kept") {
  ScriptServer server(always(answer("moved", "Location: /elsewhere\r\n", "302 Found")));
  Fixture f;
  for (int i = 0; i < 5; ++i) {
    const auto got = f.call(get(server.url()));
    REQUIRE(got);
    CHECK(got->status == 302);
    CHECK(got->body == "moved");
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("methods without a body of their own") {
  ScriptServer server([](Peer& p) {
    for (std::string text; !(text = p.request()).empty();)
      p.send(text.starts_with("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" : answer(text.substr(0, text.find(' '))));
  });
  Fixture f;
  for (const char* method : {"GET", "DELETE", "PUT", "POST", "HEAD"}) {
    HttpRequest r = get(server.url());
    r.method = method;
    const auto got = f.call(r);
    REQUIRE(got);
    CHECK(got->body == (r.method == "HEAD" ? "" : method));
  }
}

TEST_CASE("failures of transport are unavailable: nobody there, a cut answer, silence") {
  Fixture f;
  std::string nobody;
  {
    ScriptServer server([](Peer&) {});
    nobody = server.url();
    CHECK(f.call(get(server.url())).error().code == Code::unavailable);
  }
  CHECK(f.call(get(nobody)).error().code == Code::unavailable);
  ScriptServer cut([](Peer& p) {
    p.request();
    p.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  CHECK(f.call(get(cut.url())).error().code == Code::unavailable);
  ScriptServer mute([](Peer& p) { p.request(), p.closed(); });
  HttpRequest r = get(mute.url());
  r.timeout_ms = 50;
  const std::int64_t start = steady_now_ms();
  CHECK(f.call(r).error().code == Code::unavailable);
  CHECK(steady_now_ms() - start >= 50);
}

TEST_CASE("an answer that goes on coming may take longer than the timeout, which is of silence") {
  ScriptServer slow([](Peer& p) {
    p.request();
    p.send("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");
    for (int i = 0; i < 60 && p.send(std::string(1000, 'x')); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(40));
  });
  Fixture f;
  HttpRequest r = get(slow.url());
  r.timeout_ms = 1000;
  const auto got = f.call(r);
  REQUIRE(got);
  CHECK(got->body.size() == 60000);
}

TEST_CASE("what is no request is refused before it is sent") {
  ScriptServer server(always(answer("")));
  Fixture f;
  HttpRequest smuggling = get(server.url());
  smuggling.headers = {{"X", "1\r\nAuthorization: other"}};
  CHECK(f.call(smuggling).error().code == Code::invalid_argument);
  CHECK(f.call(get("no url at all")).error().code == Code::invalid_argument);
  CHECK(f.call(get("file:///etc/passwd")).error().code == Code::invalid_argument);
  CHECK(server.connections() == 0);
}

TEST_CASE("answers are bounded, head and body") {
  ScriptServer body([](Peer& p) {
    p.request();
    p.send("HTTP/1.1 200 OK\r\n\r\n");
    while (p.send(std::string(1 << 20, 'x'))) continue;
  });
  ScriptServer head([](Peer& p) {
    p.request();
    p.send("HTTP/1.1 200 OK\r\n");
    while (p.send("X-Again: " + std::string(1000, 'x') + "\r\n")) continue;
  });
  Fixture f;
  CHECK(f.call(get(body.url())).error().code == Code::too_large);
  const Code code = f.call(get(head.url())).error().code;
  CHECK((code == Code::too_large || code == Code::unavailable));  // a newer libcurl has a bound of its own
}

TEST_CASE("a compressed answer arrives as it was meant") {
  const std::string gzip("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00", 25);
  ScriptServer server(always(answer(gzip, "Content-Encoding: gzip\r\n")));
  Fixture f;
  const auto got = f.call(get(server.url()));
  REQUIRE(got);
  CHECK(got->body == "hello");
}

// What a stream's handlers were told.
struct Story {
  std::string text;
  bool ended = false;
  Code end = Code::internal;
  HttpStreamHandlers handlers() {
    return {[this](int status, const HttpHeaders& h) { text += std::to_string(status) + ' ' + std::string(find_header(h, "content-type")) + '|'; },
            [this](std::string_view data) { text += data; },
            [this](Result<Done> r) { ended = true, text += r ? "|end" : "|failed", end = r ? Code::internal : r.error().code; }};
  }
};

TEST_CASE("a stream is told as it comes: head, data, end") {
  std::promise<void> go;
  ScriptServer server([&](Peer& p) {
    p.request();
    p.send(kStreamHead), p.send("one,");
    go.get_future().wait();
    p.send("two");
  });
  Fixture f;
  Story story;
  const auto call = f.http->stream(get(server.url()), story.handlers());
  REQUIRE(f.turn_until([&] { return story.text == "200 text/event-stream|one,"; }));
  go.set_value();
  REQUIRE(f.turn_until([&] { return story.ended; }));
  CHECK(story.text == "200 text/event-stream|one,two|end");
}

TEST_CASE("an empty stream has a head and an end; one that never began has an end") {
  ScriptServer server(always(answer("", {}, "204 No Content")));
  ScriptServer nothing([](Peer& p) { p.request(); });
  Fixture f;
  Story empty, none;
  const auto a = f.http->stream(get(server.url()), empty.handlers());
  const auto b = f.http->stream(get(nothing.url()), none.handlers());
  REQUIRE(f.turn_until([&] { return empty.ended && none.ended; }));
  CHECK(empty.text ==
        "204 |"
        "|end");
  CHECK(none.text == "|failed");
  CHECK(none.end == Code::unavailable);
}

TEST_CASE("a dropped call says nothing more, closes its connection, and its callbacks die on the loop") {
  std::promise<bool> closed;
  ScriptServer server([&](Peer& p) {
    p.request();
    p.send(kStreamHead), p.send("data");
    closed.set_value(p.closed());
  });
  Fixture f;
  struct Probe {
    PollLoop& loop;
    bool& on_loop;
    ~Probe() { on_loop = loop.on_thread(); }
  };
  bool on_loop = false, gone = false;
  int calls = 0;
  std::unique_ptr<HttpCall> call;
  {
    auto probe = std::make_shared<Probe>(Probe{f.loop, on_loop});
    call = f.http->stream(get(server.url()),
                          {nullptr, [&, probe](std::string_view) { ++calls, call.reset(), gone = probe != nullptr; }, [&](Result<Done>) { ++calls; }});
  }
  REQUIRE(f.turn_until([&] { return on_loop; }));
  CHECK(gone);
  CHECK(closed.get_future().get());
  f.loop.poll(0);
  CHECK(calls == 1);
}

TEST_CASE("calls may be dropped before, while and after they are answered") {
  ScriptServer server(always(answer("x")));
  Fixture f;
  int answered = 0;
  for (int i = 0; i < 50; ++i) {
    auto dropped = f.http->request(get(server.url()), [&](Result<HttpResponse>) { answered = -1000; });
    if (i % 3 == 0) static_cast<void>(f.call(get(server.url())));  // its answer now waits on the loop, or has been dropped by it
    if (i % 3 != 0 || answered < 0) dropped.reset();
    else answered = 0;
    std::unique_ptr<HttpCall> own;
    bool done = false;
    own = f.http->request(get(server.url()), [&](Result<HttpResponse>) { own.reset(), done = true; });
    REQUIRE(f.turn_until([&] { return done; }));
    if (i % 3 == 0) answered = 0;
  }
  CHECK(answered == 0);
}

TEST_CASE("a loop that does not keep up makes the peer wait, and loses nothing") {
  constexpr std::size_t kTotal = 24u << 20;
  std::atomic<std::size_t> sent{0};
  ScriptServer server([&](Peer& p) {
    p.request();
    p.send(kStreamHead);
    const std::string block(1 << 16, 'x');
    while (sent < kTotal && p.send(block)) sent += block.size();
  });
  Fixture f;
  std::size_t received = 0;
  bool ended = false, whole = false;
  HttpRequest r = get(server.url());
  r.timeout_ms = 0;
  const auto call =
      f.http->stream(std::move(r), {nullptr, [&](std::string_view d) { received += d.size(); }, [&](Result<Done> d) { ended = true, whole = bool(d); }});
  for (std::size_t before = 1; before != sent || before == 0;) {  // until the peer stands still
    before = sent;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  CHECK(sent < kTotal);
  CHECK(received == 0);
  REQUIRE(f.turn_until([&] { return ended; }));
  CHECK(whole);
  CHECK(received == kTotal);
}

TEST_CASE("many clients share one network thread with as many open streams") {
  constexpr int kClients = 80;
  ScriptServer server([](Peer& p) {
    if (p.request().find("/stream") == std::string::npos) return void(p.send(answer("ok")));
    p.send(kStreamHead), p.send("hello");
    p.closed();
  });
  Fixture f;
  std::vector<std::unique_ptr<PollLoop>> loops;
  std::vector<std::unique_ptr<Http>> clients;
  std::vector<std::unique_ptr<HttpCall>> calls;
  int hellos = 0;
  for (int i = 0; i < kClients; ++i) {
    loops.push_back(std::make_unique<PollLoop>());
    clients.push_back(f.net->client(*loops.back()));
    HttpRequest r = get(server.url("/stream"));
    r.timeout_ms = 0;
    calls.push_back(clients.back()->stream(std::move(r), {nullptr, [&](std::string_view d) { hellos += d == "hello"; }, nullptr}));
  }
  const std::int64_t limit = steady_now_ms() + 10'000;
  while (hellos < kClients && steady_now_ms() < limit)
    for (auto& loop : loops) loop->poll(0);
  CHECK(hellos == kClients);
  CHECK(server.connections() == kClients);
  CHECK(f.call(get(server.url()))->body == "ok");
}

// The mask of blocked signals of this process's thread of that name; nullopt: there is none.
std::optional<std::uint64_t> blocked_in(const std::string& name) {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string comm, line;
    std::getline(std::ifstream(task.path() / "comm"), comm);
    std::ifstream status(task.path() / "status");
    while (comm == name && std::getline(status, line))
      if (line.starts_with("SigBlk:")) return std::stoull(line.substr(7), nullptr, 16);
  }
  return std::nullopt;
}

TEST_CASE("the host's signals never land on the network thread") {
  ScriptServer server(always(answer("{}")));
  Fixture f;
  REQUIRE(f.call(get(server.url())));  // so that the thread runs
  const auto blocked = blocked_in("fechatter-net");
  REQUIRE(blocked);
  for (const int signal : {SIGPIPE, SIGTERM, SIGINT, SIGCHLD, SIGALRM}) CHECK((*blocked >> (signal - 1) & 1) == 1);
}

TEST_CASE("the network thread may end with calls under way, of any age") {
  ScriptServer server([](Peer& p) { p.request(), p.closed(); });
  PollLoop loop;
  const auto token = std::make_shared<int>(0);
  {
    auto net = Net::start({});
    const auto http = net->client(loop);
    std::vector<std::unique_ptr<HttpCall>> calls;
    for (int i = 0; i < 20; ++i) {
      auto inner = std::make_shared<std::unique_ptr<HttpCall>>(http->request(get(server.url()), [token](Result<HttpResponse>) {}));
      calls.push_back(http->request(get(server.url()), [token, inner](Result<HttpResponse>) {}));  // a callback that holds a call
    }
    net.reset();
  }
  while (loop.poll(0) <= steady_now_ms()) continue;
  CHECK(token.use_count() == 1);
}

}  // namespace
}  // namespace fechatter
