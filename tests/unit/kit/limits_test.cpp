// Deadlines, limits and the end of a server.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <catch2/catch.hpp>
#include <thread>
#include "tests/support/heap.hpp"
#include "tests/unit/kit/kit_server.hpp"

using namespace fechatter;

TEST_CASE("headers and bodies that do not arrive in time end their connection") {
  KitServer s([](kit::ServerOptions& o) { o.header_timeout_ms = 300, o.body_timeout_ms = 300; });
  auto silent = s.connect(), slow = s.connect(), bodiless = s.connect(), good = s.connect();
  REQUIRE(slow.send("GET /echo HTTP/1.1\r\nX"));
  REQUIRE(bodiless.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"));
  REQUIRE(good.call("GET", "/echo").status == 200);
  CHECK(silent.closed());
  const auto late = slow.answer();
  CHECK(late.status == 503);
  CHECK(late.body.find("\"unavailable\"") != std::string::npos);
  CHECK(late.body.find("\"retryable\":true") != std::string::npos);
  CHECK(slow.closed());
  CHECK(bodiless.answer().status == 503);
  CHECK(bodiless.closed());
  CHECK(good.call("GET", "/echo").status == 200);  // an idle connection is under another deadline
}

TEST_CASE("idle connections end after keep_alive_ms") {
  KitServer s([](kit::ServerOptions& o) { o.keep_alive_ms = 250; });
  auto c = s.connect();
  CHECK(c.call("GET", "/echo").status == 200);
  CHECK(c.closed());
}

TEST_CASE("200 half-open connections harm nobody") {
  KitServer s;
  std::vector<HttpSocket> slow;
  for (int i = 0; i < 200; ++i) REQUIRE(slow.emplace_back(s.connect()).send("GET /echo HTTP/1.1\r\nX-Slow: "));
  for (int i = 0; i < 20; ++i) CHECK(s.connect().call("GET", "/echo").status == 200);
}

TEST_CASE("connections above the limit are told so") {
  KitServer s([](kit::ServerOptions& o) { o.max_connections = 2; });
  auto one = s.connect(), two = s.connect();
  REQUIRE(one.call("GET", "/echo").status == 200);
  REQUIRE(two.call("GET", "/echo").status == 200);
  auto three = s.connect();
  const auto refused = three.call("GET", "/echo", std::string(50'000, 'x'));
  CHECK(refused.status == 503);
  CHECK(refused.header("retry-after") == "1");
  CHECK(refused.header("x-request-id").size() == 16);
  CHECK(refused.body.find("\"unavailable\"") != std::string::npos);
  CHECK(three.closed());
  one.close(), three.close();
  CHECK(s.eventually([&] { return s.server().connections() == 1; }));
  CHECK(s.connect().call("GET", "/echo").status == 200);
}

TEST_CASE("a process out of descriptors accepts again once it has some") {
  KitServer s;
  REQUIRE(s.connect().call("GET", "/echo").status == 200);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  s.eventually([&] { return s.server().connections() == 0; });
  auto waiting = s.connect();
  REQUIRE(s.eventually([&] { return s.server().connections() == 1; }));
  const int free = ::open("/dev/null", O_RDONLY);  // the lowest free number, which the next connection's own socket takes
  ::close(free);
  const rlimit none{static_cast<rlim_t>(free) + 1, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  auto c = s.connect();
  const bool sent = c.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto old = waiting.call("GET", "/echo").status;
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(sent);
  CHECK(old == 200);
  CHECK(c.answer().status == 200);
}

TEST_CASE("requests that wait for their end are bounded all together: the oldest is cut off") {
  KitServer s([](kit::ServerOptions& o) { o.transfer_bytes = 250'000; });
  const std::string part = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100010\r\n\r\n" + std::string(100'000, 'x');
  auto first = s.connect(), second = s.connect(), third = s.connect();
  for (auto* c : {&first, &second}) {
    REQUIRE(c->send(part));
    const auto least = c == &first ? 100'000u : 200'000u;
    REQUIRE(s.eventually([&] { return s.server().counters().transfer_bytes >= least; }));
  }
  REQUIRE(third.send(part));
  CHECK(first.closed());
  for (auto* c : {&second, &third}) {
    REQUIRE(c->send("0123456789"));
    CHECK(c->answer().body.size() == 100'016);
  }
  CHECK(s.eventually([&] { return s.server().counters().transfers == 0 && s.server().counters().transfer_bytes == 0; }));
  s.on_loop([&] { CHECK(s.server().counters().cut_off == 1); });
}

TEST_CASE("answers that are not taken are bounded all together, and a stream counts among none of them") {
  KitServer s([](kit::ServerOptions& o) { o.transfer_bytes = 15 << 20; });
  const std::string big(10 << 20, 'x');
  std::vector<HttpSocket> readers;
  const auto hold = [&](const char* path) {
    const int before = s.count("held");
    REQUIRE(readers.emplace_back(s.connect(4096)).send("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n"));
    REQUIRE(s.count("held", before + 1) == before + 1);
    return s.reply();
  };
  auto stream = hold("/stream");
  s.on_loop([&] { stream->write(shared(big)), stream->write(shared(big)); });
  for (int i = 0; i < 2; ++i) {
    auto reply = hold("/hold");
    s.on_loop([&] { reply->send(200, {}, big), reply.reset(); });
  }
  s.on_loop([&] {
    CHECK(s.server().counters().transfers == 1);
    CHECK(s.server().counters().cut_off == 1);
  });
  CHECK(readers[2].answer().body == big);
  CHECK(readers[1].answer().body.size() < big.size());
  CHECK(s.eventually([&] { return s.server().counters().transfer_bytes == 0; }));
  s.on_loop([&] { stream.reset(); });
}

TEST_CASE("the kernel takes little ahead of a peer that does not read") {
  KitServer s;
  auto c = s.connect(4096);
  REQUIRE(c.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
  REQUIRE(s.count("held", 1) == 1);
  auto reply = s.reply();
  s.on_loop([&] {
    for (int i = 0; i < 100; ++i) reply->write(shared(std::string(10'000, 'x')));
    CHECK(reply->pending_bytes() > 600'000);
    reply.reset();
  });
}

TEST_CASE("no more connections than the process may open files") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit few{300, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  KitServer s;
  ::setrlimit(RLIMIT_NOFILE, &before);
  s.on_loop([&] { CHECK(s.server().counters().max_connections == 300 - 64 - (300 - 64) / 8); });
}

TEST_CASE("a port that is taken and an address that is none are errors") {
  KitServer s;
  NullLog log;
  kit::ServerOptions options;
  options.port = s.port();
  const auto taken = kit::Server::open(options, log);
  REQUIRE(!taken);
  CHECK(taken.error().code == Code::unavailable);
  options.address = "nowhere";
  const auto nowhere = kit::Server::open(options, log);
  REQUIRE(!nowhere);
  CHECK(nowhere.error().code == Code::invalid_argument);
}

TEST_CASE("drain: idle connections close, requests under way are answered, new ones are not accepted") {
  KitServer s;
  auto idle = s.connect(), busy = s.connect();
  REQUIRE(idle.call("GET", "/echo").status == 200);
  REQUIRE(busy.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"));
  REQUIRE(s.count("held", 1) == 1);
  std::thread draining([&] { s.server().drain(10'000); });
  CHECK(idle.closed());
  CHECK_FALSE(s.connect().connected());
  auto reply = s.reply();
  s.on_loop([&] { reply->send(200, {}, "done"), reply.reset(); });
  const auto a = busy.answer();
  CHECK(a.body == "done");
  CHECK(a.header("connection") == "close");
  draining.join();
  CHECK(s.server().connections() == 0);
}

TEST_CASE("drain: an answer that is still being taken goes out whole, then its connection closes") {
  KitServer s;
  auto c = s.connect(4096);
  REQUIRE(c.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"));
  REQUIRE(s.count("held", 1) == 1);
  auto reply = s.reply();
  const std::string big(8 << 20, 'x');
  s.on_loop([&] { reply->send(200, {}, big), reply.reset(); });
  std::thread draining([&] { s.server().drain(10'000); });
  s.eventually([&] { return !HttpSocket(s.port(), 100).connected(); });
  CHECK(c.answer().body == big);
  CHECK(c.closed());
  draining.join();
  CHECK(s.server().connections() == 0);
}

TEST_CASE("the loop: order, timers, and timers that were dropped") {
  KitServer s;
  Loop& loop = s.server().loop();
  CHECK_FALSE(loop.on_thread());
  std::vector<int> ran;  // on the loop
  Timer dropped, kept;
  s.on_loop([&] {
    CHECK(loop.on_thread());
    dropped = loop.after(5, [&] { ran.push_back(9); });
    kept = loop.after(10, [&] { ran.push_back(3); });
    loop.post([&] { ran.push_back(1); });
    loop.post([&] { ran.push_back(2); });
    dropped.reset();
    CHECK(ran.empty());
  });
  CHECK(s.eventually([&] { return ran.size() == 3; }));
  s.on_loop([&] { CHECK(ran == std::vector<int>{1, 2, 3}); });
}

TEST_CASE("a reply does not keep the request's body, nor a stream its headers, also where an upgrade was asked for") {
  KitServer s([](kit::ServerOptions& o) { o.body_limit = 16 << 20; });
  const std::string target = GENERATE("/hold", "/stream"), body(8 << 20, ' ');
  const std::string head = "GET " + target + " HTTP/1.1\r\nHost: x\r\nUpgrade: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  auto c = s.connect();
  const std::size_t before = heap_bytes();
  REQUIRE((c.send(head) && c.send(body)));
  REQUIRE(s.count("held", 1) == 1);
  s.on_loop([] {});  // its handler has returned
  CHECK(heap_bytes() < before + (2 << 20));
}
